"""Overrides by dotted path, for sweeps and command lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel
from pydantic_core import PydanticCustomError

from keras_optkit.specs.errors import Mistake, field_error, in_short, validation_error
from keras_optkit.specs.reading import read
from keras_optkit.specs.registry import TypedValue
from keras_optkit.specs.spelling import type_word

T = TypeVar("T", bound=TypedValue)

# Each change copies its node: 50,000 took 17 s.
_MOST_CHANGES = 1_000


def overridden(kind: type[T], spec: T, changes: Mapping[str, Any]) -> T:
    """``spec`` with ``changes``, ``{"path.to.field": value}``, validated again as a spec of ``kind``.

    If the ``type`` of a node changes, its other fields are dropped, but not those in ``changes``, whatever their order.

    Raises:
        pydantic.ValidationError: with a line for each path that does not exist, or for each mistake in the result.
    """
    data: Any = spec.model_dump()
    mistakes = []
    for path, value in sorted(_paths(kind, changes), key=_from_the_root):
        try:
            data = _set(data, path, value, ())
        except PydanticCustomError as error:
            mistakes.append(Mistake(tuple(path), value, error))
    if mistakes:
        raise validation_error(kind.__name__, mistakes)
    return read(kind, data)


def _paths(kind: type[BaseModel], changes: object) -> list[tuple[list[str], Any]]:
    """The ``changes``, each with its path as a list of names."""
    form = "must be {'path.to.field': value}, such as {'learning_rate.decay_steps': '10 epochs'}"
    try:
        if not isinstance(changes, Mapping):
            raise field_error("wrong_type", form, changes)
        pairs = dict(changes)
        if len(pairs) > _MOST_CHANGES:
            raise field_error("out_of_range", f"must have at most {_MOST_CHANGES:,} changes, not {len(pairs):,}")
        if wrong := [path for path in pairs if not isinstance(path, str)]:
            raise field_error("wrong_type", f"{form}; a path is a string", wrong[0])
    except PydanticCustomError as error:
        raise validation_error(kind.__name__, [Mistake((), changes, error)]) from None
    return [(str.__str__(path).split("."), value) for path, value in pairs.items()]


def _from_the_root(change: tuple[list[str], Any]) -> tuple[int, bool]:
    """Sorts outer nodes before inner ones, and a type before the other fields of its node."""
    path, _ = change
    return len(path), path[-1] != "type"


def _set(node: Any, path: list[str], value: Any, before: tuple[str, ...]) -> Any:
    """``node``, which is at the path ``before``, with ``value`` set at ``path`` inside it.

    Raises:
        PydanticCustomError: the path does not exist.
    """
    name, rest = path[0], path[1:]

    def nowhere(rule: str) -> PydanticCustomError:
        return field_error("unknown_field", rule, value)

    if isinstance(node, BaseModel):
        node = node.model_dump()
    if isinstance(node, Mapping):
        node = dict(node)
    if isinstance(node, (list, tuple)):
        index = int(name) if name.isdecimal() and len(name) < 10 else len(node)
        if index >= len(node):
            there_are = f"has entries 0 to {len(node) - 1}" if node else "is empty"
            raise nowhere(f"no such entry; {'.'.join(before)} {there_are}")
        entries = list(node)
        entries[index] = _set(node[index], rest, value, (*before, name)) if rest else value
        return entries
    if name == "type" and not rest and not (isinstance(node, dict) and "type" not in node):
        return node if isinstance(node, dict) and _is_same_type(value, node["type"]) else {"type": value}
    if not isinstance(node, dict):
        where = ".".join(before)
        remedy = f"; for a schedule, set {where}.type too" if isinstance(node, float) else ""
        raise nowhere(f"{where} is {in_short(node)} and has no fields{remedy}")
    if rest and rest != ["type"] and name not in node:
        from keras_optkit.specs.hints import nearest

        meant = rest[0] if rest[0] in node else nearest(name, map(str, node))
        raise nowhere(f"unknown field; did you mean {meant!r}?" if meant else "unknown field")
    inner = _set(node.get(name), rest, value, (*before, name)) if rest else value
    return {**node, name: inner}


def _is_same_type(written: object, other: object) -> bool:
    return isinstance(written, str) and isinstance(other, str) and type_word(written) == type_word(other)
