"""Polynomial decay: which rates go together."""

from __future__ import annotations

from keras_optkit import PolynomialDecaySpec


def test_a_ramp_up_from_0_is_no_polynomial_decay(refusal):
    path, message = refusal(PolynomialDecaySpec, initial_learning_rate=0, decay_steps=10, end_learning_rate=0.1)
    assert (path, message) == (("initial_learning_rate",), "must be > 0, received 0")
