"""Saved models: the optimizer of each Keras's files is read, and no file hangs, fills the memory or is misread."""

from __future__ import annotations

import contextlib
import io
import json
import struct
import subprocess
import sys
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from keras_optkit import (
    AdamSpec,
    AdamWSpec,
    CosineDecaySpec,
    ExponentialDecaySpec,
    InverseTimeDecaySpec,
    LionSpec,
    ParamGroup,
    PiecewiseConstantDecaySpec,
    RMSpropSpec,
    ScheduleFreeAdamWSpec,
    SGDSpec,
    SpecFileError,
    WarmupSpec,
    load_spec,
    save_spec,
)

SAVED = Path(__file__).parent.parent / "saved_models"
COSINE = CosineDecaySpec(initial_learning_rate=0.001, decay_steps=100, warmup_target=0.01, warmup_steps=10)
ADAMW = AdamWSpec(learning_rate=COSINE, weight_decay=0.05, global_clipnorm=1)
PIECES = PiecewiseConstantDecaySpec(boundaries=[10, 20], values=[0.1, 0.01, 0.001])
DECAYED = AdamSpec(learning_rate=InverseTimeDecaySpec(initial_learning_rate=0.002, decay_steps=1, decay_rate=0.01))
WARM = WarmupSpec(schedule=CosineDecaySpec(initial_learning_rate=0.1, decay_steps=90), warmup_steps=10)
GROUPED = AdamWSpec(
    learning_rate=WARM,
    exclude_from_weight_decay=["bias_and_norm"],
    groups=[ParamGroup(match="dense", learning_rate_multiplier=0.5)],
)
#: What tests/saved_models/make.py asked each Keras for.
SPECS = {
    "keras_2_4_adam_decay.h5": DECAYED,
    "keras_2_4_sgd_lr.keras": SGDSpec(learning_rate=0.05, momentum=0.9, nesterov=True),
    "keras_2_4_rmsprop_exponential.hdf5": RMSpropSpec(
        learning_rate=ExponentialDecaySpec(initial_learning_rate=0.01, decay_steps=100, decay_rate=0.9, staircase=True),
        centered=True,
    ),
    "keras_2_15_adam_decay.keras": DECAYED,
    "keras_2_15_adamw.keras": ADAMW,
    "keras_2_15_adamw.h5": ADAMW,
    "keras_2_15_rmsprop_by_name.keras": RMSpropSpec(),
    "keras_2_15_fixed_scale.keras": SGDSpec(learning_rate=0.1, loss_scale_factor=128),
    "keras_2_15_dynamic_scale.h5": AdamSpec(learning_rate=0.003),
    "keras_3_0_adamw.keras": ADAMW,
    "keras_3_0_rmsprop.keras": RMSpropSpec(learning_rate=0.0003),
    "keras_3_0_rmsprop_average.h5": RMSpropSpec(
        learning_rate=PIECES, momentum=0.9, use_ema=True, ema_overwrite_frequency=100
    ),
    "keras_3_5_adamw.keras": ADAMW,
    "keras_3_5_scaled_lion.keras": LionSpec(learning_rate=0.0003),
    "keras_3_10_adamw.keras": ADAMW,
    "keras_3_10_scaled_sgd.h5": SGDSpec(learning_rate=PIECES, momentum=0.9, nesterov=True),
    "keras_3_15_adamw.keras": ADAMW,
    "keras_3_15_grouped.keras": GROUPED,
    "keras_3_15_grouped.h5": GROUPED,
    "keras_3_15_schedule_free.keras": ScheduleFreeAdamWSpec(learning_rate=0.01),
}
ERRORS = {
    "keras_2_4_nadam.h5": "decay: in Keras 2, decay=0.004 of Nadam was the pace at which its momentum grows",
    "keras_3_10_muon.keras": "rms_rate: Muon of Keras before 3.13 scales its steps otherwise",
    "keras_3_15_not_compiled.keras": "holds no optimizer: the model was not compiled, or was saved without it",
}


@pytest.mark.parametrize("name", SPECS)
def test_the_optimizer_of_a_saved_model_is_read_whatever_keras_saved_it(name: str) -> None:
    assert load_spec(SAVED / name) == SPECS[name]


@pytest.mark.parametrize("name", ERRORS)
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
    assert load_spec(SAVED / "keras_3_15_grouped.keras", key="learning_rate.schedule") == WARM.schedule
    with pytest.raises(SpecFileError, match="there is no 'config'"):
        load_spec(SAVED / "keras_3_15_grouped.keras", key="config")


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_reading_a_saved_model_imports_no_keras(suffix: str) -> None:
    code = (
        "import sys, keras_optkit\n"
        f"keras_optkit.load_spec({str(SAVED / 'keras_3_15_grouped')!r} + {suffix!r})\n"
        "assert not {'keras', 'tensorflow'} & sys.modules.keys()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


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


def config(optimizer: Any) -> bytes:
    model = {"class_name": "Sequential", "config": {}, "compile_config": {"optimizer": optimizer, "loss": "mse"}}
    return json.dumps(model).encode()


SGD = {"class_name": "SGD", "config": {"learning_rate": 0.5}}
GOOD = config(SGD)


def zipped(*members: tuple[str, bytes], **how: Any) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", **how) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


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


def changed(content: bytes, old: bytes, new: bytes) -> bytes:
    assert old in content
    return content.replace(old, new)


@pytest.mark.parametrize(
    "content",
    [
        zipped(("metadata.json", b"{}"), ("config.json", GOOD), ("model.weights.h5", b"x")),
        zipped(("config.json", GOOD), compression=zipfile.ZIP_DEFLATED),
        with_attribute(training(SGD).decode()),
        with_attribute(training(SGD)),
        with_attribute(np.bytes_(training(SGD))),  # of a fixed length
    ],
    ids=["stored", "deflated", "text", "bytes", "fixed length"],
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
        "two members of one name",
    ),
    "encrypted": (
        changed(zipped(("config.json", GOOD)), DIRECTORY + b"\x00\x00", DIRECTORY + b"\x01\x00"),
        "is encrypted: 'config.json'",
    ),
    "bz2": (zipped(("config.json", GOOD), compression=zipfile.ZIP_BZIP2), "by a method that Keras does not use"),
    "lzma": (zipped(("config.json", GOOD), compression=zipfile.ZIP_LZMA), "by a method that Keras does not use"),
    "unknown method": (
        changed(zipped(("config.json", GOOD)), DIRECTORY + b"\x00\x00\x00\x00", DIRECTORY + b"\x00\x00\x63\x00"),
        "by a method that Keras does not use",
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
    "a directory of 30 MB": (LARGE_DIRECTORY, "takes more than 20,000,000 bytes to find"),
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
    "no optimizer": (zipped(("config.json", config(None))), "holds no optimizer: the model was not compiled"),
    "an optimizer that is a list": (zipped(("config.json", config([1]))), "holds no optimizer"),
    "an optimizer of somebody's own": (
        zipped(("config.json", config({"class_name": "my>Own", "config": {}}))), "there is no spec for 'my>Own'"
    ),
    "a wrong value": (
        zipped(("config.json", config({"class_name": "Adam", "config": {"beta_1": 2}}))),
        r"beta_1: must be in \[0, 1\), received 2",
    ),
    "the signature of HDF5 alone": (b"\x89HDF\r\n\x1a\n", "is an HDF5 file that cannot be read"),
    "truncated HDF5": (with_attribute(training(SGD))[:700], "is an HDF5 file that cannot be read"),
    "weights only": (hdf5(lambda root: root.create_group("layers")), "holds no optimizer: it has weights only"),
    "not compiled HDF5": (
        hdf5(lambda root: root.attrs.create("model_config", "{}")), "holds no optimizer: the model was not compiled"
    ),
    "links": (hdf5(link_out), "holds no optimizer: it has weights only"),
    "a virtual dataset": (hdf5(virtual), "holds no optimizer: it has weights only"),
    "an attribute that is a number": (with_attribute(3.0), "training_config: is not text"),
    "an attribute of many texts": (with_attribute(np.array([b"{}"] * 100)), "training_config: is not text"),
    "an attribute of nothing": (with_attribute(h5py.Empty("S10")), "training_config: is not text"),
    "an attribute that refers": (
        hdf5(lambda root: root.attrs.create("training_config", root.ref, dtype=h5py.ref_dtype)), "is not text"
    ),
    "an attribute of another JSON": (with_attribute("[]"), "training_config: must be a mapping"),
    "an attribute that is not UTF-8": (with_attribute(b'"\xff"'), "training_config: is not UTF-8"),
    "an attribute of 18 MB": (with_attribute(" " * 18_000_000), "training_config: is too large"),
    "an attribute of 30 MB": (with_attribute(" " * 30_000_000), "takes more than 20,000,000 bytes to find"),
    "no optimizer in HDF5": (with_attribute(training(None)), "holds no optimizer"),
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_is_one_clear_error_within_bounds(what: str, tmp_path: Path) -> None:
    content, words = HOSTILE[what]
    path = tmp_path / "model.keras"
    path.write_bytes(content)
    tracemalloc.start()
    start = time.process_time()
    with pytest.raises(SpecFileError, match=words) as raised:
        load_spec(path)
    seconds = time.process_time() - start
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    (line,) = raised.value.lines
    assert line.startswith(f"{path}: ")
    assert len(line) < 1000
    assert seconds < 5
    assert peak < 150_000_000
    assert [entry.name for entry in tmp_path.iterdir()] == ["model.keras"]  # nothing is extracted


def test_damaged_files_are_errors_or_are_read(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    for content, times in ((zipped(("config.json", GOOD)), 300), (with_attribute(training(SGD)), 5)):
        random = np.random.default_rng(0)
        for _ in range(times):
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


def test_of_a_large_file_little_is_read(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", GOOD)
        archive.writestr("model.weights.h5", bytes(80_000_000))
    tracemalloc.start()
    assert load_spec(path) == SGDSpec(learning_rate=0.5)
    assert tracemalloc.get_traced_memory()[1] < 25_000_000
    tracemalloc.stop()
