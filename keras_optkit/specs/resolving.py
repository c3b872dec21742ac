"""Converts the durations of a spec to steps. This is the only place that does so."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError

from keras_optkit.specs.containers import entries, with_entries
from keras_optkit.specs.durations import Duration, needed_for
from keras_optkit.specs.errors import Mistake, field_error, in_short, validation_error
from keras_optkit.specs.numbers import MOST_STEPS, counted, real, scalar

M = TypeVar("M", bound=BaseModel)
Path = tuple[int | str, ...]


class UnknownRunError(ValueError):
    """A duration cannot be converted to steps; ``missing`` names the numbers that are needed."""

    def __init__(self, reason: str, missing: list[str]) -> None:
        super().__init__(reason, missing)  # copy and pickle recreate the error from these
        self.reason, self.missing = reason, missing

    def __str__(self) -> str:
        return f"{self.reason}: pass {' and '.join(self.missing)}"


class RunLength(NamedTuple):
    """The length of a run, as far as it is known: batches in an epoch, and epochs."""

    steps_per_epoch: int | None
    epochs: int | None

    @classmethod
    def of(cls, steps_per_epoch: object, epochs: object) -> RunLength:
        """A validated ``RunLength``.

        Raises:
            ValueError: a number is not a whole number > 0, or their product is above ``2**53``. The message explains a
                dataset's cardinality of -1 or -2.
        """
        run = cls(
            None if steps_per_epoch is None else positive_count("steps_per_epoch", steps_per_epoch),
            None if epochs is None else positive_count("epochs", epochs),
        )
        if run.steps is not None and run.steps > MOST_STEPS:
            raise ValueError(f"steps_per_epoch * epochs must be at most 2**53, received {run.steps}")
        return run

    @property
    def steps(self) -> int | None:
        """The number of steps in the run, if both numbers are known."""
        return None if None in self else math.prod(self)  # type: ignore[arg-type]

    def in_steps(self, duration: Duration, path: Path) -> int:
        """``duration``, written at ``path``, rounded to whole steps, halves up; at least 1 unless it is 0."""
        whole = self.steps if duration.unit == "%" else self.steps_per_epoch
        if whole is None:
            missing = [name for name in needed_for(duration) if getattr(self, name) is None]
            field = ".".join(map(str, path))
            raise UnknownRunError(f"{field} is {str(duration)!r}", missing)
        share = duration.exact / 100 if duration.unit == "%" else duration.exact
        # Halves round up, so that two parts that add up to 100% never end before the run. A number of steps that is too
        # large is refused when the spec is validated again.
        return max(min(math.floor(share * whole + Fraction(1, 2)), MOST_STEPS + 1), 1 if duration else 0)


_CARDINALITIES = {-1: "infinite", -2: "unknown"}


def positive_count(name: str, value: object) -> int:
    """``value``, an argument called ``name``, as a whole number > 0.

    Raises:
        ValueError: ``value`` is not a whole number > 0. The message explains a dataset's cardinality of -1 or -2.
    """
    found = scalar(value)
    try:
        count = None if isinstance(found, (bool, str)) else counted(found)
    except PydanticCustomError as error:
        raise ValueError(f"{name} {error}") from None
    if name == "steps_per_epoch" and count in _CARDINALITIES:
        raise ValueError(
            f"steps_per_epoch is {count}, tf.data's code for an {_CARDINALITIES[count]} cardinality: pass the actual "
            "number of batches in an epoch"
        )
    if count is None or count < 1:
        raise ValueError(f"{name} must be a whole number > 0, received {in_short(value)}{_remedy(name, found)}")
    return count


_LONG = 17


def _remedy(name: str, value: object) -> str:
    amount = real(value)
    if amount == 1 or (isinstance(value, str) and value.isdecimal() and len(value) < _LONG):
        return f"; write {int(value)}"  # type: ignore[call-overload]
    if amount is None or amount <= 0 or amount.is_integer() or not math.isfinite(amount):
        return ""
    if name == "steps_per_epoch":
        return "; an epoch has math.ceil(samples / batch_size) batches"
    return f"; write round({amount!r})" if round(amount) else ""


def resolve(spec: M, run: RunLength, path: Path = ()) -> M:
    """``spec`` with every duration in it, nested specs included, as a number of steps.

    Raises:
        ValueError: ``run`` lacks a number; the message names it.
        pydantic.ValidationError: the spec is invalid with these numbers; each line quotes the durations as written.
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
        written = f" (in steps, {became})" if became else ""
        mistakes = [
            Mistake(
                (*path, *line["loc"]),
                old.get(str(line["loc"][0])),
                field_error(line["type"], f"{line['msg']}{written}"),
            )
            for line in error.errors(include_url=False)
        ]
        raise validation_error(type(spec).__name__, mistakes) from None


def _resolved(value: Any, run: RunLength, path: Path) -> Any:
    if isinstance(value, Duration):
        return run.in_steps(value, path)
    if isinstance(value, BaseModel):
        return resolve(value, run, path)
    return with_entries(value, lambda key, entry: _resolved(entry, run, (*path, key)))


def is_resolved(value: object) -> bool:
    """Whether ``value``, a spec or another value of a field, has no duration in epochs or percent."""
    if isinstance(value, BaseModel):
        return all(is_resolved(getattr(value, name)) for name in type(value).model_fields)
    return not isinstance(value, Duration) and all(is_resolved(entry) for _, entry in entries(value))
