"""Lists: the types of fields with any number of values in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, cast

from pydantic import BaseModel, BeforeValidator, Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from keras_optkit.specs.containers import MOST_VALUES
from keras_optkit.specs.errors import careful, field_error, in_short


def _listed(value: object) -> tuple[Any, ...]:
    """``value`` as a tuple. A set is refused because it has no order, a string because it is a single value."""
    is_row = hasattr(value, "__array__") and getattr(value, "ndim", 0) == 1
    if isinstance(value, (str, bytes, bytearray, memoryview)) or not (is_row or isinstance(value, Sequence)):
        raise field_error("wrong_type", f"must be a list{_as_list(value)}", value)
    listed = cast("Sequence[Any]", value)
    if len(listed) > MOST_VALUES:  # a range(10**9) would fill the memory
        raise field_error("out_of_range", f"must have at most {MOST_VALUES:,} entries, but has {len(listed):,}")
    return tuple(islice(listed, len(listed)))  # a user's own sequence may yield more than its length


def _as_list(value: object) -> str:
    """The remedy: how to write ``value`` as a list."""
    if isinstance(value, str) and value.strip():
        return f"; write {in_short([part.strip() for part in value.split(',')])}"
    if isinstance(value, (set, frozenset)):
        return "; a set has no order"
    is_entry = isinstance(value, (int, float, Mapping, BaseModel)) and not isinstance(value, bool)
    return f"; write [{in_short(value)}]" if is_entry else ""


def _ordered(value: object) -> tuple[Any, ...]:
    entries = _listed(value)
    if not entries:
        raise field_error("out_of_range", "must have at least one entry", value)
    return entries


def _in_parts(entries: tuple[Any, ...], validate: ValidatorFunctionWrapHandler) -> Any:
    """The validated ``entries``. If a part of a long list has mistakes, the parts after it are not read."""
    for end in range(_PART, len(entries), _PART):
        try:
            validate(entries[end - _PART : end])
        except ValidationError:
            validate(entries[:end])  # again from the first entry, so that errors have the right index
    return validate(entries)


# Finding the suggestion for one entry takes up to 1 ms: 100 s for the longest list.
_PART = 500

T = TypeVar("T")
if TYPE_CHECKING:
    # For type checkers, so that users can write lists, as in Keras.
    Listed = Sequence[T]
    Ordered = Sequence[T]
else:
    #: A list, kept as a tuple.
    Listed = Annotated[tuple[T, ...], WrapValidator(_in_parts), BeforeValidator(careful(_listed))]
    #: A list of at least one entry.
    Ordered = Annotated[
        tuple[T, ...],
        Field(json_schema_extra={"minItems": 1}),
        WrapValidator(_in_parts),
        BeforeValidator(careful(_ordered)),
    ]
