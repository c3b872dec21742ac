"""``plot``: draws the learning rate over the run into a picture."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from keras_optkit.command_line.inputs import read_input
from keras_optkit.command_line.options import add_file, picture
from keras_optkit.command_line.output import OK, report, say
from keras_optkit.formats.findings import one_line
from keras_optkit.preview import plot_schedule


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command and its arguments."""
    parser = commands.add_parser("plot", help="draw the learning rate over the run into a picture")
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        type=picture,
        metavar="PICTURE",
        help="the file to write; its suffix, such as .png, selects the format",
    )
    add_file(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Draw the picture, and return the exit status."""
    (file,) = options.files
    try:
        spec = read_input(file, options, options.key).spec
        figure = _figure()
        axes = figure.subplots()
        plot_schedule(spec, steps_per_epoch=options.steps_per_epoch, epochs=options.epochs, ax=axes)
        figure.savefig(options.output, dpi=150)
    except (OSError, ValueError, ModuleNotFoundError) as error:
        return report(file, error)
    say(one_line(options.output), sys.stdout)
    return OK


def _figure() -> Any:
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("plot needs matplotlib: pip install 'keras_optkit[plot]'") from error
    return Figure(figsize=(7, 4), layout="constrained")
