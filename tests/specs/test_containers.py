"""``containers``: how much a spec may hold."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from keras_optkit import AdamSpec, ConstantSpec, JoinSpec, ScheduleSpec, WarmupSpec

CONSTANT = ConstantSpec(learning_rate=0.1)


def nested(around: Callable[[ScheduleSpec], ScheduleSpec], levels: int) -> ScheduleSpec:
    spec: ScheduleSpec = CONSTANT
    for _ in range(levels):
        spec = around(spec)
    return spec


def repeated(spec: ScheduleSpec, times: int) -> JoinSpec:
    return JoinSpec(schedules=[spec] * times, boundaries=range(1, times))


AROUND = {
    "warm-ups": lambda inner: WarmupSpec(schedule=inner, warmup_steps=3, initial_learning_rate=0.1),
    "joins": lambda inner: JoinSpec(schedules=[inner], boundaries=[]),
}


@pytest.mark.parametrize("levels", [50, 200])
@pytest.mark.parametrize("around", AROUND)
def test_schedules_in_schedules_without_end_are_refused(around, levels, refusal):
    assert refusal(nested, AROUND[around], levels).message == ("is nested too deeply: the limit is 50 specs")


@pytest.mark.parametrize("around", AROUND)
def test_fifty_specs_may_lie_in_each_other_the_optimizer_included(around, refusal):
    AdamSpec(learning_rate=nested(AROUND[around], 48))
    assert refusal(AdamSpec, learning_rate=nested(AROUND[around], 49)).message.startswith("is nested too deeply")


def test_a_piece_that_is_shared_counts_at_each_of_its_places(refusal):
    # To look at all 2**48 pieces would take years.
    assert refusal(nested, lambda inner: repeated(inner, 2), 48).message == "expands to more than 100,000 values"
    assert refusal(repeated, repeated(CONSTANT, 1_000), 1_000).message == "expands to more than 100,000 values"


def test_a_spec_holds_100_000_values(refusal):
    # A join of n constants has 2 lists, n schedules with a rate each, and n - 1 boundaries.
    assert hash(repeated(CONSTANT, 33_333)) == hash(repeated(CONSTANT, 33_333))
    assert refusal(repeated, CONSTANT, 33_334).message == "expands to more than 100,000 values"
