"""The rates of a run, at some thousand steps of it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from keras_optkit.specs.array_namespace import np
from keras_optkit.specs.schedules import ScheduleSpec

if TYPE_CHECKING:
    from numpy.typing import NDArray


#: In a longer run only so many steps are looked at, which takes less than a millisecond for most schedules.
MOST_SAMPLES = 2**12
_GOLDEN = (5**0.5 - 1) / 2


class Curve:
    """The learning rates of ``schedule`` in a run of ``length`` steps.

    Attributes:
        steps: the steps that were looked at, rising, each for an equal share of the run.
        rates: the rate at each of them, float64.
    """

    steps: NDArray[np.int64]
    rates: NDArray[np.float64]

    def __init__(self, schedule: ScheduleSpec, length: int) -> None:
        self.schedule, self.length = schedule, length
        self.steps = _sampled(length)
        self.rates = rates_of(schedule, self.steps)

    def at(self, step: int) -> float:
        """The rate at one step of the run."""
        return rate_of(self.schedule, step)


def rates_of(schedule: ScheduleSpec, steps: NDArray[np.int64]) -> NDArray[np.float64]:
    """The rate at each of the schedule's own ``steps``; nan where a formula of somebody's own fails."""
    rates = np.full(steps.shape, np.nan)
    with np.errstate(all="ignore"), contextlib.suppress(Exception):  # what does not fit is no reason not to build
        rates[:] = schedule.value(steps)
    return rates


def rate_of(schedule: ScheduleSpec, step: int) -> float:
    """The rate at one of the schedule's own steps."""
    return float(rates_of(schedule, np.array([step]))[0])


def _sampled(length: int) -> NDArray[np.int64]:
    if length <= MOST_SAMPLES:
        return np.arange(length)
    # One of each share of the run, at another place in each: even steps could always meet a cycle at its bottom.
    places = np.arange(MOST_SAMPLES) + np.arange(MOST_SAMPLES) * _GOLDEN % 1
    return (places * (length / MOST_SAMPLES)).astype(np.int64)
