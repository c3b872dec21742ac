"""The command line: check, show and plot specs in config files, and print the JSON Schema for editors.

``check`` and ``show`` never import TensorFlow. The exit status is 0 if all is well, 1 if a file is wrong and 2 if the
command is. What does not fit the run is a warning, for which ``check --strict`` ends with 1 too.
"""

from __future__ import annotations

import argparse
import io
import json
import math
import os
import sys
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from keras_optkit.files import SpecFileError, load_spec, read_spec
from keras_optkit.preview import describe, learning_rates, plot_schedule
from keras_optkit.schema import json_schema
from keras_optkit.specs.optimizers import OptimizerSpec
from keras_optkit.specs.resolving import RunLength, resolve
from keras_optkit.specs.run_fit import misfits
from keras_optkit.specs.schedules import ScheduleSpec


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit status."""
    parser = _parser()
    # Overrides may stand before or after options, which argparse allows for one positional argument only.
    options, others = parser.parse_known_args(arguments)
    if others and (any(text.startswith("-") for text in others) or not hasattr(options, "overrides")):
        parser.error(f"unrecognized arguments: {' '.join(others)}")
    try:
        options.overrides = [*getattr(options, "overrides", []), *map(_override, others)]
    except argparse.ArgumentTypeError as error:
        parser.error(str(error))
    try:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # where an output knows no more than ASCII
        status: int = options.run(options)
        sys.stdout.flush()
    except OSError as error:
        # Of the output, since the commands report what is wrong with files. Nothing more can be written to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            return 0  # the reader of a pipe has seen enough
        print(f"cannot write: {error.strerror}", file=sys.stderr)
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="keras-optkit", description="Check, show and plot optimizer specs in files.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    check = commands.add_parser("check", help="check the specs in files")
    check.add_argument("files", nargs="+", metavar="FILE", help="a .json, .yaml, .yml or .toml file")
    check.add_argument("--strict", action="store_true", help="end with 1 also if a spec does not fit the run")
    check.set_defaults(run=_check)

    show = commands.add_parser("show", help="what a spec will build, and its learning rate over the run")
    show.add_argument("file", metavar="FILE")
    show.set_defaults(run=_show)

    plot = commands.add_parser("plot", help="draw the learning rate over the run into a picture")
    plot.add_argument("file", metavar="FILE")
    plot.add_argument("-o", "--output", required=True, metavar="PICTURE", help="where to; the suffix says the format")
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
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number > 0, received {text!r}")
    return int(text)


def _override(text: str) -> tuple[str, Any]:
    path, equals, value = text.partition("=")
    if not path or not equals:
        raise argparse.ArgumentTypeError(f"an override is PATH=VALUE, received {text!r}")
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
            warnings = [read.line(misfit.path, misfit.text, "warning") for misfit in misfits(read.spec, run)]
        except (OSError, ValueError, ModuleNotFoundError) as error:
            failed = True
            _report(file, error)
        else:
            print(f"{file}: {read.spec!r}")
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
    print(text)
    return 0


def _curve(steps: list[int], rates: list[float]) -> str:
    """The curve of the learning rate, drawn in text."""
    try:
        import plotext
    except ModuleNotFoundError:
        return "(a curve is drawn here with plotext: pip install 'keras_optkit[cli]')"
    if not all(map(math.isfinite, rates)):
        return "(no curve: the rate grows beyond all numbers)"
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
    print(options.output)
    return 0


def _figure() -> Any:
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("plot needs matplotlib: pip install 'keras_optkit[plot]'") from error
    return Figure(figsize=(7, 4), layout="constrained")


def _schema(options: argparse.Namespace) -> int:
    print(json.dumps(json_schema(), indent=2))
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
    else:
        lines = [f"{file}: {error}"]
    _print_errors(lines)
    return 1


def _print_errors(lines: Sequence[str]) -> None:
    for line in lines:
        print(" ".join(line.split()), file=sys.stderr)
