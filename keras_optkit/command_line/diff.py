"""``diff``: the differences between two files, as the overrides that turn one spec into the other."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from keras_optkit.command_line.inputs import STDIN, read_input
from keras_optkit.command_line.options import add_format, read_value
from keras_optkit.command_line.output import MISTAKES, OK, TROUBLE, report, say
from keras_optkit.formats import SAVED_MODELS
from keras_optkit.formats.findings import one_line
from keras_optkit.specs.optimizers import OptimizerSpec
from keras_optkit.specs.schedules import ScheduleSpec
from keras_optkit.specs.value import Value


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command and its arguments."""
    parser = commands.add_parser(
        "diff",
        help="show the differences between two files as overrides",
        description="Prints the overrides that turn the spec in the first file into that of the second, quoted for a "
        "shell.",
        epilog="The exit status is 0 if the specs are equal, 1 if they differ, and 2 if one cannot be read.",
    )
    parser.add_argument("files", nargs=2, metavar="FILE", help="a file, a saved model, or - for standard input")
    parser.add_argument(
        "--key",
        action="append",
        default=[],
        metavar="PATH",
        help="the node with the spec; once for both files, or once for each that is not a saved model",
    )
    add_format(parser)
    parser.set_defaults(run=run, set=[])


def run(options: argparse.Namespace) -> int:
    """Print the differences, and return the exit status."""
    if options.files == [STDIN, STDIN]:
        say("diff can read - only once: the first - reads all of standard input", sys.stderr)
        return TROUBLE
    keys = _keys(options)
    if keys is None:
        say("diff takes --key once, or once for each file that is not a saved model", sys.stderr)
        return TROUBLE
    specs, worst = [], OK
    for file, key in zip(options.files, keys, strict=True):
        try:
            specs.append(read_input(file, options, key).spec)
        except (OSError, ValueError, ModuleNotFoundError) as error:
            report(file, error)
            worst = TROUBLE
    if worst:
        return worst
    a, b = specs
    if isinstance(a, OptimizerSpec) != isinstance(b, OptimizerSpec):
        one, other = map(one_line, options.files)
        say(f"{one} is of type {a.type}, {other} of type {b.type}: not comparable", sys.stderr)
        return TROUBLE
    found = overrides(a, b)
    for path, value in found.items():
        say(shlex.quote(f"{path}={_written(value)}"), sys.stdout)
    return MISTAKES if found else OK


def overrides(a: OptimizerSpec | ScheduleSpec, b: OptimizerSpec | ScheduleSpec) -> dict[str, Any]:
    """The overrides for which ``a.override`` returns ``b``."""
    return dict(_changes((), a, b, None))


def _changes(path: tuple[str, ...], old: Any, new: Any, plain: Any) -> Iterator[tuple[str, Any]]:
    """The changes that turn ``old``, at ``path``, into ``new``, which is ``plain`` as data."""
    if isinstance(new, Value):
        # With the fields that have their defaults, except inside values that are written as a whole.
        fields = new.model_dump(mode="json") | new.model_dump(mode="json", exclude_defaults=True)
        is_same = type(old) is type(new)
        if not is_same:
            yield ".".join((*path, "type")), fields["type"]  # a new type drops the other fields
        for name, field in type(new).model_fields.items():
            default = _NOTHING if field.is_required() else field.default
            yield from _changes(
                (*path, name), getattr(old, name) if is_same else default, getattr(new, name), fields[name]
            )
    elif isinstance(old, tuple) and isinstance(new, tuple) and len(old) == len(new):
        for number, each in enumerate(zip(old, new, plain, strict=True)):
            yield from _changes((*path, str(number)), *each)
    elif old != new:
        yield ".".join(path), plain


#: The value of a field without a default before it is set.
_NOTHING = object()


def _written(value: Any) -> str:
    """``value`` as in an override, without quotes if it is read back as the same string."""
    if isinstance(value, str) and value.isprintable() and read_value(value) == value:
        return value
    return json.dumps(value)


def _keys(options: argparse.Namespace) -> list[str | None] | None:
    """The key of each file; None if there are too few or too many keys. A saved model has no key."""
    has_key = [Path(file).suffix.lower() not in SAVED_MODELS for file in options.files]
    if len(options.key) not in (0, 1, sum(has_key)):
        return None
    keys = iter(options.key * 2 if len(options.key) == 1 else options.key)
    return [next(keys, None) if each else None for each in has_key]
