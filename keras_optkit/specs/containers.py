"""Going through the values of fields: entries of tuples, of lists and of dicts, as specs of one's own may have them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pydantic import BaseModel


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


def is_deeper(value: Any, most: int) -> bool:
    """Whether more than ``most`` specs lie in each other in ``value``."""
    if isinstance(value, BaseModel):
        # Most fields hold none of these; to look into each would take as long as the whole validation.
        return most == 0 or any(
            is_deeper(field, most - 1) for field in vars(value).values() if type(field) not in _PLAIN
        )
    return any(is_deeper(entry, most) for _, entry in entries(value))


_PLAIN = {type(None), bool, int, float, str}
