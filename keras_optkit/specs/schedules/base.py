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

    A schedule of your own is a subclass with fields and ``value``; ``register_spec`` makes it readable from files.

    Examples:
        >>> ScheduleSpec.model_validate({"type": "constant", "learning_rate": 0.1}).value(5)
        0.1
    """

    _noun: ClassVar[str] = "schedule"

    mirrors_keras: ClassVar[bool] = False
    """Whether Keras has the schedule itself, under the name of the type; any other becomes a ``SpecSchedule``."""

    def __init_subclass__(cls, *, mirrors_keras: bool = False, **kwargs: Any) -> None:
        """Sets it for this class alone: a subclass of a mirrored spec has a formula of its own."""
        super().__init_subclass__(**kwargs)
        cls.mirrors_keras = mirrors_keras

    @abstractmethod
    def value(self, step: Any, xp: Any = np) -> Any:
        """The learning rate at ``step``: the schedule's formula, elementwise.

        Args:
            step: whole numbers >= 0, a scalar or an array of any shape: integers under NumPy, float64 in a graph, which
                holds them exactly up to ``2**53``. (Float32 would do so only up to ``2**24``.)
            xp: the array namespace to compute in: NumPy, or ``keras.ops`` while training. A formula uses only functions
                that both have.

        Returns:
            The rate, of the shape of ``step``, or one number if it is the same at all steps.

        Raises:
            ValueError: a duration is not in steps yet; ``resolve`` it first.

        Examples:
            >>> ramp = RampSpec(initial_learning_rate=0.0, end_learning_rate=0.1, steps=100)
            >>> float(ramp.value(50)), ramp.value(np.array([0, 25, 100])).tolist()
            (0.05, [0.0, 0.025, 0.1])
        """

    @short_traceback
    def override(self, changes: Mapping[str, Any]) -> "ScheduleSpec":
        """Return a copy with ``changes`` by dotted path, validated like a new spec.

        An entry of a list goes by its index. If you change the ``type`` of a node, its other fields are dropped.

        Raises:
            pydantic.ValidationError: a path does not exist, or the result is invalid.

        Examples:
            >>> spec = ClampSpec(schedule=ConstantSpec(learning_rate=0.1), maximum=1)
            >>> spec.override({"schedule.learning_rate": 0.2})
            ClampSpec(schedule=ConstantSpec(learning_rate=0.2), maximum=1.0)
        """
        return overridden(ScheduleSpec, self, changes)

    def landmarks(self) -> Iterable[tuple[int, str]]:
        """The steps at which the curve bends, each with what happens there. For ``describe`` and for plots.

        Examples:
            >>> list(CosineDecaySpec(initial_learning_rate=0.1, decay_steps=1000).landmarks())
            [(1000, 'end of the decay')]
        """
        return ((phase.end, f"end of the {phase.name}") for phase in self._phases() if phase.end)

    def _phases(self) -> Iterable[Phase]:
        """The parts of this schedule that end, those of schedules inside left out, in the order in which they end."""
        return ()

    @classmethod
    def _remedy(cls, data: object) -> str:
        if isinstance(data, (int, float)) and not isinstance(data, bool):
            return f" (a constant rate is ConstantSpec(learning_rate={in_short(data)}))"
        if isinstance(data, (list, tuple)):
            return "; rates that change at given steps are a PiecewiseConstantDecaySpec(boundaries=..., values=...)"
        return "; a function of the step is the value of a ScheduleSpec of your own" if callable(data) else ""
