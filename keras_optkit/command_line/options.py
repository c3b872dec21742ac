"""The arguments that commands share, and their validation."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, NoReturn

from keras_optkit.formats import FORMATS
from keras_optkit.formats.findings import one_line
from keras_optkit.formats.yaml_scalars import resolved
from keras_optkit.specs.errors import cut, in_short
from keras_optkit.specs.numbers import MOST_STEPS

#: The names of text formats for ``--input-format``.
INPUT_FORMATS = sorted(set(FORMATS.values()))


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, however long the arguments are."""

    def error(self, message: str) -> NoReturn:
        super().error(one_line(cut(message, 300)))


def add_file(parser: argparse.ArgumentParser) -> None:
    """Add one file, how to read it, the overrides, and the length of the run."""
    parser.add_argument("files", nargs=1, metavar="FILE", help="a file, or - for standard input")
    # Arguments after the file can only be overrides.
    parser.add_argument("overrides", nargs="*", type=override, metavar="PATH=VALUE", help="the same as --set")
    add_input(parser)
    add_changes(parser)
    add_run(parser)


def add_input(parser: argparse.ArgumentParser) -> None:
    """Add how the files of a command are read."""
    parser.add_argument("--key", metavar="PATH", help="the node with the spec, such as train.optimizer")
    add_format(parser)


def add_format(parser: argparse.ArgumentParser) -> None:
    """Add the format of the files."""
    parser.add_argument(
        "--input-format", choices=INPUT_FORMATS, help="the format, instead of the one for the suffix; required for -"
    )


def add_changes(parser: argparse.ArgumentParser) -> None:
    """Add the overrides."""
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        type=override,
        metavar="PATH=VALUE",
        help="change a field, such as learning_rate.decay_steps='5%%'; can be repeated",
    )


def add_run(parser: argparse.ArgumentParser) -> None:
    """Add the length of the run."""
    parser.add_argument("--steps-per-epoch", type=_count, metavar="N", help="batches in an epoch")
    parser.add_argument("--epochs", type=_count, metavar="N", help="epochs of the run")


def override(text: str) -> tuple[str, Any]:
    """The path and the value in ``PATH=VALUE``: JSON, a YAML scalar, or otherwise a string."""
    path, equals, value = text.partition("=")
    if not path or not equals:
        raise argparse.ArgumentTypeError(f"an override must be PATH=VALUE, received {in_short(text)}")
    return path, read_value(value)


def read_value(text: str) -> Any:
    """The value of ``text`` on a command line, where ``10 epochs`` and ``true`` need no quotes."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text[1:-1].replace("''", "'")  # as YAML quotes
    try:
        return resolved(text) if text else text
    except ValueError:
        return text  # an integer with more digits than Python reads


def picture(text: str) -> str:
    """The name of a picture. It needs a suffix: otherwise Matplotlib adds one, and writes to another file."""
    if not Path(text).suffix:
        raise argparse.ArgumentTypeError(f"must have a suffix such as .png, received {in_short(text)}")
    return text


def _count(text: str) -> int:
    # At most 16 digits, because reading very long ints is slow, and more than 4,300 digits are an error.
    count = int(text) if text.isdecimal() and len(text) <= 16 else 0
    if not 1 <= count <= MOST_STEPS:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 to {MOST_STEPS:,}, received {in_short(text)}")
    return count
