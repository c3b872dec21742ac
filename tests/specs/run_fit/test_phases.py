"""Where a schedule of somebody's own ends, seen from its rates alone."""

from typing import Any

import numpy as np
import pytest

from keras_optkit.specs.run_fit.phases import phases
from keras_optkit.specs.schedules import ScheduleSpec
from keras_optkit.specs.schedules.phase import Kind, Phase


class OwnSpec(ScheduleSpec):
    """A rate that falls until ``rests``, rests, and moves again from ``again`` on."""

    rests: int
    again: int = 10**9
    bends: tuple[int, ...]

    def value(self, step: Any, xp: Any = np) -> Any:
        moved = np.minimum(step, self.rests) + np.maximum(np.asarray(step) - self.again, 0)
        return 1 / (1 + moved)

    def landmarks(self) -> Any:
        return [(step, f"bend {step}") for step in self.bends]


def test_the_last_landmark_is_the_end_if_the_rate_moved_before_it_and_rests_after() -> None:
    assert phases(OwnSpec(rests=20, bends=(10, 20))) == [Phase(Kind.DECAY, "bend 20", (), 20)]


@pytest.mark.parametrize(
    "schedule",
    [
        OwnSpec(rests=10, bends=(10, 40)),
        OwnSpec(rests=1, bends=(1, 10, 40)),
        OwnSpec(rests=60, bends=(10, 40)),
        OwnSpec(rests=40, again=390, bends=(10, 40)),
        OwnSpec(rests=40, bends=()),
    ],
    ids=["was at rest before", "long before", "moves after", "moves again", "no landmark"],
)
def test_another_landmark_is_none(schedule: ScheduleSpec) -> None:
    assert phases(schedule) == []
