"""Error messages: the path as the user wrote it, the rule, the value received and the remedy.

Each mistake is a line of a pydantic ``ValidationError``. Lines and errors stay short, however large the value is.
"""

from __future__ import annotations

import numbers
import re
import reprlib
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from keras_optkit.specs.layout import OnOneLine, is_model

if TYPE_CHECKING:
    from pydantic import BaseModel

R = TypeVar("R")

# Nobody corrects more at a time. 50,000 lines would be megabytes, and hide the first.
_MOST_LINES = 50
# It takes 2 ms to find the suggestion for each unknown field.
_MOST_UNKNOWN = 20
# Our own longest message lists all types, in some 600 characters.
_LONGEST_MESSAGE = 2000
_LONGEST_NAME = 100
_LONGEST_PATH = 30


class _Short(reprlib.Repr):
    def repr_instance(self, x: Any, level: int) -> str:
        return super().repr_instance(OnOneLine(x) if is_model(x) else x, level)

    def repr_int(self, x: int, level: int) -> str:
        # Python refuses to print an int of more than 4,300 digits, and is slow for slightly shorter ones.
        return super().repr_int(x, level) if x.bit_length() < 1000 else f"an int of {x.bit_length()} bits"


_short = _Short()
_short.maxstring = _short.maxother = _short.maxlong = 80


def in_short(value: object) -> str:
    """A short repr of any value for a message, even if the value is huge or its ``repr`` raises."""
    try:
        return _short.repr(value)
    except Exception:  # reprlib handles a repr that raises, but not a list whose length raises
        return f"<{type(value).__name__}>"


def why(error: BaseException) -> str:
    """The class and the message of ``error``, shortened for another message."""
    try:
        text = str(error)
    except Exception:  # a user's own exception can have a __str__ that raises
        text = ""
    return f"{type(error).__name__}: {cut(text, 200)}"


def careful(read: Callable[[Any], R]) -> Callable[[Any], R]:
    """The validator ``read``, for any object: if one of its methods raises, that is a mistake as well."""

    @wraps(read)
    def carefully(value: Any) -> R:
        try:
            return read(value)
        except (PydanticCustomError, ValidationError):
            raise
        except Exception as error:
            raise field_error("wrong_type", f"cannot be read; it raises {why(error)}", value) from None

    return carefully


class Mistake(NamedTuple):
    """One line of a ``ValidationError``: the path, the value received, and the error."""

    path: tuple[int | str, ...]
    received: object
    error: PydanticCustomError


def field_error(kind: str, rule: str, *received: object) -> PydanticCustomError:
    """The error of one field: the ``kind`` of mistake, the broken ``rule``, and the value if it helps.

    A remedy follows the rule after ``"; "``; the value goes between them. A validator raises the error; pydantic adds
    the path.
    """
    rule, semicolon, remedy = rule.partition("; ")
    message = cut(", received ".join([rule, *map(in_short, received)]) + semicolon + remedy, _LONGEST_MESSAGE)
    # Pydantic expects literals because messages are templates. Without a context it fills nothing in, so braces in a
    # received value stay as they are.
    return PydanticCustomError(kind, message)  # pyright: ignore[reportArgumentType]


def validation_error(title: str, mistakes: Iterable[Mistake], *, more: int = 0) -> ValidationError:
    """One ``ValidationError``, called ``title``, for the first 50 ``mistakes``; ``more`` are only counted."""
    shown = list(mistakes)
    more += len(shown[_MOST_LINES:])
    del shown[_MOST_LINES:]
    if more:
        shown.append(Mistake((), None, field_error("more", f"and {more:,} more mistakes")))
    lines = [InitErrorDetails(type=error, loc=_readable(path), input=_as_input(got)) for path, got, error in shown]
    # Hidden, because the message already has the value, in short.
    return ValidationError.from_exception_data(title, lines, hide_input=True)


def explained(error: ValidationError, data: object, spec: type[BaseModel]) -> ValidationError:
    """``error``, raised when a ``spec`` was created from ``data``, in our words and with one line per mistake.

    Unknown fields come first, because they explain the most. If a required field was written under another name, it is
    not reported as missing too.
    """
    from keras_optkit.specs.hints import explain_unknown_field

    given = data if isinstance(data, Mapping) else {}
    unknown: list[ErrorDetails] = []
    others: list[ErrorDetails] = []
    for line in error.errors():
        is_unknown = line["type"] == "extra_forbidden" and len(line["loc"]) == 1
        (unknown if is_unknown else others).append(line)
    mistakes = []
    meant: set[int | str | None] = set()
    for line in unknown[:_MOST_UNKNOWN]:
        field, text = explain_unknown_field(str(line["loc"][0]), given, spec)
        meant.add(field)
        mistakes.append(Mistake(line["loc"], line["input"], field_error("unknown_field", text)))
    others = [line for line in others if not (line["type"] == "missing" and line["loc"][0] in meant)]
    mistakes += [Mistake(line["loc"], line["input"], _reworded(line, spec)) for line in others[:_MOST_LINES]]
    return validation_error(spec.__name__, mistakes, more=len(unknown) + len(others) - len(mistakes))


def _reworded(line: ErrorDetails, spec: type[BaseModel]) -> PydanticCustomError:
    kind, context, received = line["type"], line.get("ctx", {}), line["input"]
    if kind == "missing":
        return field_error("required", "required, but not given")
    if kind == "literal_error" and line["loc"] == ("type",):
        rule = f"must be {spec.model_fields['type'].default!r} in {spec.__name__}; parse_spec reads any type"
        return field_error("wrong_type", rule, received)
    without = _without(line, spec)
    if kind in _RULES:
        rule = _RULES[kind].format_map({"class_name": spec.__name__} | context)
        return field_error("wrong_type", rule + without, received)
    if kind in {"value_error", "assertion_error"}:  # raised by a user's own validator
        return field_error(kind, str(context["error"]) or "is refused", received)
    if "url" in line:  # pydantic adds an address to its own kinds only
        return field_error(kind, line["msg"], received)
    return field_error(kind, line["msg"] + without)  # one of ours, which has the value


def says_none(value: Any) -> bool:
    """Whether ``value`` is None, or a string that means None, such as ``"null"`` or Python's ``None`` in YAML."""
    # type(), because the __class__ of a user's own object can raise.
    return value is None or (issubclass(type(value), str) and str.lower(value) in {"none", "null", ""})


class IfZero(str):
    """Marks the type of a field that does not accept 0, with the remedy."""

    __slots__ = ()


def _without(line: ErrorDetails, spec: type[BaseModel]) -> str:
    """The remedy if the value, such as None, False or 0, was meant to turn the field off."""
    name, *inside = line["loc"] or ("",)
    field = spec.model_fields.get(str(name))
    if field is None or any(isinstance(part, str) for part in inside):  # a field of a nested spec has its own remedy
        return ""
    received = line["input"]
    if line["type"] == "out_of_range" and _is_zero(received):
        for instead in reversed(field.metadata):
            if isinstance(instead, IfZero):
                return f"; {instead}"
    elif not says_none(received):
        return "; leave it out for none" if field.default is None and received is False and not inside else ""
    if inside or field.is_required():
        return ""
    default = "none" if field.default in (None, ()) else f"the default, {in_short(field.default)}"
    return f"; leave it out for {default}"


def _is_zero(value: object) -> bool:
    if isinstance(value, str):
        return _ZERO.fullmatch(str.__str__(value)) is not None
    return isinstance(value, numbers.Real) and value == 0


_ZERO = re.compile(r"\s*[+-]?[0_.]*0[0_.]*\s*(%|[a-z]*)\s*", re.IGNORECASE)

_RULES = {
    "model_type": "must be a {class_name}, or a mapping of its fields",
    "model_attributes_type": "must be a {class_name}, or a mapping of its fields",
    "invalid_key": "field names must be strings",
    "bool_type": "must be true or false",
    "string_type": "must be a string",
    "string_unicode": "must be text without lone surrogates",
    "string_pattern_mismatch": "must match {pattern}",
    "string_too_short": "must not be empty",
    "literal_error": "must be {expected}",
}


def _as_input(received: object) -> object:
    """``received`` as the error keeps it: unchanged if it can be written as JSON, otherwise its short repr."""
    if received is None or type(received) in {bool, float}:
        return received
    is_plain = (type(received) is int and -(2**63) <= received < 2**63) or (
        type(received) is str and len(received) <= _LONGEST_NAME and cut(received, _LONGEST_NAME) == received
    )
    return received if is_plain else in_short(received)


def _readable(path: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """``path`` with long names shortened, and with a gap if there are very many names."""
    if len(path) > _LONGEST_PATH:
        path = (*path[: _LONGEST_PATH - 1], "...", path[-1])
    return tuple(cut(name, _LONGEST_NAME) if isinstance(name, str) else name for name in path)


def cut(text: str, longest: int) -> str:
    """``text`` without its middle if it is too long, and with escapes for what cannot be printed."""
    if len(text) > longest:
        text = f"{text[: longest * 2 // 3]}...{text[-longest // 4 :]}"
    return text if text.isprintable() else text.encode("utf-8", "backslashreplace").decode("utf-8")
