"""A schedule that is over at the step from which a training goes on."""

from __future__ import annotations

from collections.abc import Iterator

from keras_optkit.specs.array_namespace import np
from keras_optkit.specs.optimizers import OptimizerSpec
from keras_optkit.specs.resolving import RunLength
from keras_optkit.specs.run_fit.curve import Curve, rates_of
from keras_optkit.specs.schedules import ScheduleSpec

_LOW = 1e-3
"""A share of the highest rate: below it, hardly anything is trained."""
_SAMPLES = 64


def over_at(spec: OptimizerSpec, step: int, run: RunLength) -> Iterator[str]:
    """Yield a sentence if the schedule of a resolved ``spec`` is over at ``step``.

    It is if its rate is low for as many steps again, or if the ``run`` ends before that and the rate changes no more.
    """
    schedule = spec.learning_rate
    if not isinstance(schedule, ScheduleSpec) or step < 1:
        return
    before = Curve(schedule, step).rates
    rates = rates_of(schedule, np.linspace(step, 2 * step, _SAMPLES).astype(np.int64))
    stays = run.steps is not None and step >= run.steps and np.ptp(rates) == 0 < np.ptp(before)
    if stays or rates.max() < _LOW * before.max():
        yield (
            f"learning_rate: the step count goes on at {step:,}, where this schedule is over: its rate there is "
            f"{rates[0]:.3g}. For a schedule that begins now, put it after the steps that are done: "
            f"JoinSpec(schedules=[ConstantSpec(learning_rate=...), {type(schedule).__name__}(...)], "
            f"boundaries=[{step}]). Let epochs then include those that are done, here and in fit with initial_epoch"
        )
