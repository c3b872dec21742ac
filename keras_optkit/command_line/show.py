"""``show``: describes what a spec will build, and its learning rate over the run."""

from __future__ import annotations

import argparse
import math
import sys

from keras_optkit.command_line.inputs import read_input
from keras_optkit.command_line.options import add_file
from keras_optkit.command_line.output import OK, report, say
from keras_optkit.preview import describe, learning_rates


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command and its arguments."""
    parser = commands.add_parser("show", help="show what a spec will build, and its learning rate over the run")
    add_file(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Describe the spec, and return the exit status."""
    (file,) = options.files
    run = {"steps_per_epoch": options.steps_per_epoch, "epochs": options.epochs}
    try:
        spec = read_input(file, options, options.key).spec
        text = describe(spec, **run)
        if options.steps_per_epoch and options.epochs:
            # A terminal has about a hundred columns, so more than 500 points would only take time.
            length = options.steps_per_epoch * options.epochs
            steps = list(range(0, length, max(1, length // 500)))
            text += "\n" + _curve(steps, learning_rates(spec, steps, **run).tolist())
    except (OSError, ValueError, ModuleNotFoundError) as error:
        return report(file, error)
    say(text, sys.stdout)
    return OK


def _curve(steps: list[int], rates: list[float]) -> str:
    """The curve of the learning rate, drawn in text."""
    try:
        import plotext
    except ModuleNotFoundError:
        return "(install plotext to see the curve here: pip install 'keras_optkit[cli]')"
    if not all(map(math.isfinite, rates)):
        return "(no curve: the rate overflows)"
    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plot_size(80, 18)
    plotext.plot(steps, rates, marker="braille")
    plotext.xlabel("step")
    plotext.title("learning rate")
    return str(plotext.uncolorize(plotext.build()))
