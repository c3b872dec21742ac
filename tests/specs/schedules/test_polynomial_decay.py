"""Polynomial decay: which rates go together."""

from __future__ import annotations

import pytest

from keras_optkit import PolynomialDecaySpec, parse_spec


def test_a_ramp_up_from_0_is_no_polynomial_decay(refusal):
    path, message = refusal(PolynomialDecaySpec, initial_learning_rate=0, decay_steps=10, end_learning_rate=0.1)
    assert (path, message) == (
        ("initial_learning_rate",),
        "must be > 0, received 0; for a rise from 0, use WarmupSpec or RampSpec",
    )


@pytest.mark.parametrize(("initial", "end"), [(2e-5, {}), (0.1, {"end_learning_rate": 0.2}), (9.9e-5, {})])
def test_a_decay_that_would_rise_is_refused_with_both_rates(initial, end, refusal):
    path, message = refusal(PolynomialDecaySpec, initial_learning_rate=initial, decay_steps="100%", **end)
    assert path == ("end_learning_rate",)
    assert message.startswith(f"must not be above initial_learning_rate ({initial!r})")
    assert f", received {end.get('end_learning_rate', 0.0001)!r}; the rate would rise" in message


@pytest.mark.parametrize("end", [0, 1e-5, 2e-5])
def test_a_decay_that_falls_or_stays_is_right(end):
    spec = PolynomialDecaySpec(initial_learning_rate=2e-5, decay_steps=10, end_learning_rate=end)
    assert spec.value(10) == end
    assert parse_spec(spec.model_dump()) == spec
