"""A model that was saved on one backend goes on as it was on another."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from keras_optkit import load_spec, spec_of

#: Trains a model, on the backend that KERAS_BACKEND names, or goes on with the one in argv[1], and saves the model
#: before and after.
SCRIPT = """
import sys
import keras, numpy as np
from keras import layers
from keras_optkit import AdamWSpec, CosineDecaySpec, ParamGroup, WarmupSpec, compile_with

before, after = sys.argv[1:]
x = np.linspace(-1, 1, 24, dtype="float32").reshape(8, 3)
y = x.sum(axis=1, keepdims=True)
if after == "begin":
    keras.utils.set_random_seed(0)
    names = ("body", "frozen", "head")
    model = keras.Sequential([layers.Input((3,)), *(layers.Dense(3, name=name) for name in names)])
    spec = AdamWSpec(
        learning_rate=WarmupSpec(schedule=CosineDecaySpec(initial_learning_rate=0.1, decay_steps=8), warmup_steps=2),
        weight_decay=0.1,
        exclude_from_weight_decay=["bias_and_norm"],
        groups=[
            ParamGroup(match="body/", learning_rate_multiplier=0.5),
            ParamGroup(match="frozen/", learning_rate_multiplier=0),
        ],
    )
    compile_with(model, spec, loss="mse").fit(x, y, epochs=3, shuffle=False, verbose=0)
    model.save(before)
else:
    model = keras.models.load_model(before)
    model.fit(x, y, epochs=3, shuffle=False, verbose=0)
    model.save(after)
"""


def run(backend: str, *arguments: Path | str) -> None:
    environment = os.environ | {"KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert done.returncode == 0, done.stderr


HERE = keras.config.backend()


@pytest.mark.skipif(HERE == "tensorflow", reason="an environment with TensorFlow alone has no other backend")
@pytest.mark.parametrize(("one", "other"), [("tensorflow", HERE), (HERE, "tensorflow")])
def test_a_model_goes_on_on_another_backend(one: str, other: str, tmp_path: Path) -> None:
    saved = tmp_path / "saved.keras"
    run(one, saved, "begin")
    run(one, saved, tmp_path / "here.keras")
    run(other, saved, tmp_path / "there.keras")
    start, here, there = (keras.models.load_model(tmp_path / f"{name}.keras") for name in ("saved", "here", "there"))
    for mine, theirs in zip(there.get_weights(), here.get_weights(), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(there.layers[1].kernel, start.layers[1].kernel)
    assert not np.allclose(there.layers[0].kernel, start.layers[0].kernel)
    assert int(there.optimizer.iterations) == 6
    assert spec_of(there) == spec_of(start) == load_spec(tmp_path / "there.keras")
