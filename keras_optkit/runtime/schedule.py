"""Keras schedules that compute a spec's formula. Importing this module imports keras."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from types import SimpleNamespace
from typing import Any

import keras
from keras import ops
from pydantic import ValidationError

from keras_optkit.runtime.arguments import is_older_than
from keras_optkit.specs.keras_classes import PACKAGE, PIECEWISE_CONSTANT_TABLE, SPEC_SCHEDULE
from keras_optkit.specs.reading import read
from keras_optkit.specs.schedules import PiecewiseConstantDecaySpec, ScheduleSpec
from keras_optkit.specs.schedules.formula import computing


@keras.saving.register_keras_serializable(package=PACKAGE, name=SPEC_SCHEDULE)
class SpecSchedule(keras.optimizers.schedules.LearningRateSchedule):
    """The Keras schedule of a spec for which Keras has no class.

    A model saved with it loads in any process that has done ``import keras_optkit``. If you wrote the spec's class
    yourself, register it in that process too, with ``register_spec``.

    Args:
        spec: a schedule spec whose durations are in steps, or the mapping from its config.

    Raises:
        pydantic.ValidationError: ``spec`` is invalid, or its type is not registered.
    """

    def __init__(self, spec: ScheduleSpec | Mapping[str, Any]) -> None:
        super().__init__()
        self.spec = read(ScheduleSpec, spec)

    def __call__(self, step: Any) -> Any:
        """The learning rate at ``step``, a tensor of Keras's default float type."""
        return _rate(self.spec, step)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> SpecSchedule:
        """The schedule that ``config`` describes."""
        try:
            return cls(**config)
        except ValidationError as error:
            if error.errors()[0]["type"] == "unknown_type":
                error.add_note("Import the module that registers a schedule of your own before loading.")
            raise

    def get_config(self) -> dict[str, Any]:
        """The spec as a mapping of JSON values."""
        return {"spec": self.spec.model_dump(mode="json")}


@keras.saving.register_keras_serializable(package=PACKAGE, name=PIECEWISE_CONSTANT_TABLE)
class PiecewiseConstantTable(keras.optimizers.schedules.PiecewiseConstantDecay):
    """Keras's ``PiecewiseConstantDecay`` by one table look-up, however many boundaries there are.

    Keras adds a comparison to the graph for every boundary, and again for each variable with weight decay.
    """

    def __init__(self, boundaries: Sequence[int], values: Sequence[float], name: str = "PiecewiseConstant") -> None:
        super().__init__(list(boundaries), list(values), name)
        self._spec = PiecewiseConstantDecaySpec(boundaries=tuple(boundaries), values=tuple(values), name=name)

    def __call__(self, step: Any) -> Any:
        """The learning rate at ``step``, a tensor of Keras's default float type."""
        return _rate(self._spec, step)


def _rate(spec: ScheduleSpec, step: Any) -> Any:
    # In float64 every step that a run can reach is exact, and so is each difference of two steps. TensorFlow also lets
    # a formula mix float64 with Python numbers, but not integers.
    with _float64(), computing():
        rate = spec.value(ops.cast(step, "float64"), _XP)
        if isinstance(rate, float):  # a constant; cast would round it to float32 first
            return ops.convert_to_tensor(rate, dtype=keras.config.floatx())
        return ops.cast(rate, keras.config.floatx())


def _float64() -> AbstractContextManager[Any]:
    """Where a backend computes in float64. JAX otherwise replaces it with float32, and int64 with int32.

    Raises:
        RuntimeError: JAX is too old. Before 0.8, a program that computes in both types may fail to compile.
    """
    if keras.config.backend() != "jax":
        return nullcontext()
    jax: Any = importlib.import_module("jax")  # which type checkers do not find where TensorFlow alone is installed
    if not hasattr(jax, "enable_x64"):
        raise RuntimeError(f"JAX {jax.__version__} is installed: to count steps exactly, a schedule needs JAX >= 0.8")
    in_float64: AbstractContextManager[Any] = jax.enable_x64(True)
    return in_float64


def searchsorted(sorted_sequence: Any, values: Any, side: str = "left") -> Any:
    """NumPy's ``searchsorted`` by comparisons, because before Keras 3.12 its own fails in TensorFlow graphs."""
    passed = ops.less if side == "left" else ops.less_equal
    is_passed = passed(sorted_sequence, ops.expand_dims(values, -1))
    return ops.sum(ops.cast(is_passed, "int32"), axis=-1)


#: The array namespace of formulas in a graph.
_XP: Any = SimpleNamespace(**{**vars(ops), "searchsorted": searchsorted}) if is_older_than("3.12") else ops
