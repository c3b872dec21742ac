"""Overrides by dotted path, for sweeps and command lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel

from keras_optkit.specs.errors import Mistake, refusal, refuse
from keras_optkit.specs.hints import canonical
from keras_optkit.specs.registry import read

M = TypeVar("M", bound=BaseModel)


def overridden(kind: type[M], spec: M, changes: Mapping[str, Any]) -> M:
    """``spec`` with ``changes``, ``{"path.to.field": value}``, made; read again as a spec of ``kind``.

    A change of a node's ``type`` drops that node's other fields, also when a changed field is named before it.
    """
    data: Any = spec.model_dump()
    for path, value in sorted(changes.items(), key=lambda change: not _is_type(change[0])):
        data = _set(kind, data, path.split("."), value, ())
    return read(kind, data)


def _is_type(path: str) -> bool:
    return path.rpartition(".")[2] == "type"


def _set(kind: type[BaseModel], node: Any, path: list[str], value: Any, before: tuple[str, ...]) -> Any:
    """``node`` with ``value`` at ``path`` in it."""
    name, rest = path[0], path[1:]
    if isinstance(node, (list, tuple)):
        index = int(name) if name.isdecimal() else len(node)
        if index >= len(node):
            rule = f"there is no {name!r} in a list of {len(node)}: its entries are 0 to {len(node) - 1}"
            raise refuse(kind.__name__, [Mistake((*before, *path), value, refusal("unknown_field", rule, value))])
        entries = list(node)
        entries[index] = _set(kind, node[index], rest, value, (*before, name)) if rest else value
        return entries
    if name == "type" and not rest:
        same = isinstance(node, Mapping) and canonical(str(value)) == canonical(str(node.get("type")))
        return node if same else {"type": value}
    if not isinstance(node, Mapping):
        rule = f"{'.'.join(before)} is {node!r}, which has no fields; give it a type first"
        raise refuse(kind.__name__, [Mistake((*before, *path), value, refusal("unknown_field", rule, value))])
    inner = _set(kind, node.get(name), rest, value, (*before, name)) if rest else value
    return {**node, name: inner}
