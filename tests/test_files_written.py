"""How ``save_spec`` writes: as a whole or not at all, text of every kind, and a word where a package is missing."""

from __future__ import annotations

import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_optkit import AdamSpec, ParamGroup, SGDSpec, SpecFileError, load_spec, save_spec

SUFFIXES = [".json", ".yaml", ".toml"]
OLD, NEW = AdamSpec(beta_1=0.8), SGDSpec(momentum=0.9)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with nothing but the spec ``OLD`` in every format."""
    for suffix in SUFFIXES:
        save_spec(OLD, tmp_path / f"spec{suffix}")
    assert sorted(os.listdir(tmp_path)) == ["spec.json", "spec.toml", "spec.yaml"]
    return tmp_path


# The whole file or nothing


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_was_there_before_is_replaced(suffix, folder):
    save_spec(NEW, folder / f"spec{suffix}")
    assert load_spec(folder / f"spec{suffix}") == NEW
    assert len(os.listdir(folder)) == 3


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("step", ["os.write", "os.replace", "os.rename"])
def test_a_failure_at_any_step_of_writing_leaves_the_old_file_and_nothing_else(suffix, step, folder, monkeypatch):
    reached = []

    def full(*arguments: object, **options: object) -> None:
        reached.append(step)
        raise OSError(28, "No space left on device")

    def half_written(self: Path, text: str, *arguments: object, **options: object) -> None:
        self.write_bytes(text.encode()[:10])
        full()

    before = (folder / f"spec{suffix}").read_bytes()
    with monkeypatch.context() as patch:
        if step == "os.write":
            patch.setattr(Path, "write_text", half_written)
        else:
            patch.setattr(step, full)
            patch.setattr(Path, step.removeprefix("os."), full)
        with pytest.raises(OSError, match="No space left") if step != "os.rename" else _either_way():
            save_spec(NEW, folder / f"spec{suffix}")
    assert reached or step == "os.rename"
    if reached:
        assert (folder / f"spec{suffix}").read_bytes() == before
    assert len(os.listdir(folder)) == 3
