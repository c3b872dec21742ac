"""Saved models that are HDF5 files, which are read by another process."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from saved_files import ERRORS, SAVED, SGD, SPECS, is_one_clear_error

from keras_optkit import SGDSpec, SpecFileError, load_spec
from keras_optkit.formats.keras import print_attribute


@pytest.mark.parametrize("name", [name for name in SPECS if h5py.is_hdf5(SAVED / name)])
def test_the_optimizer_of_a_saved_model_is_read_whatever_keras_saved_it(name: str) -> None:
    assert load_spec(SAVED / name) == SPECS[name]


@pytest.mark.parametrize("name", [name for name in ERRORS if h5py.is_hdf5(SAVED / name)])
def test_what_cannot_be_read_is_one_line_that_says_why(name: str) -> None:
    with pytest.raises(SpecFileError) as raised:
        load_spec(SAVED / name)
    (line,) = raised.value.lines
    assert line.startswith(f"{SAVED / name}: {ERRORS[name]}")


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_reading_a_saved_model_imports_no_keras(suffix: str) -> None:
    code = (
        "import sys, keras_optkit\n"
        f"keras_optkit.load_spec({str(SAVED / 'keras_3_15_grouped')!r} + {suffix!r})\n"
        "assert not {'keras', 'tensorflow'} & sys.modules.keys()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def hdf5(make: Callable[[Any], object]) -> bytes:
    file = io.BytesIO()
    with h5py.File(file, "w") as root:
        make(root)
    return file.getvalue()


def with_attribute(value: Any, dtype: Any = None, **others: Any) -> bytes:
    def make(root: Any) -> None:
        root.attrs.create("training_config", value, dtype=dtype)
        for name, other in others.items():
            root.attrs[name] = other

    return hdf5(make)


def training(optimizer: Any) -> bytes:
    return json.dumps({"loss": "mse", "optimizer_config": optimizer}).encode()


@pytest.mark.parametrize(
    "content",
    [
        with_attribute(training(SGD).decode()),
        with_attribute(training(SGD)),
        with_attribute(np.bytes_(training(SGD))),  # of a fixed length
    ],
    ids=["text", "bytes", "fixed length"],
)
def test_what_kerases_may_write_is_read(content: bytes, tmp_path: Path) -> None:
    for name in ("model.keras", "model.H5"):
        (tmp_path / name).write_bytes(content)
        assert load_spec(tmp_path / name) == SGDSpec(learning_rate=0.5)


def link_out(root: Any) -> None:
    root["training_config"] = h5py.ExternalLink("/etc/passwd", "/")
    root["model_weights"] = h5py.SoftLink("/model_weights")


def virtual(root: Any) -> None:
    layout = h5py.VirtualLayout(shape=(10**9,), dtype="f8")
    layout[:] = h5py.VirtualSource("/dev/zero", "x", shape=(10**9,))
    root.create_virtual_dataset("training_config", layout)


HOSTILE = {
    "the signature of HDF5 alone": (b"\x89HDF\r\n\x1a\n", "is an HDF5 file that cannot be read"),
    "truncated HDF5": (with_attribute(training(SGD))[:700], "is an HDF5 file that cannot be read"),
    "weights only": (hdf5(lambda root: root.create_group("layers")), "has no optimizer: it has only weights"),
    "not compiled HDF5": (
        hdf5(lambda root: root.attrs.create("model_config", "{}")), "has no optimizer: the model was not compiled"
    ),
    "links": (hdf5(link_out), "has no optimizer: it has only weights"),
    "a virtual dataset": (hdf5(virtual), "has no optimizer: it has only weights"),
    "an attribute that is a number": (with_attribute(3.0), "training_config: is not text"),
    "an attribute of many texts": (with_attribute(np.array([b"{}"] * 100)), "training_config: is not text"),
    "an attribute of nothing": (with_attribute(h5py.Empty("S10")), "training_config: is not text"),
    "an attribute that refers": (
        hdf5(lambda root: root.attrs.create("training_config", root.ref, dtype=h5py.ref_dtype)), "is not text"
    ),
    "an attribute of another JSON": (with_attribute("[]"), "training_config: must be a mapping"),
    "an attribute that is not UTF-8": (with_attribute(b'"\xff"'), "training_config: is not UTF-8"),
    "an attribute of 18 MB": (with_attribute(" " * 18_000_000), "training_config: is too large"),
    "an attribute of 30 MB": (with_attribute(" " * 30_000_000), "finding its config takes more than 20,000,000 bytes"),
    "no optimizer in HDF5": (with_attribute(training(None)), "has no optimizer"),
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_is_one_clear_error_within_bounds(what: str, tmp_path: Path) -> None:
    is_one_clear_error(tmp_path / "model.keras", *HOSTILE[what])


def attribute_in(content: bytes, path: Path) -> None:
    """What the other process does, done in this one."""
    path.write_bytes(content)
    kept = os.dup(0)
    try:
        with path.open("rb") as file:
            os.dup2(file.fileno(), 0)
        print_attribute()
    finally:
        os.dup2(kept, 0)
        os.close(kept)


@pytest.mark.parametrize("text", [training(SGD).decode(), training(SGD), np.bytes_(training(SGD)), b"\xff"])
def test_the_process_prints_the_bytes_of_the_attribute(text: Any, tmp_path: Path, capsysbinary: Any) -> None:
    attribute_in(with_attribute(text), tmp_path / "model.h5")
    assert capsysbinary.readouterr() == (text.encode() if isinstance(text, str) else bytes(text), b"")


@pytest.mark.parametrize("what", HOSTILE)
def test_the_process_tells_a_mistake_by_its_exit_status(what: str, tmp_path: Path, capsysbinary: Any) -> None:
    content, words = HOSTILE[what]
    if "JSON" in what or what in {"an attribute that is not UTF-8", "an attribute of 18 MB", "no optimizer in HDF5"}:
        attribute_in(content, tmp_path / "model.h5")  # what is in the attribute is judged by the first process
        return
    with pytest.raises(SystemExit) as ended:
        attribute_in(content, tmp_path / "model.h5")
    assert ended.value.code == 3
    out, err = capsysbinary.readouterr()
    assert out == b""
    assert words in err.decode()


def test_a_text_of_a_fixed_length_is_read_up_to_the_limit(
    tmp_path: Path, capsysbinary: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = with_attribute(np.bytes_(b"x" * 100))
    monkeypatch.setattr("keras_optkit.formats.keras._MOST_JSON", 100)
    attribute_in(content, tmp_path / "model.h5")
    assert capsysbinary.readouterr().out == b"x" * 100
    monkeypatch.setattr("keras_optkit.formats.keras._MOST_JSON", 99)
    with pytest.raises(SystemExit):
        attribute_in(content, tmp_path / "model.h5")
    assert capsysbinary.readouterr().err == b"training_config: is too large: the limit is 99 bytes"


def test_a_library_that_ends_badly_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model.h5").write_bytes(with_attribute(training(SGD)))
    ended = subprocess.CompletedProcess([], -11, b"", b"")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: ended)
    with pytest.raises(SpecFileError, match=r"cannot be read \(exit status -11 of the HDF5 library\)$"):
        load_spec(tmp_path / "model.h5")


def test_damaged_files_are_errors_or_are_read(tmp_path: Path) -> None:
    path = tmp_path / "model.h5"
    random = np.random.default_rng(0)
    content = with_attribute(training(SGD))
    for _ in range(5):
        damaged = bytearray(content)
        for place in random.integers(0, len(content), 3):
            damaged[place] = random.integers(0, 256)
        path.write_bytes(damaged)
        with contextlib.suppress(SpecFileError):
            assert load_spec(path)


def test_a_file_in_which_the_hdf5_library_loops_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("keras_optkit.formats.keras._MOST_SECONDS", 3)
    content = bytearray(with_attribute(training(SGD).decode()))
    first = content.index(b"GCOL") + 16  # index, count of references and size of the heap's first object
    content[first : first + 16] = bytes(16)
    path = tmp_path / "model.h5"
    path.write_bytes(content)
    with pytest.raises(SpecFileError, match=r"is an HDF5 file that cannot be read within 3 seconds$"):
        load_spec(path)
