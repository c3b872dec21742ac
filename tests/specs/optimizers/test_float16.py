"""An epsilon that is too small for weights in float16, of which 2**-25 is the largest number that becomes 0."""

from __future__ import annotations

import math

import pytest

from keras_optkit import AdagradSpec, AdamaxSpec, parse_spec
from keras_optkit.specs.optimizers.float16 import in_float16

ZERO = 2.0**-25
ABOVE = math.nextafter(ZERO, 1)
#: The optimizers that have an epsilon, and the one to use.
ENOUGH = {
    "Adam": 1e-3,
    "AdamW": 1e-3,
    "Lamb": 1e-3,
    "Muon": 1e-3,
    "Nadam": 1e-3,
    "ScheduleFreeAdamW": 1e-3,
    "Adadelta": 1e-6,
    "Adafactor": 1e-6,
    "Adamax": 1e-6,
    "RMSprop": 1e-6,
}
INSTEAD = "or the policy 'mixed_float16', under which weights are float32"


@pytest.mark.parametrize(("name", "enough"), ENOUGH.items())
def test_an_epsilon_that_becomes_0_makes_weights_nan(name, enough):
    field = "epsilon_1" if name == "Adafactor" else "epsilon"
    small = in_float16(parse_spec({"type": name, field: ZERO}))
    assert small is not None
    assert not small.trains
    assert small.text == (
        f"{field}=2.98023e-08 is too small for float16, and weights become NaN: use {field}={enough:g}, {INSTEAD}"
    )
    assert in_float16(parse_spec({"type": name, field: enough})) is None


@pytest.mark.parametrize("name", [name for name, enough in ENOUGH.items() if enough == 1e-3])
def test_one_of_adams_kind_that_does_not_may_make_large_steps(name):
    small = in_float16(parse_spec({"type": name, "epsilon": ABOVE}))
    assert small is not None
    assert small.trains
    assert small.text == (
        "with epsilon=2.98023e-08, the step for a small gradient in float16 is up to 268,435 times the rate: "
        f"use epsilon=0.001, {INSTEAD}"
    )
    assert in_float16(parse_spec({"type": name, "epsilon": 0.008 / 100})) is None  # 100 times are allowed
    assert in_float16(parse_spec({"type": name, "epsilon": 0.008 / 101})) is not None


@pytest.mark.parametrize(
    ("name", "field"), [("RMSprop", "epsilon"), ("Adadelta", "epsilon"), ("Adafactor", "epsilon_1")]
)
def test_one_of_another_kind_needs_an_epsilon_above_0(name, field):
    assert in_float16(parse_spec({"type": name, field: ABOVE})) is None


def test_adamax_divides_by_the_share_of_epsilon_that_its_first_step_takes():
    assert in_float16(AdamaxSpec(epsilon=2 * ABOVE, beta_1=0.5)) is None
    assert in_float16(AdamaxSpec(epsilon=2 * ZERO, beta_1=0.5)) is not None


def test_adagrad_divides_by_its_accumulator_too():
    assert in_float16(AdagradSpec(epsilon=1e-8)) is None  # which is 0.1 at first
    assert in_float16(AdagradSpec(epsilon=1e-8, initial_accumulator_value=ABOVE)) is None
    assert in_float16(AdagradSpec(epsilon=1e-8, initial_accumulator_value=ZERO)) is not None
    assert in_float16(AdagradSpec(epsilon=ABOVE, initial_accumulator_value=0.0)) is None


@pytest.mark.parametrize("name", ["SGD", "Ftrl", "Lion"])
def test_one_without_an_epsilon_has_none_that_is_too_small(name):
    assert in_float16(parse_spec(name)) is None
