"""What each kind of number reads, seen through a model that has one of each."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction as Ratio
from typing import Annotated, Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from keras_optkit.specs import fields
from keras_optkit.specs.value import Value

TINY = float(np.finfo(np.float32).tiny)
HUGE = float(np.finfo(np.float32).max)


class Every(Value):
    number: fields.Number = 1.0
    positive: fields.Positive = 1.0
    non_negative: fields.NonNegative = 1.0
    not_positive: fields.NotPositive = -1.0
    negative: fields.Negative = -1.0
    fraction: fields.Fraction = 1.0
    open_fraction: fields.OpenFraction = 0.5
    decay_rate: fields.DecayRate = 1.0
    factor: fields.Factor = 1.0
    momentum: fields.Momentum = 0.0
    positive_momentum: fields.PositiveMomentum = 0.5
    rate: fields.Rate = 1.0
    rate_or_zero: fields.RateOrZero = 1.0
    steps: fields.Steps = 1
    steps_or_zero: fields.StepsOrZero = 1
    count: fields.Count = 1
    accumulation: fields.AccumulationSteps = None


NUMBERS = ["number", "positive", "non_negative", "fraction", "momentum", "rate", "rate_or_zero"]
WHOLE = ["steps", "steps_or_zero", "count", "accumulation"]


def read(field: str, value: object) -> Any:
    return getattr(Every(**{field: value}), field)


# Numbers


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (1, 1.0),
        (0, 0.0),
        (-2, -2.0),
        (2**60, 2.0**60),
        ("1e-3", 0.001),
        ("0.1", 0.1),
        (" 3 ", 3.0),
        (np.float16(0.1), 0.1),
        (np.float32(0.1), 0.1),
        (np.float64(0.1), 0.1),
        (np.longdouble("0.1"), 0.1),
        (np.float32(1e-7), 1e-7),
        (np.int8(-3), -3.0),
        (np.int64(3), 3.0),
        (np.uint64(3), 3.0),
        (np.array(0.1), 0.1),
        (np.array(0.1, np.float32), 0.1),
        (np.array(3), 3.0),
        (np.str_("0.1"), 0.1),
        (Decimal("0.1"), 0.1),
        (Ratio(1, 10), 0.1),
    ],
    ids=repr,
)
def test_what_can_only_mean_one_number_becomes_that_float(written, meant):
    number = read("number", written)
    assert number == meant
    assert type(number) is float


def digits(number: float) -> int:
    """How many digits say it: 1e12 has one."""
    return len(Decimal(repr(number)).normalize().as_tuple().digits)


@given(st.floats(width=32, allow_nan=False, allow_infinity=False, allow_subnormal=False).map(np.float32))
@example(np.float32(1e12))
@example(np.finfo(np.float32).max)
@example(np.finfo(np.float32).tiny)
def test_a_float32_becomes_the_shortest_decimal_that_is_the_same_float32(written):
    number = read("number", written)
    assert np.float32(number) == written
    assert digits(number) <= digits(float(written))


@pytest.mark.parametrize("field", NUMBERS)
@pytest.mark.parametrize("value", [True, False, np.True_, np.False_], ids=repr)
def test_a_boolean_is_never_a_number(field, value, refusal):
    assert refusal(read, field, value) == ((field,), f"must be a number, not a boolean, received {value!r}")


@pytest.mark.parametrize("value", [np.array(True), np.array(False, dtype=object)], ids=repr)
def test_a_boolean_in_an_array_is_no_number_either(value, refusal):
    path, message = refusal(read, "number", value)
    assert path == ("number",)
    assert message.startswith("must be a number")


WORDS = ["", " ", "-", "--1", "ten", "0,1", "1__0", "_1", "true", "None"]
CONTAINERS = [[], [10], (10,), {10}, {}, {"a": 10}, np.array([10])]
TIMES = [np.datetime64("2020"), np.timedelta64(5, "D"), dt.timedelta(5), dt.date(2020, 1, 1)]
OTHERS = [None, b"10", 10j, np.complex64(10), np.ma.masked, object(), int]


@pytest.mark.parametrize(
    "value", [*WORDS, *CONTAINERS, *TIMES, *OTHERS], ids=lambda value: repr(value).partition(" at 0x")[0]
)
@pytest.mark.parametrize("field", ["number", "momentum", "rate"])
def test_what_is_not_a_number_is_refused_as_one(field, value, refusal):
    path, message = refusal(read, field, value)
    assert path == (field,)
    assert message.startswith("must be a number")
    assert ", received " in message


NANS = [float("nan"), "nan", Decimal("NaN"), np.float32("nan"), np.array(np.nan)]
INFINITIES = [float("inf"), float("-inf"), "inf", "-Infinity", "1e400", 10**400, np.float16("inf")]


@pytest.mark.parametrize("value", [*NANS, *INFINITIES], ids=repr)
@pytest.mark.parametrize("field", NUMBERS)
def test_a_number_must_be_finite(field, value, refusal):
    path, message = refusal(read, field, value)
    assert path == (field,)
    assert message.startswith("must be a finite number, received ")


@pytest.mark.parametrize("value", [1e39, -1e39, 3.5e38, 1e-46, -1e-46, 1.1e-38])
@pytest.mark.parametrize("field", ["number", "rate", "momentum"])
def test_a_number_must_fit_into_float32(field, value, refusal):
    path, message = refusal(read, field, value)
    assert path == (field,)
    assert message == f"must be a number that float32 can represent (1.2e-38 to 3.4e38, or 0), received {value!r}"


@pytest.mark.parametrize(
    ("field", "accepted", "refused", "rule"),
    [
        ("number", [-HUGE, -TINY, 0, TINY, HUGE], [], ""),
        ("positive", [TINY, 1, HUGE], [0, -0.0, -TINY, -1], "must be > 0"),
        ("non_negative", [0, TINY, HUGE], [-TINY, -1], "must be >= 0"),
        ("not_positive", [-HUGE, -TINY, 0], [TINY, 1], "must be <= 0"),
        ("negative", [-HUGE, -TINY], [0, TINY, 1], "must be < 0"),
        ("fraction", [0, TINY, 0.5, 1], [-TINY, 1.0000000000000002, 2], "must be in [0, 1]"),
        ("open_fraction", [TINY, 0.5, 0.9999999], [-TINY, 0, 1, 2], "must be in (0, 1)"),
        ("decay_rate", [TINY, 0.5, 1], [-TINY, 0, 1.0000000000000002, 2], "must be in (0, 1]"),
        ("factor", [1, 1.0000000000000002, HUGE], [0.9999999, 0, -1], "must be >= 1"),
        ("positive_momentum", [TINY, 0.9999999], [0, -TINY, 1], "must be in (0, 1)"),
        ("positive_momentum", [1 - 2**-24], [1 - 2**-25, 0.99999999], "must be "),
        ("momentum", [0, 0.5, 0.9999999], [-TINY, -1, 1, 2], "must be in [0, 1)"),
        ("momentum", [1 - 2**-24], [1 - 2**-25, 0.99999999, 1 - 2**-53], "must be "),
        ("rate", [TINY, HUGE], [0, -TINY], "must be > 0"),
        ("rate_or_zero", [0, TINY], [-TINY], "must be >= 0"),
        ("steps", [1, 2**53], [0, -1, -(2**70)], "must be > 0"),
        ("steps_or_zero", [0, 1, 2**53], [-1], "must be >= 0"),
        ("count", [1, 2**53], [0, -1, -(2**70)], "must be > 0"),
        ("accumulation", [2, 2**53], [0, -1], "must be >= 1"),
        ("steps", [], [2**53 + 1, 2**64], "must be at most 2**53"),
        ("count", [], [2**53 + 1, 2**64], "must be at most 2**53"),
    ],
)
def test_both_sides_of_each_bound(field, accepted, refused, rule, refusal):
    for value in accepted:
        assert read(field, value) == value
    for value in refused:
        path, message = refusal(read, field, value)
        assert path == (field,)
        assert message.startswith(rule)
        assert message.partition("; ")[0].endswith(f", received {value!r}")


# Whole numbers


@pytest.mark.parametrize(
    "written",
    [
        10,
        "10",
        " 10 ",
        "+10",
        "1_0",
        np.int8(10),
        np.uint8(10),
        np.int64(10),
        np.uint64(10),
        np.array(10),
        np.str_("10"),
        Decimal(10),
        Ratio(10),
    ],
    ids=repr,
)
@pytest.mark.parametrize("field", WHOLE)
def test_a_whole_number_in_any_dress_becomes_an_int(field, written):
    number = read(field, written)
    assert number == 10
    assert type(number) is int


@pytest.mark.parametrize(
    "value", [10.5, "10.5", Decimal("10.5"), Ratio(21, 2), *NANS, *WORDS, *CONTAINERS, *TIMES], ids=repr
)
@pytest.mark.parametrize("field", WHOLE)
def test_a_whole_number_is_no_fraction_and_no_word(field, value, refusal):
    path, message = refusal(read, field, value)
    assert path == (field,)
    assert message.startswith("must be a whole number")
    assert ", received " in message


WHOLE_FLOATS = [10.0, 1e3, np.float32(10), np.float64(10), np.array(10.0), "10.0", "1e3"]


@pytest.mark.parametrize("value", WHOLE_FLOATS, ids=repr)
def test_a_whole_float_is_a_number_of_steps_and_no_other_whole_number(value, refusal):
    for field in WHOLE:
        if field.startswith("steps"):
            assert read(field, value) == int(float(value))
        else:
            message = refusal(read, field, value).message
            assert message == f"must be a whole number, received {value!r}; write {int(float(value))}"


@pytest.mark.parametrize("field", WHOLE)
@pytest.mark.parametrize("value", [True, False, np.True_, np.array(True), np.array(True, dtype=object)], ids=repr)
def test_a_boolean_is_never_a_whole_number(field, value, refusal):
    path, message = refusal(read, field, value)
    assert path == (field,)
    assert message.startswith("must be a whole number")


def test_accumulating_over_one_batch_is_no_accumulation():
    assert [read("accumulation", value) for value in (1, "1", np.int64(1), None, 2)] == [None, None, None, None, 2]


# Ranges


@pytest.mark.parametrize(
    ("text", "rule", "schema"),
    [
        ("[0, 1)", "must be in [0, 1)", {"minimum": 0, "exclusiveMaximum": 1}),
        ("(0, 0.5]", "must be in (0, 0.5]", {"exclusiveMinimum": 0, "maximum": 0.5}),
        ("> 0", "must be > 0", {"exclusiveMinimum": 0}),
        (">= 1", "must be >= 1", {"minimum": 1}),
        ("< 0", "must be < 0", {"exclusiveMaximum": 0}),
        ("<= -1e-3", "must be <= -1e-3", {"maximum": -0.001}),
        ("(-inf, inf)", "must be in (-inf, inf)", {}),
    ],
)
def test_a_range_has_its_words_and_its_json_schema_from_one_text(text, rule, schema):
    assert fields.Range(text).rule == rule
    assert fields.Range(text).json_schema == schema


@pytest.mark.parametrize(
    "text", ["", "0", "[0, 1", "0, 1", "[1, 0]", "[1, 1)", "(0 1)", "> ", "=> 0", "[nan, 1]", "[a, b]", "> inf"]
)
def test_what_is_no_range_is_refused_where_it_is_declared(text):
    with pytest.raises(ValueError, match=r"range|could not convert"):
        fields.Range(text)


@pytest.mark.parametrize("source", [str, bool, float | None])
def test_a_range_is_for_numbers_and_says_so_when_its_class_is_first_used(source):
    class Wrong(Value):
        field: Annotated[source, fields.Range("> 0")]

    with pytest.raises(TypeError, match="Range is for fields of type int or float"):
        Wrong(field=1)


@pytest.mark.parametrize("end", [1.0, -1.0, 0.5, 3.0, -0.75, 100.0, 2.0**100, float(np.float32(0.1))])
@pytest.mark.parametrize(("sign", "side"), [("<", -np.inf), (">", np.inf)])
def test_an_open_end_is_left_out_also_after_rounding_to_float32(end, sign, side):
    open_range = fields.Range(f"{sign} {end!r}")
    half_way = (float(np.nextafter(np.float32(end), np.float32(side))) + end) / 2
    accepted = float(np.nextafter(half_way, side))
    assert open_range.number(accepted) == accepted
    for refused in (half_way, float(np.nextafter(end, side))):
        with pytest.raises(PydanticCustomError, match="also after rounding to float32, received "):
            open_range.number(refused)
    with pytest.raises(PydanticCustomError, match=f"must be {sign} .*[0-9], received "):
        open_range.number(end)


class Own(Value):
    count: Annotated[int, fields.Range("[1, 100]")] = 1
    share: Annotated[float, fields.Range("(0, 0.5]")] = 0.5


def test_a_range_of_ones_own_reads_numbers_as_the_package_does(refusal):
    assert Own(count="7", share=np.float32(0.1)) == Own(count=7, share=0.1)
    assert refusal(Own, count=101) == (("count",), "must be in [1, 100], received 101")
    assert refusal(Own, count=1.5) == (("count",), "must be a whole number, received 1.5")
    assert refusal(Own, share=0) == (("share",), "must be in (0, 0.5], received 0; leave it out for the default, 0.5")
    properties = Own.model_json_schema()["properties"]
    limits = {"minimum": 1, "maximum": 100, "description": "in [1, 100]"}
    assert properties["count"] == {"type": "integer", "default": 1, **limits}
    assert properties["share"]["exclusiveMinimum"] == 0


@pytest.mark.parametrize(
    "value",
    ["1e-400", "-1e-400", "0.00001e-330", Decimal("1e-400"), Ratio(1, 10**400), np.longdouble("1e-400")],
    ids=repr,
)
@pytest.mark.parametrize("field", ["number", "non_negative", "rate_or_zero"])
def test_a_number_that_only_a_float_makes_0_is_refused_like_one_that_float32_does(field, value, refusal):
    if not isinstance(value, np.longdouble) or value != 0:
        path, message = refusal(read, field, value)
        assert path == (field,)
        assert message.startswith("must be a number that float32 can represent (1.2e-38 to 3.4e38, or 0), received ")


@pytest.mark.parametrize(
    "value", ["0e-400", "0", "-0.0", "0_0.0", Decimal("0e-400"), Ratio(0), np.longdouble(0)], ids=repr
)
def test_zero_is_zero_however_it_is_written(value):
    assert read("non_negative", value) == 0


class Hostile(float):
    """A number of somebody's own, of which no method works."""

    def fails(self, *_: object) -> Any:
        raise RuntimeError("no")

    __float__ = __index__ = __int__ = __eq__ = __le__ = __repr__ = __hash__ = __str__ = fails


@pytest.mark.parametrize("field", [*NUMBERS, *WHOLE])
def test_an_object_whose_methods_raise_is_refused_where_it_is(field, refusal):
    assert refusal(read, field, Hostile(0.5)).path == (field,)


def test_the_ends_of_what_float32_holds_are_accepted():
    smallest, largest = "1.1754943508222875e-38", "3.4028235e38"
    for number in (smallest, largest, f"-{smallest}", f"-{largest}"):
        assert read("number", number) == float(number)
