"""``ScheduleSpec``: the base of all learning-rate schedules."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from keras_optkit.specs.array_namespace import np
from keras_optkit.specs.base import Spec
from keras_optkit.specs.errors import in_short
from keras_optkit.specs.overriding import overridden
from keras_optkit.specs.schedules.phase import Phase
from keras_optkit.specs.tracebacks import short_traceback


class ScheduleSpec(Spec, ABC, kind=True):
    """The base of all learning-rate schedules: a rate for each step. A step is one batch, counted from 0.

    To write your own schedule, make a subclass with fields and ``value``. ``register_spec`` makes it readable from
    files.

    Examples:
        >>> ScheduleSpec.model_validate({"type": "constant", "learning_rate": 0.1}).value(5)
        0.1
    """

    _noun: ClassVar[str] = "schedule"

    mirrors_keras: ClassVar[bool] = False
    """Whether Keras has this schedule, under the name of the type. All others become a ``SpecSchedule``."""

    def __init_subclass__(cls, *, mirrors_keras: bool = False, **kwargs: Any) -> None:
        """Sets ``mirrors_keras`` for this class only: a subclass of a mirrored spec has its own formula."""
        super().__init_subclass__(**kwargs)
        cls.mirrors_keras = mirrors_keras

    @abstractmethod
    def value(self, step: Any, xp: Any = np) -> Any:
        """The learning rate at ``step``: the schedule's formula, elementwise.

        Args:
            step: whole numbers >= 0, as a scalar or an array of any shape. They are integers under NumPy, and float64
                in a graph. Float64 is exact up to ``2**53``, float32 only up to ``2**24``.
            xp: the array namespace to compute in: NumPy, or ``keras.ops`` during training. Use only functions that both
                have.

        Returns:
            The rate, with the shape of ``step``, or one number if it is the same at all steps.

        Raises:
            ValueError: a duration is not in steps yet; call ``resolve`` first.

        Examples:
            >>> ramp = RampSpec(initial_learning_rate=0.0, end_learning_rate=0.1, steps=100)
            >>> float(ramp.value(50)), ramp.value(np.array([0, 25, 100])).tolist()
            (0.05, [0.0, 0.025, 0.1])
        """

    @short_traceback
    def override(self, changes: Mapping[str, Any]) -> "ScheduleSpec":
        """Return a copy with ``changes`` by dotted path, validated like a new spec.

        To change an entry of a list, use its index. If you change the ``type`` of a node, its other fields are dropped.

        Raises:
            pydantic.ValidationError: a path does not exist, or the result is invalid.

        Examples:
            >>> spec = ClampSpec(schedule=ConstantSpec(learning_rate=0.1), maximum=1)
            >>> spec.override({"schedule.learning_rate": 0.2})
            ClampSpec(schedule=ConstantSpec(learning_rate=0.2), maximum=1.0)
        """
        return overridden(ScheduleSpec, self, changes)

    def landmarks(self) -> Iterable[tuple[int, str]]:
        """The steps at which the curve bends, each with a label. ``describe`` and plots show them.

        Examples:
            >>> list(CosineDecaySpec(initial_learning_rate=0.1, decay_steps=1000).landmarks())
            [(1000, 'end of the decay')]
        """
        return ((phase.end, f"end of the {phase.name}") for phase in self._phases() if phase.end)

    def _phases(self) -> Iterable[Phase]:
        """The parts of this schedule that end, in order, without those of the schedules inside it."""
        return ()

    @classmethod
    def _remedy(cls, data: object) -> str:
        if isinstance(data, (int, float)) and not isinstance(data, bool):
            return f"; for a constant rate, use ConstantSpec(learning_rate={in_short(data)})"
        if isinstance(data, (list, tuple)):
            return "; for rates that change at given steps, use PiecewiseConstantDecaySpec(boundaries=..., values=...)"
        return "; to use a function of the step, write your own ScheduleSpec" if callable(data) else ""
