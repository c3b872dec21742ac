"""The arguments that commands share, and what each may be."""

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

#: The formats of text files, by the names that ``--input-format`` takes.
INPUT_FORMATS = sorted(set(FORMATS.values()))


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, however much was written."""

    def error(self, message: str) -> NoReturn:
        super().error(one_line(cut(message, 300)))


def add_file(parser: argparse.ArgumentParser) -> None:
    """One file, how it is read, what is changed in its spec, and the run that the spec is for."""
    parser.add_argument("files", nargs=1, metavar="FILE", help="a file, or - for standard input")
    # Overrides behind the file, for which there is no other use.
    parser.add_argument("overrides", nargs="*", type=override, metavar="PATH=VALUE", help="the same as --set")
    add_input(parser)
    add_changes(parser)
    add_run(parser)


def add_input(parser: argparse.ArgumentParser) -> None:
    """How the files of a command are read."""
    parser.add_argument("--key", metavar="PATH", help="the node that holds the spec, such as train.optimizer")
    add_format(parser)


def add_format(parser: argparse.ArgumentParser) -> None:
    """In which format the files are."""
    parser.add_argument(
        "--input-format", choices=INPUT_FORMATS, help="the format, instead of what the suffix says; - needs it"
    )


def add_changes(parser: argparse.ArgumentParser) -> None:
    """What is changed in the spec once it is read."""
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        type=override,
        metavar="PATH=VALUE",
        help="change a field, such as learning_rate.decay_steps='5%%'; may be repeated",
    )


def add_run(parser: argparse.ArgumentParser) -> None:
    """The length of the run."""
    parser.add_argument("--steps-per-epoch", type=_count, metavar="N", help="batches in an epoch")
    parser.add_argument("--epochs", type=_count, metavar="N", help="epochs of the run")


def override(text: str) -> tuple[str, Any]:
    """The path and the value in ``PATH=VALUE``: JSON, a scalar of YAML, or else the text as it stands."""
    path, equals, value = text.partition("=")
    if not path or not equals:
        raise argparse.ArgumentTypeError(f"an override is PATH=VALUE, received {in_short(text)}")
    return path, read_value(value)


def read_value(text: str) -> Any:
    """What ``text`` means on a command line, where ``10 epochs`` and ``true`` need no quotes."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text[1:-1].replace("''", "'")  # as YAML quotes
    try:
        return resolved(text) if text else text
    except ValueError:
        return text  # an integer of more digits than Python reads


def picture(text: str) -> str:
    """The name of a picture, with a suffix: without, Matplotlib chooses one, and writes to a file of another name."""
    if not Path(text).suffix:
        raise argparse.ArgumentTypeError(f"must have a suffix such as .png, received {in_short(text)}")
    return text


def _count(text: str) -> int:
    # Of 16 digits, since to read an int of very many takes long, and of more than 4,300 is an error.
    count = int(text) if text.isdecimal() and len(text) <= 16 else 0
    if not 1 <= count <= MOST_STEPS:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 to {MOST_STEPS:,}, received {in_short(text)}")
    return count
