"""Finds the files in a directory that contain a spec."""

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
    """The .json, .yaml, .yml and .toml files in ``directory``, sorted by name, then those of each directory in it.

    Hidden files are left out. Links to directories are not followed, because they may form loops, or lead anywhere.
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
    except OSError:  # a link to itself; opening it reports the error
        return False


def is_worth_checking(path: str, key: str | None) -> bool:
    """Whether the file at ``path`` is meant to contain a spec, valid or invalid, or cannot be read."""
    found = format_of(Path(path).suffix)
    if found is None:
        return False
    try:
        if Path(path).stat().st_size > MOST_BYTES:
            return False  # too large for a config, so it must be data
        with opened(path) as file:
            content = file.read(MOST_BYTES)
    except OSError:
        return True
    try:
        return holds_spec(found.read(BytesIO(content)).data, key)
    except (BadFileError, ModuleNotFoundError):
        # If the file cannot be parsed, its text decides. In UTF-16, there is a NUL next to each letter.
        words = set(_TYPE.findall(content.replace(b"\0", b"")))
        return any(find(Spec, word.decode("ascii", "replace")) for word in words)
