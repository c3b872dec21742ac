"""The files that a command reads: a file, a directory, a glob, or ``-`` for standard input; and the spec in each."""

from __future__ import annotations

import argparse
import errno
import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from keras_optkit.command_line.directories import config_files, is_worth_checking
from keras_optkit.files import ReadSpec, read_spec, read_stream

_GLOB = re.compile(r"[*?]|\[.+\]", re.DOTALL)

STDIN = "-"
#: The name of standard input in messages.
STDIN_NAME = "<stdin>"


class Input(NamedTuple):
    """A file that was named, or found in a directory."""

    name: str
    is_skipped: bool = False
    """Whether it was found in a directory and has no spec."""
    problem: OSError | None = None
    """The reason that it cannot be read."""


def inputs(names: Iterable[str], key: str | None) -> Iterator[Input]:
    """The files for ``names``, each once. A file that was found in a directory is skipped if it has no spec."""
    seen: set[str] = set()
    for name in names:
        for found in _found(name, key):
            place = _absolute(found.name)
            if place not in seen:
                yield found
            if not found.is_skipped:  # it may still be named explicitly
                seen.add(place)


def read_input(name: str, options: argparse.Namespace, key: str | None) -> ReadSpec:
    """The spec in the file called ``name``, with the overrides from the command line."""
    suffix = f".{options.input_format}" if options.input_format else None
    if name != STDIN:
        read = read_spec(name, key=key, suffix=suffix)
    elif sys.stdin is None:  # closed by the process that started this one
        raise OSError(errno.EBADF, "is closed", STDIN_NAME)
    else:
        read = read_stream(sys.stdin.buffer, STDIN_NAME, suffix or "", key=key)
    changes = dict(options.set)
    return read._replace(spec=read.spec.override(changes)) if changes else read


def _found(name: str, key: str | None) -> Iterator[Input]:
    if name == STDIN:
        yield Input(name)
    elif _is_directory(name):
        yield from _in_directory(name, key)
    elif _GLOB.search(name) and not os.path.lexists(name):
        matches = _matching(name)
        for match in matches:
            yield from _found(match, key)
        if not matches:
            yield Input(name, problem=FileNotFoundError(errno.ENOENT, "no file matches", name))
    elif name and not Path(name).suffix and not os.path.lexists(name):  # a directory that is not there
        yield Input(name, problem=FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name))
    else:
        yield Input(name)


def _is_directory(name: str) -> bool:
    try:
        return bool(name) and Path(name).is_dir()  # an empty name would be the current directory
    except OSError:  # such as a name that is too long; opening it reports the error
        return False


def _in_directory(directory: str, key: str | None) -> Iterator[Input]:
    found = False
    for path, problem in config_files(directory):
        is_skipped = problem is None and not is_worth_checking(path, key)
        found |= not is_skipped
        yield Input(path, is_skipped, problem)
    if not found:
        where = f" at {key}" if key is not None else ""
        yield Input(directory, problem=FileNotFoundError(errno.ENOENT, f"no file in it has a spec{where}", directory))


def _matching(pattern: str) -> list[str]:
    """The files that ``pattern`` matches, including hidden ones only if the pattern has a name with a leading dot."""
    path = Path(pattern)
    try:
        # The module `glob` follows links to directories, and never ends if two of them form loops.
        found = map(str, Path(path.anchor).glob(str(path.relative_to(path.anchor))))
        return sorted(match for match in found if _has_hidden(path) or not _has_hidden(Path(match)))
    except (OSError, ValueError, RecursionError, NotImplementedError):  # not a pattern, or too deep
        return []


def _has_hidden(path: Path) -> bool:
    return any(part.startswith(".") and part != ".." for part in path.parts)


def _absolute(name: str) -> str:
    try:
        return os.path.normpath(Path(name).absolute())
    except OSError:  # the current directory no longer exists
        return name
