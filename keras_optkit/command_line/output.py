"""What the commands print: whole lines at once, in colours only where somebody reads them, and how they end."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from typing import TextIO

from pydantic import ValidationError

from keras_optkit.formats.findings import Finding, SpecFileError, one_line
from keras_optkit.specs.resolving import UnknownRunError

#: How a command ends: all is well; there are mistakes, or a difference; a wrong command, or a file out of reach.
OK, MISTAKES, TROUBLE = 0, 1, 2

_COLOURS = {"bold": 1, "red": 31, "green": 32, "yellow": 33}


def say(text: str, stream: TextIO) -> None:
    """Prints at once, so that errors and results keep their order where both go into one pipe or file."""
    try:
        print(text, file=stream, flush=True)
    except OSError as error:
        # What the stream still holds, and gets from now on, vanishes; Python would try again when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        # Whoever reads a pipe may have seen enough, while the exit status is still to be found.
        if not isinstance(error, BrokenPipeError):
            raise


def coloured(text: str, colour: str, stream: TextIO) -> str:
    """``text``, in a ``colour`` if ``stream`` is a terminal and the environment says nothing else.

    NO_COLOR (https://no-color.org) comes before FORCE_COLOR, as in Python itself.
    """
    wanted = not os.environ.get("NO_COLOR") and (
        os.environ.get("FORCE_COLOR") or (stream.isatty() and os.environ.get("TERM") != "dumb")
    )
    return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m" if wanted and text else text


def report(file: str, error: Exception) -> int:
    """Prints what is wrong with ``file`` as text, and returns how the command ends."""
    findings, status = found_in(file, error)
    as_text(findings)
    return status


def found_in(file: str, error: Exception) -> tuple[list[Finding], int]:
    """What ``error`` says about ``file``, and how a command ends that raised it."""
    if isinstance(error, SpecFileError):
        return error.findings, MISTAKES
    if isinstance(error, ValidationError):  # of an override or of a run, which have no line
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
    """One line for each on standard error: the file, the line, the path and the rule."""
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
    """One line for each on standard output, which GitHub shows beside the line of the file."""
    for finding in findings:
        properties = {"file": finding.file, **({"line": str(finding.line)} if finding.line else {})}
        written = ",".join(f"{name}={_escaped(value, ':,')}" for name, value in properties.items())
        text = ": ".join(part for part in (finding.path, finding.message) if part)
        say(one_line(f"::{finding.severity} {written}::{_escaped(text)}"), sys.stdout)


def as_json(findings: Iterable[Finding]) -> None:
    """All in one JSON array on standard output."""
    say(json.dumps([finding._asdict() for finding in findings], indent=2), sys.stdout)


def _escaped(text: str, marks: str = "") -> str:
    """``text`` with the escapes that GitHub's runner reads back, for its own marks and for ``marks``."""
    for mark in ("%", "\r", "\n", *marks):
        text = text.replace(mark, f"%{ord(mark):02X}")
    return text
