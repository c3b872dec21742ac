"""compile_with in processes that are set up otherwise: with a distribution strategy, and with legacy tf_keras."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(script: str, **environment: str) -> str:
    """What ``script`` prints, in a process of its own."""
    command = [sys.executable, "-c", script]
    surroundings = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"} | environment
    done = subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_optimizer_is_made_under_the_strategy_of_the_model(tmp_path: Path) -> None:
    # Devices must be set up before TensorFlow starts.
    run(f"""
import keras, numpy as np, tensorflow as tf
from keras_optkit import AdamSpec, SGDSpec, compile_with

device = tf.config.LogicalDeviceConfiguration()
tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], [device, device])
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
spec = SGDSpec(learning_rate=0.1, momentum=0.9)
file = {str(tmp_path / "model.weights.h5")!r}

def make():
    return keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1, kernel_initializer="ones")])

def train(model):
    x = np.linspace(-1, 1, 32, dtype="float32").reshape(16, 2)
    model.fit(x, x.sum(axis=1) * 3, batch_size=8, epochs=2, shuffle=False, verbose=0)
    return model.get_weights()[0]

def state(model):
    return [keras.ops.convert_to_numpy(variable).tolist() for variable in model.optimizer.variables]

with strategy.scope():
    model, loaded, plain, by_hand = make(), make(), make(), make()
    by_hand.compile(optimizer=keras.optimizers.SGD(0.1, momentum=0.9), loss="mse")

# compile_with is called outside of the scope, and enters it.
assert compile_with(model, spec, loss="mse") is model
assert not tf.distribute.has_strategy()
assert model.optimizer.built and len(model.optimizer.variables) == 4
for variable in model.optimizer.variables:
    assert strategy.extended.variable_created_in_scope(variable._value), variable.path

# It trains as Keras does under the scope.
np.testing.assert_array_equal(train(model), train(by_hand))
assert state(model) == state(by_hand)
assert state(model)[0] == 4

# Weights saved on one device are loaded on two.
alone = compile_with(make(), spec, loss="mse")
train(alone)
alone.save_weights(file)
compile_with(loaded, spec, loss="mse").load_weights(file)
assert state(loaded) == state(alone)
train(loaded)
assert state(loaded)[0] == 8

# The state goes on under the scope, also of another rate, and for variables that are new.
compile_with(model, spec, keep_state=True)
assert state(model) == state(by_hand)
np.testing.assert_array_equal(train(model), train(by_hand))
compile_with(model, AdamSpec(learning_rate=0.01), loss="mse")
train(model)
model.optimizer.learning_rate = 1.0
before = state(model)
compile_with(model, AdamSpec(learning_rate=0.01, use_ema=True), keep_state=True)
after = state(model)
assert (after[0], after[1]) == (before[0], np.float32(0.01)), after[:2]
assert after[-len(before) + 2:] == before[2:]
train(model)

# Without the scope, Keras makes an optimizer that cannot train the model.
plain.compile(optimizer=keras.optimizers.SGD(0.1, momentum=0.9), loss="mse")
try:
    train(plain)
except (RuntimeError, ValueError) as error:
    assert "Mixing different tf.distribute.Strategy objects" in str(error), error
else:
    raise AssertionError("Keras trains without the scope, so that compile_with need not enter it")
train(compile_with(plain, spec))
""")


@pytest.mark.skipif(importlib.util.find_spec("tf_keras") is None, reason="tf_keras (Keras 2) is not installed")
def test_a_model_of_legacy_keras_is_refused_with_what_to_do_and_one_of_keras_is_not() -> None:
    script = """
import keras, tensorflow as tf, tf_keras
from keras_optkit import AdamSpec, compile_with

assert tf.keras.Model is tf_keras.Model

class Own(tf_keras.Model):
    pass

sequential = tf.keras.Sequential([tf.keras.layers.Dense(1, input_shape=(2,))])
for model in (sequential, tf_keras.Model(sequential.input, sequential.output), Own()):
    before = model.optimizer
    try:
        compile_with(model, AdamSpec(), loss="mse")
    except TypeError as error:
        print(error)
    assert model.optimizer is before

model = compile_with(keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1)]), AdamSpec(), loss="mse")
assert type(model.optimizer) is keras.optimizers.Adam
"""
    said = run(script, TF_USE_LEGACY_KERAS="1").splitlines()
    assert len(said) == 3
    for line in said:
        assert "model of tf_keras (Keras 2)" in line
        assert "`import keras`" in line
        assert "TF_USE_LEGACY_KERAS" in line
