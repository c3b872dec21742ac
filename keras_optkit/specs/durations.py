"""Durations: lengths in steps, in epochs or as a percentage of the run.

A step is one batch. The number of steps in an epoch or in the run is known only when something is built or previewed.
``resolving`` then converts every duration to steps.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from decimal import Context, Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import Any, NoReturn, Self

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, PlainSerializer
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from keras_optkit.specs.duration_errors import FORMS, bare_float, no_duration
from keras_optkit.specs.errors import careful, field_error, in_short
from keras_optkit.specs.numbers import MOST_STEPS, countable, counted, real, scalar, whole_number
from keras_optkit.specs.spelling import in_any_case

# No real duration has more digits than this; all of them count.
_MOST_DIGITS = 100
_EXACTLY = Context(prec=_MOST_DIGITS)
_NUMBER = r"([0-9]+(_[0-9]+)*(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?"
_TEXT = re.compile(rf"(?P<number>{_NUMBER})\s*(?P<unit>epochs?|%|percent|steps?)?", re.ASCII | re.IGNORECASE)


class Duration(str):
    """A duration in epochs or as a percentage of the run, such as ``"20 epochs"``, ``"0.5 epochs"`` or ``"5%"``.

    It is a string, so a spec prints, dumps and reads back the way you wrote it. As the type of a field, it reads all
    three units; a number of steps stays an ``int``. A duration of zero is false in every unit.

    Attributes:
        amount: the number, >= 0.
        unit: ``"epochs"`` or ``"%"``.
        exact: the number as written, without the rounding of a float.

    Raises:
        ValueError: the text is not a duration.

    Examples:
        >>> Duration("2.50 %"), Duration.epochs(20), Duration.percent(5)
        ('2.5%', '20 epochs', '5%')
        >>> Duration("1e1 epochs").amount, bool(Duration("0%"))
        (10.0, False)
    """

    amount: float
    unit: str
    exact: Fraction

    def __new__(cls, text: str) -> Self:
        try:
            duration = read_duration(text)
        except PydanticCustomError as error:
            raise ValueError(f"a duration {error}") from None
        if isinstance(duration, int):
            raise ValueError(f"a number of steps is an int; write {duration}, not Duration({in_short(text)})")
        return cls._of(duration.exact, str(duration))

    @classmethod
    def epochs(cls, number: float) -> Self:
        """A duration of ``number`` epochs, >= 0 and not necessarily whole.

        Raises:
            ValueError: ``number`` is not a finite number >= 0.

        Examples:
            >>> Duration.epochs(0.5)
            '0.5 epochs'
        """
        return cls._of_number(number, "epochs")

    @classmethod
    def percent(cls, number: float) -> Self:
        """A duration of ``number`` percent of the run, >= 0.

        Raises:
            ValueError: ``number`` is not a finite number >= 0.

        Examples:
            >>> Duration.percent(5)
            '5%'
        """
        return cls._of_number(number, "%")

    @classmethod
    def _of_number(cls, number: object, unit: str) -> Self:
        amount = real(number)
        if amount is None or not 0 <= amount < math.inf:
            name = "percentage" if unit == "%" else "number of epochs"
            raise ValueError(f"the {name} must be a number >= 0, received {in_short(number)}")
        return cls._written(Decimal(repr(amount)), unit)

    @classmethod
    def _written(cls, number: Decimal, unit: str) -> Self:
        """The duration of a ``number`` that a float can represent, in its shortest form."""
        amount = _EXACTLY.normalize(number.copy_abs())  # without the sign of -0.0
        digits = f"{amount:f}" if -5 < amount.adjusted() < 17 else f"{amount:e}"
        return cls._of(Fraction(amount), f"{digits}{'%' if unit == '%' else ' epoch' if amount == 1 else ' epochs'}")

    @classmethod
    def _of(cls, exact: Fraction, text: str) -> Self:
        duration = super().__new__(cls, text)
        unit = "%" if text.endswith("%") else "epochs"
        duration.__dict__.update(exact=exact, amount=float(exact), unit=unit)
        return duration

    def __setattr__(self, name: str, value: object) -> NoReturn:
        # Specs share durations, because `_from_text` caches them.
        raise AttributeError(f"{name} of {in_short(self)} cannot be set: a Duration is immutable, create a new one")

    def __bool__(self) -> bool:
        return self.exact != 0

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            read_duration, serialization=core_schema.plain_serializer_function_ser_schema(_as_plain)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return duration_schema(0)


def read_duration(value: object) -> int | Duration:
    """``value`` as a duration >= 0: an int (steps), a ``Duration``, or the text of either.

    Raises:
        PydanticCustomError: ``value`` is not a duration >= 0.
    """
    duration = value if type(value) is int and value <= MOST_STEPS else _read(value)
    if isinstance(duration, int) and duration < 0:
        raise field_error("out_of_range", "must be >= 0", value)
    return duration


def positive_duration(value: object) -> int | Duration:
    """``read_duration`` for a duration that must be > 0."""
    duration = value if type(value) is int and value <= MOST_STEPS else 0 if _is_bare_zero(value) else _read(value)
    if not duration or (isinstance(duration, int) and duration < 0):
        raise field_error("out_of_range", "must be > 0", value)
    return duration


@careful
def _is_bare_zero(value: object) -> bool:
    """Whether ``value`` is 0.0 or "0.0". The error must not suggest 0 if 0 is refused too."""
    return "0" in value and not value.strip(" 0.") if isinstance(value, str) else real(value) == 0


@careful
def _read(value: object) -> int | Duration:
    if isinstance(value, Duration):
        return value
    found = scalar(value)
    if isinstance(found, str):
        return _from_text(str.__str__(found))
    number = counted(value)
    if number is not None:
        return number
    amount = real(found)
    if amount is None or not math.isfinite(amount):
        raise field_error("wrong_type", FORMS, value)
    if amount < 0:
        return -1  # outside every range
    raise bare_float(amount, value)


# A sweep or a test suite reads the same few texts many times. From the cache, each takes 0.2 us instead of 3.
@lru_cache(maxsize=1_000)
def _from_text(text: str) -> int | Duration:
    steps = whole_number(text)
    if steps is not None:
        return steps
    match = _TEXT.fullmatch(text.strip()) if len(text) < 2 * _MOST_DIGITS else None
    if match is None:
        raise no_duration(text)
    number, unit = match["number"].replace("_", ""), (match["unit"] or "").lower()
    if len(number) > _MOST_DIGITS:
        raise field_error("out_of_range", f"must be a number of at most {_MOST_DIGITS} digits", text)
    amount = float(number)
    if not math.isfinite(amount):
        raise field_error("not_finite", "must be finite", text)
    if amount == 0 and number.lower().partition("e")[0].strip("0."):
        raise field_error("out_of_range", "must be 0, or a number that a float can represent", text)
    exact = Decimal(number)
    if unit.startswith(("epoch", "%", "percent")):
        return Duration._written(exact, "epochs" if unit.startswith("epoch") else "%")
    if exact == exact.to_integral_value() and (unit or exact >= 2):
        return countable(int(exact), text)
    raise field_error("wrong_type", "must be a whole number of steps", text) if unit else bare_float(amount, text)


def in_one_unit(*durations: int | str) -> list[Fraction] | None:
    """The amounts of ``durations`` if they share a unit. Different units cannot be compared before the run is known."""
    units = {duration.unit if isinstance(duration, Duration) else type(duration) for duration in durations}
    if len(units) > 1 or str in units:
        return None
    return [duration.exact if isinstance(duration, Duration) else Fraction(duration) for duration in durations]


def duration_schema(least: int) -> dict[str, Any]:
    """The JSON Schema of a duration of at least ``least`` steps, 0 or 1."""
    # A duration > 0 has a digit other than 0. No text makes either pattern slow.
    digits = "(0_?)*[1-9](_?[0-9])*" if least else "[0-9](_?[0-9])*"
    decimal = r"((0_?)*0)?\.0*[1-9][0-9]*" if least else r"\.[0-9]+"
    number = rf"({digits}(\.[0-9]*)?|{decimal})([eE][+-]?[0-9]+)?"
    whole = rf"\+?{digits}(\.0*)?|{digits}(\.[0-9]*)?[eE]\+?[0-9]+|{decimal}[eE]\+?[0-9]+"
    epochs, steps = f"{in_any_case('epoch')}[sS]?", f"{in_any_case('step')}[sS]?"
    return {
        "type": ["integer", "string"],
        "minimum": least,
        "maximum": MOST_STEPS,
        "pattern": rf"^\s*(({whole})\s*({steps})?|{number}\s*({epochs}|%|{in_any_case('percent')}))\s*$",
        "patternErrorMessage": FORMS,  # editors show this instead of the pattern
    }


def _as_plain(duration: int | str) -> int | str:
    return str(duration) if isinstance(duration, str) else duration


#: Dumps a ``Duration`` as a plain ``str``, because file writers do not accept subclasses of ``str``.
plain_text = PlainSerializer(_as_plain, return_type=int | str)


def first_not_rising(durations: Sequence[int | str]) -> str | None:
    """Where ``durations`` are certainly not strictly increasing, as text."""
    for before, after in pairwise(durations):
        amounts = in_one_unit(before, after)
        if amounts and amounts[1] <= amounts[0]:
            return f"{after!r} follows {before!r}"
    return None


def in_steps(duration: int | str) -> int:
    """The number of steps of a resolved duration.

    Raises:
        ValueError: the duration is in epochs or percent.
    """
    if isinstance(duration, int):
        return duration
    needed = ", ".join(f"{name}=..." for name in needed_for(duration))
    raise ValueError(f"{duration!r} is not a number of steps yet: call resolve({needed}) on the spec first")


def needed_for(duration: str) -> tuple[str, ...]:
    """The names of the numbers that are needed to convert ``duration`` to steps."""
    return ("steps_per_epoch", "epochs") if duration.endswith("%") else ("steps_per_epoch",)
