"""Durations: how long something lasts, in steps, in epochs or in percent of the run.

A step is one batch. How many steps an epoch or the run has is known only when something is built or previewed; then
every duration becomes a number of steps, in ``resolving``.
"""

from __future__ import annotations

import contextlib
import math
import numbers
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Self

from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler, PlainSerializer
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from keras_optkit.specs.containers import entries
from keras_optkit.specs.errors import field_error
from keras_optkit.specs.numbers import MOST_STEPS, scalar, whole_number

_TEXT = re.compile(r"\s*((?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*(epochs?|%|percent|steps?)?\s*", re.ASCII | re.IGNORECASE)


class Duration(str):
    """A duration in epochs or in percent of the run: the text ``"20 epochs"``, ``"0.5 epochs"`` or ``"5%"``.

    It is a string, so that a spec prints, dumps and is read back as it was written. As the type of a field of a spec
    it reads all three units; a number of steps is an ``int``.

    Attributes:
        amount: the number, >= 0.
        unit: ``"epochs"`` or ``"%"``.

    Raises:
        ValueError: the text is not a duration.
    """

    amount: float
    unit: str

    def __new__(cls, text: str) -> Self:
        try:
            duration = read_duration(str(text))
        except PydanticCustomError as error:
            raise ValueError(f"a duration {error}") from None
        if isinstance(duration, int):
            raise ValueError(f"a number of steps is an int: write {duration}, not Duration({text!r})")
        return cls._of(duration.amount, duration.unit)

    @classmethod
    def epochs(cls, number: float) -> Self:
        """A duration of a ``number`` of epochs, which need not be whole.

        >>> Duration.epochs(20)
        '20 epochs'

        Raises:
            ValueError: ``number`` is not a finite number >= 0.
        """
        return cls._of(_amount(number, "epochs"), "epochs")

    @classmethod
    def percent(cls, number: float) -> Self:
        """A duration of ``number`` percent of the run.

        >>> Duration.percent(5)
        '5%'

        Raises:
            ValueError: ``number`` is not a finite number >= 0.
        """
        return cls._of(_amount(number, "percent"), "%")

    @classmethod
    def _of(cls, amount: float, unit: str) -> Self:
        number = int(amount) if amount.is_integer() else amount
        duration = super().__new__(cls, f"{number}{'%' if unit == '%' else ' epoch' if number == 1 else ' epochs'}")
        duration.amount, duration.unit = amount, unit
        return duration

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            read_duration, serialization=core_schema.plain_serializer_function_ser_schema(_as_plain)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return duration_schema(0)


def _amount(number: object, of: str) -> float:
    amount = math.nan
    if isinstance(number, numbers.Real) and not isinstance(number, bool):
        with contextlib.suppress(OverflowError):
            amount = float(number)
    if not 0 <= amount < math.inf:
        raise ValueError(f"the number of {of} must be >= 0, received {number!r}")
    return amount


def read_duration(value: object) -> int | Duration:
    """The duration that ``value`` says, >= 0: an int (steps), a ``Duration``, or the text of either.

    Raises:
        PydanticCustomError: a validator's error, to which pydantic adds the path.
    """
    duration = _read(value)
    if isinstance(duration, int) and duration < 0:
        raise field_error("out_of_range", "must be >= 0", value)
    return duration


def positive_duration(value: object) -> int | Duration:
    """``read_duration`` for a duration that must be longer than nothing."""
    duration = value if type(value) is int and value <= MOST_STEPS else _read(value)
    if (duration if isinstance(duration, int) else duration.amount) <= 0:
        raise field_error("out_of_range", "must be > 0", value)
    return duration


def _read(value: object) -> int | Duration:
    if isinstance(value, Duration):
        return value
    number = whole_number(value)
    if number is not None:
        return number
    found = scalar(value)
    if isinstance(found, str):
        return _from_text(found)
    if isinstance(found, float) and math.isfinite(found):
        raise field_error("wrong_type", f"must not be a bare float, which could mean {_meanings(found)}", value)
    raise field_error("wrong_type", _FORMS, value)


_FORMS = "must be a whole number of steps, or a duration such as '20 epochs' or '5%'"


def _from_text(text: str) -> int | Duration:
    match = _TEXT.fullmatch(text)
    if match is None:
        raise field_error("wrong_type", _FORMS, text)
    number, unit = match[1], (match[2] or "steps").lower()
    amount = float(number)
    if not math.isfinite(amount):
        raise field_error("not_finite", "must be finite", text)
    if not unit.startswith("step"):
        return Duration._of(amount, "epochs" if unit.startswith("epoch") else "%")
    steps = whole_number(number)
    if steps is None:
        raise field_error("wrong_type", f"must not be a bare float, which could mean {_meanings(amount)}", text)
    return steps


def _meanings(number: float) -> str:
    if number.is_integer():
        return f"{int(number)} (steps) or '{int(number)} epochs'"
    if 0 < number < 1:
        return f"'{number:g} epochs' or '{number * 100:g}%'"
    return f"{round(number)} (steps) or '{number:g} epochs'"


def in_one_unit(*durations: int | str) -> list[float] | None:
    """The amounts of ``durations``, where all have one unit. Across units nothing is certain before a run is known."""
    if all(isinstance(duration, int) for duration in durations):
        return [int(duration) for duration in durations]
    known = [duration for duration in durations if isinstance(duration, Duration)]
    if len(known) < len(durations) or len({duration.unit for duration in known}) > 1:
        return None
    return [duration.amount for duration in known]


def duration_schema(least: int) -> dict[str, Any]:
    """The JSON Schema of a duration of at least ``least`` steps."""
    number = r"([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
    return {
        "anyOf": [
            {"type": "integer", "minimum": least, "maximum": MOST_STEPS},
            {"type": "string", "pattern": rf"^\s*({number}\s*(epochs?|%|percent)|[0-9]+\s*(steps?)?)\s*$"},
        ]
    }


def _as_plain(duration: int | str) -> int | str:
    return str(duration) if isinstance(duration, str) else duration


#: Dumps a ``Duration`` as a ``str``, since writers of files know no subclasses of it.
plain_text = PlainSerializer(_as_plain, return_type=int | str)


def first_not_rising(durations: Sequence[int | str]) -> str | None:
    """Where ``durations`` certainly do not rise strictly, in words."""
    for before, after in pairwise(durations):
        amounts = in_one_unit(before, after)
        if amounts and amounts[1] <= amounts[0]:
            return f"{after!r} follows {before!r}"
    return None


def in_steps(duration: int | str) -> int:
    """The number of steps of a duration that was resolved.

    Raises:
        ValueError: it was not.
    """
    if isinstance(duration, int):
        return duration
    needed = ", ".join(f"{name}=..." for name in needed_for(duration).split(" and "))
    raise ValueError(f"{duration!r} is not a number of steps yet: resolve({needed}) the spec first")


def needed_for(duration: str) -> str:
    """The numbers without which ``duration`` cannot become steps."""
    return "steps_per_epoch and epochs" if duration.endswith("%") else "steps_per_epoch"


def is_resolved(value: object) -> bool:
    """Whether no duration in a spec, or in another value of a field, is left in epochs or percent."""
    if isinstance(value, BaseModel):
        return all(is_resolved(getattr(value, name)) for name in type(value).model_fields)
    return not isinstance(value, Duration) and all(is_resolved(entry) for _, entry in entries(value))
