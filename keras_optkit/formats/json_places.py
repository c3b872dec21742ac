"""The line of each value in a JSON file.

The standard library's parser does not report lines, but it can decode one value at a position, and report its end.
"""

from __future__ import annotations

import json
import re

from keras_optkit.formats.document import DEEPEST, BadFileError, Place, too_deep
from keras_optkit.specs.errors import in_short

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\n\r]*")


def places(text: str) -> Place:
    """The places of the values in ``text``, which is JSON.

    Raises:
        BadFileError: a key is written twice in one object.
    """
    return _Walk(text).place(depth=1)


class _Walk:
    """Walks through the text from value to value."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at, self._line = 0, 1
        self._go(0)

    def place(self, depth: int) -> Place:
        """The place of the value that begins here. Moves on to what follows it."""
        line, opening = self._line, self._text[self._at]
        if depth > DEEPEST:
            raise too_deep(line)
        entries: dict[str, Place] = {}
        if opening not in "{[":
            self._decode()
            return Place(line, entries)
        self._go(1)
        while self._text[self._at] not in "}]":
            key, line_of_key = str(len(entries)), self._line
            if opening == "{":
                key = str(self._decode())
                self._go(1)  # the colon
            if key in entries:
                raise BadFileError(f"{in_short(key)} is written twice in one object", line_of_key)
            entries[key] = Place(line_of_key, self.place(depth + 1).entries)
            self._go(self._text[self._at] == ",")
        self._go(1)
        return Place(line, entries)

    def _decode(self) -> object:
        value, end = _DECODER.raw_decode(self._text, self._at)
        self._go(end - self._at)
        return value

    def _go(self, length: int) -> None:
        """Moves on by ``length`` characters, and over the space after them."""
        space = _SPACE.match(self._text, self._at + length)
        end = space.end() if space else self._at + length
        self._line += self._text.count("\n", self._at, end)
        self._at = end
