"""How much after the run a thing may end without a word."""

import pytest

from keras_optkit import ConstantSpec, JoinSpec, RampSpec, ScheduleSpec, WarmupSpec
from keras_optkit.specs.resolving import RunLength
from keras_optkit.specs.run_fit import misfits


def is_told(schedule: ScheduleSpec, length: int) -> bool:
    texts = map(str, misfits(schedule, RunLength.of(length, 1)))
    return any(f"but the run ends at step {length:,}" in text for text in texts)


def falling(steps: int) -> RampSpec:
    return RampSpec(initial_learning_rate=1, end_learning_rate=0.1, steps=steps)


@pytest.mark.parametrize(("length", "late"), [(5, 1), (50, 1), (199, 1), (200, 2), (299, 2), (300, 3), (100_000, 1000)])
def test_a_decay_may_end_a_hundredth_late_and_at_least_one_step(length: int, late: int) -> None:
    assert not is_told(falling(length + late), length)
    assert is_told(falling(length + late + 1), length)


@pytest.mark.parametrize("length", [5, 200, 100_000])
def test_a_warm_up_must_end_in_the_run(length: int) -> None:
    assert not is_told(WarmupSpec(schedule=ConstantSpec(learning_rate=0.1), warmup_steps=length - 1), length)
    assert is_told(WarmupSpec(schedule=ConstantSpec(learning_rate=0.1), warmup_steps=length), length)


@pytest.mark.parametrize("length", [5, 200, 100_000])
def test_a_piece_may_begin_one_step_after_the_run(length: int) -> None:
    def joined(boundary: int) -> JoinSpec:
        return JoinSpec(schedules=[falling(length), falling(length)], boundaries=[boundary])

    assert not is_told(joined(length + 1), length)
    assert is_told(joined(length + 2), length)
