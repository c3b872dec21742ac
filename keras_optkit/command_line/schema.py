"""``schema``: prints the JSON Schema of a config file."""

from __future__ import annotations

import argparse
import json
import sys

from keras_optkit.command_line.output import OK, say
from keras_optkit.schema import json_schema


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command and its arguments."""
    parser = commands.add_parser("schema", help="print the JSON Schema of a config file, for editors")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the schema, and return the exit status."""
    say(json.dumps(json_schema(), indent=2), sys.stdout)
    return OK
