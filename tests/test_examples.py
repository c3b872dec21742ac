"""The random examples of ``make test`` are the same in each run, so that what passes here passes everywhere."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


def drawn() -> list[str]:
    examples = []

    @given(st.tuples(st.integers(), st.floats(), st.text()))
    def remember(values: tuple[int, float, str]) -> None:
        examples.append(repr(values))

    remember()
    return examples


@pytest.mark.skipif(not settings().derandomize, reason="this run draws new examples")
def test_examples_do_not_depend_on_what_was_imported_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = drawn()
    constants = [f"numbers_{i} = {10**9 + i}, {i}.03125, 'a curious text {i}'" for i in range(100)]
    (tmp_path / "module_of_curious_constants.py").write_text("\n".join(constants))
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("module_of_curious_constants")
    assert drawn() == before
