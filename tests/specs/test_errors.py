"""How a refusal reads: one line for one mistake, at the path that was written, with the rule and the value."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import numpy as np
import pytest
from pydantic import AfterValidator, Field, ValidationError
from pydantic_core import PydanticCustomError

from keras_optkit import (
    AdamSpec,
    CosineDecaySpec,
    ExponentialDecaySpec,
    ParamGroup,
    PiecewiseConstantDecaySpec,
    RampSpec,
    ScheduleSpec,
    SGDSpec,
    parse_spec,
    scale_learning_rate,
)
from keras_optkit.specs.errors import Mistake, field_error, in_short, validation_error, why
from keras_optkit.specs.value import Value

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
        (lambda: SGDSpec(learning_rate=-0.1), "SGDSpec\nlearning_rate\n  must be > 0, received -0.1 "),
        (lambda: SGDSpec(nesterov="false"), "SGDSpec\nnesterov\n  must be true or false, received 'false' "),
        (
            lambda: SGDSpec(learning_rate=DECAY | {"decay_rate": 1.5}),
            "SGDSpec\nlearning_rate.decay_rate\n  must be in (0, 1], received 1.5; for a rate that grows, use "
            "RampSpec with shape='exponential' ",
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
        assert message.startswith("must be a SGDSpec, or a mapping of its fields")


# Whatever was written, an error is short, quick to make, and can be sent elsewhere

HUGE = "x" * 1_000_000
LONG_INT = 10**5000


class Hostile(Mapping[str, Any]):
    """A mapping of which no method works."""

    def fails(self, *_: object) -> Any:
        raise RuntimeError("no")

    __getitem__ = __iter__ = __len__ = __repr__ = __str__ = __eq__ = __hash__ = __contains__ = get = items = fails


class HostileText(str):
    def fails(self, *_: object) -> Any:
        raise RuntimeError("no")

    __repr__ = __str__ = __eq__ = __len__ = __iter__ = lower = replace = lstrip = partition = split = fails
    __hash__ = str.__hash__


MISTAKES: dict[str, Callable[[], object]] = {
    "50,000 unknown fields": lambda: parse_spec({"type": "sgd", **{f"field{i}": i for i in range(50_000)}}),
    "50,000 names that are no strings": lambda: parse_spec({"type": "sgd", **{i: i for i in range(50_000)}}),
    "50,000 wrong paths": lambda: SGDSpec().override({f"field{i}.x": i for i in range(50_000)}),
    "2,000 wrong groups": lambda: SGDSpec(groups=[{"match": ""}] * 2_000),
    "a field with a huge name": lambda: SGDSpec(**{HUGE: 1}),
    "a huge type": lambda: parse_spec(HUGE),
    "a huge type in a mapping": lambda: parse_spec({"type": HUGE}),
    "a huge type of a schedule": lambda: SGDSpec(learning_rate=HUGE),
    "many nodes with a type": lambda: parse_spec({f"{HUGE}{i}": {"type": "sgd"} for i in range(10)}),
    "a huge pattern": lambda: ParamGroup(match=f"(?P<{HUGE}>"),
    "a huge name": lambda: SGDSpec(name="_" + HUGE),
    "a huge choice": lambda: RampSpec(initial_learning_rate=1, end_learning_rate=0, steps=1, shape=HUGE),
    "a huge decay": lambda: SGDSpec(decay=HUGE),
    "a huge number of epochs": lambda: CosineDecaySpec(initial_learning_rate=1, decay_epochs=HUGE),
    "a huge path": lambda: SGDSpec().override({HUGE + ".x": 1}),
    "a path of a million dots": lambda: SGDSpec().override({"." * 1_000_000: 1}),
    "a huge positional argument": lambda: SGDSpec(HUGE),
    "a huge value assigned": lambda: setattr(SGDSpec(), HUGE, HUGE),
    "a long int as a decay": lambda: SGDSpec(decay=LONG_INT),
    "a long int as epochs": lambda: CosineDecaySpec(initial_learning_rate=1, decay_epochs=LONG_INT),
    "a long int in an override": lambda: SGDSpec().override({"momentum": LONG_INT}),
    "a long int under an override": lambda: SGDSpec().override({"learning_rate": LONG_INT, "learning_rate.x": 1}),
    "a long int as a factor": lambda: scale_learning_rate("sgd", LONG_INT),
    "a surrogate as a field": lambda: parse_spec({"type": "sgd", "\ud800": 1}),
    "a surrogate as a type": lambda: parse_spec("\ud800"),
    "surrogates as values": lambda: SGDSpec(learning_rate="\ud800", momentum="\ud800", name="\ud800"),
    "a surrogate as a path": lambda: SGDSpec().override({"\ud800.x": 1}),
    "a number as a path": lambda: SGDSpec().override({1: 2}),  # type: ignore[dict-item]
    "None as overrides": lambda: SGDSpec().override(None),  # type: ignore[arg-type]
    "text as overrides": lambda: SGDSpec().override("momentum=1"),  # type: ignore[arg-type]
    "a hostile type": lambda: parse_spec({"type": HostileText("zzz")}),
    "a hostile type in an override": lambda: SGDSpec().override({"learning_rate.type": HostileText("zzz")}),
    "a hostile decay": lambda: SGDSpec(decay=HostileText("1"), learning_rate=HostileText("x")),
    "a hostile factor": lambda: scale_learning_rate("sgd", Hostile()),  # type: ignore[arg-type]
}


def _pickles() -> bool:
    """Whether the installed pydantic can pickle an error whose type is not one of its own: not before 2.14.2."""
    mistake = PydanticCustomError("own_type", "refused")
    error = ValidationError.from_exception_data("own", [{"type": mistake, "input": 1}])
    try:
        pickle.loads(pickle.dumps(error))
    except KeyError:
        return False
    return True


PICKLES = _pickles()


class _List(list[object]):
    def __len__(self) -> int:
        raise RuntimeError


_List.__name__ = "list"  # by which reprlib goes


def test_a_list_whose_length_raises_is_shown_by_its_type():
    assert in_short(_List()).startswith("<list")


@pytest.mark.parametrize("make", MISTAKES.values(), ids=MISTAKES)
def test_any_mistake_gives_a_short_error_that_can_be_sent_elsewhere(make):
    with pytest.raises((ValidationError, ValueError, TypeError)) as caught:
        make()
    assert type(caught.value) in {ValidationError, ValueError, TypeError}
    assert len(str(caught.value)) < 10_000
    assert "Exceeds the limit" not in str(caught.value)
    if isinstance(caught.value, ValidationError):
        assert len(caught.value.json()) < 50_000
        assert all(len(line["msg"]) < 2_100 for line in caught.value.errors())
        for again in (pickle.loads(pickle.dumps(caught.value)), copy.deepcopy(caught.value)) if PICKLES else ():
            assert str(again) == str(caught.value)


@pytest.mark.parametrize(
    "read",
    [parse_spec, SGDSpec.model_validate, SGDSpec().override, lambda data: SGDSpec(groups=[data])],
    ids=["parse_spec", "model_validate", "override", "in a list"],
)
def test_what_a_mapping_of_somebodys_own_raises_is_raised_as_it_is(read):
    # OmegaConf names the mandatory value that is missing, which no word of ours could.
    with pytest.raises(RuntimeError, match="no"):
        read(Hostile())


def test_more_mistakes_than_anybody_reads_are_counted(refusals):
    lines = refusals(SGDSpec, **{f"field{i}": i for i in range(1000)}, momentum=2)
    assert [line.path for line in lines[:20]] == [(f"field{i}",) for i in range(20)]
    assert lines[20] == (("momentum",), "must be in [0, 1), received 2")
    assert lines[21:] == [((), "and 980 more mistakes")]
    groups = refusals(SGDSpec, groups=[{"match": ""}] * 60)
    assert groups[49].path == ("groups", 49, "match")
    assert groups[50:] == [((), "and 10 more mistakes")]


def test_an_error_shows_each_value_once_and_no_address():
    with pytest.raises(ValidationError) as caught:
        AdamSpec(lr=0.1, beta_1="9", learning_rate=DECAY | {"decay_rate": 2})
    assert str(caught.value) == (
        "3 validation errors for AdamSpec\nlr\n  unknown field; Keras calls it 'learning_rate' [type=unknown_field]\n"
        "learning_rate.decay_rate\n  must be in (0, 1], received 2; for a rate that grows, use RampSpec with "
        "shape='exponential' [type=out_of_range]\nbeta_1\n  must be in [0, 1), received '9' [type=out_of_range]"
    )


class Own(Value):
    short: Annotated[str, AfterValidator(lambda text: int("x"))] = ""
    limited: Annotated[int, Field(le=3)] = 1


def test_a_rule_of_pydantic_or_of_ones_own_is_shown_with_the_value(refusals):
    lines = refusals(Own, short="ab", limited=5)
    assert [line.message for line in lines] == [
        "invalid literal for int() with base 10: 'x', received 'ab'",
        "Input should be less than or equal to 3, received 5",
    ]


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        (("a", 3, "b"), ("a", 3, "b")),
        (("x" * 100,), ("x" * 100,)),
        (("x" * 60 + "y" * 41,), ("x" * 60 + "y" * 6 + "..." + "y" * 25,)),
        (("\ud800",), (r"\ud800",)),
        (tuple(range(30)), tuple(range(30))),
        (tuple(range(1000)), (*range(29), "...", 999)),
    ],
    ids=["short", "a long name", "too long a name", "a surrogate", "a long path", "too long a path"],
)
def test_a_path_is_as_long_as_a_line(path, shown):
    error = validation_error("X", [Mistake(path, None, field_error("k", "rule"))])
    assert error.errors()[0]["loc"] == shown


@pytest.mark.parametrize(
    ("received", "kept"),
    [
        (None, None),
        (True, True),
        (1.5, 1.5),
        (2**62, 2**62),
        (2**64, "18446744073709551616"),
        (10**5000, "an int of 16610 bits"),
        ("text", "text"),
        ("\ud800", r"'\ud800'"),
        ([1, 2], "[1, 2]"),
    ],
    ids=["None", "true", "float", "int", "big int", "very big int", "text", "surrogate", "list"],
)
def test_an_error_keeps_what_was_received_as_far_as_it_can_be_sent(received, kept):
    assert validation_error("X", [Mistake((), received, field_error("k", "rule"))]).errors()[0]["input"] == kept


def test_a_long_rule_keeps_its_beginning_and_the_value():
    message = field_error("k", "a" * 5000, "value").message()
    assert message.startswith("a" * 1000)
    assert message.endswith("aaa, received 'value'")
    assert len(message) < 2000


def test_what_an_exception_says_is_short_also_if_it_can_say_nothing():
    class SilentError(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no")

    assert why(SilentError()) == "SilentError: "
    assert why(ValueError("too small")) == "ValueError: too small"
    assert len(why(ValueError("x" * 10_000))) < 250
