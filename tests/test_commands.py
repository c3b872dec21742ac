"""The workflow, the hooks and the documents name commands of the Makefile, and all Pythons that the package is for."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[1]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
DOCUMENTS = [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob(".github/*.md")]


def read(path: str) -> Any:
    return YAML(typ="safe").load((ROOT / path).read_text(encoding="utf-8"))


def jobs() -> dict[str, Any]:
    found: dict[str, Any] = read(".github/workflows/checks.yml")["jobs"]
    return found


def commands(job: dict[str, Any]) -> list[str]:
    """What a job runs, with each command of its matrix written out."""
    written = [step["run"] for step in job["steps"] if "run" in step]
    matrix = job["strategy"]["matrix"].get("command", [""])
    return [line.replace("${{ matrix.command }}", command) for line in written for command in matrix]


def test_every_target_is_phony() -> None:
    assert set(re.findall(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)[0].split()) == TARGETS


@pytest.mark.parametrize("name", jobs())
def test_a_job_runs_commands_of_the_makefile_and_nothing_else(name: str) -> None:
    lines = commands(jobs()[name])
    assert lines
    assert [line for line in lines if line.removeprefix("make ") not in TARGETS] == []


def test_the_workflow_runs_every_command_that_can_fail() -> None:
    run = {line.removeprefix("make ") for job in jobs().values() for line in commands(job)}
    parts = {"lint", "build", "quick"}  # of check and test
    by_hand = {"help", "clean", "bench", "fuzz", "coverage-of-keras", "mutants"}
    told = set(re.findall(r"^([a-z-]+):.*##", MAKEFILE, re.MULTILINE))  # the others are parts of these
    assert run == told - parts - by_hand


def test_the_workflow_tests_every_python_of_the_package() -> None:
    prefix = "Programming Language :: Python :: 3."
    supported = [line.rpartition(" ")[2] for line in PROJECT["project"]["classifiers"] if line.startswith(prefix)]
    assert jobs()["newest"]["strategy"]["matrix"]["python"] == supported
    assert PROJECT["project"]["requires-python"] == f">={supported[0]}"


def test_a_hook_is_a_command_of_the_makefile() -> None:
    hooks = [hook for repo in read(".pre-commit-config.yaml")["repos"] for hook in repo["hooks"]]
    assert hooks
    assert all(hook["entry"] == hook["name"] == f"make {hook['id']}" for hook in hooks)
    assert {hook["id"] for hook in hooks} <= TARGETS


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_a_command_that_a_document_names_is_there(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert set(re.findall(r"(?:`|^)make ([a-z-]+)", text, re.MULTILINE)) <= TARGETS


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_a_file_that_a_document_names_is_there(path: Path) -> None:
    named = re.findall(r"`((?:keras_optkit|tests|docs|\.github|\.ci)/[\w./]+\w)`", path.read_text(encoding="utf-8"))
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_no_extra_is_for_developers_only() -> None:
    assert not PROJECT["project"]["optional-dependencies"].keys() & PROJECT["dependency-groups"].keys()
    assert {"dev", "docs"} <= PROJECT["dependency-groups"].keys()
