"""Keras's six schedules: what their fields accept and refuse, alone and inside an optimizer, and which go together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from keras_optkit import (
    CosineDecayRestartsSpec,
    CosineDecaySpec,
    ExponentialDecaySpec,
    InverseTimeDecaySpec,
    PiecewiseConstantDecaySpec,
    PolynomialDecaySpec,
    ScheduleSpec,
    SGDSpec,
)

NAN, INF = float("nan"), float("inf")

#: The least that must be written.
LEAST: dict[type[ScheduleSpec], dict[str, Any]] = {
    ExponentialDecaySpec: {"initial_learning_rate": 0.1, "decay_steps": 1000, "decay_rate": 0.9},
    PiecewiseConstantDecaySpec: {"boundaries": [50, 100], "values": [0.1, 0.01, 0.001]},
    PolynomialDecaySpec: {"initial_learning_rate": 0.1, "decay_steps": 1000},
    InverseTimeDecaySpec: {"initial_learning_rate": 0.1, "decay_steps": 1000, "decay_rate": 0.5},
    CosineDecaySpec: {"initial_learning_rate": 0.1, "decay_steps": 1000},
    CosineDecayRestartsSpec: {"initial_learning_rate": 0.1, "first_decay_steps": 1000},
}

RATE = ([1.2e-38, 0.1, 1, 3.4e38], [0, -1.2e-38, -0.1], "must be > 0")
START_RATE = ([1.2e-38, 0.1, 1, 3.4e38], [-1.2e-38, -0.1], "must be >= 0")  # about 0 there is a rule of its own below
STEPS = ([1, 1000, 2**53], [0, -1], "must be > 0")
FLAG = ([True, False], [1, 0, "true", "false", None], "must be true or false")
NAME = (["decay", "decay_1"], ["", "a decay", None], "must ")

#: (field, (accepted, refused, the rule that the message gives))
FIELDS: dict[type[ScheduleSpec], list[tuple[str, tuple[list[Any], list[Any], str]]]] = {
    ExponentialDecaySpec: [
        ("initial_learning_rate", RATE),
        ("decay_steps", STEPS),
        ("decay_rate", ([1.2e-38, 0.5, 1], [0, -0.9, 1.0000001, 2], "must be in (0, 1]")),
        ("staircase", FLAG),
        ("name", NAME),
    ],
    PiecewiseConstantDecaySpec: [
        ("boundaries", ([(1, 2), (1, 2**53)], [50, "50", {50, 100}, None], "must be a list")),
        ("values", ([(0.1, 0.2, 0.3), (0, 0, 0.1)], [0.1, "0.1", {0.1}, None], "must be a list")),
        ("name", NAME),
    ],
    PolynomialDecaySpec: [
        ("initial_learning_rate", RATE),
        ("decay_steps", STEPS),
        ("end_learning_rate", ([0, 1.2e-38, 0.1], [-1.2e-38, -0.1], "must be >= 0")),
        ("power", ([1.2e-38, 0.5, 1, 2], [0, -1], "must be > 0")),
        ("cycle", FLAG),
        ("name", NAME),
    ],
    InverseTimeDecaySpec: [
        ("initial_learning_rate", RATE),
        ("decay_steps", STEPS),
        ("decay_rate", ([0, 1.2e-38, 0.5, 2], [-1.2e-38, -1], "must be >= 0")),
        ("staircase", FLAG),
        ("name", NAME),
    ],
    CosineDecaySpec: [
        ("initial_learning_rate", START_RATE),
        ("decay_steps", STEPS),
        ("alpha", ([0, 1.2e-38, 0.5, 1], [-1.2e-38, -1, 1.0000001, 2], "must be in [0, 1]")),
        ("warmup_target", ([None], [0, -0.1], "must be > 0")),
        ("warmup_steps", ([0], [-1], "must be >= 0")),
        ("name", NAME),
    ],
    CosineDecayRestartsSpec: [
        ("initial_learning_rate", RATE),
        ("first_decay_steps", STEPS),
        ("t_mul", ([1, 1.5, 2], [0.9999999, 0, -1], "must be >= 1")),
        ("m_mul", ([1.2e-38, 0.5, 1, 2], [0, -1], "must be > 0")),
        ("alpha", ([0, 1.2e-38, 0.5, 1], [-1.2e-38, -1, 1.0000001, 2], "must be in [0, 1]")),
        ("name", NAME),
    ],
}
OUT_OF_RANGE = [
    (cls, field, value, rule) for cls, rows in FIELDS.items() for field, (_, refused, rule) in rows for value in refused
]
NUMBERS = [
    (cls, field)
    for cls, rows in FIELDS.items()
    for field, _ in rows
    if field in ("initial_learning_rate", "end_learning_rate", "decay_rate", "power", "alpha", "t_mul", "m_mul")
] + [(CosineDecaySpec, "warmup_target")]
STEP_COUNTS = [(cls, field) for cls, rows in FIELDS.items() for field, _ in rows if field.endswith("_steps")]


@pytest.mark.parametrize("cls", FIELDS)
def test_the_table_above_has_every_field(cls):
    assert {field for field, _ in FIELDS[cls]} | {"type"} == set(cls.model_fields)


@pytest.mark.parametrize(
    ("cls", "field", "value"),
    [(cls, field, value) for cls, rows in FIELDS.items() for field, (accepted, _, _) in rows for value in accepted],
)
def test_a_value_within_its_range_is_accepted_and_kept(cls, field, value):
    # Without an end_learning_rate of its own, a polynomial decay from below Keras's 1e-4 would rise.
    low_end = {"end_learning_rate": 0} if cls is PolynomialDecaySpec else {}
    assert getattr(cls(**LEAST[cls] | low_end | {field: value}), field) == value


@pytest.mark.parametrize(("cls", "field", "value", "rule"), OUT_OF_RANGE)
def test_a_value_out_of_its_range_is_refused_with_the_rule_and_the_value(cls, field, value, rule, refusal):
    path, message = refusal(cls, **LEAST[cls] | {field: value})
    assert path == (field,)
    assert message.startswith(rule)
    assert message.partition("; ")[0].endswith(f", received {value!r}")


@pytest.mark.parametrize(("cls", "field", "value", "rule"), OUT_OF_RANGE)
def test_a_mistake_inside_an_optimizer_has_the_same_words_and_the_whole_path(cls, field, value, rule, refusal):
    fields = LEAST[cls] | {field: value}
    alone = refusal(cls, **fields)
    inside = refusal(SGDSpec, learning_rate={"type": cls.__name__.removesuffix("Spec"), **fields})
    assert inside == (("learning_rate", *alone.path), alone.message)


@pytest.mark.parametrize(("cls", "field"), NUMBERS)
def test_every_number_is_finite_fits_into_float32_and_is_no_boolean(cls, field, refusal):
    for value in (NAN, INF, -INF, "nan", np.float32("inf"), 1e39, 1e-46, True, np.True_, "x", [0.1], {}):
        path, message = refusal(cls, **LEAST[cls] | {field: value})
        assert path == (field,)
        assert message.partition("; ")[0].endswith(f", received {value!r}")


@pytest.mark.parametrize(("cls", "field"), STEP_COUNTS)
def test_no_fraction_and_no_boolean_is_a_number_of_steps(cls, field, refusal):
    for value in (1.0, 0.0, 10.5, np.float32(0.5), "1.0", True, False, np.True_, NAN, None, "ten", [10], 2**53 + 1):
        assert refusal(cls, **LEAST[cls] | {field: value}).path == (field,)


@pytest.mark.parametrize(("cls", "field"), STEP_COUNTS)
def test_steps_are_read_from_numpy_and_from_digits(cls, field):
    with_target = {"warmup_target": 0.2} if field == "warmup_steps" else {}
    for value in (10, "10", np.int32(10), np.uint64(10), np.array(10), 10.0, "1e1"):
        steps = getattr(cls(**LEAST[cls] | with_target | {field: value}), field)
        assert steps == 10
        assert type(steps) is int


@pytest.mark.parametrize("cls", FIELDS)
def test_each_field_without_a_default_is_required(cls, refusal):
    for field in LEAST[cls]:
        without = {name: value for name, value in LEAST[cls].items() if name != field}
        assert refusal(cls, **without) == ((field,), "required, but not given")


# What Keras accepts in silence (reference/silent_mistakes.md)


@pytest.mark.parametrize(
    ("cls", "fields", "path"),
    [
        (CosineDecaySpec, {"warmup_steps": 100}, "warmup_steps"),
        (PiecewiseConstantDecaySpec, {"boundaries": [100, 50]}, "boundaries"),
        (ExponentialDecaySpec, {"decay_rate": -0.9}, "decay_rate"),
        (InverseTimeDecaySpec, {"decay_rate": -1.0}, "decay_rate"),
        (CosineDecayRestartsSpec, {"t_mul": 0.0}, "t_mul"),
        (CosineDecaySpec, {"alpha": -1}, "alpha"),
        (CosineDecaySpec, {"initial_learning_rate": 1e39}, "initial_learning_rate"),
        (ExponentialDecaySpec, {"decay_rate": 1e-46}, "decay_rate"),
        (ExponentialDecaySpec, {"decay_steps": 30.5}, "decay_steps"),
        (ExponentialDecaySpec, {"staircase": "false"}, "staircase"),
    ],
)
def test_a_mistake_that_keras_lets_through_gives_one_error_where_it_was_made(cls, fields, path, refusal):
    assert refusal(cls, **LEAST[cls] | fields).path == (path,)


def test_an_integer_in_a_schedule_becomes_a_float():
    spec = ExponentialDecaySpec(initial_learning_rate=1, decay_steps=1000, decay_rate=1)
    assert [type(number) for number in (spec.initial_learning_rate, spec.decay_rate)] == [float, float]
