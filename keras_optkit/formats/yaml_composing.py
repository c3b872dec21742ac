"""Converts the events of a YAML file (a scalar, the start of a mapping) to its data and lines.

This replaces ruamel.yaml's composer and constructor: a file is refused at the event that exceeds a limit, every mistake
has its line, and tags can only create plain data.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ruamel.yaml.events import (
    AliasEvent,
    MappingEndEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from keras_optkit.formats.document import (
    DEEPEST,
    BadFileError,
    Document,
    Place,
    too_deep,
    too_long,
    too_many,
)
from keras_optkit.formats.yaml_mistakes import explained
from keras_optkit.formats.yaml_scalars import resolved, tagged, written
from keras_optkit.specs.containers import MOST_VALUES
from keras_optkit.specs.errors import in_short


def compose(events: Iterator[Any], text: str) -> Document:
    """The only document in ``events``, which ruamel.yaml makes of ``text``."""
    return _Composer(events, text).document()


class _Node(NamedTuple):
    data: Any
    place: Place
    #: The number of values it expands to.
    size: int


class _Composer:
    def __init__(self, events: Iterator[Any], text: str) -> None:
        self._events = events
        self._text = text
        # None while the value of an anchor is not complete.
        self._anchors: dict[str, _Node | None] = {}
        self._size = 0

    def document(self) -> Document:
        self._next()  # the start of the stream
        if isinstance(self._next(), StreamEndEvent):
            raise BadFileError("is empty")
        node = self._node(self._next(), depth=1)
        self._next()  # the end of the document
        following = self._next()
        if not isinstance(following, StreamEndEvent):
            raise BadFileError("a second document begins here; a file can have only one", _line(following))
        return Document(node.data, lambda: node.place)

    def _next(self) -> Any:
        try:
            return next(self._events)
        except Exception as error:
            # Some inputs, such as "\UFFFFFFFF", make ruamel.yaml raise errors of Python instead of its own.
            raise explained(error, self._text) from None

    def _node(self, event: Any, depth: int) -> _Node:
        line = _line(event)
        if isinstance(event, AliasEvent):
            return self._aliased(event.anchor, line)
        if depth > DEEPEST:
            raise too_deep(line)
        before = self._size
        data: Any
        entries: dict[str, Place] = {}
        self._grow(1, line)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        if isinstance(event, ScalarEvent):
            data = _scalar(event)
        elif isinstance(event, SequenceStartEvent):
            data, entries = self._sequence(event, depth)
        else:
            data, entries = self._mapping(event, depth)
        node = _Node(data, Place(line, entries), self._size - before)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _aliased(self, anchor: str, line: int) -> _Node:
        if anchor not in self._anchors:
            raise BadFileError(f"there is no anchor {in_short(anchor)} before this alias", line)
        node = self._anchors[anchor]
        if node is None:
            raise BadFileError("this alias makes a value contain itself", line)
        self._grow(node.size, line)
        return node

    def _grow(self, size: int, line: int) -> None:
        self._size += size
        if self._size > MOST_VALUES:
            raise too_many(line)

    def _sequence(self, start: Any, depth: int) -> tuple[list[Any], dict[str, Place]]:
        _check_tag(start, "seq")
        data: list[Any] = []
        entries: dict[str, Place] = {}
        while not isinstance(event := self._next(), SequenceEndEvent):
            node = self._node(event, depth + 1)
            entries[str(len(data))] = node.place
            data.append(node.data)
        return data, entries

    def _mapping(self, start: Any, depth: int) -> tuple[dict[Any, Any], dict[str, Place]]:
        _check_tag(start, "map")
        own: dict[Any, Any] = {}
        merged: dict[Any, Any] = {}
        lines: dict[Any, int] = {}
        entries: dict[str, Place] = {}
        while not isinstance(event := self._next(), MappingEndEvent):
            line = _line(event)
            merges = isinstance(event, ScalarEvent) and event.value == "<<" and event.implicit[0]
            key = _MERGE if merges else self._node(event, depth + 1).data
            if isinstance(key, (dict, list)):
                raise BadFileError("a key must be a word, not a list or a mapping", line)
            if key in lines:
                name = in_short("<<" if merges else key)
                raise BadFileError(f"{name} is written twice, first on line {lines[key]}", line)
            lines[key] = line
            node = self._node(self._next(), depth + 1)
            if merges:
                merged = _merged(node.data, line)
            else:
                own[key] = node.data
                entries[str(key)] = Place(line, node.place.entries)
        return merged | own, entries


#: Stands for the key ``<<``, which in quotes is a key like any other.
_MERGE = object()


def _merged(data: Any, line: int) -> dict[Any, Any]:
    """The mapping that ``<<: data`` merges. If several mappings have a key, the first one counts."""
    mappings = data if isinstance(data, list) else [data]
    merged: dict[Any, Any] = {}
    for mapping in reversed(mappings):
        if not isinstance(mapping, dict):
            raise BadFileError("'<<' takes a mapping or a list of mappings", line)
        merged |= mapping
    return merged


def _scalar(event: Any) -> object:
    line = _line(event)
    try:
        if event.tag is not None:
            return tagged(event.value, event.tag)
        return resolved(event.value) if event.implicit[0] else event.value
    except BadFileError as error:
        raise BadFileError(str(error), line) from None
    except ValueError:
        raise too_long(line) from None


def _check_tag(event: Any, kind: str) -> None:
    if event.tag not in (None, "!", f"tag:yaml.org,2002:{kind}"):
        raise BadFileError(f"the tag {written(event.tag)} is not supported here", _line(event))


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1
