"""What an error adds where 0 was written in a field that takes none."""

from __future__ import annotations

import numpy as np
import pytest

from keras_optkit import (
    AdamSpec,
    ConstantSpec,
    CyclicalSpec,
    ExponentialDecaySpec,
    InverseTimeDecaySpec,
    JoinSpec,
    OneCycleSpec,
    PiecewiseConstantDecaySpec,
    RampSpec,
    SGDSpec,
    StaircaseSpec,
    WarmupSpec,
    WarmupStableDecaySpec,
)

RATE = ConstantSpec(learning_rate=0.1)


@pytest.mark.parametrize(
    ("cls", "fields", "zero", "instead"),
    [
        (SGDSpec, {}, "learning_rate", "to freeze weights, set trainable=False"),
        (ConstantSpec, {}, "learning_rate", "to freeze weights, set trainable=False"),
        (OneCycleSpec, {}, "max_learning_rate", "a rate of 0 trains nothing"),
        (
            ExponentialDecaySpec,
            {"decay_steps": 1, "decay_rate": 0.5},
            "initial_learning_rate",
            "for a rise from 0, use WarmupSpec or RampSpec",
        ),
        (
            InverseTimeDecaySpec,
            {"initial_learning_rate": 0.1, "decay_rate": 0.5},
            "decay_steps",
            "without a decay, use ConstantSpec",
        ),
        (WarmupSpec, {"schedule": RATE}, "warmup_steps", "without a warm-up, use the schedule itself"),
        (StaircaseSpec, {"schedule": RATE}, "every", "without stairs, use the schedule itself"),
        (
            RampSpec,
            {"initial_learning_rate": 0, "end_learning_rate": 1},
            "steps",
            "without a ramp, use ConstantSpec",
        ),
        (
            CyclicalSpec,
            {"initial_learning_rate": 0.1, "maximal_learning_rate": 1},
            "step_size",
            "without cycles, use ConstantSpec",
        ),
        (
            WarmupStableDecaySpec,
            {"peak_learning_rate": 0.1, "warmup_steps": 1},
            "decay_steps",
            "without a decay, use WarmupSpec",
        ),
        (AdamSpec, {}, "epsilon", "leave it out for the default, 1e-07"),
        (AdamSpec, {}, "clipnorm", "leave it out for none"),
    ],
)
def test_an_error_about_a_zero_says_what_to_write_instead(cls, fields, zero, instead, refusal):
    for value in (0, "0", np.float32(0)):
        assert refusal(cls, **fields, **{zero: value}) == ((zero,), f"must be > 0, received {value!r}; {instead}")
    assert refusal(cls, **fields, **{zero: -1}).message == "must be > 0, received -1"


@pytest.mark.parametrize("nothing", ["0%", "0 epochs", "0 steps", " 0.0 % ", "0_0"])
def test_a_duration_of_nothing_is_a_zero_in_every_unit(nothing, refusal):
    message = refusal(WarmupSpec, schedule=RATE, warmup_steps=nothing).message
    assert message == f"must be > 0, received {nothing!r}; without a warm-up, use the schedule itself"


def test_a_zero_in_a_list_is_answered_too(refusal):
    assert refusal(JoinSpec, schedules=[RATE, RATE], boundaries=[0]) == (
        ("boundaries", 0),
        "must be > 0, received 0; leave out the schedule before it",
    )
    assert refusal(PiecewiseConstantDecaySpec, boundaries=["5%", "0%"], values=[1, 2, 3]) == (
        ("boundaries", 1),
        "must be > 0, received '0%'; leave out the value before it",
    )


def test_a_zero_in_a_spec_inside_is_answered_once(refusal):
    schedule = {"type": "Join", "schedules": [{"type": "Constant", "learning_rate": 0}], "boundaries": []}
    assert refusal(AdamSpec, learning_rate={"type": "Staircase", "schedule": schedule}) == (
        ("learning_rate", "schedule", "schedules", 0, "learning_rate"),
        "must be > 0, received 0; to freeze weights, set trainable=False",
    )
