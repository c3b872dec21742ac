"""Overrides by dotted path, for sweeps and command lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from keras_optkit.specs.errors import Mistake, refusal, refuse
from keras_optkit.specs.hints import canonical, nearest_first
from keras_optkit.specs.registry import read

M = TypeVar("M", bound=BaseModel)


def overridden(kind: type[M], spec: M, changes: Mapping[str, Any]) -> M:
    """``spec`` with ``changes``, ``{"path.to.field": value}``, made; read again as a spec of ``kind``.

    A change of a node's ``type`` drops that node's other fields, also when a changed field is named before it.
    """
    data: Any = spec.model_dump()
    for path, value in sorted(changes.items(), key=_from_the_root):
        data = _set(kind, data, path.split("."), value, ())
    return read(kind, data)


def _from_the_root(change: tuple[str, Any]) -> tuple[int, bool]:
    """Sorts outer nodes before inner ones, and a type before the other fields of its node."""
    path = change[0].split(".")
    return len(path), path[-1] != "type"


def _set(kind: type[BaseModel], node: Any, path: list[str], value: Any, before: tuple[str, ...]) -> Any:
    """``node`` with ``value`` at ``path`` in it."""
    name, rest = path[0], path[1:]
    if isinstance(node, BaseModel):
        node = node.model_dump()

    def nowhere(rule: str) -> ValidationError:
        return refuse(kind.__name__, [Mistake((*before, *path), value, refusal("unknown_field", rule, value))])

    if isinstance(node, (list, tuple)):
        index = int(name) if name.isdecimal() and len(name) < 10 else len(node)
        if index >= len(node):
            there_are = f"its entries are 0 to {len(node) - 1}" if node else "it is empty"
            raise nowhere(f"there is no {name[:20]!r} in a list of {len(node)}: {there_are}")
        entries = list(node)
        entries[index] = _set(kind, node[index], rest, value, (*before, name)) if rest else value
        return entries
    if name == "type" and not rest and not (isinstance(node, Mapping) and "type" not in node):
        same = isinstance(node, Mapping) and canonical(str(value)) == canonical(str(node.get("type")))
        return node if same else {"type": value}
    if not isinstance(node, Mapping):
        raise nowhere(f"{'.'.join(before)} is {node!r}, which has no fields; give it a type first")
    if rest and rest != ["type"] and name not in node:
        nearest = nearest_first(name, map(str, node))[:1]
        raise nowhere(f"unknown field, did you mean {nearest[0]!r}?" if nearest else "unknown field")
    inner = _set(kind, node.get(name), rest, value, (*before, name)) if rest else value
    return {**node, name: inner}
