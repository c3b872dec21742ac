"""``spec_of``: from a Keras optimizer back to the spec that would build it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from keras_optkit.specs.hints import canonical
from keras_optkit.specs.optimizers import OptimizerSpec
from keras_optkit.specs.registry import registered
from keras_optkit.specs.schedules import PiecewiseConstantDecaySpec, ScheduleSpec

if TYPE_CHECKING:
    import keras

#: What was written for the optimizers that were built here: the name, and the rate, which Keras rounds to float32.
_built_from: WeakKeyDictionary[Any, OptimizerSpec] = WeakKeyDictionary()


def remember(optimizer: keras.optimizers.Optimizer, spec: OptimizerSpec) -> None:
    """Keeps in mind, as long as ``optimizer`` lives, what it was built from."""
    _built_from[optimizer] = spec


def spec_of(optimizer_or_model: keras.optimizers.Optimizer | keras.Model) -> OptimizerSpec:
    """The spec that would build this optimizer, as it is now.

    Looks into a ``LossScaleOptimizer``. Of a compiled model it is the spec of the model's optimizer. A rate that Keras
    holds as a float32 is given as the shortest decimal number that is that float32: 0.001, not 0.0010000000474974513.

    Raises:
        TypeError: the optimizer, or its schedule, is of a class that no spec stands for.
        ValueError: the model is not compiled, or the optimizer has an exclusion from weight decay that Keras would
            lose on saving.
        pydantic.ValidationError: the optimizer has a value that a spec refuses.
    """
    import keras

    optimizer: Any = optimizer_or_model
    if isinstance(optimizer, keras.Model):
        optimizer = getattr(optimizer, "optimizer", None)
        if optimizer is None:
            raise ValueError("the model has no optimizer: compile it first")
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        optimizer = optimizer.inner_optimizer
    spec_class = _spec_class(optimizer)
    _refuse_keras_exclusion(optimizer)
    read = {"learning_rate": _learning_rate(optimizer), "name": _name(optimizer)}
    config = optimizer.get_config()
    fields = {name: config[name] for name in spec_class.model_fields if name in config}
    return spec_class(**fields | read)


def _spec_class(optimizer: Any) -> type[OptimizerSpec]:
    import keras

    from keras_optkit.runtime.grouped import GROUPED

    for spec_class in registered(OptimizerSpec).values():
        name = spec_class.model_fields["type"].default
        if type(optimizer) in (getattr(keras.optimizers, name, None), GROUPED.get(name)):
            return spec_class
    cls = type(optimizer)
    raise TypeError(f"no spec stands for {cls.__module__}.{cls.__qualname__}, received {optimizer!r}")


def _refuse_keras_exclusion(optimizer: Any) -> None:
    if getattr(optimizer, "_exclude_from_weight_decay", None) or getattr(
        optimizer, "_exclude_from_weight_decay_pattern", None
    ):
        raise ValueError(
            "this optimizer has an exclusion made by Keras's own exclude_from_weight_decay(), which no config holds: "
            "write it as exclude_from_weight_decay=[...] of the spec"
        )


def _learning_rate(optimizer: Any) -> float | ScheduleSpec:
    import keras

    rate = optimizer._learning_rate
    if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule):
        return _schedule(rate)
    if not isinstance(rate, keras.Variable):
        raise TypeError(f"no spec stands for a learning rate that is a function, received {rate!r}")
    held: Any = np.asarray(rate)[()]
    built_from = _built_from.get(optimizer)
    if built_from is not None and isinstance(built_from.learning_rate, float):
        written = built_from.learning_rate
        if held.dtype.type(written) == held:
            return written
    return float(str(held))


def _schedule(schedule: Any) -> ScheduleSpec:
    import keras

    from keras_optkit.runtime.schedule import PiecewiseConstantTable, SpecSchedule

    if isinstance(schedule, SpecSchedule):
        return schedule.spec
    for name, spec_class in registered(ScheduleSpec).items():
        if spec_class.mirrors_keras and type(schedule) is getattr(keras.optimizers.schedules, name):
            return spec_class(**schedule.get_config())
    if isinstance(schedule, PiecewiseConstantTable):
        return PiecewiseConstantDecaySpec(**schedule.get_config())
    cls = type(schedule)
    raise TypeError(f"no spec stands for the learning rate {cls.__module__}.{cls.__qualname__}, received {schedule!r}")


def _name(optimizer: Any) -> str | None:
    """The optimizer's name, unless it is one that Keras made from the class name."""
    built_from = _built_from.get(optimizer)
    if built_from is not None:
        return built_from.name
    made = canonical(re.sub(r"_\d+$", "", optimizer.name))
    return None if made == canonical(type(optimizer).__name__) else str(optimizer.name)
