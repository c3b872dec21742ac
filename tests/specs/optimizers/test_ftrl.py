"""Ftrl divides by the rate, so no schedule of it may touch 0."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from keras_optkit import (
    ConstantSpec,
    CosineDecayRestartsSpec,
    CosineDecaySpec,
    CyclicalSpec,
    ExponentialDecaySpec,
    FtrlSpec,
    InverseSqrtDecaySpec,
    JoinSpec,
    OneCycleSpec,
    PiecewiseConstantDecaySpec,
    PolynomialDecaySpec,
    RampSpec,
    ScheduleSpec,
    WarmupSpec,
    WarmupStableDecaySpec,
)

COSINE = CosineDecaySpec(initial_learning_rate=0.1, decay_steps="90%")
ABOVE = COSINE.replace(alpha=0.01)
FALL: dict[str, Any] = {"initial_learning_rate": 0.1, "decay_steps": 50}
RESTARTS = CosineDecayRestartsSpec(initial_learning_rate=0.1, first_decay_steps=10, t_mul=1)

#: (a schedule that is 0 somewhere, where, the same that is not)
ZEROS: list[tuple[ScheduleSpec, str, ScheduleSpec]] = [
    (COSINE, "'end of the decay'", ABOVE),
    (
        COSINE.replace(initial_learning_rate=0, warmup_target=0.1, warmup_steps=5, alpha=0.1),
        "the start",
        COSINE.replace(initial_learning_rate=0.01, warmup_target=0.1, warmup_steps=5, alpha=0.1),
    ),
    (
        WarmupSpec(schedule=ABOVE, warmup_steps="10%"),
        "the start",
        WarmupSpec(schedule=ABOVE, warmup_steps="10%", initial_learning_rate=1e-5),
    ),
    (
        PolynomialDecaySpec(**FALL, end_learning_rate=0),
        "'end of the decay'",
        PolynomialDecaySpec(**FALL),
    ),
    (
        RampSpec(initial_learning_rate=0.1, end_learning_rate=0, steps="1 epoch"),
        "'end of the ramp'",
        RampSpec(initial_learning_rate=0.1, end_learning_rate=1e-12, steps="1 epoch"),
    ),
    (
        PiecewiseConstantDecaySpec(boundaries=[5, 9], values=[0.1, 0, 0.1]),
        "'boundary passed'",
        PiecewiseConstantDecaySpec(boundaries=[5, 9], values=[0.1, 0.01, 0.1]),
    ),
    (
        JoinSpec(schedules=[ABOVE, RampSpec(initial_learning_rate=0, end_learning_rate=1, steps=9)], boundaries=[5]),
        "'Ramp begins'",
        JoinSpec(schedules=[ABOVE, COSINE.replace(alpha=0.5)], boundaries=[5]),
    ),
    (
        WarmupStableDecaySpec(
            peak_learning_rate=1, warmup_steps="5%", decay_steps="20%", initial_learning_rate=0.1, end_learning_rate=0
        ),
        "'end of the decay'",
        WarmupStableDecaySpec(
            peak_learning_rate=1, warmup_steps=0, decay_steps="20%", initial_learning_rate=0.1, end_learning_rate=0.1
        ),
    ),
    (
        InverseSqrtDecaySpec(peak_learning_rate=0.1, warmup_steps="2 epochs"),
        "the start",
        InverseSqrtDecaySpec(peak_learning_rate=0.1, warmup_steps=0, timescale=100),
    ),
    (
        CyclicalSpec(initial_learning_rate=0, maximal_learning_rate=0.1, step_size=10),
        "the start",
        CyclicalSpec(initial_learning_rate=0.01, maximal_learning_rate=0.1, step_size=10),
    ),
    (
        # Float32, in which Keras trains, makes 1e-40 a 0.
        ExponentialDecaySpec(initial_learning_rate=1e-30, decay_steps=10, decay_rate=1e-10),
        "'decayed by 1e-10 once'",
        ExponentialDecaySpec(initial_learning_rate=0.1, decay_steps=10, decay_rate=0.5),
    ),
    (
        RESTARTS.replace(first_decay_steps=12_800),
        "the last step of each period of 12,800 steps or more",
        RESTARTS.replace(first_decay_steps=12_799),
    ),
    (
        RESTARTS.replace(t_mul=2),
        "the last step of each period of 12,800 steps or more",
        RESTARTS.replace(t_mul=2, alpha=1e-6),
    ),
]


@pytest.mark.parametrize(("schedule", "where", "above"), ZEROS, ids=lambda value: getattr(value, "type", ""))
def test_a_schedule_that_touches_0_is_refused_with_the_place_and_one_that_does_not_is_right(
    schedule, where, above, refusal
):
    path, message = refusal(FtrlSpec, learning_rate=schedule)
    assert path == ("learning_rate",)
    assert message.startswith(f"must not be 0 at any step, but is 0 at {where}, received {schedule.type}Spec(")
    assert message.endswith("; Ftrl divides by it, so all weights become NaN")
    assert FtrlSpec(learning_rate=above).learning_rate == above


@pytest.mark.parametrize("schedule", [OneCycleSpec(max_learning_rate=0.1), ConstantSpec(learning_rate=0.1)])
def test_other_schedules_are_right(schedule):
    assert FtrlSpec(learning_rate=schedule).resolve(steps_per_epoch=10, epochs=3)


def test_a_period_that_becomes_too_long_in_its_run_is_refused_then(refusal):
    spec = FtrlSpec(learning_rate=RESTARTS.replace(first_decay_steps="10 epochs"))
    assert spec.resolve(steps_per_epoch=100)
    assert refusal(spec.resolve, steps_per_epoch=10_000).path == ("learning_rate",)


def test_a_schedule_that_cannot_be_computed_is_left_to_its_run():
    class BrokenSpec(ScheduleSpec):
        def value(self, step: Any, xp: Any = np) -> Any:
            raise RuntimeError

    assert FtrlSpec(learning_rate=BrokenSpec())
