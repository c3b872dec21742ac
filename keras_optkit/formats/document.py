"""What a file holds, whatever its format, and the limits that hold for every format."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, BinaryIO, NamedTuple

from keras_optkit.specs.containers import MOST_VALUES

#: A training config has some kB. The YAML parser takes two seconds for a file of this size.
MOST_BYTES = 1_000_000
#: Far below the thousand calls after which Python raises RecursionError, in whatever reads the data next.
DEEPEST = 100
#: 4,000 decimal digits. Python refuses to read or print an int of more than 4,300.
MOST_BITS = 13_288

# UTF-32 first, since its mark begins like that of UTF-16.
_OTHER_ENCODINGS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


class BadFileError(Exception):
    """A mistake in a file, with its line if it is known."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


class Place(NamedTuple):
    """The position of a value: its line, and the places of its entries by key or index, as text."""

    line: int
    entries: dict[str, Place]


@dataclass
class Document:
    """The data of a file, and a function that finds the line of each value.

    The function is called only for a file with a mistake, because finding the lines takes longer than reading the data.
    """

    data: Any
    find_places: Callable[[], Place | None] = lambda: None

    @cached_property
    def place(self) -> Place | None:
        """The place of the data as a whole."""
        return self.find_places()

    def line_of(self, path: tuple[int | str, ...]) -> int | None:
        """The line of the value at ``path``, or of the nearest value around it."""
        place, line = self.place, None
        for name in path:
            if place is None:
                break
            line, place = place.line, place.entries.get(str(name))
        return place.line if place else line


def text_of(file: BinaryIO) -> str:
    """The text of ``file``. No more than the largest allowed file is read.

    The size is not checked first, because files in /proc and devices report 0.
    """
    content = file.read(MOST_BYTES + 1) or b""  # None if nothing can be read without waiting
    check_size(content)
    for mark, encoding in _OTHER_ENCODINGS.items():
        if content.startswith(mark):
            raise BadFileError(f"must be UTF-8, but is {encoding}: save it as UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadFileError(f"must be UTF-8 ({error.reason} at byte {error.start})") from None
    if "\0" in text:
        raise BadFileError("must be UTF-8 text, but has a NUL character", text.count("\n", 0, text.index("\0")) + 1)
    if not text.strip():
        raise BadFileError("is empty")
    return text


def check_size(content: bytes) -> None:
    """Raise ``BadFileError`` if ``content`` is larger than the limit."""
    if len(content) > MOST_BYTES:
        raise BadFileError(f"is too large: the limit is {MOST_BYTES:,} bytes")


def check(data: object) -> None:
    """Raise ``BadFileError`` if ``data`` exceeds the limits, or has values that cannot be printed."""
    level, depth, count = [data], 0, 0
    while level:
        depth, count = depth + 1, count + len(level)
        if depth > DEEPEST:
            raise too_deep()
        if count > MOST_VALUES:
            raise too_many()
        for value in level:
            _check_scalar(value)
        level = [entry for value in level for entry in _entries(value)]


def too_deep(line: int | None = None) -> BadFileError:
    """The error for values that are nested more deeply than any config needs."""
    return BadFileError(f"is nested too deeply: the limit is {DEEPEST} levels", line)


def too_many(line: int | None = None) -> BadFileError:
    """The error for more values than any config needs."""
    return BadFileError(f"expands to more than {MOST_VALUES:,} values", line)


def too_long(line: int | None = None) -> BadFileError:
    """The error for an integer that Python refuses to read or print."""
    return BadFileError("has an integer of more than 4,000 digits", line)


def _entries(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        yield from value
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _check_scalar(value: object) -> None:
    if isinstance(value, int) and value.bit_length() > MOST_BITS:
        raise too_long()
    if isinstance(value, str) and not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            half = value[error.start : error.end].encode("unicode_escape").decode()
            raise BadFileError(f"has the character {half[:6]}, half of a surrogate pair") from None
