"""The Keras schedules that are driven by a spec's formula. Importing this module imports keras."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import keras
from keras import ops
from pydantic import ValidationError

from keras_optkit.runtime.arguments import is_older_than
from keras_optkit.specs.keras_form import PACKAGE, PIECEWISE_CONSTANT_TABLE, SPEC_SCHEDULE
from keras_optkit.specs.registry import read
from keras_optkit.specs.schedules import PiecewiseConstantDecaySpec, ScheduleSpec


@keras.saving.register_keras_serializable(package=PACKAGE, name=SPEC_SCHEDULE)
class SpecSchedule(keras.optimizers.schedules.LearningRateSchedule):
    """The Keras schedule of any spec that Keras has no class for.

    A model that was saved with one loads in a process that has done ``import keras_optkit``. If the spec is of a
    user's own class, that class must be registered there too, with ``register_spec``.

    Args:
        spec: a schedule spec whose durations are in steps, or the mapping that it was saved as.

    Raises:
        pydantic.ValidationError: ``spec`` is not a right spec, or its type is not registered.
    """

    def __init__(self, spec: ScheduleSpec | Mapping[str, Any]) -> None:
        super().__init__()
        self.spec = read(ScheduleSpec, spec)

    def __call__(self, step: Any) -> Any:
        """The learning rate at ``step``, a tensor of Keras's default float type."""
        return _rate(self.spec, step)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> SpecSchedule:
        """The schedule that was saved as ``config``."""
        try:
            return cls(**config)
        except ValidationError as error:
            if error.errors()[0]["type"] == "unknown_type":
                error.add_note("Import the module that registers a schedule of your own before loading.")
            raise

    def get_config(self) -> dict[str, Any]:
        """The spec as a mapping, in a form that JSON holds."""
        return {"spec": self.spec.model_dump(mode="json")}


@keras.saving.register_keras_serializable(package=PACKAGE, name=PIECEWISE_CONSTANT_TABLE)
class PiecewiseConstantTable(keras.optimizers.schedules.PiecewiseConstantDecay):
    """Keras's ``PiecewiseConstantDecay`` by one look-up in a table, however many boundaries there are.

    Keras puts a comparison for every boundary into the graph, once more for each variable under weight decay.
    """

    def __init__(self, boundaries: Sequence[int], values: Sequence[float], name: str = "PiecewiseConstant") -> None:
        super().__init__(list(boundaries), list(values), name)
        self._spec = PiecewiseConstantDecaySpec(boundaries=tuple(boundaries), values=tuple(values), name=name)

    def __call__(self, step: Any) -> Any:
        """The learning rate at ``step``, a tensor of Keras's default float type."""
        return _rate(self._spec, step)


def _rate(spec: ScheduleSpec, step: Any) -> Any:
    # In float64 every step that a run can reach is a whole number still, so that differences of steps are exact, and
    # TensorFlow lets a formula mix it with Python's numbers, which it does not with integers.
    rate = spec.value(ops.cast(step, "float64"), _XP)
    if isinstance(rate, float):  # of a constant; cast would round it to float32 first
        return ops.convert_to_tensor(rate, dtype=keras.config.floatx())
    return ops.cast(rate, keras.config.floatx())


def searchsorted(sorted_sequence: Any, values: Any, side: str = "left") -> Any:
    """NumPy's ``searchsorted`` by comparisons, for Keras before 3.12, whose own fails in TensorFlow's graphs."""
    passed = ops.less if side == "left" else ops.less_equal
    is_passed = passed(sorted_sequence, ops.expand_dims(values, -1))
    return ops.sum(ops.cast(is_passed, "int32"), axis=-1)


#: The array namespace of formulas in a graph.
_XP: Any = SimpleNamespace(**{**vars(ops), "searchsorted": searchsorted}) if is_older_than("3.12") else ops
