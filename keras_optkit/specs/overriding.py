"""Overrides by dotted path, for sweeps and command lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel

from keras_optkit.specs.errors import Mistake, field_error, in_short, validation_error
from keras_optkit.specs.hints import nearest, type_word
from keras_optkit.specs.registry import TypedValue, read

T = TypeVar("T", bound=TypedValue)


def overridden(kind: type[T], spec: T, changes: Mapping[str, Any]) -> T:
    """``spec`` with ``changes``, ``{"path.to.field": value}``, made; read again as a spec of ``kind``.

    A change of a node's ``type`` drops that node's other fields, also when a changed field is named before it.

    Raises:
        pydantic.ValidationError: with a line for each path that leads nowhere, or for each mistake in the result.
    """
    data: Any = spec.model_dump()
    mistakes = []
    for path, value in sorted(_checked(kind, changes), key=_from_the_root):
        try:
            data = _set(data, path, value, ())
        except _NowhereError as error:
            mistakes.append(Mistake(tuple(path), value, field_error("unknown_field", str(error), value)))
    if mistakes:
        raise validation_error(kind.__name__, mistakes)
    return read(kind, data)


def _checked(kind: type[BaseModel], changes: object) -> list[tuple[list[str], Any]]:
    """The ``changes``, each with the names in its path."""
    form = "an override is {'path.to.field': value}, such as {'learning_rate.decay_steps': '10 epochs'}"
    if not isinstance(changes, Mapping):
        raise validation_error(kind.__name__, [Mistake((), changes, field_error("wrong_type", form, changes))])
    pairs = list(changes.items())
    if wrong := [path for path, _ in pairs if not isinstance(path, str)]:
        raise validation_error(
            kind.__name__,
            [Mistake((), path, field_error("wrong_type", f"a path is a string: {form}", path)) for path in wrong],
        )
    return [(path.split("."), value) for path, value in pairs]


def _from_the_root(change: tuple[list[str], Any]) -> tuple[int, bool]:
    """Sorts outer nodes before inner ones, and a type before the other fields of its node."""
    path, _ = change
    return len(path), path[-1] != "type"


class _NowhereError(Exception):
    """A path leads to nothing that could be changed."""


def _set(node: Any, path: list[str], value: Any, before: tuple[str, ...]) -> Any:
    """``node``, which is at the path ``before``, with ``value`` at ``path`` in it."""
    name, rest = path[0], path[1:]
    if isinstance(node, BaseModel):
        node = node.model_dump()
    if isinstance(node, (list, tuple)):
        index = int(name) if name.isdecimal() and len(name) < 10 else len(node)
        if index >= len(node):
            there_are = f"its entries are 0 to {len(node) - 1}" if node else "it is empty"
            raise _NowhereError(f"there is no {in_short(name)} in a list of {len(node)}: {there_are}")
        entries = list(node)
        entries[index] = _set(node[index], rest, value, (*before, name)) if rest else value
        return entries
    if name == "type" and not rest and not (isinstance(node, Mapping) and "type" not in node):
        same = isinstance(node, Mapping) and isinstance(value, str) and type_word(value) == type_word(node["type"])
        return node if same else {"type": value}
    if not isinstance(node, Mapping):
        raise _NowhereError(f"{'.'.join(before)} is {in_short(node)}, which has no fields; give it a type first")
    if rest and rest != ["type"] and name not in node:
        meant = nearest(name, map(str, node))
        raise _NowhereError(f"unknown field, did you mean {meant!r}?" if meant else "unknown field")
    inner = _set(node.get(name), rest, value, (*before, name)) if rest else value
    return {**node, name: inner}
