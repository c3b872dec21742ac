"""What must hold for every command line: it soon ends with 0, 1 or 2, says why, and means what ``load_spec`` does."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import sys
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from fuzzing.invariants import LONGEST_ERROR, in_time
from fuzzing.lines import STDIN, Line
from pydantic import ValidationError

from keras_optkit import OptimizerSpec, SpecFileError, describe, learning_rates, load_spec
from keras_optkit.command_line import main
from keras_optkit.command_line.options import override
from keras_optkit.formats import SAVED_MODELS

_ANNOTATION = re.compile(r"::(error|warning) file=[^,:]*(,line=[1-9]\d*)?::.+")


class Done(NamedTuple):
    """How a command ended, and what it wrote."""

    status: object
    out: str
    err: str


def check_line(line: Line, folder: Path) -> bool:
    """Run the line in the current directory, inside of the ``folder``; whether all was well."""
    before = contents(folder)
    done = run(line)
    written = {path for path, state in contents(folder).items() if before.get(path) != state}
    assert done.status in (0, 1, 2), done
    assert "Traceback" not in done.out + done.err, done
    assert all(each.isprintable() for each in (done.out + done.err).split("\n")), done
    assert len(done.err) < 5 * LONGEST_ERROR
    assert done.out or done.err or done.status == 0, done
    assert not before.keys() - contents(folder).keys(), "a file is gone"
    for path in written:
        assert line.command in ("init", "plot"), f"{path} was written"
        assert any(Path(path).name in argument for argument in line.arguments), f"{path} was written"
    if line.is_right:
        CHECKS[line.command](line, done, folder)
    return done.status == 0


def contents(folder: Path) -> dict[str, tuple[int, int]]:
    """What is in the folder: of each file the size and when it was changed."""
    found = {}
    for directory, inner, names in os.walk(folder):
        found |= {f"{directory}/{name}": (0, 0) for name in inner}
        for name in names:
            state = os.lstat(path := f"{directory}/{name}")
            found[path] = (state.st_size, state.st_mtime_ns)
    return found


def run(line: Line) -> Done:
    """Run the line in this process."""
    stdin, stdout = io.TextIOWrapper(io.BytesIO(line.stdin)), io.TextIOWrapper(io.BytesIO(), "utf-8")
    stderr = io.TextIOWrapper(io.BytesIO(), "utf-8", errors="backslashreplace")  # as Python's own
    with mock.patch.multiple(sys, stdin=stdin, stdout=stdout, stderr=stderr), in_time(line.arguments):
        try:
            status: object = main(line.arguments)
        except SystemExit as end:  # of argparse
            status = end.code
    for stream in (stdout, stderr):
        stream.flush()
    return Done(status, stdout.buffer.getvalue().decode(), stderr.buffer.getvalue().decode())


def loaded(line: Line, name: str, folder: Path) -> Any:
    """The spec that ``load_spec`` reads, with the changes of the line."""
    path, key = Path(name), line.key
    if name == STDIN or (line.input_format and path.is_file()):
        content = line.stdin if name == STDIN else path.read_bytes()
        path = folder / f"read.{line.input_format}"
        path.write_bytes(content)
    elif line.command == "diff" and path.suffix in SAVED_MODELS:
        key = None
    spec = load_spec(path, key=key)
    return spec.override(line.changes) if line.changes else spec


def expected(line: Line, name: str, folder: Path) -> int:
    """How the line must end for the file."""
    try:
        spec = loaded(line, name, folder)
        if line.command == "check" and line.run:
            spec.resolve(**line.run)
        elif line.command == "show":
            describe(spec, **line.run)
            if len(line.run) == 2:
                learning_rates(spec, [0, 1], **line.run)
    except OSError:
        return 2
    except (SpecFileError, ValidationError, ValueError):
        return 1 if name == STDIN or Path(name).is_file() else 2
    return 0


def check_check(line: Line, done: Done, folder: Path) -> None:
    """Each file ends as ``load_spec`` does, and all findings are reported in the format."""
    if not any(Path(name).is_dir() or re.search(r"[*\[]", name) for name in line.files):
        worst = max(expected(line, name, folder) for name in line.files)
        assert done.status == worst or (line.is_strict and (done.status, worst) == (1, 0)), (done, worst)
    if line.output_format == "json":
        found = json.loads(done.out)
        assert done.status == 0 or found
        assert all(each["severity"] in ("error", "warning") and each["message"] for each in found)
        assert done.status or all(each["severity"] == "warning" for each in found)
        assert not done.err
    elif line.output_format == "github":
        assert all(_ANNOTATION.fullmatch(each) for each in done.out.splitlines()), done
        assert done.status == 0 or done.out
    else:
        assert done.status == 0 or done.err


def check_show(line: Line, done: Done, folder: Path) -> None:
    """A spec is shown if ``load_spec`` accepts it, and if its durations can be converted."""
    assert (done.status == 0) == (expected(line, line.files[0], folder) == 0), done
    assert bool(done.out) == (done.status == 0)


def check_plot(line: Line, done: Done, folder: Path) -> None:
    """A picture is of a spec that ``load_spec`` accepts."""
    if done.status == 0:
        assert loaded(line, line.files[0], folder)
        assert Path(line.output or "").read_bytes()[:4] in (b"\x89PNG", b"<?xm", b"%PDF")


def check_diff(line: Line, done: Done, folder: Path) -> None:
    """What is printed makes the one spec the other."""
    try:
        a, b = (loaded(line, name, folder) for name in line.files)
    except (OSError, SpecFileError):
        assert done.status == 2, done
        return
    if isinstance(a, OptimizerSpec) != isinstance(b, OptimizerSpec):
        assert done.status == 2, done
        return
    assert (done.status == 0) == (a == b), done
    changes = dict(override(each) for each in shlex.split(done.out))
    assert bool(changes) == (done.status == 1)
    assert (a.override(changes) if changes else a) == b, done


def check_init(line: Line, done: Done, folder: Path) -> None:
    """What is written is a spec of that optimizer; a file that is there is kept."""
    if done.status == 0:
        written = Path(line.output).read_bytes() if line.output else done.out.encode()
        path = folder / "read.yaml"
        path.write_bytes(written)
        assert load_spec(path).type == line.files[0]
    else:
        assert done.status == 2, done
        assert line.output is not None, done


def check_schema(line: Line, done: Done, folder: Path) -> None:
    """The schema is JSON."""
    assert done.status == 0
    assert json.loads(done.out)["$defs"]


CHECKS = {
    "check": check_check,
    "show": check_show,
    "plot": check_plot,
    "diff": check_diff,
    "init": check_init,
    "schema": check_schema,
}
