"""Warm-up: what it needs to know of the schedule that it leads to."""

from __future__ import annotations

from typing import Any

import pytest

from keras_optkit import PiecewiseConstantDecaySpec, ScheduleSpec, WarmupSpec


class BrokenSpec(ScheduleSpec):
    """A schedule of somebody's own that has no rate."""

    def value(self, step: Any, xp: Any = None) -> Any:
        return {}[step]


def test_a_schedule_without_a_first_rate_cannot_be_warmed_up(refusal):
    path, message = refusal(WarmupSpec, schedule=BrokenSpec(), warmup_steps=10)
    assert path == ("schedule",)
    assert message == "has no rate at step 0 (KeyError: 0), received BrokenSpec()"


class FlatSpec(ScheduleSpec):
    """One rate of somebody's own, which nothing checks."""

    rate: float

    def value(self, step: Any, xp: Any = None) -> Any:
        return self.rate


@pytest.mark.parametrize("rate", [float("nan"), float("inf"), 1e39])
def test_a_first_rate_that_no_optimizer_can_have_cannot_be_warmed_up(rate, refusal):
    assert WarmupSpec(schedule=FlatSpec(rate=0.1), warmup_steps=10).value(5) == 0.05
    assert refusal(WarmupSpec, schedule=FlatSpec(rate=rate), warmup_steps=10).path == ("schedule",)


def test_a_first_rate_that_the_run_decides_is_checked_when_the_run_is_known(refusal):
    pieces = PiecewiseConstantDecaySpec(boundaries=["1 epoch"], values=[0.1, 0.01])
    spec = WarmupSpec(schedule=pieces, warmup_steps=5, initial_learning_rate=0.2)
    path, message = refusal(spec.resolve, steps_per_epoch=10)
    assert path == ("initial_learning_rate",)
    assert message.startswith("must not be above the first rate of the schedule (0.1), received 0.2")
