"""Saved models: the optimizer of each Keras's files is read, and no file hangs, fills the memory or is misread."""

from __future__ import annotations

import contextlib
import struct
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from saved_files import ERRORS, GOOD, SAVED, SGD, SPECS, config, is_one_clear_error, zipped

from keras_optkit import AdamSpec, SGDSpec, SpecFileError, load_spec, save_spec


@pytest.mark.parametrize("name", [name for name in SPECS if zipfile.is_zipfile(SAVED / name)])
def test_the_optimizer_of_a_saved_model_is_read_whatever_keras_saved_it(name: str) -> None:
    assert load_spec(SAVED / name) == SPECS[name]


@pytest.mark.parametrize("name", [name for name in ERRORS if zipfile.is_zipfile(SAVED / name)])
def test_what_cannot_be_read_is_one_line_that_says_why(name: str) -> None:
    with pytest.raises(SpecFileError) as raised:
        load_spec(SAVED / name)
    (line,) = raised.value.lines
    assert line.startswith(f"{SAVED / name}: {ERRORS[name]}")


def test_every_saved_model_is_tested_and_all_are_small() -> None:
    files = {path.name: path.stat().st_size for path in SAVED.glob("keras_*")}
    assert files.keys() == SPECS.keys() | ERRORS.keys()
    assert sum(files.values()) < 250_000


def test_a_key_leads_into_the_spec() -> None:
    path = SAVED / "keras_3_15_grouped.keras"
    assert load_spec(path, key="learning_rate.schedule") == SPECS[path.name].learning_rate.schedule
    with pytest.raises(SpecFileError, match="there is no 'config'"):
        load_spec(path, key="config")


@pytest.mark.parametrize("suffix", [".keras", ".h5", ".hdf5"])
def test_a_saved_model_is_not_written(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"model{suffix}"
    words = "the spec cannot be written into a saved model: use a .json, .yaml or .toml file$"
    with pytest.raises(SpecFileError, match=words):
        save_spec(AdamSpec(), path)
    path.write_bytes(b"a model of hours")
    with pytest.raises(SpecFileError, match=words):
        save_spec(AdamSpec(), path)
    assert path.read_bytes() == b"a model of hours"


@pytest.mark.parametrize(
    "content",
    [
        zipped(("metadata.json", b"{}"), ("config.json", GOOD), ("model.weights.h5", b"x")),
        zipped(("config.json", GOOD), compression=zipfile.ZIP_DEFLATED),
    ],
    ids=["stored", "deflated"],
)
def test_what_kerases_may_write_is_read(content: bytes, tmp_path: Path) -> None:
    for name in ("model.keras", "model.H5"):
        (tmp_path / name).write_bytes(content)
        assert load_spec(tmp_path / name) == SGDSpec(learning_rate=0.5)


def changed(content: bytes, old: bytes, new: bytes) -> bytes:
    assert old in content
    return content.replace(old, new)


def deep(levels: int) -> bytes:
    return b'{"compile_config": {"optimizer": ' + b"[" * levels + b"]" * levels + b"}}"


def nested(levels: int) -> Any:
    value: Any = 0.1
    for _ in range(levels):
        value = [value]
    return {"class_name": "SGD", "config": {"learning_rate": value}}


#: How an entry of a zip's directory begins; its flags and its method come next.
DIRECTORY = b"PK\x01\x02\x14\x03\x14\x00"
#: A zip that claims to have a directory of 30 MB.
LARGE_DIRECTORY = (
    b"PK\x03\x04" + bytes(30_000_000) + b"PK\x05\x06" + struct.pack("<4H2LH", 0, 0, 9, 9, 30_000_000, 4, 0)
)
HOSTILE = {
    "empty": (b"", "is not a model saved by Keras, which is a zip or an HDF5 file"),
    "text": (b"type: Adam", "is not a model saved by Keras"),
    "truncated zip": (zipped(("config.json", GOOD))[:-30], "is a zip file that cannot be read"),
    "zip of nothing else": (zipped(("x", b"x")), "has no config.json"),
    "absolute name of the config": (zipped(("/config.json", GOOD)), "is a zip file with a member outside of it"),
    "absolute member": (zipped(("config.json", GOOD), ("/etc/passwd", b"x")), "member outside of it: '/etc/passwd'"),
    "member above": (zipped(("config.json", GOOD), ("a/../../x", b"x")), "member outside of it: 'a/../../x'"),
    "two configs": (
        changed(zipped(("config.json", config(None)), ("konfig.json", GOOD)), b"konfig", b"config"),
        "two members of the same name",
    ),
    "encrypted": (
        changed(zipped(("config.json", GOOD)), DIRECTORY + b"\x00\x00", DIRECTORY + b"\x01\x00"),
        "is encrypted: 'config.json'",
    ),
    "bz2": (zipped(("config.json", GOOD), compression=zipfile.ZIP_BZIP2), "with a method that Keras does not use"),
    "lzma": (zipped(("config.json", GOOD), compression=zipfile.ZIP_LZMA), "with a method that Keras does not use"),
    "unknown method": (
        changed(zipped(("config.json", GOOD)), DIRECTORY + b"\x00\x00\x00\x00", DIRECTORY + b"\x00\x00\x63\x00"),
        "with a method that Keras does not use",
    ),
    "bomb": (
        zipped(("config.json", b" " * 100_000_000), compression=zipfile.ZIP_DEFLATED),
        "config.json: is too large: the limit is 16,000,000 bytes",
    ),
    "bomb that declares to be small": (
        changed(
            zipped(("config.json", b" " * 20_000_000), compression=zipfile.ZIP_DEFLATED),
            struct.pack("<I", 20_000_000),
            struct.pack("<I", 1000),
        ),
        "is a zip file that cannot be read",
    ),
    "another content than its checksum": (
        changed(zipped(("config.json", GOOD)), b'"SGD"', b'"sgd"'), "is a zip file that cannot be read"
    ),
    "a directory of 30 MB": (LARGE_DIRECTORY, "finding its config takes more than 20,000,000 bytes"),
    "JSON that is none": (zipped(("config.json", b"{")), "config.json: is not JSON: Expecting property name"),
    "JSON that is no mapping": (zipped(("config.json", b"[1]")), r"config.json: must be a mapping, received \[1\]"),
    "JSON that is not UTF-8": (zipped(("config.json", b'"\xff"')), "config.json: is not UTF-8"),
    "JSON with a name twice": (
        zipped(("config.json", b'{"compile_config": 1, "compile_config": 2}')),
        "config.json: 'compile_config' is written twice in one object",
    ),
    "JSON that is deep": (zipped(("config.json", deep(100_000))), "config.json: is nested too deeply"),
    "JSON of lists": (
        zipped(("config.json", b"[" + b"[]," * 3_000_000 + b"1]")), "expands to more than 100,000 values"
    ),
    "JSON with an int of 5,000 digits": (
        zipped(("config.json", b'{"a": ' + b"1" * 5000 + b"}")), "config.json: has an integer of more than 4,000 digits"
    ),
    "an optimizer that is deep": (zipped(("config.json", config(nested(300)))), "is nested too deeply"),
    "an optimizer of a million values": (
        zipped(("config.json", config({**SGD, "config": {"values": [1] * 200_000}}))), "expands to more than 100,000"
    ),
    "no optimizer": (zipped(("config.json", config(None))), "has no optimizer: the model was not compiled"),
    "an optimizer that is a list": (zipped(("config.json", config([1]))), "has no optimizer"),
    "an optimizer of somebody's own": (
        zipped(("config.json", config({"class_name": "my>Own", "config": {}}))), "there is no spec for 'my>Own'"
    ),
    "a wrong value": (
        zipped(("config.json", config({"class_name": "Adam", "config": {"beta_1": 2}}))),
        r"beta_1: must be in \[0, 1\), received 2",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_is_one_clear_error_within_bounds(what: str, tmp_path: Path) -> None:
    is_one_clear_error(tmp_path / "model.keras", *HOSTILE[what])


def test_damaged_files_are_errors_or_are_read(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    random = np.random.default_rng(0)
    content = zipped(("config.json", GOOD))
    for _ in range(300):
        damaged = bytearray(content)
        for place in random.integers(0, len(content), 3):
            damaged[place] = random.integers(0, 256)
        path.write_bytes(damaged)
        with contextlib.suppress(SpecFileError):
            assert load_spec(path)


def test_of_a_large_file_little_is_read(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", GOOD)
        archive.writestr("model.weights.h5", bytes(80_000_000))
    tracemalloc.start()
    assert load_spec(path) == SGDSpec(learning_rate=0.5)
    assert tracemalloc.get_traced_memory()[1] < 25_000_000
    tracemalloc.stop()
