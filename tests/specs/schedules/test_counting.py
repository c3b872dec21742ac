"""Counting steps: exactly as Python counts, far beyond what float32 can hold, for any array."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_optkit.specs.schedules.counting import periods, rest, share

lengths = st.integers(1, 1000) | st.integers(1, 2**40)


@pytest.mark.parametrize("far", [0, 2**24, 2**31, 2**44])
@settings(max_examples=50)
@given(length=lengths, turn=st.integers(0, 1000), side=st.integers(-1, 1))
def test_periods_and_what_is_over_of_the_last_are_those_of_integers(far, length, turn, side):
    keras = pytest.importorskip("keras")
    step = max((far // length + turn) * length + side, 0)
    for xp, given_step in ((np, step), (keras.ops, keras.ops.convert_to_tensor(float(step), "float64"))):
        assert float(periods(given_step, length, xp)) == step // length
        assert float(rest(given_step, length, xp)) == step % length
        assert float(share(given_step, length, xp)) == pytest.approx(min(step / length, 1), rel=1e-15)


def test_a_length_is_over_when_it_is_over():
    steps = np.arange(0, 60)
    assert periods(steps, 20, np).tolist() == [0] * 20 + [1] * 20 + [2] * 20
    assert rest(steps, 20, np).tolist() == [*range(20)] * 3
    assert share(np.array([0, 5, 10, 19, 20, 21, 10**9]), 20, np).tolist() == [0, 0.25, 0.5, 0.95, 1, 1, 1]
