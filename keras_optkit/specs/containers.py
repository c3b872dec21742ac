"""Visits the entries of tuples, lists and dicts in the fields of a spec. Users' own specs may have any of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pydantic import BaseModel

from keras_optkit.specs.durations import Duration
from keras_optkit.specs.errors import field_error

#: The most values in a spec or a file. Two lines of Python or YAML can expand to billions.
MOST_VALUES = 100_000
# Far more than anybody needs. At 200 levels, a repr reaches Python's limit of 1,000 nested calls, and a graph sooner.
_DEEPEST = 50


def entries(value: Any) -> Iterator[tuple[int | str, Any]]:
    """The entries of a container, each with its index or key; empty for any other value."""
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, (tuple, list)):
        yield from enumerate(value)


def with_entries(value: Any, change: Callable[[int | str, Any], Any]) -> Any:
    """``value`` with ``change(index or key, entry)`` for each entry; ``value`` itself if nothing changes."""
    if not isinstance(value, (dict, tuple, list)):
        return value
    old = dict(entries(value))
    new = {key: change(key, entry) for key, entry in old.items()}
    if all(new[key] is entry for key, entry in old.items()):
        return value
    if isinstance(value, dict):
        return new
    return list(new.values()) if isinstance(value, list) else tuple(new.values())


def check_size(value: Any, levels: int = _DEEPEST, before: int = 0) -> int:
    """The number of values in ``value``, without defaults, plus those ``before``. A shared value counts each time.

    Raises:
        PydanticCustomError: there are too many, or more than ``levels`` specs inside each other.
    """
    if is_spec := isinstance(value, BaseModel):
        if not levels:
            raise field_error("recursion", f"is nested too deeply: the limit is {_DEEPEST} specs")
        fields = vars(value)
        inner = [fields[name] for name in value.model_fields_set]
    else:
        inner = [entry for _, entry in entries(value)]
    count = before + len(inner)
    if count > MOST_VALUES:
        raise field_error("too_large", f"expands to more than {MOST_VALUES:,} values")
    for each in inner:
        # Most fields have plain values. Looking into each, and at defaults, would take half as long as the validation.
        if type(each) not in _PLAIN:
            count = check_size(each, levels - is_spec, count)
    return count


_PLAIN = {type(None), bool, int, float, str, Duration}
