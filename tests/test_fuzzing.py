"""A short fixed run of the fuzzer, and that it finds what is broken. ``make fuzz`` draws new documents, and many."""

from __future__ import annotations

import pytest
from fuzzing import invariants
from fuzzing.__main__ import fuzz

from keras_optkit import OptimizerSpec, parse_spec


def test_documents_and_files_give_specs_or_documented_errors() -> None:
    accepted, findings = fuzz(seed=0, documents=600, files=150)
    assert findings == []
    assert 100 < accepted < 600  # both are drawn often: specs, and what is refused


def test_an_undocumented_error_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(data: object) -> object:
        if isinstance(data, dict) and "beta_2" in data:
            raise KeyError("beta_2")
        return parse_spec(data)

    monkeypatch.setattr(invariants, "parse_spec", broken)
    _, findings = fuzz(seed=0, documents=200, files=0)
    assert findings
    assert all("KeyError: 'beta_2'" in finding for finding in findings)


def test_a_spec_that_is_read_otherwise_than_it_is_written_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def lossy(data: object) -> object:
        spec = parse_spec(data)
        dumped = isinstance(data, dict) and data.keys() == type(spec).model_fields.keys()
        return spec.replace(name="other") if dumped and isinstance(spec, OptimizerSpec) else spec

    monkeypatch.setattr(invariants, "parse_spec", lossy)
    _, findings = fuzz(seed=0, documents=200, files=0)
    assert findings
