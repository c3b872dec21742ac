"""Going through the values of fields: entries of tuples, of lists and of dicts, as specs of one's own may have them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pydantic import BaseModel

from keras_optkit.specs.durations import Duration
from keras_optkit.specs.errors import field_error

#: What a spec or a file may hold. Two lines of Python or of YAML can make billions of one value.
MOST_VALUES = 100_000
# Far more than anybody needs. Python's limit of 1,000 calls is reached by a repr at 200, by a graph sooner.
_DEEPEST = 50


def entries(value: Any) -> Iterator[tuple[int | str, Any]]:
    """The entries of a container, each with its index or key; nothing of any other value."""
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, (tuple, list)):
        yield from enumerate(value)


def with_entries(value: Any, change: Callable[[int | str, Any], Any]) -> Any:
    """``value`` with ``change(index or key, entry)`` for each entry; ``value`` itself where nothing changes."""
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
    """The number of values in ``value``, defaults left out, added to those ``before``; one at two places counts twice.

    Raises:
        PydanticCustomError: a validator's error: they are too many, or more than ``levels`` specs lie in each other.
    """
    if is_spec := isinstance(value, BaseModel):
        if not levels:
            raise field_error("recursion", f"is nested too deeply: at most {_DEEPEST} specs may lie in each other")
        fields = vars(value)
        inner = [fields[name] for name in value.model_fields_set]
    else:
        inner = [entry for _, entry in entries(value)]
    count = before + len(inner)
    if count > MOST_VALUES:
        raise field_error("too_large", f"expands to more than {MOST_VALUES:,} values")
    for each in inner:
        # Most fields hold none. To look into each, and at the defaults, would take half as long as the validation.
        if type(each) not in _PLAIN:
            count = check_size(each, levels - is_spec, count)
    return count


_PLAIN = {type(None), bool, int, float, str, Duration}
