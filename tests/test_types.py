"""What the public API is to type checkers: the installed mypy --strict and pyright read the files in tests/typing."""

import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
RIGHT, WRONG = (Path(__file__).parent / "typing" / name for name in ("assert_types.py", "wrong.py"))

#: Line number -> what the checker says there, by file.
Reports = dict[Path, dict[int, list[str]]]


def mypy() -> Reports:
    reports: Reports = defaultdict(lambda: defaultdict(list))
    output = run("mypy", "--strict", "--no-error-summary", "--no-pretty", "--show-absolute-path", RIGHT, WRONG)
    for path, line, message in re.findall(r"^(.+?):(\d+): error: (.*)$", output, flags=re.MULTILINE):
        reports[Path(path)][int(line)].append(message)
    return reports


def pyright() -> Reports:
    reports: Reports = defaultdict(lambda: defaultdict(list))
    output = run("pyright", "--outputjson", "--pythonpath", sys.executable, RIGHT, WRONG)
    for report in json.loads(output)["generalDiagnostics"]:
        if report["severity"] == "error":
            # Pyright counts lines from 0.
            reports[Path(report["file"])][report["range"]["start"]["line"] + 1].append(report["message"])
    return reports


def run(checker: str, *arguments: str | Path) -> str:
    command = [sys.executable, "-m", checker, *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 1, f"{checker} found nothing, or broke down:\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module", params=[mypy, pyright], ids=["mypy", "pyright"])
def reports(request: pytest.FixtureRequest) -> Reports:
    return request.param()


def test_every_call_has_the_type_that_assert_types_says(reports: Reports) -> None:
    assert reports[RIGHT] == {}


def test_every_wrong_line_is_reported_and_no_other(reports: Reports) -> None:
    lines = enumerate(WRONG.read_text().splitlines(), start=1)
    wrong = [number for number, line in lines if "  # wrong" in line]
    assert len(wrong) > 20
    assert sorted(reports[WRONG]) == wrong
