"""``check``: reports mistakes in files, and specs that do not fit the run."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from keras_optkit.command_line.inputs import STDIN, STDIN_NAME, Input, inputs, read_input
from keras_optkit.command_line.options import add_changes, add_input, add_run
from keras_optkit.command_line.output import MISTAKES, OK, as_annotations, as_json, as_text, coloured, found_in, say
from keras_optkit.files import ReadSpec
from keras_optkit.formats.findings import Finding, one_line
from keras_optkit.specs.layout import on_one_line
from keras_optkit.specs.resolving import RunLength, resolve
from keras_optkit.specs.run_fit import misfits

_WRITERS = {"text": as_text, "json": as_json, "github": as_annotations}


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command and its arguments."""
    parser = commands.add_parser(
        "check",
        help="check the specs in files",
        description="Checks the specs in files, and lists all mistakes in all of them.",
        epilog="The exit status is 0 if all is well, 1 if there are mistakes (with --strict, also if there are "
        "warnings), and 2 for an invalid command, or a file that cannot be read.",
    )
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="a .json, .yaml, .yml or .toml file, or a saved .keras or .h5 model; a directory, to check all config "
        "files in it that have a spec (with --key: that have the node), except hidden ones; a glob, such as "
        "'configs/**/*.yaml'; or - for standard input",
    )
    add_input(parser)
    add_changes(parser)
    add_run(parser)
    parser.add_argument("--strict", action="store_true", help="exit with 1 also if a spec does not fit the run")
    parser.add_argument(
        "--output-format",
        choices=_WRITERS,
        default="text",
        help="lines of text (the default), a JSON array, or annotations for GitHub Actions",
    )
    how_much = parser.add_mutually_exclusive_group()
    how_much.add_argument("-q", "--quiet", action="store_true", help="print nothing about files that are ok")
    how_much.add_argument("-v", "--verbose", action="store_true", help="print the specs, and which files are skipped")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Check the files, and return the exit status."""
    write = _WRITERS[options.output_format]
    worst, all_findings = OK, list[Finding]()
    for each in inputs(options.files, options.key):
        findings, status, read = _checked(each, options)
        worst = max(worst, status)
        if write is as_text:
            for line in _about(each, read, options, is_ok=status == OK):
                say(line, sys.stdout)
        if write is as_json:
            all_findings += findings
        else:
            write(findings)
    if write is as_json:
        write(all_findings)
    return worst


def _checked(each: Input, options: argparse.Namespace) -> tuple[list[Finding], int, ReadSpec | None]:
    """The findings in a file, the exit status for it, and the spec if it could be read."""
    if each.is_skipped:
        return [], OK, None
    try:
        if each.problem is not None:
            raise each.problem
        read = read_input(each.name, options, options.key)
        length = RunLength.of(options.steps_per_epoch, options.epochs)
        if any(length):
            resolve(read.spec, length)
        warnings = [read.warning(misfit.path, misfit.text) for misfit in misfits(read.spec, length)]
    except (OSError, ValueError, ModuleNotFoundError) as error:
        return *found_in(_shown(each), error), None
    warnings.sort(key=lambda warning: warning.line or 0)
    return warnings, MISTAKES if warnings and options.strict else OK, read


def _about(each: Input, read: ReadSpec | None, options: argparse.Namespace, *, is_ok: bool) -> Iterator[str]:
    """The line about a file, in addition to its findings."""
    file = one_line(_shown(each))
    if read and options.verbose:
        yield f"{file}: {one_line(on_one_line(read.spec))}"
    elif each.is_skipped and options.verbose:
        yield f"{file}: skipped, has no spec"
    elif read and is_ok and not options.quiet:
        yield f"{file}: {coloured('ok', 'green', sys.stdout)}"


def _shown(each: Input) -> str:
    return STDIN_NAME if each.name == STDIN else each.name
