"""A schedule that has ended at the step from which training continues."""

from __future__ import annotations

from collections.abc import Iterator

from keras_optkit.specs.array_namespace import np
from keras_optkit.specs.optimizers import OptimizerSpec
from keras_optkit.specs.resolving import RunLength
from keras_optkit.specs.run_fit.curve import Curve, rates_of
from keras_optkit.specs.schedules import ScheduleSpec

_LOW = 1e-3
"""A share of the highest rate. Below it, training hardly changes anything."""
_SAMPLES = 64


def over_at(spec: OptimizerSpec, step: int, run: RunLength) -> Iterator[str]:
    """Yield a sentence if the schedule of a resolved ``spec`` has ended at ``step``.

    That is so if its rate stays low for as many steps again, or if it no longer changes and the ``run`` has ended too.
    """
    schedule = spec.learning_rate
    if not isinstance(schedule, ScheduleSpec) or step < 1:
        return
    before = Curve(schedule, step).rates
    rates = rates_of(schedule, np.linspace(step, 2 * step, _SAMPLES).astype(np.int64))
    stays = run.steps is not None and step >= run.steps and np.ptp(rates) == 0 < np.ptp(before)
    if stays or rates.max() < _LOW * before.max():
        yield (
            f"learning_rate: the step count continues at {step:,}, where this schedule has ended: its rate there is "
            f"{rates[0]:.3g}. To start a schedule now, put it after the steps already done: "
            f"JoinSpec(schedules=[ConstantSpec(learning_rate=...), {type(schedule).__name__}(...)], "
            f"boundaries=[{step}]). Let epochs then include those that are done, here and in fit with initial_epoch"
        )
