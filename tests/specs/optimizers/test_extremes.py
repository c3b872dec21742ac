"""The bounds beyond which nothing trains: the number on each is allowed, the next one is not."""

from __future__ import annotations

import math

import pytest

from keras_optkit import AdamWSpec, SGDSpec, parse_spec
from keras_optkit.specs.optimizers.extremes import extremes, overshoots

NOTHING_CHANGES = "an update is too small to change a weight"
MOST = [
    ("SGD", "loss_scale_factor", 1e30, "float32 makes the scaled loss infinite"),
    ("Ftrl", "l1_regularization_strength", 1e12, "all weights become 0 and stay 0"),
    ("Adagrad", "epsilon", 1e12, NOTHING_CHANGES),
    ("Adam", "epsilon", 1e12, NOTHING_CHANGES),
    ("AdamW", "epsilon", 1e12, NOTHING_CHANGES),
    ("Adamax", "epsilon", 1e12, NOTHING_CHANGES),
    ("Nadam", "epsilon", 1e12, NOTHING_CHANGES),
    ("RMSprop", "epsilon", 1e12, NOTHING_CHANGES),
    ("ScheduleFreeAdamW", "epsilon", 1e12, NOTHING_CHANGES),
]
LEAST = [
    ("SGD", "loss_scale_factor", 1e-30, "float32 makes the scaled loss 0"),
    ("Adamax", "epsilon", 1e-36, "a weight without a gradient becomes NaN"),
    ("Adafactor", "epsilon_1", 1e-36, "all weights become NaN"),
]


@pytest.mark.parametrize(
    ("name", "field", "bound", "happens", "word", "beyond"),
    [(*row, "most", math.inf) for row in MOST] + [(*row, "least", 0.0) for row in LEAST],
)
def test_a_bound_is_allowed_and_the_next_number_is_not(name, field, bound, happens, word, beyond):
    assert list(extremes(parse_spec({"type": name, field: bound}))) == []
    outside = math.nextafter(bound, beyond)
    assert list(extremes(parse_spec({"type": name, field: outside}))) == [
        f"{field} must be at {word} {bound:g}, received {outside:g}: {happens}"
    ]


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [("Adadelta", "epsilon", 1e13), ("Adam", "epsilon", 1.2e-38), ("Ftrl", "l1_regularization_strength", 0.0)],
)
def test_the_bound_of_one_optimizer_is_not_that_of_another(name, field, value):
    assert list(extremes(parse_spec({"type": name, field: value}))) == []


def test_a_step_may_take_away_twice_the_weight_and_no_more():
    assert list(overshoots(SGDSpec(weight_decay=4.0), 0.5)) == []
    [(path, happens)] = overshoots(AdamWSpec(weight_decay=4.0), 0.501)
    assert path == ("weight_decay",)
    assert happens.startswith("learning_rate * weight_decay is 2.004")
    assert "above 2" in happens
