"""``spec_of``: from a Keras optimizer or schedule, or what Keras serialized of one, back to the spec that builds it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn, overload

from keras_optkit.runtime.keras_internals import has_exclusion_of_its_own, held_learning_rate
from keras_optkit.specs.errors import in_short
from keras_optkit.specs.keras_classes import PACKAGE
from keras_optkit.specs.keras_form import in_whole_numbers, optimizer_of, read_keras
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
@overload
def spec_of(source: Mapping[str, Any]) -> OptimizerSpec | ScheduleSpec: ...
@short_traceback
def spec_of(source: Any) -> OptimizerSpec | ScheduleSpec:
    """The spec that would build this optimizer or schedule, as it is now.

    For a compiled model it is the spec of the model's optimizer, and for a ``LossScaleOptimizer`` the spec of the
    optimizer inside. Durations come back in steps. What is read depends on nothing but the object, so it is the same
    before and after saving and loading:

    - A rate that Keras holds as a float32 is the shortest decimal number that rounds to it: 0.001 instead of
      0.0010000000474974513, and 0.6666667 if 2 / 3 was written.
    - A name such as ``"adam"`` or ``"adam_3"``, which Keras makes up for an ``Adam``, is None.

    What Keras serialized, ``{"class_name": ..., "config": ...}``, is read without importing Keras. It may be from
    Keras 2: there, a ``decay`` becomes an ``InverseTimeDecaySpec``, and the fixed factor of a ``LossScaleOptimizer``
    becomes ``loss_scale_factor``. Arguments that have no effect any more are left out, and those that no spec can keep
    are errors.

    Args:
        source: an optimizer, a learning-rate schedule or a compiled model; or what ``keras.optimizers.serialize``,
            ``keras.optimizers.schedules.serialize`` or ``model.to_json()`` (as a mapping) gave for one.

    Raises:
        TypeError: ``source`` is none of these, or of a class that no spec describes.
        ValueError: the model is not compiled; or the optimizer has an exclusion from weight decay that Keras would
            lose on saving; or Keras computes the schedule in whole numbers.
        pydantic.ValidationError: a ``ValueError``; the optimizer or schedule has a value that a spec refuses or cannot
            keep, or what was serialized is of a class that no spec describes.

    Examples:
        >>> spec_of(keras.optimizers.SGD(0.1, momentum=0.9))
        SGDSpec(learning_rate=0.1, momentum=0.9)
        >>> spec_of(keras.optimizers.schedules.CosineDecay(0.1, 1000))
        CosineDecaySpec(initial_learning_rate=0.1, decay_steps=1000)
        >>> spec_of({"class_name": "Adam", "config": {"lr": 0.01, "decay": 0.001}})  # of Keras 2
        AdamSpec(learning_rate=InverseTimeDecaySpec(initial_learning_rate=0.01, decay_steps=1, decay_rate=0.001))
    """
    if isinstance(source, Mapping):
        return _spec_of_form(source)
    import keras

    if isinstance(source, keras.optimizers.schedules.LearningRateSchedule):
        return _schedule_spec(source)
    optimizer = getattr(source, "optimizer", None) if isinstance(source, keras.Model) else source
    if optimizer is None and source is not None:
        raise ValueError(_NOT_COMPILED)
    if not isinstance(optimizer, keras.optimizers.Optimizer):
        raise TypeError(f"{_TAKES}, received {in_short(source)}{_hint(source)}")
    return read_keras(_form(optimizer))


_TAKES = "spec_of takes a Keras optimizer, a schedule, a compiled model, or what Keras serialized of one"
#: What older Kerases, TensorFlow.js and configs by hand call what is around an optimizer.
_AROUND = ("optimizer_config", "optimizer", "training_config", "compile", "modelTopology")
_NOT_COMPILED = "the model has no optimizer: compile it first"


def _hint(source: object) -> str:
    """What to do with what is no Keras object."""
    if isinstance(source, (OptimizerSpec, ScheduleSpec)):
        return "; it is a spec already"
    if isinstance(source, type):
        return f"; make one first: {source.__name__}(...)"
    if type(source).__module__.partition(".")[0] == "tf_keras":
        return "; it is of Keras 2: pass what tf_keras.optimizers.serialize(...) gives"
    if isinstance(source, (list, tuple)):
        return "; of a list, pass one entry"
    if not isinstance(source, str):
        return ""
    if source.lstrip().startswith("{"):
        return "; read JSON text with json.loads first"
    return "; load_spec reads a file" if "." in source else "; parse_spec makes a spec of a name"


def _spec_of_form(source: Mapping[Any, Any]) -> OptimizerSpec | ScheduleSpec:
    if "class_name" not in source:
        remedy = "; parse_spec reads a mapping with a 'type'" if "type" in source else _where_inside(source)
        raise TypeError(f"{_TAKES}, received {in_short(source)}{remedy}")
    layers = source.get("config")
    is_model = "compile_config" in source or (isinstance(layers, Mapping) and "layers" in layers)
    optimizer = optimizer_of(source) if is_model else source
    if optimizer is None:
        raise ValueError(_NOT_COMPILED)
    return read_keras(optimizer)


def _where_inside(source: Mapping[Any, Any]) -> str:
    """What to pass instead of ``source``, such as what Keras 2 calls a training config."""
    path = ""
    for _ in _AROUND:  # each once at most: a mapping may hold itself
        key = next((key for key in _AROUND if isinstance(source.get(key), Mapping)), None)
        if key is None:
            break
        source, path = source[key], f"{path}[{key!r}]"
        if "class_name" in source:
            return f"; pass what is under {path}"
    return ""


def _form(optimizer: Any) -> dict[str, Any]:
    """What Keras would serialize of ``optimizer``, but for a schedule, of which it has the spec."""
    import keras

    from keras_optkit.runtime.grouped import GROUPED

    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        scaled = optimizer.get_config() | {"inner_optimizer": _form(optimizer.inner_optimizer)}
        return {"class_name": "LossScaleOptimizer", "config": scaled}
    is_ours = type(optimizer) in GROUPED.values()
    name = type(optimizer).__name__ if is_ours else _keras_name(optimizer, keras.optimizers)
    if name is None or not (is_ours or find(OptimizerSpec, name)):
        inner = "; take the spec of each of its `optimizers`" if hasattr(optimizer, "optimizers") else ""
        _no_spec(optimizer, inner)
    if has_exclusion_of_its_own(optimizer):
        raise ValueError(
            "this optimizer has an exclusion made by Keras's own exclude_from_weight_decay(), which no config holds: "
            "write it as exclude_from_weight_decay=[...] of the spec"
        )
    schedule = _schedule_of(optimizer)
    config = optimizer.get_config() | ({"learning_rate": schedule} if schedule else {})
    return {"class_name": name, "module": PACKAGE if is_ours else None, "config": config}


def _schedule_spec(schedule: Any) -> ScheduleSpec:
    import keras

    from keras_optkit.runtime.schedule import PiecewiseConstantTable, SpecSchedule

    if type(schedule) is SpecSchedule:
        return schedule.spec
    if type(schedule) is PiecewiseConstantTable:
        return PiecewiseConstantDecaySpec(**schedule.get_config())
    name = _keras_name(schedule, keras.optimizers.schedules)
    spec_class = find(ScheduleSpec, name) if name else None
    if name is None or spec_class is None:
        _no_spec(schedule, "; describe it with a ScheduleSpec of your own")
    config = schedule.get_config()
    if reason := in_whole_numbers(name, config):
        raise ValueError(reason)
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


def _schedule_of(optimizer: Any) -> ScheduleSpec | None:
    """The spec of the schedule of ``optimizer``; None if its rate is a number."""
    import keras

    rate = held_learning_rate(optimizer)
    if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule):
        return _schedule_spec(rate)
    if not isinstance(rate, keras.Variable):
        raise TypeError(f"there is no spec for a learning rate that is a function, received {in_short(rate)}")
    return None
