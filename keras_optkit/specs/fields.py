"""The field types that specs share: what each accepts, its range and its unit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, cast

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, Strict, WithJsonSchema

from keras_optkit.specs.durations import duration_schema, plain_text, positive_duration, read_duration
from keras_optkit.specs.errors import refusal
from keras_optkit.specs.numbers import scalar, to_number, whole_number

# Half-way between 1 and the float32 before it: from here on up, float32 rounds to 1.
_ROUNDS_TO_ONE = 1 - 2**-25


def _whole(value: object) -> int:
    """``value`` as an int: a NumPy integer or a string of digits is converted; no float is, not even ``10.0``."""
    number = whole_number(value)
    if number is None:
        raise refusal("wrong_type", "must be a whole number", value)
    return number


def _boolean(value: object) -> object:
    found = scalar(value)
    return found if isinstance(found, bool) else value


def _listed(value: object) -> tuple[Any, ...]:
    """``value`` as a tuple. A set is refused, because it has lost the order; a string, because it is one value."""
    is_row = hasattr(value, "__array__") and getattr(value, "ndim", 0) == 1
    if isinstance(value, (str, bytes, bytearray, memoryview)) or not (is_row or isinstance(value, Sequence)):
        raise refusal("wrong_type", "must be a list", value)
    return tuple(cast("Sequence[Any]", value))


def _ordered(value: object) -> tuple[Any, ...]:
    entries = _listed(value)
    if not entries:
        raise refusal("out_of_range", "must have at least one entry", value)
    return entries


def _below_one(value: float) -> float:
    if value >= _ROUNDS_TO_ONE:
        raise refusal("out_of_range", "must be below 1, also after rounding to float32", value)
    return value


def _none_for_one(value: int | None) -> int | None:
    return None if value == 1 else value


T = TypeVar("T")
if TYPE_CHECKING:
    # Type checkers are to let people write lists, as in Keras.
    Listed = Sequence[T]
    Ordered = Sequence[T]
else:
    #: A list, kept as a tuple.
    Listed = Annotated[tuple[T, ...], BeforeValidator(_listed)]
    #: A list of at least one entry.
    Ordered = Annotated[tuple[T, ...], Field(json_schema_extra={"minItems": 1}), BeforeValidator(_ordered)]

Flag = Annotated[bool, Strict(), BeforeValidator(_boolean)]
#: What TensorFlow accepts as the name of a scope, which Keras makes of it.
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9.][A-Za-z0-9_.>-]*$")]

# The constraints stand before the conversion, which pydantic therefore runs first.
_convert = BeforeValidator(to_number)
Number = Annotated[float, _convert]
Positive = Annotated[float, Field(gt=0), _convert]
NonNegative = Annotated[float, Field(ge=0), _convert]
NotPositive = Annotated[float, Field(le=0), _convert]
Negative = Annotated[float, Field(lt=0), _convert]
Fraction = Annotated[float, Field(ge=0, le=1), _convert]
OpenFraction = Annotated[float, Field(gt=0, lt=1), _convert]
DecayRate = Annotated[float, Field(gt=0, le=1), _convert]
Factor = Annotated[float, Field(ge=1), _convert]
Momentum = Annotated[float, Field(ge=0, lt=1), AfterValidator(_below_one), _convert]
PositiveMomentum = Annotated[float, Field(gt=0, lt=1), AfterValidator(_below_one), _convert]


class IsRate:
    """Marks a type of field as a learning rate, which ``scale_learning_rate`` multiplies."""


Rate = Annotated[float, Field(gt=0), _convert, IsRate()]
#: A rate that may be 0: where a schedule ends, or where it ramps up from.
RateOrZero = Annotated[float, Field(ge=0), _convert, IsRate()]

#: A duration, in steps once it is resolved. It is declared as ``str`` because that is what people write.
Steps = Annotated[int | str, PlainValidator(positive_duration), plain_text, WithJsonSchema(duration_schema(1))]
StepsOrZero = Annotated[int | str, PlainValidator(read_duration), plain_text, WithJsonSchema(duration_schema(0))]
Count = Annotated[int, Field(gt=0), BeforeValidator(_whole)]
#: Batches for one update; 1 is what Keras writes as None.
AccumulationSteps = Annotated[
    Annotated[int, Field(ge=1), BeforeValidator(_whole)] | None, AfterValidator(_none_for_one)
]
