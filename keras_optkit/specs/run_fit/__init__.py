"""Compares a spec with its run, and reports what does not fit.

Keras trains with any schedule, even one that was written for another run: epochs are counted as steps, a warm-up is
longer than the run, or a decay ends halfway. The spec and the length of the run are enough to see this, without Keras.
"""

from __future__ import annotations

from keras_optkit.specs.base import Spec
from keras_optkit.specs.optimizers import OptimizerSpec
from keras_optkit.specs.resolving import Path, RunLength, resolve
from keras_optkit.specs.run_fit.curve import Curve
from keras_optkit.specs.run_fit.ends import after_the_run
from keras_optkit.specs.run_fit.low_rates import low_rates
from keras_optkit.specs.run_fit.misfit import Misfit
from keras_optkit.specs.run_fit.slow_decays import slow_decays
from keras_optkit.specs.run_fit.stretches import stretches
from keras_optkit.specs.run_fit.units import above_the_whole, steps_that_read_as_epochs
from keras_optkit.specs.run_fit.updates import wrong_updates
from keras_optkit.specs.run_fit.written import durations
from keras_optkit.specs.run_fit.zero_stairs import zero_first_stairs
from keras_optkit.specs.schedules import ConstantSpec, ScheduleSpec

__all__ = ["Misfit", "misfits"]


def misfits(spec: Spec, run: RunLength) -> list[Misfit]:
    """What in ``spec`` does not fit ``run``; empty if the length of the run is not known.

    Args:
        spec: an optimizer or schedule spec, with its durations as they were written.
        run: the number of batches in an epoch, and of epochs.

    Raises:
        pydantic.ValidationError: ``spec`` becomes invalid once its durations are converted to steps.
    """
    if run.steps is None:
        return []
    resolved = resolve(spec, run)
    written = list(durations(spec))
    too_long = list(above_the_whole(written))
    played = list(stretches(*_schedule(resolved), run.steps))
    curve = Curve(played[0].schedule, run.steps)
    found = [*(wrong_updates(resolved, curve) if isinstance(resolved, OptimizerSpec) else ()), *too_long]
    # The kinds that explain the most come first; what follows from them is not reported.
    others = (
        list(steps_that_read_as_epochs(written, played, curve, run))
        or list(after_the_run(played, curve, run))
        or list(zero_first_stairs(played, curve, run))
        or [*low_rates(written, played, curve, run), *slow_decays(played, curve, run)]
    )
    return found + [misfit for misfit in others if misfit.path not in {known.path for known in found}]


def _schedule(spec: Spec) -> tuple[Path, ScheduleSpec]:
    """The schedule of a resolved ``spec``, and its path."""
    if isinstance(spec, OptimizerSpec):
        rate = spec.learning_rate
        return ("learning_rate",), rate if isinstance(rate, ScheduleSpec) else ConstantSpec(learning_rate=rate)
    assert isinstance(spec, ScheduleSpec)
    return (), spec
