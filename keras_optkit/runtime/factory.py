"""From a spec to the native Keras object, made by its own constructor."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, overload

from keras_optkit.runtime.availability import needs_keras
from keras_optkit.specs.optimizers import AdamSpec, OptimizerSpec, SGDSpec
from keras_optkit.specs.registry import read
from keras_optkit.specs.schedules import (
    CosineDecayRestartsSpec,
    CosineDecaySpec,
    ExponentialDecaySpec,
    InverseTimeDecaySpec,
    PiecewiseConstantDecaySpec,
    PolynomialDecaySpec,
    ScheduleSpec,
)

if TYPE_CHECKING:
    from keras.optimizers import SGD, Adam, Optimizer
    from keras.optimizers.schedules import (
        CosineDecay,
        CosineDecayRestarts,
        ExponentialDecay,
        InverseTimeDecay,
        LearningRateSchedule,
        PiecewiseConstantDecay,
        PolynomialDecay,
    )


# fmt: off
@overload
def build_optimizer(spec: SGDSpec) -> SGD: ...
@overload
def build_optimizer(spec: AdamSpec) -> Adam: ...
@overload
def build_optimizer(spec: OptimizerSpec | Mapping[str, Any] | str) -> Optimizer: ...
# fmt: on
def build_optimizer(spec: OptimizerSpec | Mapping[str, Any] | str) -> Optimizer:
    """The native Keras optimizer that ``spec`` says, a new one at each call.

    Args:
        spec: an optimizer spec, a mapping with a ``type``, or the name of a type.

    Returns:
        An instance of exactly the Keras class that the spec mirrors: ``build_optimizer(AdamSpec())`` is a
        ``keras.optimizers.Adam``, the class that TensorFlow calls ``tf.keras.optimizers.Adam``.

    Raises:
        pydantic.ValidationError: ``spec`` is not a right spec.
        RuntimeError: the installed Keras has no such optimizer or argument; the message names the version needed.
    """
    import keras

    spec = read(OptimizerSpec, spec)
    arguments = _arguments(keras.optimizers, spec)
    if isinstance(spec.learning_rate, ScheduleSpec):
        arguments["learning_rate"] = build_schedule(spec.learning_rate)
    optimizer: Optimizer = getattr(keras.optimizers, spec.type)(**arguments)
    return optimizer


# fmt: off
@overload
def build_schedule(spec: ExponentialDecaySpec) -> ExponentialDecay: ...
@overload
def build_schedule(spec: PiecewiseConstantDecaySpec) -> PiecewiseConstantDecay: ...
@overload
def build_schedule(spec: PolynomialDecaySpec) -> PolynomialDecay: ...
@overload
def build_schedule(spec: InverseTimeDecaySpec) -> InverseTimeDecay: ...
@overload
def build_schedule(spec: CosineDecaySpec) -> CosineDecay: ...
@overload
def build_schedule(spec: CosineDecayRestartsSpec) -> CosineDecayRestarts: ...
@overload
def build_schedule(spec: ScheduleSpec | Mapping[str, Any] | str) -> LearningRateSchedule: ...
# fmt: on
def build_schedule(spec: ScheduleSpec | Mapping[str, Any] | str) -> LearningRateSchedule:
    """The native Keras learning-rate schedule that ``spec`` says, a new one at each call.

    Args:
        spec: a schedule spec, a mapping with a ``type``, or the name of a type.

    Raises:
        pydantic.ValidationError: ``spec`` is not a right spec.
        RuntimeError: the installed Keras has no such schedule or argument; the message names the version needed.
    """
    import keras

    spec = read(ScheduleSpec, spec)
    arguments = _arguments(keras.optimizers.schedules, spec)
    schedule: LearningRateSchedule = getattr(keras.optimizers.schedules, spec.type)(**arguments)
    return schedule


def _arguments(catalogue: Any, spec: OptimizerSpec | ScheduleSpec) -> dict[str, Any]:
    """The arguments with which the class of ``spec`` in ``catalogue``, a Keras module, says the same.

    A field that the installed Keras lacks is left out while it has its default, which is what Keras does without it.
    """
    keras_class = getattr(catalogue, spec.type, None)
    if keras_class is None:
        raise needs_keras(spec.type)
    known = _parameters(keras_class)
    arguments = {}
    for name, field in type(spec).model_fields.items():
        value = getattr(spec, name)
        if name in known:
            # Keras keeps what it was given, and writes lists into its config.
            arguments[name] = list(value) if isinstance(value, tuple) else value
        elif name != "type" and value != field.default:
            raise needs_keras(spec.type, name)
    return arguments


@cache
def _parameters(keras_class: type) -> frozenset[str]:
    return frozenset(inspect.signature(keras_class).parameters)
