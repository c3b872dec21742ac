"""Ramp: exactly both rates at its ends, and never back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from how_many import examples
from hypothesis import given
from hypothesis import strategies as st

from keras_optkit import CosineDecaySpec, RampSpec
from keras_optkit.specs.schedules.counting import between

SHAPES: dict[str, dict[str, Any]] = {
    "linear": {},
    "cosine": {},
    "exponential": {},
    "polynomial": {"power": 0.5},
}
rates = st.floats(1e-12, 10)


@pytest.mark.parametrize("shape", SHAPES)
@examples(50)
@given(a=rates, b=rates, steps=st.integers(1, 10**6) | st.integers(1, 2**53))
def test_a_ramp_begins_and_ends_exactly_at_its_rates_and_goes_one_way(shape, a, b, steps):
    spec = RampSpec(initial_learning_rate=a, end_learning_rate=b, steps=steps, shape=shape, **SHAPES[shape])
    assert (spec.value(0), spec.value(steps), spec.value(2**53)) == (a, b, b)
    near = {step + side for step in (0, steps // 3, steps // 2, steps) for side in range(-3, 4)}
    found = spec.value(np.array(sorted(step for step in near if 0 <= step <= 2**53)))
    assert (np.diff(found) * (1 if b >= a else -1) >= 0).all()
    assert (found.min(), found.max()) == (min(a, b), max(a, b))


@pytest.mark.parametrize(("a", "b"), [(0.59, 0.71), (0.71, 0.59), (1e-12, 1e-3)])
def test_an_exponential_ends_exactly_at_its_rate_where_its_factor_does_not_lead_there(a, b):
    spec = RampSpec(initial_learning_rate=a, end_learning_rate=b, steps=10, shape="exponential")
    assert spec.value(np.array([10, 11, 10**9])).tolist() == [b, b, b]


def test_a_ramp_down_keeps_the_digits_of_the_lower_rate():
    spec = RampSpec(initial_learning_rate=1e-3, end_learning_rate=1e-12, steps=1000)
    assert spec.value(1000) == 1e-12
    assert spec.value(999) == pytest.approx(1e-6 + 1e-12 * 0.999, rel=1e-12)


@given(rates, rates, st.lists(st.floats(0, 1), min_size=2, max_size=20).map(sorted))
def test_what_lies_between_two_rates_rises_or_falls_with_its_share(start, end, shares):
    found = between(start, end, np.array([0.0, *shares, 1.0]), np)
    assert (found[0], found[-1]) == (start, end)
    assert (np.diff(found) * (1 if end >= start else -1) >= 0).all()


@given(rates, st.sampled_from([0, 0.1, 1 / 3, 1]))
def test_a_cosine_decay_begins_exactly_at_its_rate_and_ends_at_alpha_of_it(start, alpha):
    spec = CosineDecaySpec(initial_learning_rate=start, decay_steps=10, alpha=alpha)
    assert (spec.value(0), spec.value(10)) == (start, alpha * start)
