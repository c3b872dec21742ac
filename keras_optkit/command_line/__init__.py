"""The command line, with one file per command, and shared code in ``inputs``, ``options`` and ``output``.

No command imports TensorFlow. The exit status is 0 if all is well, 1 if there are mistakes in files (or, for ``diff``,
a difference), and 2 for an invalid command, or a file that cannot be read or written.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import sys
from collections.abc import Sequence
from typing import Any

from keras_optkit.command_line import check, diff, init, plot, schema, show
from keras_optkit.command_line.inputs import STDIN
from keras_optkit.command_line.options import Parser, override
from keras_optkit.command_line.output import TROUBLE, say


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit status."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the process that started this one
            setattr(sys, name, io.StringIO())
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # for outputs that only support ASCII
    try:
        options = _parsed(arguments)
        status: int = options.run(options)
    except OSError as error:  # from an output: the commands themselves report errors in files
        with contextlib.suppress(OSError):
            say(f"cannot write: {error.strerror}", sys.stderr)
        return TROUBLE
    except KeyboardInterrupt:
        return 130  # the exit status that shells use for Ctrl+C
    return status


class _Version(argparse.Action):
    """Prints the version, which is in the package root. No module imports the root at the top."""

    def __call__(self, parser: argparse.ArgumentParser, *rest: Any) -> None:
        root = importlib.import_module(__name__.partition(".")[0])
        say(f"{parser.prog} {root.__version__}", sys.stdout)
        parser.exit()


def _parser() -> Parser:
    parser = Parser(prog="keras-optkit", description="Write, check, show, compare and plot optimizer specs in files.")
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in (init, check, show, diff, plot, schema):
        command.add_to(commands)
    return parser


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = _parser()
    # Overrides can come before or after options; argparse allows that only for a single positional argument.
    options, others = parser.parse_known_args(arguments)
    takes_overrides = hasattr(options, "overrides")
    if others and (any(text.startswith("-") for text in others) or not takes_overrides):
        parser.error(f"unrecognized arguments: {' '.join(others)}{_hint(others[0], options)}")
    if takes_overrides:
        try:
            options.set = [*options.set, *options.overrides, *map(override, others)]
        except argparse.ArgumentTypeError as error:
            parser.error(str(error))
    if STDIN in getattr(options, "files", ()) and options.input_format is None:
        parser.error("- needs --input-format, because standard input has no suffix")
    return options


def _hint(argument: str, options: argparse.Namespace) -> str:
    """The remedy for an unknown ``argument``."""
    option, equals, value = argument.partition("=")
    name = option.lstrip("-").replace("-", "_")
    if "_" in option and hasattr(options, name):
        return f"; did you mean --{name.replace('_', '-')}?"
    if not equals or not hasattr(options, "set"):
        return ""
    change = f"{option.lstrip('-')}={value}"
    if not hasattr(options, "overrides"):
        return f"; write --set {change}"
    return f"; an override has no dashes: {change}" if option.startswith("-") else ""
