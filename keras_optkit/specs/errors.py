"""The words in which a wrong spec is refused.

Every refusal is a line of a pydantic ``ValidationError``: the path that the user wrote, the rule, and the value
received. Pydantic checks; this module turns its general lines into ours, and is the only place that does.
"""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from keras_optkit.specs.hints import explain_unknown_field

if TYPE_CHECKING:
    from pydantic import BaseModel


class _Short(reprlib.Repr):
    def repr_int(self, x: int, level: int) -> str:
        try:
            return super().repr_int(x, level)
        except ValueError:  # Python prints no int of more than some thousand digits
            return f"an int of {x.bit_length()} bits"


_short = _Short()
_short.maxstring = _short.maxother = _short.maxlong = 80


class Mistake(NamedTuple):
    """One line of a ``ValidationError``: where, what was received, and what is wrong with it."""

    path: tuple[int | str, ...]
    received: object
    error: PydanticCustomError


def refusal(kind: str, rule: str, received: object) -> PydanticCustomError:
    """The error for one wrong value: the ``kind`` of mistake, the ``rule`` it breaks, the value received.

    A validator raises it as it is; pydantic adds the path.
    """
    return in_words(kind, f"{rule}, received {_short.repr(received)}")


def refuse(title: str, mistakes: Iterable[Mistake]) -> ValidationError:
    """One ``ValidationError`` for all ``mistakes`` in the thing called ``title``."""
    lines = [InitErrorDetails(type=error, loc=path, input=got) for path, got, error in mistakes]
    return ValidationError.from_exception_data(title, lines)


def explained(error: ValidationError, data: object, spec: type[BaseModel]) -> ValidationError:
    """``error``, raised when a ``spec`` was made from ``data``, in our words and with one line for one mistake.

    Unknown fields come first, because they explain the most; a field that is missing only because its name was
    written otherwise is not reported a second time.
    """
    given = data if isinstance(data, Mapping) else {}
    lines = error.errors(include_url=False)
    unknown = [line for line in lines if line["type"] == "extra_forbidden" and len(line["loc"]) == 1]
    mistakes = []
    meant: set[int | str | None] = set()
    for line in unknown:
        field, text = explain_unknown_field(str(line["loc"][0]), given, spec)
        meant.add(field)
        mistakes.append(Mistake(line["loc"], line["input"], in_words("unknown_field", text)))
    others = (
        line for line in lines if line not in unknown and not (line["type"] == "missing" and line["loc"][0] in meant)
    )
    for line in others:
        received = _as_written(line, data)
        mistakes.append(Mistake(line["loc"], received, _reworded(line, received, spec)))
    return refuse(spec.__name__, mistakes)


def _as_written(line: ErrorDetails, data: Any) -> object:
    """What was written at the path of ``line``: the line itself has it converted, 2 as 2.0."""
    value = data
    if line["type"] == "missing":
        return line["input"]
    for name in line["loc"]:
        try:
            value = value[name]
        except (KeyError, IndexError, TypeError):
            return line["input"]
    return value


def _reworded(line: ErrorDetails, received: object, spec: type[BaseModel]) -> PydanticCustomError:
    kind, context = line["type"], line.get("ctx", {})
    if kind == "missing":
        return in_words("required", "required, but not given")
    if kind in {"greater_than", "greater_than_equal", "less_than", "less_than_equal"}:
        rule = f"must be {_interval(line['loc'], context, spec)}"
        return refusal("out_of_range", rule, received)
    if kind == "literal_error" and line["loc"] == ("type",):
        rule = f"must be {spec.model_fields['type'].default!r}, as this is {spec.__name__} (parse_spec reads any type)"
        return refusal("wrong_type", rule, received)
    if kind in _RULES:
        return refusal("wrong_type", _RULES[kind].format_map({"class_name": spec.__name__} | context), received)
    return in_words(kind, line["msg"])


_RULES = {
    "model_type": "must be a mapping of field names to values, or {class_name}",
    "model_attributes_type": "must be a mapping of field names to values, or {class_name}",
    "invalid_key": "field names must be strings",
    "bool_type": "must be true or false",
    "string_type": "must be a string",
    "string_pattern_mismatch": "must match {pattern}",
    "string_too_short": "must not be empty",
    "literal_error": "must be {expected}",
}


def _interval(path: tuple[int | str, ...], broken: Mapping[str, Any], spec: type[BaseModel]) -> str:
    """A field's whole range, such as ``in [0, 1)``, and not only the side of it that was ``broken``."""
    bounds = dict(broken)
    field = spec.model_fields.get(str(path[0])) if len(path) == 1 else None
    for constraint in field.metadata if field else ():
        found = {side: getattr(constraint, side, None) for side in _SIGNS}
        bounds |= {side: bound for side, bound in found.items() if bound is not None}
    sides = [side for side in _SIGNS if side in bounds]
    if len(sides) != 2 or not all(isinstance(bounds[side], (int, float)) for side in sides):
        return " and ".join(f"{_SIGNS[side]} {_plain(bounds[side])}" for side in sides)
    low, high = sides
    opening, closing = "[" if low == "ge" else "(", "]" if high == "le" else ")"
    return f"in {opening}{_plain(bounds[low])}, {_plain(bounds[high])}{closing}"


def _plain(bound: Any) -> str:
    return f"{bound:g}" if isinstance(bound, float) else str(bound)


_SIGNS = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}


def in_words(kind: str, message: str) -> PydanticCustomError:
    """An error with a ready ``message``."""
    # Pydantic asks for literals because it fills templates; without a context it fills nothing in, so that
    # braces in a received value stay as they are.
    return PydanticCustomError(kind, message)  # pyright: ignore[reportArgumentType]
