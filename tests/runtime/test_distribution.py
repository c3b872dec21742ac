"""Under strategies of TensorFlow, each in processes of their own, because a failed run would poison later ones."""

import os
import re
import subprocess
import sys
from pathlib import Path

from installed_keras import can_build
from strategies import OPTIMIZERS

ROOT = Path(__file__).parents[2]

#: Two devices of which each sees half of every batch. Devices must be set up before TensorFlow starts.
TWO_DEVICES = """
import keras
import numpy as np
import tensorflow as tf
from installed_keras import can_build
from keras import layers

from keras_optkit import ExponentialDecaySpec, LearningRateMonitor, OptimizerSpec, ParamGroup, compile_with, spec_of
from keras_optkit.specs.registry import registered

device = tf.config.LogicalDeviceConfiguration()
tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], [device, device])
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])

X = np.random.default_rng(0).normal(size=(16, 3)).astype("float32")
Y = (X @ [[1.0], [2.0], [-1.0]]).astype("float32")


def make():
    keras.utils.set_random_seed(0)
    # A constraint must not change what a group freezes.
    frozen = layers.Dense(3, "tanh", name="frozen", kernel_constraint=keras.constraints.MaxNorm(0.1))
    body, head = layers.Dense(4, "tanh", name="body", kernel_constraint="unit_norm"), layers.Dense(1, name="head")
    return keras.Sequential([layers.Input((3,)), body, frozen, head])


def trained(model):
    logs = model.fit(X, Y, batch_size=8, epochs=2, shuffle=False, verbose=0, callbacks=[LearningRateMonitor()]).history
    assert all(type(rate) is float for name in logs for rate in logs[name] if name.startswith("learning_rate")), logs
    return model.get_weights(), {name: logs[name] for name in logs if name != "loss"}


def difference(some, others):
    return max(np.abs(one - other).max() for one, other in zip(some, others, strict=True))


groups = [
    ParamGroup(match="frozen/", learning_rate_multiplier=0),
    ParamGroup(match="body/", learning_rate_multiplier=0.5),
]
rate = ExponentialDecaySpec(initial_learning_rate=0.05, decay_steps=2, decay_rate=0.5)
fields = dict(learning_rate=rate, weight_decay=0.1, exclude_from_weight_decay=["bias_and_norm"], groups=groups)
start = make().get_weights()
for name, cls in registered(OptimizerSpec).items():
    if not can_build(cls):
        continue
    spec = cls(**fields)
    alone, logs_alone = trained(compile_with(make(), spec, loss="mse", run_eagerly=True))
    assert difference(alone[:2], start[:2]) > 1e-5 and difference(alone[2:4], start[2:4]) == 0, name
    with strategy.scope():
        model, inside = make(), make()
        if name in ("SGD", "Adam"):
            compile_with(inside, spec, loss="mse")
    # Outside of the scope, and in it.
    for model in (compile_with(model, spec, loss="mse"), inside):
        if not model.compiled:
            continue
        assert spec_of(model) == spec
        both, logs = trained(model)
        assert difference(both, alone) < 1e-6, (name, difference(both, alone))
        assert difference(both[2:4], start[2:4]) == 0, name
        assert logs == logs_alone, (name, logs, logs_alone)
    print(name)
"""


def run(*command: str, timeout: int) -> str:
    """What ``command`` of Python's prints, in a process of its own."""
    surroundings = {name: value for name, value in os.environ.items() if name != "TF_CONFIG"}
    surroundings["TF_CPP_MIN_LOG_LEVEL"] = "3"
    surroundings["PYTHONPATH"] = str(ROOT / "tests")
    whole = [sys.executable, *command]
    done = subprocess.run(whole, cwd=ROOT, env=surroundings, capture_output=True, text=True, timeout=timeout)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_on_two_devices_every_optimizer_trains_as_on_one() -> None:
    built = {spec.model_fields["type"].default for spec in OPTIMIZERS if can_build(spec)}
    assert set(run("-c", TWO_DEVICES, timeout=300).split()) == built


def test_two_worker_processes_train_as_one_process_does() -> None:
    shown = run("docs/examples/two_workers.py", timeout=300)
    assert "the workers' weights differ by 0.0\n" in shown
    assert float(re.search(r"one process differ from them by (\S+)", shown)[1]) < 1e-5  # type: ignore[index]
    assert float(re.search(r"test accuracy: (\S+)", shown)[1]) > 0.9  # type: ignore[index]
