"""What must hold for every document: it soon gives a spec that can be written and read again, or a documented error."""

from __future__ import annotations

import json
import pickle
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from fuzzing.saved_models import SavedModel
from pydantic import ValidationError

import keras_optkit
from keras_optkit import Duration, ParamGroup, SpecFileError, describe, learning_rates, load_spec, parse_spec, save_spec
from keras_optkit.specs.base import Spec

#: Seconds of this process. The slowest document takes a tenth of it.
LONGEST = 2.0
#: Characters of an error. One with many lines has a line for each mistake.
LONGEST_ERROR = 60_000
NAMES = vars(keras_optkit) | {"Duration": Duration, "ParamGroup": ParamGroup}


@contextmanager
def in_time(what: object) -> Generator[None]:
    """Fail if the block takes too long."""
    before = time.process_time()
    yield
    took = time.process_time() - before
    assert took < LONGEST, f"{took:.1f} s for {what!r}"[:1000]


def result_or_error(make: Any, *arguments: Any, errors: tuple[type[Exception], ...] = (ValidationError,)) -> Any:
    """What the call gives, or None if it raised one of the documented ``errors``."""
    with in_time(arguments or make):
        try:
            return make(*arguments)
        except errors as error:
            words = str(error)
    assert words.strip(), "an error without words"
    assert len(words) < LONGEST_ERROR, f"an error of {len(words)} characters: {words[:300]}"
    return None


def check_document(data: Any) -> bool:
    """Parse the data; whether it was a spec."""
    spec = result_or_error(parse_spec, data)
    if spec is not None:
        check_spec(spec)
    return spec is not None


def check_override(spec: Spec, changes: Any) -> bool:
    """Override the spec; whether that was right."""
    changed = result_or_error(spec.override, changes)
    if changed is not None:
        check_spec(changed)
    return changed is not None


def check_spec(spec: Spec) -> None:
    """Every way in which a spec may be written and read again gives the same spec."""
    assert parse_spec(spec) is spec
    assert parse_spec(spec.model_dump()) == spec
    assert parse_spec(json.loads(spec.model_dump_json())) == spec
    assert eval(repr(spec), dict(NAMES)) == spec, repr(spec)
    assert pickle.loads(pickle.dumps(spec)) == spec
    assert hash(spec) == hash(parse_spec(spec.model_dump()))
    resolved = result_or_error(lambda: spec.resolve(steps_per_epoch=7, epochs=5))
    if resolved is None:  # in steps, boundaries may meet, and a warm-up may be all there is
        return
    assert resolved.resolve() == resolved
    with in_time(spec):
        assert describe(spec, steps_per_epoch=7, epochs=5)
    rates = result_or_error(lambda: learning_rates(spec, steps_per_epoch=7, epochs=5), errors=(ValueError,))
    if rates is not None:
        assert rates.shape == (35,)
        assert np.isfinite(rates).all()


def check_files(spec: Spec, folder: Path) -> None:
    """Each format gives the spec back."""
    for suffix in (".json", ".yaml", ".toml"):
        save_spec(spec, folder / f"saved{suffix}")
        assert load_spec(folder / f"saved{suffix}") == spec, suffix


def check_text(written: str, suffix: str, folder: Path, random: Random) -> bool:
    """Load the text as a file; whether it held a spec."""
    path = folder / f"fuzz{suffix}"
    path.write_bytes(written.encode("utf-8", "surrogatepass"))
    key = None if random.random() < 0.9 else random.choice(["optimizer", "", "0", "a.b", "type", "learning_rate"])
    spec = result_or_error(lambda: load_spec(path, key=key), errors=(SpecFileError,))
    if spec is not None:
        check_spec(spec)
        if random.random() < 0.1:
            check_files(spec, folder)
    return spec is not None


def check_model(model: SavedModel, suffix: str, folder: Path) -> bool:
    """Load a saved model; whether it held a spec. A right one holds the spec that it was made of, under any name."""
    path = folder / f"fuzz{suffix}"
    path.write_bytes(model.content)
    spec = result_or_error(load_spec, path, errors=(SpecFileError,))
    if spec is not None:
        check_spec(spec)
    if model.spec is not None:
        assert spec is not None, f"refused: {model.spec!r}"
        assert spec.replace(name=model.spec.name) == model.spec
    return spec is not None
