"""Warm-up: what it needs to know of the schedule that it leads to."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

from keras_optkit import (
    ConstantSpec,
    CosineDecaySpec,
    ExponentialDecaySpec,
    PiecewiseConstantDecaySpec,
    ScheduleSpec,
    WarmupSpec,
    learning_rates,
    parse_spec,
    scale_learning_rate,
)


class BrokenSpec(ScheduleSpec):
    """A schedule of somebody's own that has no rate."""

    def value(self, step: Any, xp: Any = None) -> Any:
        return {}[step]


def test_a_schedule_without_a_first_rate_cannot_be_warmed_up(refusal):
    path, message = refusal(WarmupSpec, schedule=BrokenSpec(), warmup_steps=10)
    assert path == ("schedule",)
    assert message == "has no rate at step 0, received BrokenSpec(); KeyError: 0"


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


# Over a schedule whose clock runs on


def test_an_overlaid_schedule_has_its_own_rate_at_every_step_after_the_warm_up():
    cosine = CosineDecaySpec(initial_learning_rate=0.1, decay_steps=1000, alpha=0.1)
    rates = learning_rates(WarmupSpec(schedule=cosine, warmup_steps=300, overlay=True), 1500)
    assert rates[300:].tolist() == learning_rates(cosine, 1500)[300:].tolist()
    assert rates[:300] == pytest.approx(np.arange(300) / 300 * cosine.value(300), rel=1e-12)


@pytest.mark.parametrize(
    ("warmup_steps", "decay_steps", "run"),
    [("1 epoch", 100, {"steps_per_epoch": 100}), (100, "1 epoch", {"steps_per_epoch": 100})],
)
def test_the_end_of_an_overlaid_warm_up_is_checked_when_the_run_is_known(warmup_steps, decay_steps, run, refusal):
    cosine = CosineDecaySpec(initial_learning_rate=0.1, decay_steps=decay_steps)
    spec = WarmupSpec(schedule=cosine, warmup_steps=warmup_steps, overlay=True)
    path, message = refusal(spec.resolve, **run)
    assert path == ("schedule",)
    assert message.startswith("must have a rate > 0 at step 100")


def test_a_warm_up_does_not_rise_to_a_rate_that_is_0_in_float32(refusal):
    vanished = ExponentialDecaySpec(initial_learning_rate=0.9, decay_steps=10, decay_rate=1e-7)
    path, message = refusal(WarmupSpec, schedule=vanished, warmup_steps=140, overlay=True)
    assert path == ("schedule",)
    assert message.startswith("must have a rate > 0 at step 140, not 9e-99, received")


def test_an_overlaid_schedule_that_has_no_rate_at_the_end_of_the_warm_up_is_refused(refusal):
    path, message = refusal(WarmupSpec, schedule=BrokenSpec(), warmup_steps=10, overlay=True)
    assert path == ("schedule",)
    assert message == "has no rate at step 10, received BrokenSpec(); KeyError: 10"


def test_the_landmarks_of_an_overlaid_schedule_are_its_own_from_the_end_of_the_warm_up_on():
    pieces = PiecewiseConstantDecaySpec(boundaries=[5, 9, 20], values=[4, 3, 2, 1])
    spec = WarmupSpec(schedule=pieces, warmup_steps=10, overlay=True)
    texts = [(10, "end of the warm-up"), (10, "boundary passed"), (21, "boundary passed")]
    assert list(spec.landmarks()) == texts
    assert list(spec.expand().landmarks())[1:] == texts[1:]


def test_overlaid_warm_ups_in_warm_ups_cost_no_more_than_they_are_many():
    # It would not end if each level doubled the work.
    spec: ScheduleSpec = ConstantSpec(learning_rate=0.1)
    for _ in range(49):
        spec = WarmupSpec(schedule=spec, warmup_steps="1 epoch", initial_learning_rate=0.1, overlay=True)
    assert learning_rates(spec, 50, steps_per_epoch=2).tolist() == [0.1] * 50


# Schedules in schedules


def nested(levels: int) -> WarmupSpec:
    spec: ScheduleSpec = ConstantSpec(learning_rate=0.1)
    for _ in range(levels):
        spec = WarmupSpec(schedule=spec, warmup_steps="2 epochs", initial_learning_rate=0.1)
    return spec


def test_warm_ups_in_warm_ups_cost_no_more_than_they_are_many():
    # Where each level doubled the work, 18 levels took 5 seconds; 49 would take 300 years.
    spec = nested(49)
    resolved = spec.resolve(steps_per_epoch=2, epochs=5)
    assert learning_rates(resolved, 500).tolist() == [0.1] * 500
    assert len(list(resolved.landmarks())) == 49
    assert resolved == parse_spec(resolved.model_dump()) == pickle.loads(pickle.dumps(resolved))
    assert resolved != spec
    assert len({resolved, copy.deepcopy(resolved)}) == 1
    assert repr(resolved).count("WarmupSpec") == 49
    assert scale_learning_rate(resolved, 2).value(0) == 0.2


def test_what_a_recipe_has_worked_out_is_no_part_of_it():
    spec = WarmupSpec(schedule=ConstantSpec(learning_rate=0.1), warmup_steps=3)
    again = spec.model_copy()
    assert spec.value(3) == 0.1
    assert spec == again
    assert hash(spec) == hash(again)
    assert spec.model_dump() == again.model_dump()
    assert pickle.loads(pickle.dumps(spec)).value(3) == copy.copy(spec).value(3) == 0.1
    assert spec.replace(warmup_steps=6).value(3) == 0.05


def test_a_schedule_of_ones_own_that_begins_below_0_is_refused(refusal):
    class BelowSpec(ScheduleSpec):
        """A rate that is negative at first."""

        def value(self, step: Any, xp: Any = np) -> Any:
            return step * 1.0 - 0.5

    path, message = refusal(WarmupSpec, schedule=BelowSpec(), warmup_steps=10)
    assert path == ("schedule",)
    assert message.startswith("must have a rate that float32 can represent at its first step, not -0.5, received ")
