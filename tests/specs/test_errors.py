"""How a refusal reads: one line for one mistake, at the path that was written, with the rule and the value."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from keras_optkit import AdamSpec, ExponentialDecaySpec, PiecewiseConstantDecaySpec, ScheduleSpec, SGDSpec, parse_spec

DECAY = {"type": "ExponentialDecay", "initial_learning_rate": 0.1, "decay_steps": 1000, "decay_rate": 0.9}


def test_a_refusal_is_a_validation_error_and_so_a_value_error():
    with pytest.raises(ValueError, match="momentum") as caught:
        SGDSpec(momentum=1)
    assert type(caught.value) is ValidationError
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("make", "shown"),
    [
        (lambda: SGDSpec(momentum=1), "SGDSpec\nmomentum\n  must be in [0, 1), received 1 "),
        (lambda: SGDSpec(momentum=-1), "SGDSpec\nmomentum\n  must be in [0, 1), received -1 "),
        (lambda: SGDSpec(momentum="1.5"), "SGDSpec\nmomentum\n  must be in [0, 1), received '1.5' "),
        (lambda: SGDSpec(learning_rate=0), "SGDSpec\nlearning_rate\n  must be > 0, received 0 "),
        (lambda: SGDSpec(nesterov="false"), "SGDSpec\nnesterov\n  must be true or false, received 'false' "),
        (
            lambda: SGDSpec(learning_rate=DECAY | {"decay_rate": 1.5}),
            "SGDSpec\nlearning_rate.decay_rate\n  must be in (0, 1], received 1.5 ",
        ),
        (
            lambda: PiecewiseConstantDecaySpec(boundaries=[10], values=[0.1, -1]),
            "PiecewiseConstantDecaySpec\nvalues.1\n  must be >= 0, received -1 ",
        ),
    ],
)
def test_an_error_names_the_spec_the_path_the_whole_rule_and_the_value(make, shown):
    with pytest.raises(ValidationError) as caught:
        make()
    assert f"1 validation error for {shown}" in str(caught.value)


def test_each_mistake_has_one_line_and_unknown_fields_come_first(refusals):
    lines = refusals(SGDSpec, learning_rate=-1, momentum=2, nesterov="x", clipnorm=0, momentun=0.9, lr=1)
    paths = [line.path[0] for line in lines]
    assert set(paths[:2]) == {"momentun", "lr"}
    assert sorted(paths[2:]) == ["clipnorm", "learning_rate", "momentum", "nesterov"]


def test_rules_between_fields_wait_until_every_field_is_right(refusal):
    assert refusal(SGDSpec, nesterov=True, momentum=2).path == ("momentum",)


def test_all_rules_between_fields_that_are_broken_are_reported(refusals):
    lines = refusals(SGDSpec, nesterov=True, ema_momentum=0.5, clipnorm=1, clipvalue=1)
    assert {line.path for line in lines} == {("nesterov",), ("ema_momentum",), ("clipvalue",)}


def test_all_mistakes_in_a_schedule_are_reported_beside_those_of_its_optimizer(refusals):
    lines = refusals(AdamSpec, beta_1=1, learning_rate=DECAY | {"decay_steps": 0, "decay_rate": 2, "foo": 1})
    assert {line.path for line in lines} == {
        ("beta_1",),
        ("learning_rate", "foo"),
        ("learning_rate", "decay_steps"),
        ("learning_rate", "decay_rate"),
    }


@pytest.mark.parametrize("value", ["x" * 10_000, ["x"] * 10_000, {"x" * 10_000}, b"x" * 10_000, range(10**9)])
def test_a_long_value_is_shown_in_short(value, refusal):
    assert len(refusal(SGDSpec, momentum=value).message) < 250
    assert len(refusal(SGDSpec, learning_rate=value).message) < 350
    assert len(refusal(SGDSpec, nesterov=value).message) < 250


def test_braces_and_percent_signs_in_a_value_stay_as_they_are(refusal):
    for value in ("{}", "{x}", "{0}", "%s", "%(a)s", "{{"):
        assert refusal(SGDSpec, momentum=value).message == f"must be a number, received {value!r}"
        assert repr(value) in refusal(parse_spec, value).message


class Unprintable:
    def __repr__(self) -> str:
        raise RuntimeError("no repr")


@pytest.mark.parametrize("field", ["learning_rate", "momentum", "nesterov", "name", "gradient_accumulation_steps"])
def test_a_value_that_cannot_be_printed_is_refused_all_the_same(field, refusal):
    assert refusal(SGDSpec, **{field: Unprintable()}).path == (field,)


@pytest.mark.parametrize("field", ["learning_rate", "momentum", "nesterov", "name", "gradient_accumulation_steps"])
def test_a_number_too_long_to_print_is_refused_where_it_is(field, refusal):
    for value in (10**5000, -(10**5000), "1" * 5000):
        if not (field == "name" and isinstance(value, str)):
            assert refusal(SGDSpec, **{field: value}).path == (field,)


def test_a_number_too_long_to_print_is_refused_as_steps(refusal):
    for value in (10**5000, -(10**5000), "1" * 5000):
        path, message = refusal(ExponentialDecaySpec, initial_learning_rate=0.1, decay_steps=value, decay_rate=0.9)
        assert path == ("decay_steps",)
        assert message.startswith("must be ")


@pytest.mark.parametrize("key", [1, None, 2.5, b"momentum", ("a", "b"), True], ids=repr)
def test_a_field_name_that_is_no_string_gives_one_error(key, refusal):
    assert refusal(SGDSpec.model_validate, {key: 0.9}).message.startswith("field names must be strings")
    inside = refusal(SGDSpec, learning_rate=DECAY | {key: 0.9})
    assert inside.path[0] == "learning_rate"
    assert inside.message.startswith("field names must be strings")


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        ({}, ["ExponentialDecay", "CosineDecayRestarts"]),
        ({"decay_rate": 0.9}, ["ExponentialDecay", "CosineDecayRestarts"]),
        ({"class_name": "ExponentialDecay", "config": {"decay_rate": 0.9}}, ["class_name", "type"]),
    ],
)
def test_a_schedule_without_a_type_gets_the_same_answer_inside_an_optimizer_as_alone(schedule, words, refusal):
    alone = refusal(ScheduleSpec.model_validate, schedule)
    inside = refusal(SGDSpec, learning_rate=schedule)
    assert alone.path == ("type",)
    assert inside.path == ("learning_rate", "type")
    assert inside.message == alone.message
    assert all(word in inside.message for word in words)


def test_errors_can_be_written_as_json_for_a_service():
    with pytest.raises(ValidationError) as caught:
        SGDSpec(momentum=float("nan"), learning_rate=DECAY | {"decay_steps": np.float32(3.5)}, foo=1)
    assert all(word in caught.value.json() for word in ("momentum", "decay_steps", "foo"))


def test_a_wrong_whole_is_refused_at_the_top(refusal):
    wholes: list[Any] = [None, 3, [], "sgd", [("momentum", 0.9)], object()]
    for whole in wholes:
        path, message = refusal(SGDSpec.model_validate, whole)
        assert path == ()
        assert message.startswith("must be a mapping of field names to values, or SGDSpec")
