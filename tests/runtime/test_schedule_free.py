"""ScheduleFreeAdamW: the first update starts from the weights as they are then, and a resumed one goes on."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from keras_optkit import ParamGroup, ScheduleFreeAdamWSpec, build_optimizer, compile_with, spec_of

if not hasattr(keras.optimizers, "ScheduleFreeAdamW"):
    pytest.skip("ScheduleFreeAdamW came with Keras 3.14", allow_module_level=True)

X = np.random.default_rng(0).normal(size=(64, 3)).astype("float32")
TRUE = np.array([[1.0], [-2.0], [3.0]], "float32")
Y = X @ TRUE
GROUPS = [ParamGroup(match="dense|other", learning_rate_multiplier=1)]


def dense() -> keras.Sequential:
    return keras.Sequential([layers.Input((3,)), layers.Dense(1, use_bias=False, name="dense")])


@pytest.mark.parametrize("fields", [{}, {"groups": GROUPS}, {"gradient_accumulation_steps": 2}, {"weight_decay": 1e-9}])
@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.filterwarnings("ignore:Skipping variable loading")
def test_the_first_update_starts_from_the_weights_of_then(eager: bool, fields: dict[str, Any], tmp_path: Path) -> None:
    right = dense()
    right.set_weights([TRUE])
    right.save_weights(tmp_path / "right.weights.h5")
    for load in (lambda net: net.load_weights(tmp_path / "right.weights.h5"), lambda net: net.set_weights([TRUE])):
        model = compile_with(dense(), ScheduleFreeAdamWSpec(**fields), loss="mse", run_eagerly=eager)
        load(model)
        model.fit(X, Y, batch_size=16, epochs=2, verbose=0)
        assert model.evaluate(X, Y, verbose=0) < 1e-4  # Adam scales up what rounding leaves of the gradient
        np.testing.assert_allclose(model.optimizer._momentums[0].numpy(), TRUE, atol=1e-2)


def trained_by_hand(steps: int, **fields: Any) -> list[np.ndarray]:
    """What Keras's own optimizer does, eagerly, where nothing changes after it is built."""
    variable = keras.Variable(np.full((3, 1), 0.5, "float32"))
    optimizer = keras.optimizers.ScheduleFreeAdamW(**fields)
    optimizer.build([variable])
    history = []
    for _ in range(steps):
        optimizer.apply([2 * X.T @ (X @ variable.numpy() - Y) / len(X)], [variable])
        history.append(variable.numpy())
    return history


@pytest.mark.parametrize("fields", [{}, {"weight_decay": 0.1, "warmup_steps": 3}])
@pytest.mark.parametrize("built", [True, False])
def test_in_a_graph_it_trains_as_keras_does_eagerly(built: bool, fields: dict[str, Any]) -> None:
    stack = [layers.Dense(1, use_bias=False, kernel_initializer=keras.initializers.Constant(0.5))]
    model = keras.Sequential([layers.Input((3,)), *stack] if built else stack)
    compile_with(model, ScheduleFreeAdamWSpec(learning_rate=0.01, **fields), loss="mse")
    expected = trained_by_hand(5, learning_rate=0.01, **fields)
    for values in expected:
        model.fit(X, Y, batch_size=len(X), shuffle=False, verbose=0)
        np.testing.assert_allclose(model.get_weights()[0], values, rtol=1e-5)


def test_a_resumed_training_keeps_its_second_copy(tmp_path: Path) -> None:
    def fit(model: keras.Model, epochs: int) -> keras.Model:
        model.fit(X, Y, batch_size=16, epochs=epochs, shuffle=False, verbose=0)
        return model

    keras.utils.set_random_seed(0)
    first = fit(compile_with(dense(), ScheduleFreeAdamWSpec(), loss="mse"), 2)
    first.save(tmp_path / "model.keras")
    first.save_weights(tmp_path / "model.weights.h5")
    resumed = compile_with(dense(), ScheduleFreeAdamWSpec(), loss="mse")
    resumed.load_weights(tmp_path / "model.weights.h5")
    for again in (keras.models.load_model(tmp_path / "model.keras"), resumed):
        np.testing.assert_array_equal(again.optimizer._momentums[0].numpy(), first.optimizer._momentums[0].numpy())
        fit(again, 2)
    fit(first, 2)
    np.testing.assert_array_equal(resumed.get_weights()[0], first.get_weights()[0])
    np.testing.assert_array_equal(again.get_weights()[0], first.get_weights()[0])


def test_it_is_keras_s_class_and_its_spec_is_the_one_written(tmp_path: Path) -> None:
    spec = ScheduleFreeAdamWSpec(learning_rate=0.01, warmup_steps=5)
    assert isinstance(build_optimizer(spec), keras.optimizers.ScheduleFreeAdamW)
    assert spec_of(build_optimizer(spec)) == spec
    model = compile_with(dense(), spec, loss="mse")
    model.save(tmp_path / "model.keras")
    assert spec_of(keras.models.load_model(tmp_path / "model.keras")) == spec
