"""A schedule that is over where a training goes on is told, and one that still trains there is not."""

import pytest

from keras_optkit import (
    CosineDecayRestartsSpec,
    CosineDecaySpec,
    CyclicalSpec,
    ExponentialDecaySpec,
    OneCycleSpec,
    PiecewiseConstantDecaySpec,
    SGDSpec,
    WarmupSpec,
)
from keras_optkit.specs.run_fit.going_on import over_at
from keras_optkit.specs.schedules import ScheduleSpec

COSINE = CosineDecaySpec(initial_learning_rate=0.1, decay_steps=100)
ONE_CYCLE = OneCycleSpec(max_learning_rate=0.1, total_steps=100)


@pytest.mark.parametrize(("schedule", "step"), [(COSINE, 100), (COSINE, 12_345), (ONE_CYCLE, 100)])
def test_told(schedule: ScheduleSpec, step: int) -> None:
    (said,) = over_at(SGDSpec(learning_rate=schedule), step)
    assert f"goes on at {step:,}, where this schedule is over" in said
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
    assert not list(over_at(SGDSpec(learning_rate=schedule), step))


def test_a_constant_rate_is_never_over() -> None:
    assert not list(over_at(SGDSpec(learning_rate=0.1), 1_000))
