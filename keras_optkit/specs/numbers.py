"""What counts as a number: unambiguous values are converted; anything that may be a typo is refused.

NumPy is not imported: its scalars, and the arrays and tensors of any framework, are recognized by their attributes.
"""

from __future__ import annotations

import contextlib
import math
import numbers
import operator
import re
from decimal import Decimal
from fractions import Fraction
from typing import Any, cast

from keras_optkit.specs.errors import careful, field_error

# Keras computes in float32, which would silently turn a number outside this range into 0 or infinity.
SMALLEST = 2.0**-126
LARGEST = 3.4028235e38  # the shortest decimal for float32's largest number, and slightly above it
#: The largest count of steps that is exact in float64, in which rates are computed.
MOST_STEPS = 2**53

_FLOAT32 = "must be a number that float32 can represent (1.2e-38 to 3.4e38, or 0)"
_PYTHON = {bool, int, float, str}
# Possessive (++), so that a megabyte that is not a number is searched only once.
_DIGITS = re.compile(r"\s*+[+-]?\d++(?:_\d++)*+\s*", re.ASCII)


def scalar(value: Any) -> Any:
    """The Python number in a NumPy scalar, or in an array or tensor without dimensions; other values unchanged.

    Floats are converted through their shortest decimal: ``numpy.float32(0.1)`` means 0.1, not 0.10000000149011612.
    """
    if type(value) in _PYTHON:
        return value
    try:
        # The dtype of a tensor is not a NumPy dtype.
        array = value if hasattr(value.dtype, "kind") else value.__array__()
        if len(array.shape) == 0:
            if array.dtype.kind in "biuOU":
                return array.item()
            if array.dtype.kind in "fV":  # V: bfloat16
                text = str(array)
                number = float(text)
                return number if number or _is_zero(text) else Decimal(text)  # a long double may be too small
    except Exception:  # it is not an array, or has no value yet, like a tensor in a graph
        pass
    return value


def to_number(value: object) -> float:
    """``value`` as a float: integers, NumPy scalars and numeric strings are converted."""
    number = value if type(value) is float else _converted(value)
    if SMALLEST <= number <= LARGEST or number == 0 or SMALLEST <= -number <= LARGEST:
        return number
    if not math.isfinite(number):
        raise field_error("not_finite", "must be a finite number", value)
    raise field_error("out_of_range", _FLOAT32, value)


@careful
def _converted(value: object) -> float:
    found = scalar(value)
    if isinstance(found, bool):
        raise field_error("wrong_type", "must be a number, not a boolean", value)
    number = real(found)
    if number is None and isinstance(found, str):
        with contextlib.suppress(ValueError):
            number = float(found)
    if number is None:
        raise field_error("wrong_type", f"must be a number{meant_number(found)}", value)
    if number == 0 and not _is_zero(found):
        raise field_error("out_of_range", _FLOAT32, value)
    return number


def meant_number(value: object) -> str:
    """The remedy if ``value`` is a number in another notation: ``"5%"``, ``"1/100"`` or ``"0,1"``."""
    match = _WRITTEN_OTHERWISE.fullmatch(value) if isinstance(value, str) and len(value) < _SHORT_TEXT else None
    if match is None:
        return ""
    percent, decimal, over, under = match.groups()
    number = (
        Fraction(percent) / 100
        if percent
        else Fraction(decimal.replace(",", "."))
        if decimal
        else Fraction(int(over), int(under))
    )
    return f"; write {float(number)!r}"


_SHORT_TEXT = 30
# A comma is a decimal point unless it may separate thousands: "0,001", not "1,000".
_WRITTEN_OTHERWISE = re.compile(
    r"\s*(?:([0-9]+(?:\.[0-9]+)?)\s*%|(0,[0-9]+|[0-9]+,(?:[0-9]{1,2}|[0-9]{4,}))|([0-9]+)\s*/\s*(0*[1-9][0-9]*))\s*",
    re.ASCII,
)


def _is_zero(number: object) -> bool:
    """Whether ``number`` is exactly 0, unlike ``"1e-400"``, which rounds to 0 as a float."""
    digits = number.lower().partition("e")[0] if isinstance(number, str) else ""
    return not any(digit.isdecimal() and int(digit) for digit in digits) if digits else number == 0


def real(value: object) -> float | None:
    """A number of any library as a float, infinite if it is too large; None for anything else, such as text."""
    found = scalar(value)
    try:
        # A value that still has a dtype is a time span, which NumPy treats as an integer.
        if isinstance(found, bool) or hasattr(found, "dtype") or not isinstance(found, (numbers.Real, Decimal)):
            return None
        return float(found)
    except OverflowError:
        return math.inf
    except ValueError:  # a signaling NaN of Decimal
        return math.nan
    except Exception:  # the methods of a user's own class can raise anything
        return None


def whole_number(value: object) -> int | None:
    """``value`` as an int: an int of any library, a whole Decimal or Fraction, or a string of digits; otherwise None.

    Raises:
        PydanticCustomError: ``value`` is a boolean, or above ``2**53``.
    """
    found = scalar(value)
    if isinstance(found, bool):
        raise field_error("wrong_type", "must be a whole number, not a boolean", value)
    if isinstance(found, str):
        if not _DIGITS.fullmatch(found):
            return None
        # Longer strings are out of range, and Python refuses to convert very long ones.
        found = int(found) if len(found) < 100 else MOST_STEPS + 1
    try:
        number = int(found) if _is_exact(found) else operator.index(cast("Any", found))
    except Exception:  # also a tensor in a graph
        return None
    return countable(number, value)


def counted(value: object) -> int | None:
    """Like ``whole_number``, but converts whole floats >= 2 too, because code computes numbers of steps as floats."""
    number = whole_number(value)
    if number is None and not isinstance(value, str):
        amount = real(value)
        if amount is not None and amount >= 2 and amount.is_integer():
            return countable(int(amount), value)
    return number


def countable(number: int, value: object) -> int:
    """``number``, written as ``value``; raises if it is too large to count exactly."""
    if number > MOST_STEPS:
        raise field_error("out_of_range", "must be at most 2**53", value)
    return number


def _is_exact(number: object) -> bool:
    """Whether ``number`` is a whole Decimal or Fraction. Unlike a float, these are exact."""
    return isinstance(number, (Decimal, Fraction)) and -MOST_STEPS <= number <= 2 * MOST_STEPS and number % 1 == 0
