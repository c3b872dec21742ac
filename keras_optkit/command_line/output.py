"""The output of the commands, in whole lines, with colours only in a terminal; and their exit statuses."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from typing import TextIO

from pydantic import ValidationError

from keras_optkit.formats.findings import Finding, SpecFileError, one_line
from keras_optkit.specs.resolving import UnknownRunError

#: Exit statuses: all is well; mistakes, or a difference; an invalid command, or a file that cannot be read.
OK, MISTAKES, TROUBLE = 0, 1, 2

_COLOURS = {"bold": 1, "red": 31, "green": 32, "yellow": 33}


def say(text: str, stream: TextIO) -> None:
    """Print without buffering, so that errors and results keep their order if both go into one pipe or file."""
    try:
        print(text, file=stream, flush=True)
    except OSError as error:
        # Discard what is in the stream's buffer: otherwise Python would try to write it again on exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        # The reader of a pipe may close it early, such as `head`. The command still has to compute its exit status.
        if not isinstance(error, BrokenPipeError):
            raise


def coloured(text: str, colour: str, stream: TextIO) -> str:
    """``text``, in a ``colour`` if ``stream`` is a terminal and the environment does not forbid it.

    NO_COLOR (https://no-color.org) takes precedence over FORCE_COLOR, as in Python itself.
    """
    wanted = not os.environ.get("NO_COLOR") and (
        os.environ.get("FORCE_COLOR") or (stream.isatty() and os.environ.get("TERM") != "dumb")
    )
    return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m" if wanted and text else text


def report(file: str, error: Exception) -> int:
    """Print the mistakes in ``file`` as text, and return the exit status."""
    findings, status = found_in(file, error)
    as_text(findings)
    return status


def found_in(file: str, error: Exception) -> tuple[list[Finding], int]:
    """The findings in ``error`` about ``file``, and the exit status for it."""
    if isinstance(error, SpecFileError):
        return error.findings, MISTAKES
    if isinstance(error, ValidationError):  # about an override or the run, which have no line
        mistakes = error.errors(include_url=False)
        return [Finding(file, None, ".".join(map(str, each["loc"])), each["msg"]) for each in mistakes], MISTAKES
    if isinstance(error, OSError):
        return [Finding(str(error.filename or file), None, "", error.strerror or str(error))], TROUBLE
    if isinstance(error, UnknownRunError):
        options = " and ".join(f"--{name.replace('_', '-')}" for name in error.missing)
        return [Finding(file, None, "", f"{error.reason}: pass {options}")], MISTAKES
    status = TROUBLE if isinstance(error, ModuleNotFoundError) else MISTAKES
    return [Finding(file, None, "", " ".join(str(error).split()))], status


def as_text(findings: Iterable[Finding]) -> None:
    """Print each finding on one line of standard error: the file, the line, the path and the rule."""
    for finding in findings:
        is_error = finding.severity == "error"
        parts = [
            (finding.where, "bold"),
            ("" if is_error else finding.severity, "yellow"),
            (finding.path, "red" if is_error else "yellow"),
        ]
        shown = [coloured(one_line(part), colour, sys.stderr) for part, colour in parts if part]
        say(": ".join([*shown, one_line(finding.message)]), sys.stderr)


def as_annotations(findings: Iterable[Finding]) -> None:
    """Print each finding on one line of standard output. GitHub shows it next to the line of the file."""
    for finding in findings:
        properties = {"file": finding.file, **({"line": str(finding.line)} if finding.line else {})}
        written = ",".join(f"{name}={_escaped(value, ':,')}" for name, value in properties.items())
        text = ": ".join(part for part in (finding.path, finding.message) if part)
        say(one_line(f"::{finding.severity} {written}::{_escaped(text)}"), sys.stdout)


def as_json(findings: Iterable[Finding]) -> None:
    """Print all findings as one JSON array on standard output."""
    say(json.dumps([finding._asdict() for finding in findings], indent=2), sys.stdout)


def _escaped(text: str, marks: str = "") -> str:
    """``text`` with escapes that GitHub's runner understands, for its special characters and for ``marks``."""
    for mark in ("%", "\r", "\n", *marks):
        text = text.replace(mark, f"%{ord(mark):02X}")
    return text
