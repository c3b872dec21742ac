"""The field types that specs share: what each accepts, its range and its unit."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Annotated, Any, get_args

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainValidator,
    Strict,
    WithJsonSchema,
)
from pydantic.fields import FieldInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from keras_optkit.specs.durations import duration_schema, plain_text, positive_duration, read_duration
from keras_optkit.specs.errors import IfZero, field_error, in_short
from keras_optkit.specs.numbers import LARGEST, MOST_STEPS, SMALLEST, scalar, to_number, whole_number


class Range:
    """The numbers that a field accepts, written as in an error: ``"[0, 1)"``, ``"> 0"``, ``">= 1"``, ``"(-inf, inf)"``.

    ``Annotated[float, Range("(0, 0.5]")]`` reads a float, ``Annotated[int, Range("[1, 100]")]`` a whole number. The
    range validates the field, and describes it in errors and in JSON Schema. Errors end with the ``remedy``.

    Keras computes in float32, so a number that float32 rounds to an excluded end is excluded too: 0.99999999 is not in
    ``[0, 1)``.

    Raises:
        ValueError: the text is not a range.
    """

    def __init__(self, text: str, remedy: str = "") -> None:
        match = _RANGE.fullmatch(text)
        if match is None:
            raise ValueError(f"a range must be written like '[0, 1)', '> 0' or '<= 0', not {in_short(text)}")
        sign, bound, opening, low, high, closing = match.groups()
        if sign:
            low, high = (bound, "inf") if sign[0] == ">" else ("-inf", bound)
        self.low, self.high = float(low), float(high)
        if not self.low < self.high:
            raise ValueError(f"a range must begin below its end, but {in_short(text)} does not")
        self._low_is_in, self._high_is_in = opening == "[" or sign == ">=", closing == "]" or sign == "<="
        self.words = text if sign else f"in {text}"
        self.rule = f"must be {self.words}"
        self._remedy = f"; {remedy}" if remedy else ""
        # An open end becomes the closed one with the same meaning, so that one comparison validates a number.
        self._least = self.low if self._low_is_in else _past(self.low, math.inf)
        self._most = self.high if self._high_is_in else _past(self.high, -math.inf)

    def number(self, value: object) -> float:
        """``value`` as a float in the range.

        Raises:
            PydanticCustomError: ``value`` is not a number, or is outside the range.
        """
        # Most values are such floats already. Skipping the call saves 3% of a spec's validation.
        number = value if type(value) is float and SMALLEST <= value <= LARGEST else to_number(value)
        if self._least <= number <= self._most:
            return number
        rounds_out = self.low < number < self.high
        rounded = ", also after rounding to float32" if rounds_out else ""
        is_share = self.low >= 0 and self.high <= 1 and 10 <= number < 100 and self._least <= number / 100 <= self._most
        percent = f"; {number:g}% is {number / 100:g}" if is_share else ""
        sign = f"; write {-number:g}" if self.high <= 0 < number and self._least <= -number else ""
        raise field_error("out_of_range", f"{self.rule}{rounded}{percent or sign or self._remedy}", value)

    def whole_number(self, value: object) -> int:
        """``value`` as an int in the range.

        Raises:
            PydanticCustomError: ``value`` is not a whole number, or is outside the range.
        """
        number = whole_number(value)
        if number is None:
            raise field_error("wrong_type", f"must be a whole number{_without_point(value)}", value)
        if self._least <= number <= self._most:
            return number
        raise field_error("out_of_range", f"{self.rule}{self._remedy}", value)

    @property
    def json_schema(self) -> dict[str, float]:
        """The range as JSON Schema."""
        ends = {
            "minimum" if self._low_is_in else "exclusiveMinimum": self.low,
            "maximum" if self._high_is_in else "exclusiveMaximum": self.high,
        }
        return {word: int(end) if end.is_integer() else end for word, end in ends.items() if math.isfinite(end)}

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        if source not in (int, float):
            raise TypeError(f"Range is for fields of type int or float, not {source!r}")
        return core_schema.no_info_plain_validator_function(
            self.whole_number if source is int else self.number, metadata={"number": source}
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        is_whole = schema.get("metadata", {})["number"] is int
        return {"type": "integer" if is_whole else "number", **self.json_schema}


def _without_point(value: object) -> str:
    """The remedy for ``value`` if it is a whole float, or a string of one."""
    try:
        amount = float(scalar(value))
    except Exception:  # the value can be any object, with any conversion
        return ""
    return f"; write {amount:.0f}" if amount.is_integer() and 0 < amount < MOST_STEPS else ""


_RANGE = re.compile(r"([<>]=?) (\S+)|([\[(])(\S+), (\S+)([\])])")


def _past(end: float, towards: float) -> float:
    """The float closest to ``end`` in the direction of ``towards`` that float32 does not round to ``end``."""
    if math.isinf(end):
        return end
    if end == 0:
        return math.copysign(SMALLEST, towards)
    step = 2.0 ** (math.frexp(end)[1] - 24)  # from one float32 to the next, away from 0
    is_towards_0 = (towards < end) == (end > 0)
    if is_towards_0 and abs(math.frexp(end)[0]) == 0.5:
        step /= 2  # a power of two lies nearer to the one before it
    return math.nextafter(end + math.copysign(step / 2, towards), towards)


def _boolean(value: object) -> object:
    found = scalar(value)
    return found if isinstance(found, bool) else value


def _none_for_one(value: int | None) -> int | None:
    return None if value == 1 else value


Flag = Annotated[bool, Strict(), BeforeValidator(_boolean)]
#: What TensorFlow accepts as the name of a scope: Keras uses the name for one.
_NAME = r"^[A-Za-z0-9.][A-Za-z0-9_.>-]*$"


def _name(text: str) -> str:
    if not re.fullmatch(_NAME[1:-1], text):
        rule = "must consist of letters, digits and _ . > -, and begin with a letter, a digit or ."
        raise field_error("wrong_type", rule, text)
    return text


Name = Annotated[str, Field(json_schema_extra={"pattern": _NAME}), AfterValidator(_name)]

Number = Annotated[float, Range("(-inf, inf)")]
Positive = Annotated[float, Range("> 0")]
NonNegative = Annotated[float, Range(">= 0")]
NotPositive = Annotated[float, Range("<= 0")]
Negative = Annotated[float, Range("< 0")]
Fraction = Annotated[float, Range("[0, 1]")]
OpenFraction = Annotated[float, Range("(0, 1)")]
DecayRate = Annotated[float, Range("(0, 1]")]
Factor = Annotated[float, Range(">= 1")]
Momentum = Annotated[float, Range("[0, 1)")]
PositiveMomentum = Annotated[float, Range("(0, 1)")]


class IsRate:
    """Marks the type of a field as a learning rate, so that ``scale_learning_rate`` multiplies it."""


def marks(field: FieldInfo) -> Iterator[Any]:
    """The annotations of a field's type, and of the types inside it, such as that of a tuple's entries."""
    yield from field.metadata
    yield from _marks(field.annotation)


def _marks(annotation: Any) -> Iterator[Any]:
    yield from getattr(annotation, "__metadata__", ())
    for part in get_args(annotation):
        yield from _marks(part)


Rate = Annotated[float, Range("> 0"), IsRate(), IfZero("a rate of 0 trains nothing")]
#: The rate at which a decay begins.
InitialRate = Annotated[Rate, IfZero("for a rise from 0, use WarmupSpec or RampSpec")]
#: A rate that may be 0: where a schedule ends, or where it ramps up from.
RateOrZero = Annotated[float, Range(">= 0"), IsRate()]

#: A duration, in steps once it is resolved. It is declared as ``str`` because that is what people write.
Steps = Annotated[int | str, PlainValidator(positive_duration), plain_text, WithJsonSchema(duration_schema(1))]
DecaySteps = Annotated[Steps, IfZero("without a decay, use ConstantSpec")]
StepsOrZero = Annotated[int | str, PlainValidator(read_duration), plain_text, WithJsonSchema(duration_schema(0))]
Count = Annotated[int, Range("> 0")]
#: Batches for one update; 1 is what Keras writes as None.
AccumulationSteps = Annotated[Annotated[int, Range(">= 1")] | None, AfterValidator(_none_for_one)]
