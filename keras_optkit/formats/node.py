"""The node of a file that contains the spec: the whole file, or the value at a dotted path."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from keras_optkit.formats.document import BadFileError, Document
from keras_optkit.specs.base import Spec
from keras_optkit.specs.errors import in_short
from keras_optkit.specs.hints import meant_type, nearest
from keras_optkit.specs.optimizers import OptimizerSpec
from keras_optkit.specs.registry import find, registered

# To compare two names takes 0.1 ms.
_MOST_COMPARED = 200
_MOST_SHOWN = 20
_MOST_SUGGESTED = 3


def node_at(document: Document, key: str | None) -> tuple[tuple[str, ...], Any]:
    """The names in the dotted path ``key``, and the node at that path.

    Raises:
        BadFileError: there is no such node, or it is not a spec and the rest of the file suggests a remedy.
    """
    names = tuple(key.split(".")) if key is not None else ()
    node = document.data
    for depth, name in enumerate(names):
        entries = _entries(node)
        if name not in entries:
            line = document.line_of(names[:depth]) if depth else None
            raise BadFileError(f"there is no {in_short('.'.join(names[: depth + 1]))}{_known(name, entries)}", line)
        node = entries[name]
    if problem := _problem(names, node):
        raise BadFileError(": ".join(part for part in (".".join(names), problem) if part), document.line_of(names))
    return names, node


def holds_spec(data: Any, key: str | None) -> bool:
    """Whether a file with this ``data`` is meant to contain a spec, valid or invalid.

    With a ``key``, the file must have that node. Otherwise it must have a ``type`` that is, or resembles, the name of a
    spec, or an optimizer further inside.
    """
    if key is not None:
        return all((data := _entries(data).get(name, _NOTHING)) is not _NOTHING for name in key.split("."))
    name = data.get("type") if isinstance(data, Mapping) else data
    is_spec = isinstance(name, str) and (find(Spec, name) or meant_type(name, registered(Spec))[0])
    return bool(is_spec) or any(_optimizers_in((), data))


_NOTHING = object()


def _entries(node: Any) -> dict[str, Any]:
    """The entries of a mapping or list, by their names in a dotted path."""
    if isinstance(node, Mapping):
        return {str(key): value for key, value in node.items()}
    return {str(index): value for index, value in enumerate(node)} if isinstance(node, list) else {}


def _known(name: str, entries: Mapping[str, Any]) -> str:
    """The hint if ``name`` is not among the ``entries``."""
    if not entries:
        return ""
    meant = nearest(name, islice(entries, _MOST_COMPARED))
    hint = f"; did you mean {in_short(meant)}? The keys" if meant else "; the keys"
    shown = ", ".join(in_short(entry).strip("'") for entry in islice(entries, _MOST_SHOWN))
    more = f" and {len(entries) - _MOST_SHOWN:,} more" if len(entries) > _MOST_SHOWN else ""
    return f"{hint} are {shown}{more}"


def _problem(names: tuple[str, ...], node: Any) -> str | None:
    """The reason that the ``node`` at ``names`` cannot be a spec, if the rest of the file suggests a remedy."""
    if node is None or node == {}:
        return "is empty; a spec needs at least a type, such as 'type: Adam'"
    if isinstance(node, str) and find(Spec, node) is None and any(sign in node for sign in ":= "):
        return f"must have fields, but is the text {in_short(node)}; write 'type: Adam', with a space after the colon"
    if isinstance(node, list) or (isinstance(node, Mapping) and not {"type", "class_name"} & node.keys()):
        paths = [repr(path) for path in islice(_optimizers_in(names, node), _MOST_SUGGESTED)]
        if paths:
            return f"has no 'type'; there is an optimizer under {' and '.join(paths)}: use key={paths[0]} (--key)"
    return None


def _optimizers_in(names: tuple[str, ...], node: Any) -> Iterator[str]:
    """The dotted paths of the optimizers inside the ``node`` at ``names``, outer ones first."""
    waiting = deque([(names, node)])
    while waiting:
        path, node = waiting.popleft()
        name = node.get("type") if isinstance(node, Mapping) else None
        if isinstance(name, str) and find(OptimizerSpec, name):
            yield ".".join(path)
        else:
            # A dotted path cannot have a name with a dot in it.
            waiting.extend(((*path, entry), value) for entry, value in _entries(node).items() if "." not in entry)
