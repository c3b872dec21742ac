"""The package's own schedules: what each of their fields accepts and refuses."""

from __future__ import annotations

from typing import Any

import pytest
from least_schedules import COSINE, LEAST, ONE

from keras_optkit import (
    AdamSpec,
    ClampSpec,
    ConstantSpec,
    CyclicalSpec,
    InverseSqrtDecaySpec,
    JoinSpec,
    OneCycleSpec,
    RampSpec,
    ScheduleSpec,
    StaircaseSpec,
    WarmupSpec,
    WarmupStableDecaySpec,
)

RATE = ([1.2e-38, 0.15, 1], [0, -0.1], "must be > 0")
RATE_OR_ZERO = ([0, 1.2e-38, 0.1], [-1.2e-38, -0.1], "must be >= 0")
STEPS = ([1, 2**53, "1 epoch", "5%"], [0, -1, "0%"], "must be > 0")
STEPS_OR_ZERO = ([0, 1, 2**53, "1 epoch", "0%"], [-1], "must be >= 0")
POWER = ([1], [0, -1], "must be > 0")
SHAPE = (["linear", "cosine"], ["Linear", "quadratic", None], "must be 'linear', 'cosine', 'exponential'")
SCHEDULE = ([ONE, COSINE], [None, [ONE]], "must be a schedule spec")
FLAG = ([True, False], [None, 2, "yes"], "must be ")

#: (field, (accepted, refused, the rule that the message gives))
FIELDS: dict[type[ScheduleSpec], list[tuple[str, tuple[list[Any], list[Any], str]]]] = {
    ConstantSpec: [("learning_rate", RATE)],
    RampSpec: [
        ("initial_learning_rate", RATE_OR_ZERO),
        ("end_learning_rate", RATE_OR_ZERO),
        ("steps", STEPS),
        ("shape", SHAPE),
        ("power", POWER),
    ],
    JoinSpec: [
        ("schedules", ([(ONE, ONE)], [ONE, "constant", None], "must be a list")),
        ("boundaries", ([(7,), ("5%",)], [7, "5%"], "must be a list")),
        ("shared_clock", FLAG),
    ],
    WarmupSpec: [
        ("schedule", SCHEDULE),
        ("warmup_steps", STEPS),
        ("initial_learning_rate", RATE_OR_ZERO),
        ("shape", SHAPE),
        ("power", POWER),
        ("overlay", FLAG),
    ],
    ClampSpec: [
        ("schedule", SCHEDULE),
        ("minimum", ([1.2e-38, 0.1, 1], [-1.2e-38, -0.1], "must be >= 0")),
        ("maximum", ([None, 0.02, 1], [0, -0.1], "must be > 0")),
    ],
    StaircaseSpec: [("schedule", SCHEDULE), ("every", STEPS)],
    OneCycleSpec: [
        ("max_learning_rate", ([1.2e-32, 0.1, 1], [0, -0.1], "must be > 0")),
        ("total_steps", ([4, 2**53, "1 epoch"], [0, -1, "0%"], "must be > 0")),
        ("pct_start", ([1.2e-38, 0.5, 0.999], [0, 1, -0.1, 30], "must be in (0, 1)")),
        ("shape", (["linear", "cosine", "exponential"], ["polynomial", None], "must be 'linear', 'cosine' or 'expon")),
        ("div_factor", ([1, 25, 1e9], [0.99, 0, -1], "must be >= 1")),
        ("final_div_factor", ([0.04, 1, 1e9], [0, -1], "must be > 0")),
    ],
    WarmupStableDecaySpec: [
        ("peak_learning_rate", RATE),
        ("warmup_steps", ([0, 1, "1 epoch"], [-1], "must be >= 0")),
        ("decay_steps", ([1, "1 epoch"], [0, -1], "must be > 0")),
        ("total_steps", ([21, "100%", "50%"], [0, -1], "must be > 0")),
        ("initial_learning_rate", RATE_OR_ZERO),
        ("end_learning_rate", RATE_OR_ZERO),
        ("shape", SHAPE),
        ("power", POWER),
    ],
    InverseSqrtDecaySpec: [
        ("peak_learning_rate", RATE),
        ("warmup_steps", ([1, 2**53, "1 epoch"], [-1], "must be >= 0")),
        ("timescale", ([None, 1, 2**53, "5%"], [0, -1], "must be > 0")),
    ],
    CyclicalSpec: [
        ("initial_learning_rate", RATE_OR_ZERO),
        ("maximal_learning_rate", ([0.1, 1], [0, -0.1], "must be > 0")),
        ("step_size", STEPS),
        ("mode", (["triangular", "triangular2", "exp_range"], ["exp", None], "must be 'triangular', 'triangular2'")),
        ("gamma", ([1], [0, -1, 1.5], "must be in (0, 1]")),
    ],
}  # fmt: skip


@pytest.mark.parametrize("cls", FIELDS)
def test_the_table_above_has_every_field(cls):
    assert {field for field, _ in FIELDS[cls]} | {"type"} == set(cls.model_fields)


@pytest.mark.parametrize(
    ("cls", "field", "value"),
    [(cls, field, value) for cls, rows in FIELDS.items() for field, (accepted, _, _) in rows for value in accepted],
)
def test_a_value_within_its_range_is_accepted_and_kept(cls, field, value):
    fields = LEAST[cls]
    if cls is RampSpec and value == 0:
        fields = fields | {"initial_learning_rate": 0.1, "end_learning_rate": 0.1}
    assert getattr(cls(**fields | {field: value}), field) == value


@pytest.mark.parametrize(
    ("cls", "field", "value", "rule"),
    [(cls, field, value, rule) for cls, rows in FIELDS.items() for field, (_, bad, rule) in rows for value in bad],
)
def test_a_value_out_of_its_range_is_refused_with_the_rule_and_the_value_also_inside_an_optimizer(
    cls, field, value, rule, refusal
):
    fields = LEAST[cls] | {field: value}
    path, message = refusal(cls, **fields)
    assert path == (field,)
    assert message.startswith(rule)
    assert message.partition("; ")[0].endswith(f", received {value!r}")
    type_name = cls.__name__.removesuffix("Spec")
    assert refusal(AdamSpec, learning_rate={"type": type_name, **fields}) == (("learning_rate", field), message)


@pytest.mark.parametrize("cls", FIELDS)
def test_each_field_without_a_default_is_required(cls, refusal):
    for field in {name for name, about in cls.model_fields.items() if about.is_required()}:
        without = {name: value for name, value in LEAST[cls].items() if name != field}
        assert refusal(cls, **without) == ((field,), "required, but not given")
