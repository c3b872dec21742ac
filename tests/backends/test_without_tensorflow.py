"""Training on another backend does not need TensorFlow, and this package never imports it there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import keras
import pytest

SCRIPT = """
import sys
from keras_optkit import *
assert "keras" not in sys.modules

import keras, numpy as np

x, y = np.ones((8, 3)), np.ones((8, 1))
decay = CosineDecaySpec(initial_learning_rate=0.1, decay_steps="90%")
spec = AdamWSpec(
    learning_rate=WarmupSpec(schedule=decay, warmup_steps="10%"),
    exclude_from_weight_decay=["bias_and_norm"],
    groups=[ParamGroup(match="body/", learning_rate_multiplier=0.5)],
)
model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(3, name="body"), keras.layers.Dense(1)])
run = run_of(x, epochs=2)
compile_with(model, spec, **run, loss="mse")
model.fit(x, y, epochs=2, verbose=0, callbacks=[LearningRateMonitor()])
compile_with(model, spec, **run, keep_state=True)
layerwise_groups(model, 0.9)
# Where it is installed, Keras itself imports it to serialize anything, and so for get_config and save.
assert "tensorflow" not in sys.modules

sys.modules["tensorflow"] = None  # as if it were not installed
model.save(sys.argv[1])
loaded = keras.models.load_model(sys.argv[1])
loaded.fit(x, y, epochs=1, verbose=0)
assert spec_of(loaded) == spec_of(model) == load_spec(sys.argv[1]) == spec.resolve(**run)
assert not [name for name in sys.modules if name.startswith("tensorflow.")]
"""


@pytest.mark.skipif(keras.config.backend() == "tensorflow", reason="about the other backends")
def test_training_saving_and_loading_import_no_tensorflow(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "model.keras")],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"KERAS_BACKEND": keras.config.backend()},
    )
    assert done.returncode == 0, done.stderr
