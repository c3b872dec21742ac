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
        ("values", ([(0.1, 0.2, 0.3), (0, 0, 0.1)], [0.1, "0.1", {0.1, 0.2, 0.3}, None], "must be a list")),
        ("name", NAME),
    ],
    PolynomialDecaySpec: [
        ("initial_learning_rate", RATE),
        ("decay_steps", STEPS),
        ("end_learning_rate", ([0, 1.2e-38, 0.1, 1], [-1.2e-38, -0.1], "must be >= 0")),
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
    assert getattr(cls(**LEAST[cls] | {field: value}), field) == value


@pytest.mark.parametrize(("cls", "field", "value", "rule"), OUT_OF_RANGE)
def test_a_value_out_of_its_range_is_refused_with_the_rule_and_the_value(cls, field, value, rule, refusal):
    path, message = refusal(cls, **LEAST[cls] | {field: value})
    assert path == (field,)
    assert message.startswith(rule)
    assert message.endswith(f", received {value!r}")


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
        assert message.endswith(f", received {value!r}")


@pytest.mark.parametrize(("cls", "field"), STEP_COUNTS)
def test_no_float_and_no_boolean_is_a_number_of_steps(cls, field, refusal):
    for value in (10.0, 10.5, np.float32(10), "10.0", True, False, np.True_, NAN, None, "ten", [10], 2**53 + 1):
        assert refusal(cls, **LEAST[cls] | {field: value}).path == (field,)


@pytest.mark.parametrize(("cls", "field"), STEP_COUNTS)
def test_steps_are_read_from_numpy_and_from_digits(cls, field):
    with_target = {"warmup_target": 0.2} if field == "warmup_steps" else {}
    for value in (10, "10", np.int32(10), np.uint64(10), np.array(10)):
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
        (ExponentialDecaySpec, {"decay_steps": 30.0}, "decay_steps"),
        (ExponentialDecaySpec, {"staircase": "false"}, "staircase"),
    ],
)
def test_a_mistake_that_keras_lets_through_gives_one_error_where_it_was_made(cls, fields, path, refusal):
    assert refusal(cls, **LEAST[cls] | fields).path == (path,)


def test_an_integer_in_a_schedule_becomes_a_float():
    spec = ExponentialDecaySpec(initial_learning_rate=1, decay_steps=1000, decay_rate=1)
    assert [type(number) for number in (spec.initial_learning_rate, spec.decay_rate)] == [float, float]


# Rules between fields


@pytest.mark.parametrize(
    ("boundaries", "values", "path"),
    [
        ([0, 10], [0.1, 0.2, 0.3], ("boundaries", 0)),
        ([-10, 10], [0.1, 0.2, 0.3], ("boundaries", 0)),
        ([10, 10.0], [0.1, 0.2, 0.3], ("boundaries", 1)),
        ([10, True], [0.1, 0.2, 0.3], ("boundaries", 1)),
        ([10, 10], [0.1, 0.2, 0.3], ("boundaries",)),
        ([10, 20, 15], [0.1, 0.2, 0.3, 0.4], ("boundaries",)),
        ([30, 20, 10], [0.1, 0.2, 0.3, 0.4], ("boundaries",)),
        ([], [0.1], ("boundaries",)),
        (10, [0.1, 0.2], ("boundaries",)),
        ("10", [0.1, 0.2], ("boundaries",)),
        ({10}, [0.1, 0.2], ("boundaries",)),
        ([10], [], ("values",)),
        ([10], [0.1], ("values",)),
        ([10], [0.1, 0.2, 0.3], ("values",)),
        ([10], {0.1, 0.2}, ("values",)),
        ([10], {"a": 0.1, "b": 0.2}, ("values",)),
        ([10], [0.1, -0.1], ("values", 1)),
        ([10], [True, 0.1], ("values", 0)),
        ([10], [0.1, NAN], ("values", 1)),
        ([10], [0.1, "x"], ("values", 1)),
        ([10], [0, 0], ("values",)),
    ],
)
def test_boundaries_rise_from_above_0_and_there_is_one_value_more(boundaries, values, path, refusal):
    assert refusal(PiecewiseConstantDecaySpec, boundaries=boundaries, values=values).path == path


@pytest.mark.parametrize(
    ("boundaries", "values"),
    [
        ([10], [0.1, 0.2]),
        ((10, 20), (1, 0.1, 0)),
        (np.array([10, 20]), np.array([1, 0.1, 0], np.float32)),
        (range(10, 30, 10), ["1", "0.1", "0"]),
    ],
    ids=repr,
)
def test_lists_tuples_and_arrays_are_pieces(boundaries, values):
    spec = PiecewiseConstantDecaySpec(boundaries=boundaries, values=values)
    assert spec.boundaries == (10, 20)[: len(boundaries)]
    assert spec.values in ((0.1, 0.2), (1.0, 0.1, 0.0))


def test_a_ramp_up_from_0_is_no_polynomial_decay(refusal):
    path, message = refusal(PolynomialDecaySpec, initial_learning_rate=0, decay_steps=10, end_learning_rate=0.1)
    assert (path, message) == (("initial_learning_rate",), "must be > 0, received 0")


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"warmup_steps": 10}, "warmup_steps"),
        ({"warmup_steps": 10, "warmup_target": None}, "warmup_steps"),
        ({"warmup_target": 0.2}, "warmup_target"),
        ({"warmup_target": 0.2, "warmup_steps": 0}, "warmup_target"),
        ({"warmup_target": 0.05, "warmup_steps": 10}, "warmup_target"),
        ({"initial_learning_rate": 0}, "initial_learning_rate"),
        ({"initial_learning_rate": 0, "warmup_steps": 10}, "warmup_steps"),
        ({"initial_learning_rate": 0, "warmup_target": 0.2}, "warmup_target"),
    ],
)
def test_a_cosine_warm_up_needs_steps_and_a_target_not_below_the_start(fields, path, refusal):
    assert refusal(CosineDecaySpec, **LEAST[CosineDecaySpec] | fields).path == (path,)


@pytest.mark.parametrize(("start", "target"), [(0, 1.2e-38), (0, 0.1), (0.1, 0.1), (0.1, 0.2)])
def test_a_cosine_warm_up_goes_from_0_or_more_to_at_least_where_it_starts(start, target):
    spec = CosineDecaySpec(initial_learning_rate=start, decay_steps=10, warmup_target=target, warmup_steps=1)
    assert (spec.initial_learning_rate, spec.warmup_target) == (start, target)
