"""Lists: the types of fields that hold any number of values in an order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, cast

from pydantic import BaseModel, BeforeValidator, Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from keras_optkit.specs.containers import MOST_VALUES
from keras_optkit.specs.errors import careful, field_error, in_short


def _listed(value: object) -> tuple[Any, ...]:
    """``value`` as a tuple. A set is refused, because it has lost the order; a string, because it is one value."""
    is_row = hasattr(value, "__array__") and getattr(value, "ndim", 0) == 1
    if isinstance(value, (str, bytes, bytearray, memoryview)) or not (is_row or isinstance(value, Sequence)):
        raise field_error("wrong_type", f"must be a list{_as_list(value)}", value)
    listed = cast("Sequence[Any]", value)
    if len(listed) > MOST_VALUES:  # a range(10**9) would fill the memory
        raise field_error("out_of_range", f"must have at most {MOST_VALUES:,} entries, and has {len(listed):,}")
    return tuple(islice(listed, len(listed)))  # a list of somebody's own may go on after its length


def _as_list(value: object) -> str:
    """How to write the list that ``value`` was meant to be."""
    if isinstance(value, str) and value.strip():
        return f": write {in_short([part.strip() for part in value.split(',')])}"
    if isinstance(value, (set, frozenset)):
        return ", since a set has no order"
    is_entry = isinstance(value, (int, float, Mapping, BaseModel)) and not isinstance(value, bool)
    return f": write [{in_short(value)}]" if is_entry else ""


def _ordered(value: object) -> tuple[Any, ...]:
    entries = _listed(value)
    if not entries:
        raise field_error("out_of_range", "must have at least one entry", value)
    return entries


def _in_parts(entries: tuple[Any, ...], validate: ValidatorFunctionWrapHandler) -> Any:
    """The validated ``entries``; if there are mistakes in a part of a long list, what follows it is not read."""
    for end in range(_PART, len(entries), _PART):
        try:
            validate(entries[end - _PART : end])
        except ValidationError:
            validate(entries[:end])  # which counts the entries from the first
    return validate(entries)


# It takes up to 1 ms to find out what one entry was meant to be: 100 s for the longest list.
_PART = 500

T = TypeVar("T")
if TYPE_CHECKING:
    # Type checkers are to let people write lists, as in Keras.
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
