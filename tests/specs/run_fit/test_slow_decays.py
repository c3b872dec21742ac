"""A decay that hardly moves is told where it plays for long enough to matter."""

from typing import Any

import numpy as np
import pytest

from keras_optkit import ExponentialDecaySpec, JoinSpec, RampSpec, ScheduleSpec
from keras_optkit.specs.resolving import RunLength
from keras_optkit.specs.run_fit import misfits
from keras_optkit.specs.run_fit.curve import Curve
from keras_optkit.specs.run_fit.slow_decays import slow_decays
from keras_optkit.specs.run_fit.stretches import stretches

SLOW = ExponentialDecaySpec(initial_learning_rate=0.1, decay_steps=10**4, decay_rate=0.9)


def said(spec: ScheduleSpec, length: int) -> list[str]:
    return [str(misfit) for misfit in misfits(spec, RunLength.of(length, 1))]


@pytest.mark.parametrize(("steps", "told"), [(949, True), (950, True), (951, False)])
def test_what_plays_for_less_than_a_twentieth_of_the_run_may_stay_as_it_is(steps: int, told: bool) -> None:
    falling = RampSpec(initial_learning_rate=1, end_learning_rate=0.1, steps=steps)
    found = said(JoinSpec(schedules=[falling, SLOW], boundaries=[steps]), 1000)
    assert [text.partition(":")[0] for text in found] == ["schedules.1.decay_steps"] * told


@pytest.mark.parametrize(("length", "told"), [(1, False), (2, True)])
def test_a_single_step_has_no_time_to_move(length: int, told: bool) -> None:
    assert bool(said(SLOW, length)) is told


@pytest.mark.parametrize(("decay_rate", "told"), [(0.9901, True), (0.9899, False)])
def test_less_than_a_hundredth_is_hardly_anything(decay_rate: float, told: bool) -> None:
    decay = ExponentialDecaySpec(initial_learning_rate=0.1, decay_steps=1000, decay_rate=decay_rate)
    assert bool(said(decay, 1001)) is told


def test_a_rate_of_0_has_not_moved() -> None:
    class ZeroSpec(ScheduleSpec):
        """No rate at all."""

        def value(self, step: Any, xp: Any = np) -> Any:
            return 0.0 * np.asarray(step)

    run = RunLength.of(100, 1)
    assert list(slow_decays(list(stretches((), ZeroSpec(), 100)), Curve(ZeroSpec(), 100), run)) == []
