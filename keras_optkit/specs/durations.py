"""Durations: how long something lasts, in steps, in epochs or in percent of the run.

A step is one batch. The number of steps that an epoch or the run has is known only when something is built or
previewed; then, and only here, every duration becomes a number of steps.
"""

from __future__ import annotations

import math
import numbers
import operator
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple, Self, TypeVar, cast

import numpy as np
from pydantic import BaseModel, GetCoreSchemaHandler, ValidationError
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from keras_optkit.specs.errors import Mistake, in_words, refusal, refuse

M = TypeVar("M", bound=BaseModel)
Path = tuple[int | str, ...]

# So far float64, in which rates are computed, counts steps exactly.
_MOST_STEPS = 2**53
_DIGITS = re.compile(r"\s*[+-]?\d+(?:_\d+)*\s*", re.ASCII)
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
    def _of(cls, amount: float, unit: str) -> Self:
        number = int(amount) if amount.is_integer() else amount
        duration = super().__new__(cls, f"{number}{'%' if unit == '%' else ' epoch' if number == 1 else ' epochs'}")
        duration.amount, duration.unit = amount, unit
        return duration

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(read_duration)


def epochs(number: float) -> Duration:
    """A duration of a ``number`` of epochs, >= 0 and not necessarily whole: ``epochs(20)`` is ``"20 epochs"``."""
    return _duration(number, "epochs")


def percent(number: float) -> Duration:
    """A duration of ``number`` percent of the run, >= 0: ``percent(5)`` is ``"5%"``."""
    return _duration(number, "%")


def _duration(number: float, unit: str) -> Duration:
    if isinstance(number, bool) or not isinstance(number, numbers.Real) or not 0 <= float(number) < math.inf:
        raise ValueError(f"the number of {'percent' if unit == '%' else unit} must be >= 0, received {number!r}")
    return Duration._of(float(number), unit)


def read_duration(value: object) -> int | Duration:
    """The duration that ``value`` says, >= 0: an int (steps), a ``Duration``, or the text of either.

    Raises:
        PydanticCustomError: a validator's error, to which pydantic adds the path.
    """
    duration = _read(value)
    if isinstance(duration, int) and duration < 0:
        raise refusal("out_of_range", "must be >= 0", value)
    return duration


def positive_duration(value: object) -> int | Duration:
    """``read_duration`` for a duration that must be longer than nothing."""
    duration = value if type(value) is int and value <= _MOST_STEPS else _read(value)
    if (duration if isinstance(duration, int) else duration.amount) <= 0:
        raise refusal("out_of_range", "must be > 0", value)
    return duration


def scalar(value: object) -> object:
    """What is in an array without dimensions; anything else is returned as it is."""
    return value[()] if isinstance(value, np.ndarray) and value.ndim == 0 else value


def whole_number(value: object) -> int | None:
    """The int that ``value`` is: an int, a NumPy integer, or a text of digits. None if it is none of these.

    Raises:
        PydanticCustomError: a validator's error: it is a boolean, or too large for Keras to count.
    """
    value = scalar(value)
    if isinstance(value, (bool, np.bool_)):
        raise refusal("wrong_type", "must be a whole number, not a boolean", value)
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        # Longer texts are out of range, and Python refuses to convert the longest.
        value = int(value) if len(value) < 100 else _MOST_STEPS + 1
    if not isinstance(value, (int, np.integer)) or isinstance(value, np.timedelta64):
        return None
    number = int(value)
    if number > _MOST_STEPS:
        raise refusal("out_of_range", "must be at most 2**53", value)
    return number


def _read(value: object) -> int | Duration:
    if isinstance(value, Duration):
        return value
    number = whole_number(value)
    if number is not None:
        return number
    value = scalar(value)
    if isinstance(value, str):
        return _from_text(value)
    if isinstance(value, (float, np.floating)) and math.isfinite(value):
        raise refusal("wrong_type", f"must not be a bare float, which could mean {_meanings(float(value))}", value)
    raise refusal("wrong_type", _FORMS, value)


_FORMS = "must be a whole number of steps, or a duration such as '20 epochs' or '5%'"


def _from_text(text: str) -> int | Duration:
    match = _TEXT.fullmatch(text)
    if match is None:
        raise refusal("wrong_type", _FORMS, text)
    number, unit = match[1], (match[2] or "steps").lower()
    amount = float(number)
    if not math.isfinite(amount):
        raise refusal("not_finite", "must be finite", text)
    if not unit.startswith("step"):
        return Duration._of(amount, "epochs" if unit.startswith("epoch") else "%")
    steps = whole_number(number)
    if steps is None:
        raise refusal("wrong_type", f"must not be a bare float, which could mean {_meanings(amount)}", text)
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
    needed = ", ".join(f"{name}=..." for name in _needed_for(duration).split(" and "))
    raise ValueError(f"{duration!r} is not a number of steps yet: resolve({needed}) the spec first")


def _needed_for(duration: str) -> str:
    return "steps_per_epoch and epochs" if duration.endswith("%") else "steps_per_epoch"


class RunLength(NamedTuple):
    """How long a run is, as far as it is known: batches in an epoch, and epochs."""

    steps_per_epoch: int | None
    epochs: int | None

    @classmethod
    def of(cls, steps_per_epoch: object, epochs: object) -> RunLength:
        """A checked ``RunLength``.

        Raises:
            ValueError: a number is not a whole number > 0. A dataset's cardinality of -1 or -2 is explained.
        """
        return cls(_count("steps_per_epoch", steps_per_epoch), _count("epochs", epochs))

    @property
    def steps(self) -> int | None:
        """The steps of the whole run, if both numbers are known."""
        return None if None in self else math.prod(self)  # type: ignore[arg-type]

    def in_steps(self, duration: Duration, path: Path) -> int:
        """``duration``, written at ``path``, to the nearest whole step: at least 1 unless it is 0."""
        whole = self.steps if duration.unit == "%" else self.steps_per_epoch
        if whole is None:
            missing = [name for name in _needed_for(duration).split(" and ") if getattr(self, name) is None]
            field = ".".join(map(str, path))
            raise ValueError(f"{field} is {str(duration)!r}: pass {' and '.join(missing)}")
        share = duration.amount / 100 if duration.unit == "%" else duration.amount
        return max(round(share * whole), 1 if duration.amount else 0)


_CARDINALITIES = {-1: "infinite", -2: "unknown"}


def _count(name: str, value: object) -> int | None:
    if value is None:
        return None
    try:
        count = operator.index(value)  # type: ignore[arg-type]  # also a tensor, as dataset.cardinality() returns
    except TypeError:
        count = 0
    if name == "steps_per_epoch" and count in _CARDINALITIES:
        raise ValueError(
            f"steps_per_epoch is {count}, by which a tf.data.Dataset says that its cardinality is "
            f"{_CARDINALITIES[count]}: pass the number of batches that one epoch really has"
        )
    if count < 1 or isinstance(value, bool):
        remedy = "; for samples in batches it is math.ceil(samples / batch_size)" if isinstance(value, float) else ""
        raise ValueError(f"{name} must be a whole number > 0, received {value!r}{remedy}")
    return count


def resolve(spec: M, run: RunLength, path: Path = ()) -> M:
    """``spec`` with every duration in it, nested specs included, as a number of steps.

    Raises:
        ValueError: ``run`` does not say enough; the message names what to pass.
        pydantic.ValidationError: with these numbers the spec is wrong; each line quotes what was written.
    """
    old = {name: getattr(spec, name) for name in type(spec).model_fields}
    new = {name: _resolved(value, run, (*path, name)) for name, value in old.items()}
    changed = {name: value for name, value in new.items() if value is not old[name]}
    if not changed:
        return spec
    try:
        return type(spec).model_validate({name: new[name] for name in spec.model_fields_set | changed.keys()})
    except ValidationError as error:
        durations = [name for name in changed if not isinstance(old[name], BaseModel)]
        became = ", ".join(f"{name} {old[name]!r} is {new[name]!r}" for name in durations)
        written = f" ({became})" if became else ""
        mistakes = [
            Mistake(
                (*path, *line["loc"]),
                old.get(str(line["loc"][0])),
                in_words(line["type"], f"{line['msg']}{written}"),
            )
            for line in error.errors(include_url=False)
        ]
        raise refuse(type(spec).__name__, mistakes) from None


def _resolved(value: Any, run: RunLength, path: Path) -> Any:
    if isinstance(value, Duration):
        return run.in_steps(value, path)
    if isinstance(value, BaseModel):
        return resolve(value, run, path)
    if isinstance(value, tuple):
        new = tuple(_resolved(entry, run, (*path, i)) for i, entry in enumerate(value))
        return value if all(a is b for a, b in zip(value, new, strict=True)) else new
    return value


def is_resolved(value: object) -> bool:
    """Whether no duration in a spec, or in another value of a field, is left in epochs or percent."""
    if isinstance(value, BaseModel):
        return all(is_resolved(getattr(value, name)) for name in type(value).model_fields)
    if isinstance(value, tuple):
        return all(map(is_resolved, cast("tuple[object, ...]", value)))
    return not isinstance(value, Duration)
