"""``spec_of``: from a Keras optimizer or schedule back to the spec that would build it."""

from __future__ import annotations

import numbers
import re
from typing import TYPE_CHECKING, Any, NoReturn, overload

from keras_optkit.runtime.keras_internals import has_exclusion_of_its_own, held_learning_rate
from keras_optkit.specs.array_namespace import np
from keras_optkit.specs.errors import in_short
from keras_optkit.specs.hints import canonical
from keras_optkit.specs.optimizers import OptimizerSpec
from keras_optkit.specs.registry import find
from keras_optkit.specs.schedules import PiecewiseConstantDecaySpec, ScheduleSpec
from keras_optkit.specs.tracebacks import short_traceback

if TYPE_CHECKING:
    import keras


# An optimizer first: type checkers take it for anything, as its bases are TensorFlow's, which has no types.
@overload
def spec_of(source: keras.optimizers.Optimizer | keras.Model) -> OptimizerSpec: ...  # pyright: ignore[reportOverlappingOverload]
@overload
def spec_of(source: keras.optimizers.schedules.LearningRateSchedule) -> ScheduleSpec: ...
@short_traceback
def spec_of(source: Any) -> OptimizerSpec | ScheduleSpec:
    """The spec that would build this optimizer or schedule, as it is now.

    For a compiled model it is the spec of the model's optimizer, and for a ``LossScaleOptimizer`` the spec of the
    optimizer inside. Durations come back in steps. What is read depends on nothing but the object, so it is the same
    before and after saving and loading:

    - A rate that Keras holds as a float32 is the shortest decimal number that rounds to it: 0.001 instead of
      0.0010000000474974513, and 0.6666667 if 2 / 3 was written.
    - A name such as ``"adam"`` or ``"adam_3"``, which Keras makes up for an ``Adam``, is None.

    Args:
        source: an optimizer, a learning-rate schedule or a compiled model.

    Raises:
        TypeError: ``source`` is none of these, or of a class that no spec describes.
        ValueError: the model is not compiled; or the optimizer has an exclusion from weight decay that Keras would
            lose on saving; or Keras computes the schedule in whole numbers.
        pydantic.ValidationError: the optimizer or schedule has a value that a spec refuses.

    Examples:
        >>> spec_of(keras.optimizers.SGD(0.1, momentum=0.9))
        SGDSpec(learning_rate=0.1, momentum=0.9)
        >>> spec_of(keras.optimizers.schedules.CosineDecay(0.1, 1000))
        CosineDecaySpec(initial_learning_rate=0.1, decay_steps=1000)
    """
    import keras

    if isinstance(source, keras.optimizers.schedules.LearningRateSchedule):
        return _schedule_spec(source)
    return _optimizer_spec(_optimizer_in(source))


def _optimizer_in(source: Any) -> Any:
    import keras

    optimizer = source
    if isinstance(source, keras.Model):
        optimizer = getattr(source, "optimizer", None)
        if optimizer is None:
            raise ValueError("the model has no optimizer: compile it first")
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        optimizer = optimizer.inner_optimizer
    if not isinstance(optimizer, keras.optimizers.Optimizer):
        raise TypeError(f"spec_of takes a Keras optimizer, a schedule or a compiled model, received {in_short(source)}")
    return optimizer


def _optimizer_spec(optimizer: Any) -> OptimizerSpec:
    import keras

    from keras_optkit.runtime.grouped import GROUPED

    grouped = {cls: name for name, cls in GROUPED.items()}
    name = grouped.get(type(optimizer)) or _keras_name(optimizer, keras.optimizers)
    spec_class = find(OptimizerSpec, name) if name else None
    if spec_class is None:
        inner = "; take the spec of each of its `optimizers`" if hasattr(optimizer, "optimizers") else ""
        _no_spec(optimizer, inner)
    if has_exclusion_of_its_own(optimizer):
        raise ValueError(
            "this optimizer has an exclusion made by Keras's own exclude_from_weight_decay(), which no config holds: "
            "write it as exclude_from_weight_decay=[...] of the spec"
        )
    read = {"learning_rate": _learning_rate(optimizer), "name": _name(optimizer)}
    config = optimizer.get_config()
    return spec_class(**{field: config[field] for field in spec_class.model_fields if field in config} | read)


def _schedule_spec(schedule: Any) -> ScheduleSpec:
    import keras

    from keras_optkit.runtime.schedule import PiecewiseConstantTable, SpecSchedule

    if type(schedule) is SpecSchedule:
        return schedule.spec
    if type(schedule) is PiecewiseConstantTable:
        return PiecewiseConstantDecaySpec(**schedule.get_config())
    name = _keras_name(schedule, keras.optimizers.schedules)
    spec_class = find(ScheduleSpec, name) if name else None
    if spec_class is None:
        _no_spec(schedule, "; describe it with a ScheduleSpec of your own")
    config = schedule.get_config()
    if isinstance(config.get("initial_learning_rate"), numbers.Integral):
        raise ValueError(
            f"Keras computes this {name} in whole numbers, as its initial_learning_rate is an int, and no spec does: "
            f"make it with {float(config['initial_learning_rate'])}"
        )
    return spec_class.model_validate(config)


def _keras_name(made: Any, catalogue: Any) -> str | None:
    """The name in ``catalogue``, a public module of Keras, of the class that was called to make this, if it has one.

    On PyTorch, what Keras's constructors return is of a subclass, within Keras, that has the name of the public class.
    A subclass of a user's own is not read as the class that it inherits from: it may train otherwise.
    """
    cls = type(made)
    public = getattr(catalogue, cls.__name__, ())
    is_of_keras = cls.__module__.partition(".")[0] == "keras" and issubclass(cls, public)
    return cls.__name__ if is_of_keras else None


def _no_spec(made: object, remedy: str) -> NoReturn:
    cls = type(made)
    raise TypeError(f"there is no spec for {cls.__module__}.{cls.__qualname__}{remedy}")


def _learning_rate(optimizer: Any) -> float | ScheduleSpec:
    import keras

    rate = held_learning_rate(optimizer)
    if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule):
        return _schedule_spec(rate)
    if not isinstance(rate, keras.Variable):
        raise TypeError(f"there is no spec for a learning rate that is a function, received {in_short(rate)}")
    return float(str(np.asarray(rate)[()]))


def _name(optimizer: Any) -> str | None:
    """The optimizer's name, unless it is one that Keras makes of the class's name, in any of its releases."""
    made = canonical(re.sub(r"_\d+$", "", optimizer.name))
    return None if made == canonical(type(optimizer).__name__) else str(optimizer.name)
