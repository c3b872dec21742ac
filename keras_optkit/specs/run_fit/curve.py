"""The rates of a run, sampled at up to 4,096 steps."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from keras_optkit.specs.array_namespace import np
from keras_optkit.specs.schedules import ScheduleSpec

if TYPE_CHECKING:
    from numpy.typing import NDArray


#: A longer run is sampled at this many steps, which takes less than a millisecond for most schedules.
MOST_SAMPLES = 2**12
_GOLDEN = (5**0.5 - 1) / 2


class Curve:
    """The learning rates of ``schedule`` in a run of ``length`` steps.

    Attributes:
        steps: the sampled steps, increasing, each for an equal share of the run.
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
    """The rate at each of the schedule's own ``steps``; nan where a user's own formula raises."""
    rates = np.full(steps.shape, np.nan)
    with np.errstate(all="ignore"), contextlib.suppress(Exception):  # these checks must never prevent a build
        rates[:] = schedule.value(steps)
    return rates


def rate_of(schedule: ScheduleSpec, step: int) -> float:
    """The rate at one of the schedule's own steps."""
    return float(rates_of(schedule, np.array([step]))[0])


def _sampled(length: int) -> NDArray[np.int64]:
    if length <= MOST_SAMPLES:
        return np.arange(length)
    # One step in each share of the run, at varying places: evenly spaced steps could always hit the bottom of a cycle.
    places = np.arange(MOST_SAMPLES) + np.arange(MOST_SAMPLES) * _GOLDEN % 1
    return (places * (length / MOST_SAMPLES)).astype(np.int64)
