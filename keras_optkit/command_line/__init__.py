"""The command line: check, show and plot specs in config files, and print the JSON Schema for editors.

``check`` and ``show`` never import TensorFlow. The exit status is 0 if all is well, 1 if a file is wrong and 2 if the
command is. What does not fit the run is a warning, for which ``check --strict`` ends with 1 too.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn, TextIO

from pydantic import ValidationError

from keras_optkit.files import SpecFileError, load_spec, one_line, read_spec
from keras_optkit.preview import describe, learning_rates, plot_schedule
from keras_optkit.schema import json_schema
from keras_optkit.specs.errors import cut, in_short
from keras_optkit.specs.optimizers import OptimizerSpec
from keras_optkit.specs.resolving import RunLength, UnknownRunError, resolve
from keras_optkit.specs.run_fit import misfits
from keras_optkit.specs.schedules import ScheduleSpec

# The largest number that float64 counts to, in which steps are computed.
_MOST_STEPS = 2**53


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        super().error(one_line(cut(message, 300)))  # it repeats what was written, however long


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit status."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started this process
            setattr(sys, name, io.StringIO())
    parser = _parser()
    # Overrides may stand before or after options, which argparse allows for one positional argument only.
    options, others = parser.parse_known_args(arguments)
    if others and (any(text.startswith("-") for text in others) or not hasattr(options, "overrides")):
        parser.error(f"unrecognized arguments: {' '.join(others)}{_hint(others[0])}")
    try:
        options.overrides = [*getattr(options, "overrides", []), *map(_override, others)]
    except argparse.ArgumentTypeError as error:
        parser.error(str(error))
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # where an output knows no more than ASCII
    try:
        status: int = options.run(options)
    except OSError as error:  # of an output, since the commands report what is wrong with files
        with contextlib.suppress(OSError):
            _say(f"cannot write: {error.strerror}", sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130  # what shells say of a process that ended so
    return status


def _hint(argument: str) -> str:
    """What to write instead of an ``argument`` that is unknown."""
    option, equals, value = argument.partition("=")
    meant = option.replace("_", "-")
    if meant in {"--steps-per-epoch", "--epochs", "--key", "--strict", "--output"} and meant != option:
        return f"; did you mean {meant}?"
    return f"; an override has no dashes: {option.lstrip('-')}={value}" if equals and option.startswith("-") else ""


def _say(text: str, stream: TextIO) -> None:
    """Prints at once, so that errors and results keep their order where both go into one pipe or file."""
    try:
        print(text, file=stream, flush=True)
    except OSError as error:
        # What the stream still holds, and gets from now on, vanishes; Python would try again when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        # Whoever reads a pipe may have seen enough, while the exit status is still to be found.
        if not isinstance(error, BrokenPipeError):
            raise


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="keras-optkit", description="Check, show and plot optimizer specs in files.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    check = commands.add_parser("check", help="check the specs in files")
    check.add_argument(
        "files", nargs="+", metavar="FILE", help="a .json, .yaml, .yml or .toml file, or a saved .keras or .h5 model"
    )
    check.add_argument("--strict", action="store_true", help="end with 1 also if a spec does not fit the run")
    check.set_defaults(run=_check)

    show = commands.add_parser("show", help="what a spec will build, and its learning rate over the run")
    show.add_argument("file", metavar="FILE")
    show.set_defaults(run=_show)

    plot = commands.add_parser("plot", help="draw the learning rate over the run into a picture")
    plot.add_argument("file", metavar="FILE")
    plot.add_argument(
        "-o",
        "--output",
        required=True,
        type=_picture,
        metavar="PICTURE",
        help="where to; its suffix, such as .png, tells the format",
    )
    plot.set_defaults(run=_plot)

    schema = commands.add_parser("schema", help="print the JSON Schema of a config file, for editors")
    schema.set_defaults(run=_schema)

    for command in (check, show, plot):
        command.add_argument("--key", metavar="PATH", help="the node that holds the spec, such as train.optimizer")
        command.add_argument("--steps-per-epoch", type=_count, metavar="N", help="batches in an epoch")
        command.add_argument("--epochs", type=_count, metavar="N", help="epochs of the run")
    for command in (show, plot):
        command.add_argument(
            "overrides", nargs="*", type=_override, metavar="PATH=VALUE", help="such as learning_rate.decay_steps='5%%'"
        )
    return parser


def _count(text: str) -> int:
    # Of 16 digits, since to read an int of very many takes long, and of more than 4,300 is an error.
    count = int(text) if text.isdecimal() and len(text) <= 16 else 0
    if not 1 <= count <= _MOST_STEPS:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 to {_MOST_STEPS:,}, received {in_short(text)}")
    return count


def _picture(text: str) -> str:
    # Matplotlib would choose a suffix, and write to a file of another name.
    if not Path(text).suffix:
        raise argparse.ArgumentTypeError(f"must have a suffix such as .png, received {in_short(text)}")
    return text


def _override(text: str) -> tuple[str, Any]:
    path, equals, value = text.partition("=")
    if not path or not equals:
        raise argparse.ArgumentTypeError(f"an override is PATH=VALUE, received {in_short(text)}")
    try:
        return path, json.loads(value)
    except (ValueError, RecursionError):
        return path, value  # a text such as 10 epochs, which needs no quotes of JSON


def _check(options: argparse.Namespace) -> int:
    failed = False
    for file in options.files:
        try:
            read = read_spec(file, key=options.key)
            run = RunLength.of(options.steps_per_epoch, options.epochs)
            if any(run):
                resolve(read.spec, run)
            warnings = [str(read.warning(misfit.path, misfit.text)) for misfit in misfits(read.spec, run)]
        except (OSError, ValueError, ModuleNotFoundError) as error:
            failed = True
            _report(file, error)
        else:
            _say(one_line(f"{file}: {read.spec!r}"), sys.stdout)
            _print_errors(warnings)
            failed |= options.strict and bool(warnings)
    return int(failed)


def _show(options: argparse.Namespace) -> int:
    run = {"steps_per_epoch": options.steps_per_epoch, "epochs": options.epochs}
    try:
        spec = _spec(options)
        text = describe(spec, **run)
        if options.steps_per_epoch and options.epochs:
            # A terminal has about a hundred columns: more points would only cost time.
            length = options.steps_per_epoch * options.epochs
            steps = list(range(0, length, max(1, length // 500)))
            text += "\n" + _curve(steps, learning_rates(spec, steps, **run).tolist())
    except (OSError, ValueError, ModuleNotFoundError) as error:
        return _report(options.file, error)
    _say(text, sys.stdout)
    return 0


def _curve(steps: list[int], rates: list[float]) -> str:
    """The curve of the learning rate, drawn in text."""
    try:
        import plotext
    except ModuleNotFoundError:
        return "(a curve is drawn here with plotext: pip install 'keras_optkit[cli]')"
    if not all(map(math.isfinite, rates)):
        return "(no curve: the rate overflows)"
    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plot_size(80, 18)
    plotext.plot(steps, rates, marker="braille")
    plotext.xlabel("step")
    plotext.title("learning rate")
    return str(plotext.uncolorize(plotext.build()))


def _plot(options: argparse.Namespace) -> int:
    run = {"steps_per_epoch": options.steps_per_epoch, "epochs": options.epochs}
    try:
        spec = _spec(options)
        figure = _figure()
        plot_schedule(spec, **run, ax=figure.subplots())
        figure.savefig(options.output, dpi=150)
    except (OSError, ValueError, ModuleNotFoundError) as error:
        return _report(options.file, error)
    _say(one_line(options.output), sys.stdout)
    return 0


def _figure() -> Any:
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("plot needs matplotlib: pip install 'keras_optkit[plot]'") from error
    return Figure(figsize=(7, 4), layout="constrained")


def _schema(options: argparse.Namespace) -> int:
    _say(json.dumps(json_schema(), indent=2), sys.stdout)
    return 0


def _spec(options: argparse.Namespace) -> OptimizerSpec | ScheduleSpec:
    spec = load_spec(options.file, key=options.key)
    return spec.override(dict(options.overrides)) if options.overrides else spec


def _report(file: str, error: Exception) -> int:
    """One line for each mistake, on standard error."""
    if isinstance(error, SpecFileError):
        lines = error.lines
    elif isinstance(error, ValidationError):
        mistakes = error.errors(include_url=False)
        lines = [f"{file}: {'.'.join(map(str, mistake['loc']))}: {mistake['msg']}" for mistake in mistakes]
    elif isinstance(error, OSError):
        lines = [f"{error.filename or file}: {error.strerror or error}"]
    elif isinstance(error, UnknownRunError):
        options = " and ".join(f"--{name.replace('_', '-')}" for name in error.missing)
        lines = [f"{file}: {error.reason}: pass {options}"]
    else:
        lines = [f"{file}: {' '.join(str(error).split())}"]
    _print_errors(lines)
    return 1


def _print_errors(lines: Sequence[str]) -> None:
    for line in lines:
        _say(one_line(line), sys.stderr)
