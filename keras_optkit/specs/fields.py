"""The field types that specs share: what each accepts, its range and its unit.

Numbers are read generously and strictly at once: what can only mean one number becomes it (``1``,
``numpy.float32(0.1)``, ``"1e-3"``), what might be a slip is refused (``True``, ``nan``, half a step).
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, cast

import numpy as np
from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, Strict, WithJsonSchema

from keras_optkit.specs.durations import (
    duration_schema,
    plain_text,
    positive_duration,
    read_duration,
    scalar,
    whole_number,
)
from keras_optkit.specs.errors import refusal

# Keras computes in float32. A number that float32 cannot hold would become 0 or infinity without a word.
SMALLEST = float(np.finfo(np.float32).tiny)
LARGEST = float(str(np.finfo(np.float32).max))  # its shortest decimal, which is a little more
# Half-way between 1 and the float32 before it: from here on up, float32 rounds to 1.
_ROUNDS_TO_ONE = 1 - 2**-25


def to_number(value: object) -> float:
    """``value`` as the float that was meant: an integer, a NumPy scalar or a numeric string is converted."""
    number = value if type(value) is float else _converted(value)
    if SMALLEST <= number <= LARGEST or number == 0 or SMALLEST <= -number <= LARGEST:
        return number
    if not math.isfinite(number):
        raise refusal("not_finite", "must be a finite number", value)
    raise refusal("out_of_range", "must be a number that float32 can hold (1.2e-38 to 3.4e38, or 0)", value)


def _converted(value: object) -> float:
    value = scalar(value)
    if isinstance(value, (bool, np.bool_)):
        raise refusal("wrong_type", "must be a number, not a boolean", value)
    if isinstance(value, np.generic) and value.dtype.kind in "iufV":
        # By way of its shortest decimal: numpy.float32(0.1) means 0.1, not 0.10000000149011612. Kind V: bfloat16.
        value = str(value)
    is_number = isinstance(value, (numbers.Real, Decimal)) and not isinstance(value, np.generic)
    if is_number or isinstance(value, str):
        try:
            return float(cast("float | str", value))
        except OverflowError:
            return math.inf
        except ValueError:
            pass
    raise refusal("wrong_type", "must be a number", value)


def _whole(value: object) -> int:
    """``value`` as an int: a NumPy integer or a string of digits is converted; no float is, not even ``10.0``."""
    number = whole_number(value)
    if number is None:
        raise refusal("wrong_type", "must be a whole number", value)
    return number


def _boolean(value: object) -> object:
    value = scalar(value)
    return bool(value) if isinstance(value, np.bool_) else value


def _listed(value: object) -> tuple[Any, ...]:
    """``value`` as a tuple. A set is refused, because it has lost the order; a string, because it is one value."""
    is_row = isinstance(value, np.ndarray) and value.ndim == 1
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
