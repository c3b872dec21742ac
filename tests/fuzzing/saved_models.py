"""A grammar of models as Keras saves them, right and damaged: JSON in a zip or in HDF5, made without Keras."""

from __future__ import annotations

import functools
import io
import json
import warnings
import zipfile
from random import Random
from typing import Any, NamedTuple

import numpy as np
from fuzzing.documents import OPTIMIZERS, damaged, right_spec, spec_data
from fuzzing.keras_forms import broken_form, keras_form
from fuzzing.texts import json_text, mutated

from keras_optkit.specs.base import Spec

#: To read HDF5 starts a process, which takes a second.
HDF5_SHARE = 1 / 200
#: Bytes of JSON. The reader takes somewhat more, but must not parse all that so many may hold.
MANY = 15_000_000

Members = list[tuple[str, bytes]]


class SavedModel(NamedTuple):
    """The content of a file, and the spec that is in it if it is right."""

    content: bytes
    spec: Spec | None = None


def saved_model(random: Random) -> SavedModel:
    """Draw a saved model; a zip as a rule."""
    to_content = hdf5 if random.random() < HDF5_SHARE else zipped
    if random.random() < 0.4:
        spec = right_spec(random, OPTIMIZERS)
        config = json.dumps(model_config(keras_form(random, spec.model_dump(mode="json")))).encode()
        return SavedModel(to_content(random, config, is_right=True), spec)
    form = keras_form(random, spec_data(random, OPTIMIZERS))
    model = model_config(broken_form(random, form) if random.random() < 0.7 else form)
    text = json_text(random, broken_model(random, model) if random.random() < 0.3 else model)
    if random.random() < 0.2:
        text = mutated(random, text)
    content = to_content(random, text.encode("utf-8", "surrogatepass"), is_right=False)
    while random.random() < 0.3:
        content = mutated_bytes(random, content)
    return SavedModel(content)


def model_config(optimizer: Any) -> dict[str, Any]:
    """What Keras writes of a model with this ``optimizer``: .keras files have it in one place, HDF5 in another."""
    compiled = {"optimizer": optimizer, "loss": "mse", "metrics": None, "jit_compile": "auto"}
    layers = {"name": "sequential", "layers": []}
    return {"class_name": "Sequential", "config": layers, "compile_config": compiled, "optimizer_config": optimizer}


def broken_model(random: Random, model: dict[str, Any]) -> Any:
    """A model that was not compiled, or is damaged."""
    compiled = model["compile_config"]
    compiled = random.choice([None, {}, [compiled], {"config": compiled}, "x", damaged(random, compiled)])
    return random.choice([model | {"compile_config": compiled}, damaged(random, model)])


def zipped(random: Random, config: bytes, *, is_right: bool) -> bytes:
    """A zip with the members of a .keras file."""
    members = [("metadata.json", b"{}"), ("config.json", config), ("model.weights.h5", b"\x89HDF\r\n\x1a\n")]
    compressions = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]
    if not is_right and random.random() < 0.02:
        return bomb(random.randrange(5))
    if not is_right and random.random() < 0.2:
        members = broken_members(random, members)
        compressions += [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
    return to_zip(members, random.choice(compressions))


def broken_members(random: Random, members: Members) -> Members:
    """The members without one, with one more, or by other names."""
    outside = random.choice(["../x", "/etc/passwd", "C:\\x", "a/../../x", "x\x00", "\ufeff"])
    config = random.choice(["Config.json", "/config.json", "../config.json", "a/config.json", "config.json/"])
    return random.choice(
        [
            random.sample(members, 2),
            [*members, random.choice(members)],
            [*members, (outside, b"x")],
            [(config if name == "config.json" else name, content) for name, content in members],
        ]
    )


def to_zip(members: Members, compression: int) -> bytes:
    """The ``members`` in a zip."""
    file = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w", compression) as archive:
        warnings.simplefilter("ignore")  # of two members of one name
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


@functools.cache
def bomb(number: int) -> bytes:
    """A small zip that holds very much."""
    if number == 0:
        return to_zip([("config.json", b"{}"), *((str(i), b"") for i in range(20_000))], zipfile.ZIP_STORED)
    config = [b" " * MANY, b"[" * MANY, b"[" * 100_000, b"[]," * (MANY // 3)][number - 1]
    return to_zip([("config.json", b'{"a": [' + config + b"1]}")], zipfile.ZIP_DEFLATED)


def hdf5(random: Random, config: bytes, *, is_right: bool) -> bytes:
    """An HDF5 file with the attributes that Keras writes."""
    import h5py

    text = config.replace(b"\x00", b"")  # h5py writes no others
    values: list[Any] = [text, np.bytes_(text) if 0 < len(text) < 60_000 else text]  # HDF5 takes 64 kB of fixed length
    if not is_right and random.random() < 0.1:
        values = [3.0, np.array([b"{}"] * 3), h5py.Empty("S10"), b"", " " * MANY * 2]
    file = io.BytesIO()
    with h5py.File(file, "w") as root:
        root.attrs["training_config" if is_right or random.random() < 0.9 else "model_config"] = random.choice(values)
        root.create_group("model_weights")
    return file.getvalue()


def mutated_bytes(random: Random, content: bytes) -> bytes:
    """Cut, change, repeat or surround the content; half the time in a header, which tells sizes, places and methods."""
    headers = [content.rfind(mark) for mark in (b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06") if mark in content]
    start = random.randrange(len(content) + 1)
    if headers and random.random() < 0.5:
        start = random.choice(headers) + random.randrange(46)
    end = start + random.choice([1, 2, 4])
    return random.choice(
        [
            content[:start],
            content[:start] + random.randbytes(end - start) + content[end:],
            content[:start] + random.choice([b"\x00", b"\xff", b"\x7f"]) * (end - start) + content[end:],
            content[:start] + content[end:],
            content[:start] + content[start:end] * 50 + content[end:],
            random.randbytes(end - start) + content,
            content + random.choice([bytes(50), content]),
        ]
    )
