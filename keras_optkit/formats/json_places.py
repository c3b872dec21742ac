"""Where each value of a JSON file is written.

The standard library's parser tells no lines, but it decodes one value at a place of a text, and where that value ends.
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
        BadFileError: a key is written twice in one object, which its place shows and the data no longer do.
    """
    return _Walk(text).place(depth=1)


class _Walk:
    """A way through the text, from value to value."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at, self._line = 0, 1
        self._go(0)

    def place(self, depth: int) -> Place:
        """The place of the value that begins here; reading goes on after it."""
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
        """Goes on by ``length`` characters, and to the next that is no space."""
        space = _SPACE.match(self._text, self._at + length)
        end = space.end() if space else self._at + length
        self._line += self._text.count("\n", self._at, end)
        self._at = end
