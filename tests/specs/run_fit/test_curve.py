"""Which steps of a run are looked at."""

import numpy as np
import pytest

from keras_optkit import ConstantSpec, RampSpec
from keras_optkit.specs.run_fit.curve import MOST_SAMPLES, Curve

RATE = ConstantSpec(learning_rate=0.1)


@pytest.mark.parametrize("length", [1, 2, 1140, MOST_SAMPLES - 1, MOST_SAMPLES])
def test_of_a_short_run_every_step_is_looked_at(length: int) -> None:
    assert Curve(RATE, length).steps.tolist() == list(range(length))


@pytest.mark.parametrize("length", [MOST_SAMPLES + 1, 10**6, 2**53])
def test_of_a_long_run_one_step_of_each_share_is_looked_at_each_at_another_place_in_it(length: int) -> None:
    curve = Curve(RATE, length)
    shares = curve.steps / length * MOST_SAMPLES
    assert len(curve.steps) == MOST_SAMPLES == 4096
    assert (np.abs(shares - np.arange(MOST_SAMPLES) - 0.5) <= 0.5 + MOST_SAMPLES / length).all()
    assert 0 <= curve.steps[0] < curve.steps[-1] < length
    if length > 10**5:  # each tenth of a share is met about as often as another
        assert (np.abs(np.histogram(shares % 1, 10, (0, 1))[0] - MOST_SAMPLES / 10) < 30).all()


def test_the_rates_are_those_at_the_steps_and_at_any_other_when_asked() -> None:
    curve = Curve(RampSpec(initial_learning_rate=0, end_learning_rate=10**6, steps=10**6), 10**6)
    np.testing.assert_allclose(curve.rates, curve.steps, rtol=1e-12)
    assert curve.at(123_456) == pytest.approx(123_456)
