"""The line of each value in a TOML file.

The standard library's parser does not report lines, but it can read single statements: ``[a.b]``, ``a.b = 1``, or an
array of many lines. All values in a statement get the line in which it begins.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

from keras_optkit.formats.document import MOST_BYTES, Place

# The last line of a statement of many lines has one of these.
_CLOSING = ("]", '"""', "'''")


def places(text: str) -> Place:
    """The places of the values in ``text``, which is TOML."""
    root = Place(1, {})
    table = root
    lengths: dict[tuple[str, ...], int] = {}
    for line, statement, data in _statements(text):
        if statement.startswith("["):
            table = root
            for name in _path(data, lengths):
                table = table.entries.setdefault(name, Place(line, {}))
        else:
            _add(table, data, line)
    return root


def _statements(text: str) -> Iterator[tuple[int, str, Any]]:
    """The line in which each statement begins, the statement, and its data."""
    begun: list[str] = []
    # Each test whether a statement ends here reads all of it again. Failed tests may read as much as one file in total.
    left = MOST_BYTES
    for number, line in enumerate(text.split("\n"), start=1):
        is_first = not begun
        if is_first and line.lstrip()[:1] in ("", "#"):
            continue
        begun.append(line)
        if not is_first and not any(mark in line for mark in _CLOSING):
            continue
        statement = "\n".join(begun).strip()
        try:
            data = tomllib.loads(statement)
        except tomllib.TOMLDecodeError:
            left -= len(statement)
            if left < 0:
                return
            continue
        yield number - len(begun) + 1, statement, data
        begun = []


def _path(data: Any, lengths: dict[tuple[str, ...], int]) -> tuple[str, ...]:
    """The path of the table that a header begins; ``data`` is the header as parsed.

    ``lengths`` are the lengths of the arrays of tables so far. A header such as ``[[groups]]`` adds an entry.
    """
    path: tuple[str, ...] = ()
    while data:
        ((name, data),) = data.items()
        path += (name,)
        if isinstance(data, list):
            lengths[path] = lengths.get(path, 0) + 1
            data = None
        if path in lengths:
            path += (str(lengths[path] - 1),)
    return path


def _add(place: Place, data: Any, line: int) -> None:
    """Add all entries of ``data`` to ``place``."""
    entries = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for name, value in entries:
        _add(place.entries.setdefault(str(name), Place(line, {})), value, line)
