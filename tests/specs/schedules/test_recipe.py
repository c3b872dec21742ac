"""What the recipes stand for: each is a word for a join of ramps and schedules."""

from __future__ import annotations

import pytest
from how_many import examples
from hypothesis import given
from hypothesis import strategies as st
from schedule_strategies import USUAL_SCHEDULES

from keras_optkit import (
    ConstantSpec,
    CosineDecaySpec,
    ExponentialDecaySpec,
    JoinSpec,
    OneCycleSpec,
    RampSpec,
    WarmupSpec,
    WarmupStableDecaySpec,
)

COSINE = CosineDecaySpec(initial_learning_rate=0.1, decay_steps=100)
ONE = ConstantSpec(learning_rate=1)
FROM_ZERO = RampSpec(initial_learning_rate=0, end_learning_rate=1, steps=5)
RAMP = RampSpec(initial_learning_rate=0.01, end_learning_rate=0.1, steps=10, shape="cosine")


def test_a_warm_up_stands_for_a_ramp_to_the_first_rate_and_the_schedule():
    spec = WarmupSpec(schedule=COSINE, warmup_steps=10, initial_learning_rate=0.01, shape="cosine")
    assert spec.expand() == JoinSpec(schedules=[RAMP, COSINE], boundaries=[10])


def test_an_overlaid_warm_up_stands_for_a_join_whose_pieces_share_a_clock():
    spec = WarmupSpec(schedule=COSINE, warmup_steps=50, overlay=True)
    ramp = RampSpec(initial_learning_rate=0, end_learning_rate=float(COSINE.value(50)), steps=50)
    assert spec.expand() == JoinSpec(schedules=[ramp, COSINE], boundaries=[50], shared_clock=True)


def test_one_cycle_stands_for_a_ramp_up_and_a_ramp_down():
    spec = OneCycleSpec(max_learning_rate=0.1, total_steps=40, pct_start=0.25, div_factor=10, final_div_factor=100)
    down = RampSpec(initial_learning_rate=0.1, end_learning_rate=0.0001, steps=30, shape="cosine")
    assert spec.expand() == JoinSpec(schedules=[RAMP, down], boundaries=[10])


@pytest.mark.parametrize(
    ("total", "share", "peak"), [(10, 0.3, 3), (10, 0.25, 2), (10, 0.35, 4), (5, 0.3, 2), (100, 0.29, 29)]
)
def test_the_peak_of_one_cycle_is_at_the_nearest_step_to_its_share(total, share, peak):
    expanded = OneCycleSpec(max_learning_rate=1, total_steps=total, pct_start=share).expand()
    assert expanded.boundaries == (peak,)


def test_warmup_stable_decay_stands_for_two_ramps_around_a_constant_rate():
    spec = WarmupStableDecaySpec(peak_learning_rate=1, warmup_steps=5, decay_steps=10, total_steps=100)
    down = RampSpec(initial_learning_rate=1, end_learning_rate=0, steps=10)
    assert spec.expand() == JoinSpec(schedules=[FROM_ZERO, ONE, down], boundaries=[5, 90])
    assert spec.replace(warmup_steps=0).expand() == JoinSpec(schedules=[ONE, down], boundaries=[90])


@pytest.mark.parametrize("cls", [WarmupSpec, OneCycleSpec, WarmupStableDecaySpec])
@examples(30)
@given(st.data())
def test_a_recipe_has_the_rates_of_what_it_stands_for(cls, data):
    spec = data.draw(USUAL_SCHEDULES[cls])
    expanded = spec.expand()
    assert isinstance(expanded, JoinSpec)
    for step in {step + side for step, _ in spec.landmarks() for side in (-1, 0, 1)} | {0, 10, 2**50}:
        assert float(expanded.value(step)) == float(spec.value(step))


STABLE = WarmupStableDecaySpec(peak_learning_rate=1, warmup_steps=10, decay_steps="10%")


def test_a_recipe_in_epochs_or_percent_stands_for_nothing_yet():
    for spec in (OneCycleSpec(max_learning_rate=1), STABLE):
        with pytest.raises(ValueError, match="is not a number of steps yet: call resolve"):
            spec.expand()


def test_the_whole_run_is_the_total_unless_another_is_said():
    for spec in (OneCycleSpec(max_learning_rate=1), STABLE):
        assert spec.resolve(steps_per_epoch=50, epochs=4).total_steps == 200


def test_the_description_of_a_join_names_its_pieces_where_they_begin():
    decay = ExponentialDecaySpec(initial_learning_rate=1, decay_steps=5, decay_rate=0.5)
    late = JoinSpec(schedules=[decay, FROM_ZERO], boundaries=[4])
    assert list(late.landmarks()) == [(4, "Ramp begins"), (9, "end of the ramp")]
    assert list(WarmupSpec(schedule=decay, warmup_steps=3).landmarks()) == [
        (3, "end of the warm-up"),
        (8, "decayed by 0.5 once"),
    ]
