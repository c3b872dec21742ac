"""Counting steps: exactly as Python counts, far beyond what float32 can hold, for any array."""

from __future__ import annotations

import numpy as np
import pytest
from how_many import examples
from hypothesis import given
from hypothesis import strategies as st

from keras_optkit.specs.schedules.counting import half_cosine, periods, rest, share

lengths = st.integers(1, 1000) | st.integers(1, 2**40)


@pytest.mark.parametrize("far", [0, 2**24, 2**31, 2**44])
@examples(50)
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


@examples(50)
@given(length=st.integers(1, 1000) | st.integers(1, 2**53))
def test_half_a_cosine_is_exactly_1_at_first_and_exactly_0_from_its_length_on(length):
    keras = pytest.importorskip("keras")
    for xp, at in ((np, np.array), (keras.ops, lambda steps: keras.ops.convert_to_tensor(steps, "float64"))):
        ends = [0, length, length + 1, 2**60]
        assert np.asarray(half_cosine(at(ends), length, xp)).tolist() == [1, 0, 0, 0]
        middle = float(np.asarray(half_cosine(at([length]), 2 * length, xp))[0])
        assert middle == pytest.approx(0.5, abs=1e-15)
