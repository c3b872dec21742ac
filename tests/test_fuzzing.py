"""A short fixed run of the fuzzer, and that it finds what is broken. ``make fuzz`` draws new documents, and many."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, NoReturn

import pytest
from fuzzing import invariants
from fuzzing.__main__ import fuzz

from keras_optkit import OptimizerSpec, load_spec, parse_spec
from keras_optkit.command_line.inputs import read_input


@pytest.mark.parametrize(
    ("kind", "count", "least", "most"), [("documents", 600, 80, 500), ("files", 150, 15, 100), ("models", 100, 30, 70)]
)
def test_whatever_is_read_gives_specs_or_documented_errors(kind: str, count: int, least: int, most: int) -> None:
    report = fuzz(seed=0, **{kind: count})
    assert report.findings == []
    assert least < report.accepted < most  # both are drawn often: specs, and what is refused


def test_command_lines_mean_what_load_spec_does() -> None:
    report = fuzz(seed=0, lines=120)
    assert report.findings == []
    assert 15 < report.accepted < 100


def test_an_undocumented_error_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(data: object) -> object:
        if isinstance(data, dict) and "beta_2" in data:
            raise KeyError("beta_2")
        return parse_spec(data)

    monkeypatch.setattr(invariants, "parse_spec", broken)
    findings = fuzz(seed=0, documents=200).findings
    assert findings
    assert all("KeyError: 'beta_2'" in finding for finding in findings)


def test_a_spec_that_is_read_otherwise_than_it_is_written_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def lossy(data: object) -> object:
        spec = parse_spec(data)
        dumped = isinstance(data, dict) and data.keys() == type(spec).model_fields.keys()
        return spec.replace(name="other") if dumped and isinstance(spec, OptimizerSpec) else spec

    monkeypatch.setattr(invariants, "parse_spec", lossy)
    findings = fuzz(seed=0, documents=200).findings
    assert findings


def test_a_model_that_is_read_otherwise_than_it_was_saved_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def lossy(path: Path, **options: str) -> object:
        spec = load_spec(path, **options)
        return type(spec)() if isinstance(spec, OptimizerSpec) else spec

    monkeypatch.setattr(invariants, "load_spec", lossy)
    findings = fuzz(seed=0, models=50).findings
    assert findings
    assert all("AssertionError" in finding for finding in findings)


def read_otherwise(*arguments: Any) -> NoReturn:
    raise KeyError("x")


def leave_a_file(name: str, *arguments: Any) -> NoReturn:
    Path("left.tmp").touch()
    raise OSError(5, "Input/output error", name)


def ignore_changes(name: str, options: argparse.Namespace, key: str | None) -> object:
    return read_input(name, argparse.Namespace(**vars(options) | {"set": []}), key)


@pytest.mark.parametrize(
    ("broken", "words"),
    [(read_otherwise, "KeyError"), (leave_a_file, "left.tmp was written"), (ignore_changes, "AssertionError: (Done(")],
)
def test_a_broken_command_is_found(monkeypatch: pytest.MonkeyPatch, broken: Any, words: str) -> None:
    monkeypatch.setattr("keras_optkit.command_line.check.read_input", broken)
    findings = fuzz(seed=0, lines=50).findings
    assert findings
    assert any(words in finding for finding in findings)
