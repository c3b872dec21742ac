"""A schedule that is over where a training goes on is told, and one that still trains there is not."""

from typing import Any

import pytest

from keras_optkit import (
    ConstantSpec,
    CosineDecayRestartsSpec,
    CosineDecaySpec,
    CyclicalSpec,
    ExponentialDecaySpec,
    JoinSpec,
    OneCycleSpec,
    PiecewiseConstantDecaySpec,
    SGDSpec,
    WarmupSpec,
)
from keras_optkit.specs.resolving import RunLength, resolve
from keras_optkit.specs.run_fit import misfits
from keras_optkit.specs.run_fit.going_on import over_at
from keras_optkit.specs.schedules import ScheduleSpec

COSINE = CosineDecaySpec(initial_learning_rate=0.1, decay_steps=100)
ONE_CYCLE = OneCycleSpec(max_learning_rate=0.1, total_steps=100)


@pytest.mark.parametrize(("schedule", "step"), [(COSINE, 100), (COSINE, 12_345), (ONE_CYCLE, 100)])
def test_told(schedule: ScheduleSpec, step: int) -> None:
    (said,) = over_at(SGDSpec(learning_rate=schedule), step, RunLength.of(None, None))
    assert f"continues at {step:,}, where this schedule has ended" in said
    assert f"boundaries=[{step}]" in said


@pytest.mark.parametrize(
    ("schedule", "step"),
    [
        (COSINE, 0),
        (COSINE, 60),
        (CosineDecaySpec(initial_learning_rate=0.1, decay_steps=100, alpha=0.01), 500),
        (WarmupSpec(schedule=COSINE, warmup_steps=100), 100),
        (ExponentialDecaySpec(initial_learning_rate=0.1, decay_steps=100, decay_rate=0.5), 500),
        (PiecewiseConstantDecaySpec(boundaries=[10, 20], values=[0.1, 0.01, 0.001]), 30),
        (CosineDecayRestartsSpec(initial_learning_rate=0.1, first_decay_steps=100, t_mul=1.0), 300),
        (CyclicalSpec(initial_learning_rate=0.0, maximal_learning_rate=0.1, step_size=50), 200),
    ],
)
def test_not_told(schedule: ScheduleSpec, step: int) -> None:
    assert not list(over_at(SGDSpec(learning_rate=schedule), step, RunLength.of(None, None)))


FLOORED = CosineDecaySpec(initial_learning_rate=0.1, decay_steps=100, alpha=0.01)
STEPS = PiecewiseConstantDecaySpec(boundaries=[10, 20], values=[0.1, 0.01, 0.001])


@pytest.mark.parametrize("schedule", [FLOORED, STEPS])
def test_behind_its_run_a_schedule_whose_rate_changes_no_more_is_told(schedule: ScheduleSpec) -> None:
    spec = SGDSpec(learning_rate=schedule)
    (said,) = over_at(spec, 100, RunLength.of(10, 10))
    assert "its rate there is 0.001" in said
    assert not list(over_at(spec, 100, RunLength.of(10, 11)))


def test_a_schedule_after_the_steps_that_are_done_fits_a_run_that_includes_them() -> None:
    half = CosineDecaySpec(initial_learning_rate=0.1, decay_steps="50%")
    join = JoinSpec(schedules=[ConstantSpec(learning_rate=0.1), half], boundaries=[100])
    spec, run = SGDSpec(learning_rate=join), RunLength.of(10, 20)
    assert not misfits(spec, run)
    assert not list(over_at(resolve(spec, run), 100, run))
    (said,) = over_at(SGDSpec(learning_rate=COSINE), 100, run)
    assert said.endswith("[100]). Let epochs then include those that are done, here and in fit with initial_epoch")


@pytest.mark.parametrize(
    "rate",
    [
        0.1,
        ConstantSpec(learning_rate=0.1),
        ExponentialDecaySpec(initial_learning_rate=0.1, decay_steps=1_000, decay_rate=0.5),
    ],
)
def test_a_rate_that_never_changes_or_always_does_is_never_over(rate: Any) -> None:
    assert not list(over_at(SGDSpec(learning_rate=rate), 1_000, RunLength.of(10, 10)))


def test_low_for_as_many_steps_again_is_over_however_high_later() -> None:
    pause = PiecewiseConstantDecaySpec(boundaries=[10, 24], values=[0.1, 1e-9, 0.1])
    assert list(over_at(SGDSpec(learning_rate=pause), 12, RunLength.of(None, None)))
    assert not list(over_at(SGDSpec(learning_rate=pause), 13, RunLength.of(None, None)))


def test_the_rate_that_is_told_is_that_of_the_step() -> None:
    steep = ExponentialDecaySpec(initial_learning_rate=0.1, decay_steps=10, decay_rate=0.1)
    (said,) = over_at(SGDSpec(learning_rate=steep), 100, RunLength.of(None, None))
    assert "its rate there is 1e-11." in said


def test_a_thousandth_of_the_highest_rate_still_trains() -> None:
    def told(low: float) -> list[str]:
        pieces = PiecewiseConstantDecaySpec(boundaries=[10], values=[0.5, low])
        return list(over_at(SGDSpec(learning_rate=pieces), 20, RunLength.of(None, None)))

    assert not told(0.0005)
    assert told(0.000499)
