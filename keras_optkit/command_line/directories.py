"""Which files in a directory hold a spec."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from keras_optkit.files import opened
from keras_optkit.formats import FORMATS, format_of
from keras_optkit.formats.document import MOST_BYTES, BadFileError
from keras_optkit.formats.node import holds_spec
from keras_optkit.specs.base import Spec
from keras_optkit.specs.registry import find

_TYPE = re.compile(rb"""\btype["']?\s*[:=]\s*["']?(\w+)""")


class Entry(NamedTuple):
    """A file in a directory, or a directory that cannot be read."""

    path: str
    problem: OSError | None = None


def config_files(directory: str) -> Iterator[Entry]:
    """The .json, .yaml, .yml and .toml files in ``directory`` by name, and then those of each directory in it.

    Hidden ones are left out, and links to directories are not followed: they may lead back, or to the whole disk.
    """
    waiting = [directory]
    while waiting:
        directory = waiting.pop()
        try:
            with os.scandir(directory) as entries:
                shown = sorted((entry for entry in entries if not entry.name.startswith(".")), key=lambda e: e.name)
        except OSError as error:
            yield Entry(directory, error)
            continue
        for entry in shown:
            if not _is_directory(entry) and Path(entry.name).suffix.lower() in FORMATS:
                yield Entry(str(Path(entry.path)))  # without the ./ of the current directory
        waiting += [entry.path for entry in reversed(shown) if entry.is_dir(follow_symlinks=False)]


def _is_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # of a link to itself, which is said when it is opened
        return False


def is_worth_checking(path: str, key: str | None) -> bool:
    """Whether the file at ``path`` holds a spec, right or wrong, or cannot be read, which is to be said too."""
    found = format_of(Path(path).suffix)
    if found is None:
        return False
    try:
        if Path(path).stat().st_size > MOST_BYTES:
            return False  # it is data, since no config is as large
        with opened(path) as file:
            content = file.read(MOST_BYTES)
    except OSError:
        return True
    try:
        return holds_spec(found.read(BytesIO(content)).data, key)
    except (BadFileError, ModuleNotFoundError):
        # Of a file that is not of its format, the text has to tell. UTF-16 has a NUL beside each letter.
        words = set(_TYPE.findall(content.replace(b"\0", b"")))
        return any(find(Spec, word.decode("ascii", "replace")) for word in words)
