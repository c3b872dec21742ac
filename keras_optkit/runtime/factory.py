"""From a spec to the native Keras object, made by its own constructor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypedDict, Unpack, overload

from keras_optkit.runtime.arguments import arguments_for, keras_class
from keras_optkit.runtime.made_for import note_run
from keras_optkit.runtime.warning import warn_of_misfits
from keras_optkit.specs.optimizers import OptimizerSpec
from keras_optkit.specs.optimizers.adadelta import AdadeltaSpec
from keras_optkit.specs.optimizers.adafactor import AdafactorSpec
from keras_optkit.specs.optimizers.adagrad import AdagradSpec
from keras_optkit.specs.optimizers.adam import AdamSpec
from keras_optkit.specs.optimizers.adamax import AdamaxSpec
from keras_optkit.specs.optimizers.adamw import AdamWSpec
from keras_optkit.specs.optimizers.ftrl import FtrlSpec
from keras_optkit.specs.optimizers.lamb import LambSpec
from keras_optkit.specs.optimizers.lion import LionSpec
from keras_optkit.specs.optimizers.muon import MuonSpec
from keras_optkit.specs.optimizers.nadam import NadamSpec
from keras_optkit.specs.optimizers.rmsprop import RMSpropSpec
from keras_optkit.specs.optimizers.schedule_free_adamw import ScheduleFreeAdamWSpec
from keras_optkit.specs.optimizers.sgd import SGDSpec
from keras_optkit.specs.reading import read
from keras_optkit.specs.resolving import RunLength, resolve
from keras_optkit.specs.schedules import (
    CosineDecayRestartsSpec,
    CosineDecaySpec,
    ExponentialDecaySpec,
    InverseTimeDecaySpec,
    PiecewiseConstantDecaySpec,
    PolynomialDecaySpec,
    ScheduleSpec,
)
from keras_optkit.specs.tracebacks import short_traceback

if TYPE_CHECKING:
    from keras import optimizers
    from keras.optimizers import Optimizer, schedules
    from keras.optimizers.schedules import LearningRateSchedule


class Run(TypedDict, total=False):
    """How long the run is, for durations in epochs or percent."""

    steps_per_epoch: int | None
    epochs: int | None


# fmt: off
@overload
def build_optimizer(spec: SGDSpec, **run: Unpack[Run]) -> optimizers.SGD: ...
@overload
def build_optimizer(spec: AdamSpec, **run: Unpack[Run]) -> optimizers.Adam: ...
@overload
def build_optimizer(spec: AdamWSpec, **run: Unpack[Run]) -> optimizers.AdamW: ...
@overload
def build_optimizer(spec: RMSpropSpec, **run: Unpack[Run]) -> optimizers.RMSprop: ...
@overload
def build_optimizer(spec: AdagradSpec, **run: Unpack[Run]) -> optimizers.Adagrad: ...
@overload
def build_optimizer(spec: AdadeltaSpec, **run: Unpack[Run]) -> optimizers.Adadelta: ...
@overload
def build_optimizer(spec: AdamaxSpec, **run: Unpack[Run]) -> optimizers.Adamax: ...
@overload
def build_optimizer(spec: NadamSpec, **run: Unpack[Run]) -> optimizers.Nadam: ...
@overload
def build_optimizer(spec: FtrlSpec, **run: Unpack[Run]) -> optimizers.Ftrl: ...
@overload
def build_optimizer(spec: LionSpec, **run: Unpack[Run]) -> optimizers.Lion: ...
@overload
def build_optimizer(spec: LambSpec, **run: Unpack[Run]) -> optimizers.Lamb: ...
@overload
def build_optimizer(spec: AdafactorSpec, **run: Unpack[Run]) -> optimizers.Adafactor: ...
@overload
def build_optimizer(spec: MuonSpec, **run: Unpack[Run]) -> optimizers.Muon: ...
@overload
def build_optimizer(spec: ScheduleFreeAdamWSpec, **run: Unpack[Run]) -> optimizers.ScheduleFreeAdamW: ...
@overload
def build_optimizer(spec: OptimizerSpec | Mapping[str, Any] | str, **run: Unpack[Run]) -> Optimizer: ...
# fmt: on
@short_traceback
def build_optimizer(
    spec: OptimizerSpec | Mapping[str, Any] | str,
    *,
    steps_per_epoch: int | None = None,
    epochs: int | None = None,
) -> Optimizer:
    """Build the native Keras optimizer that ``spec`` describes, a new one at each call.

    Whether a setting trains can depend on the weights: an ``epsilon`` that is too small for float32 may do for float64,
    and a decay that is too large matters only where something is decayed. ``compile_with``, which knows the weights,
    raises for such settings; this function builds what you ask for.

    Args:
        spec: an optimizer spec, a mapping with a ``type``, or the name of a type.
        steps_per_epoch: the number of batches in an epoch; needed if a duration is in epochs or percent.
        epochs: the number of epochs of the run; needed if a duration is in percent. If both numbers are given, the
            spec is compared with the run.

    Returns:
        An instance of exactly the Keras class that the spec mirrors: ``build_optimizer(AdamSpec())`` is a
        ``keras.optimizers.Adam``, the class that TensorFlow calls ``tf.keras.optimizers.Adam``. With ``groups`` or
        ``exclude_from_weight_decay``, and for ``ScheduleFreeAdamWSpec``, it is an instance of a registered subclass.

    Raises:
        pydantic.ValidationError: ``spec`` is invalid, or becomes invalid once its durations are converted to steps.
        ValueError: ``steps_per_epoch`` or ``epochs`` is needed and missing, or not a whole number > 0.
        RuntimeError: the installed Keras has no such optimizer or argument; the message names the version needed.

    Warns:
        OptimizerWarning: the spec does not fit the run; for example, its steps read as if they were epochs.

    Examples:
        >>> type(build_optimizer(AdamSpec(learning_rate=0.01))) is keras.optimizers.Adam
        True
        >>> decay = CosineDecaySpec(initial_learning_rate=0.1, decay_steps="20 epochs")
        >>> optimizer = build_optimizer(SGDSpec(learning_rate=decay, momentum=0.9), steps_per_epoch=100)
        >>> spec_of(optimizer).learning_rate.decay_steps
        2000
    """
    written, run = read(OptimizerSpec, spec), RunLength.of(steps_per_epoch, epochs)
    optimizer = native_optimizer(resolve(written, run))
    note_run(optimizer, written, run)
    warn_of_misfits(written, run)
    return optimizer


def native_optimizer(spec: OptimizerSpec, *, grouped: bool = False) -> Optimizer:
    """The Keras optimizer of a ``spec`` whose durations are in steps; ``grouped`` where it does not ask for it."""
    import keras

    cls = keras_class(keras.optimizers, type(spec))
    arguments = arguments_for(cls, spec)
    if isinstance(spec.learning_rate, ScheduleSpec):
        arguments["learning_rate"] = _native_schedule(spec.learning_rate)
    # Keras's ScheduleFreeAdamW trains wrongly where weights change after it is built.
    if grouped or spec.exclude_from_weight_decay or spec.groups or isinstance(spec, ScheduleFreeAdamWSpec):
        from keras_optkit.runtime.grouped import GROUPED

        cls = GROUPED[spec.type]
        arguments |= {"exclude_from_weight_decay": spec.exclude_from_weight_decay, "groups": spec.groups}
    optimizer: Optimizer = cls(**arguments)
    return optimizer


# fmt: off
@overload
def build_schedule(spec: ExponentialDecaySpec, **run: Unpack[Run]) -> schedules.ExponentialDecay: ...
@overload
def build_schedule(spec: PiecewiseConstantDecaySpec, **run: Unpack[Run]) -> schedules.PiecewiseConstantDecay: ...
@overload
def build_schedule(spec: PolynomialDecaySpec, **run: Unpack[Run]) -> schedules.PolynomialDecay: ...
@overload
def build_schedule(spec: InverseTimeDecaySpec, **run: Unpack[Run]) -> schedules.InverseTimeDecay: ...
@overload
def build_schedule(spec: CosineDecaySpec, **run: Unpack[Run]) -> schedules.CosineDecay: ...
@overload
def build_schedule(spec: CosineDecayRestartsSpec, **run: Unpack[Run]) -> schedules.CosineDecayRestarts: ...
@overload
def build_schedule(spec: ScheduleSpec | Mapping[str, Any] | str, **run: Unpack[Run]) -> LearningRateSchedule: ...
# fmt: on
@short_traceback
def build_schedule(
    spec: ScheduleSpec | Mapping[str, Any] | str,
    *,
    steps_per_epoch: int | None = None,
    epochs: int | None = None,
) -> LearningRateSchedule:
    """Build the native Keras learning-rate schedule that ``spec`` describes, a new one at each call.

    Args:
        spec: a schedule spec, a mapping with a ``type``, or the name of a type.
        steps_per_epoch: the number of batches in an epoch; needed if a duration is in epochs or percent.
        epochs: the number of epochs of the run; needed if a duration is in percent. If both numbers are given, the
            spec is compared with the run.

    Returns:
        An instance of the Keras class that the spec mirrors. For all other specs a ``SpecSchedule``, which computes
        the spec's own formula.

    Raises:
        pydantic.ValidationError: ``spec`` is invalid, or becomes invalid once its durations are converted to steps.
        ValueError: ``steps_per_epoch`` or ``epochs`` is needed and missing, or not a whole number > 0.
        RuntimeError: the installed Keras has no such schedule or argument; the message names the version needed.

    Warns:
        OptimizerWarning: the spec does not fit the run; for example, its steps read as if they were epochs.

    Examples:
        >>> warm = WarmupSpec(schedule=ConstantSpec(learning_rate=0.1), warmup_steps="10%")
        >>> schedule = build_schedule(warm, steps_per_epoch=100, epochs=10)
        >>> [round(float(schedule(step)), 3) for step in (0, 50, 100, 1000)]
        [0.0, 0.05, 0.1, 0.1]
    """
    written, run = read(ScheduleSpec, spec), RunLength.of(steps_per_epoch, epochs)
    schedule = _native_schedule(resolve(written, run))
    warn_of_misfits(written, run)
    return schedule


def _native_schedule(spec: ScheduleSpec) -> LearningRateSchedule:
    """The Keras schedule of a ``spec`` whose durations are in steps."""
    import keras

    from keras_optkit.runtime.schedule import PiecewiseConstantTable, SpecSchedule

    if not spec.mirrors_keras:
        return SpecSchedule(spec)
    cls = keras_class(keras.optimizers.schedules, type(spec))
    if isinstance(spec, PiecewiseConstantDecaySpec) and len(spec.boundaries) > _SHORT:
        cls = PiecewiseConstantTable
    schedule: LearningRateSchedule = cls(**arguments_for(cls, spec))
    return schedule


# So many boundaries cost little as Keras writes them: about 11 graph nodes each, where a table costs 40 in all.
_SHORT = 8
