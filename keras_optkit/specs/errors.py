"""Error messages: the path that the user wrote, the rule, and the value received.

Each mistake is a line of a pydantic ``ValidationError``. However much was received, a line stays short, and so does
the error.
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

# A person reads some lines, and mends them. 50,000 would be megabytes, in which nobody finds the first.
_MOST_LINES = 50
# It takes 2 ms to find out what one was meant to be.
_MOST_UNKNOWN = 20
# The longest message of our own lists all types: some 600 characters.
_LONGEST_MESSAGE = 2000
_LONGEST_NAME = 100
_LONGEST_PATH = 30


class _Short(reprlib.Repr):
    def repr_instance(self, x: Any, level: int) -> str:
        return super().repr_instance(OnOneLine(x) if is_model(x) else x, level)

    def repr_int(self, x: int, level: int) -> str:
        # Python prints no int of more than 4,300 digits, and takes long for those before.
        return super().repr_int(x, level) if x.bit_length() < 1000 else f"an int of {x.bit_length()} bits"


_short = _Short()
_short.maxstring = _short.maxother = _short.maxlong = 80


def in_short(value: object) -> str:
    """The repr of any value, also of a huge one or of one without a repr, as it can stand in a message."""
    try:
        return _short.repr(value)
    except Exception:  # reprlib knows what has no repr, but not a list of somebody's own without a length
        return f"<{type(value).__name__}>"


def why(error: BaseException) -> str:
    """What ``error`` says, after its class, as it can stand in a message."""
    try:
        text = str(error)
    except Exception:  # of an exception of somebody's own
        text = ""
    return f"{type(error).__name__}: {cut(text, 200)}"


def careful(read: Callable[[Any], R]) -> Callable[[Any], R]:
    """The validator ``read``, for values with methods of which nobody knows what they raise: that is a mistake too."""

    @wraps(read)
    def carefully(value: Any) -> R:
        try:
            return read(value)
        except (PydanticCustomError, ValidationError):
            raise
        except Exception as error:
            raise field_error("wrong_type", f"must be a value that can be read ({why(error)})", value) from None

    return carefully


class Mistake(NamedTuple):
    """One line of a ``ValidationError``: where, what was received, and what is wrong with it."""

    path: tuple[int | str, ...]
    received: object
    error: PydanticCustomError


def field_error(kind: str, rule: str, *received: object) -> PydanticCustomError:
    """The error of one field: the ``kind`` of mistake, the ``rule`` it breaks, and the value, if it helps to see it.

    A validator raises it as it is; pydantic adds the path.
    """
    separator = " Received " if rule.endswith("?") else ", received "
    message = cut(separator.join([rule, *map(in_short, received)]), _LONGEST_MESSAGE)
    # Pydantic asks for literals because it fills templates; without a context it fills nothing in, so that
    # braces in a received value stay as they are.
    return PydanticCustomError(kind, message)  # pyright: ignore[reportArgumentType]


def validation_error(title: str, mistakes: Iterable[Mistake], *, more: int = 0) -> ValidationError:
    """One ``ValidationError`` for the first 50 ``mistakes`` in the thing called ``title``; it counts the ``more``."""
    shown = list(mistakes)
    more += len(shown[_MOST_LINES:])
    del shown[_MOST_LINES:]
    if more:
        shown.append(Mistake((), None, field_error("more", f"and {more:,} more mistakes")))
    lines = [InitErrorDetails(type=error, loc=_readable(path), input=_as_input(got)) for path, got, error in shown]
    # Hidden, because the message has the value already, shortened where it must be.
    return ValidationError.from_exception_data(title, lines, hide_input=True)


def explained(error: ValidationError, data: object, spec: type[BaseModel]) -> ValidationError:
    """``error``, raised when a ``spec`` was made from ``data``, in our words and with one line for one mistake.

    Unknown fields come first, because they explain the most; a field that is missing only because its name was
    written otherwise is not reported a second time.
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
        rule = f"must be {spec.model_fields['type'].default!r}, as this is {spec.__name__} (parse_spec reads any type)"
        return field_error("wrong_type", rule, received)
    without = _without(line, spec)
    if kind in _RULES:
        rule = _RULES[kind].format_map({"class_name": spec.__name__} | context)
        return field_error("wrong_type", rule + without, received)
    if kind in {"value_error", "assertion_error"}:  # raised by a validator of somebody's own
        return field_error(kind, str(context["error"]) or "is refused", received)
    if "url" in line:  # pydantic adds an address to its own kinds, and to no other
        return field_error(kind, line["msg"], received)
    # Those of ours have the value at the end of their message.
    rule, separator, value = line["msg"].rpartition(", received ")
    return field_error(kind, f"{rule}{without}{separator}{value}" if separator else value)


def says_none(value: Any) -> bool:
    """Whether ``value`` is None, or a text for it: in quotes, or Python's word in YAML."""
    # type(), since anything may have been written, also what raises when it is asked for its class.
    return value is None or (issubclass(type(value), str) and str.lower(value) in {"none", "null", ""})


class IfZero(str):
    """In the type of a field that takes no 0: what to write instead."""

    __slots__ = ()


def _without(line: ErrorDetails, spec: type[BaseModel]) -> str:
    """What to add if a field's value says that there is to be none of it, as None, False and 0 do."""
    name, *inside = line["loc"] or ("",)
    field = spec.model_fields.get(str(name))
    if field is None or any(isinstance(part, str) for part in inside):  # a field of a spec inside has its own words
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
    """``received`` as the error keeps it: as it is, if the error can then be written as JSON and sent elsewhere."""
    if received is None or type(received) in {bool, float}:
        return received
    is_plain = (type(received) is int and -(2**63) <= received < 2**63) or (
        type(received) is str and len(received) <= _LONGEST_NAME and cut(received, _LONGEST_NAME) == received
    )
    return received if is_plain else in_short(received)


def _readable(path: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """``path``, in which no name is longer than a line, and with a gap where there are very many."""
    if len(path) > _LONGEST_PATH:
        path = (*path[: _LONGEST_PATH - 1], "...", path[-1])
    return tuple(cut(name, _LONGEST_NAME) if isinstance(name, str) else name for name in path)


def cut(text: str, longest: int) -> str:
    """``text`` with its middle left out where it is too long, and with escapes for what is no character."""
    if len(text) > longest:
        text = f"{text[: longest * 2 // 3]}...{text[-longest // 4 :]}"
    return text if text.isprintable() else text.encode("utf-8", "backslashreplace").decode("utf-8")
