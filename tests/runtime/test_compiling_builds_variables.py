"""compile_with makes the optimizer's variables while it can, so that weights loaded later find a place for them."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from installed_keras import can_build
from strategies import OPTIMIZERS

from keras_optkit import AdamSpec, ExponentialDecaySpec, SGDSpec, compile_with

X = np.linspace(-1, 1, 24, dtype="float32").reshape(12, 2)
Y = X.sum(axis=1)
SPECS = {
    "Adam": AdamSpec(learning_rate=0.05, amsgrad=True),
    "momentum and schedule": SGDSpec(
        learning_rate=ExponentialDecaySpec(initial_learning_rate=0.1, decay_steps=4, decay_rate=0.5), momentum=0.9
    ),
    "average": SGDSpec(learning_rate=0.1, use_ema=True, ema_momentum=0.5),
    "accumulation": SGDSpec(learning_rate=0.1, gradient_accumulation_steps=2),
}


class Net(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.output_layer = keras.layers.Dense(1)

    def call(self, inputs: Any) -> Any:
        return self.output_layer(inputs)


def sequential(*, policy: str = "float32") -> keras.Model:
    return keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1, dtype=policy)])


def functional() -> keras.Model:
    inputs = keras.Input((2,))
    return keras.Model(inputs, keras.layers.Dense(1)(keras.layers.BatchNormalization()(inputs)))


def called() -> keras.Model:
    model = Net()
    model(X)
    return model


def state(model: keras.Model) -> list[list[float]]:
    return [variable.numpy().ravel().tolist() for variable in model.optimizer.variables]


@pytest.mark.parametrize("cls", list(filter(can_build, OPTIMIZERS)))
@pytest.mark.filterwarnings("ignore:Skipping variable loading")
def test_weights_that_change_before_the_training_train_as_in_plain_keras(cls: Any, tmp_path: Path) -> None:
    # Keras builds its optimizer in `fit`, from the weights of then. Eagerly, since in a graph Keras's
    # ScheduleFreeAdamW starts from zeros.
    source, file = sequential(), tmp_path / "model.weights.h5"
    source.set_weights([np.array([[1.0], [-2.0]]), np.array([0.5])])
    source.save_weights(file)
    by_hand, spec = getattr(keras.optimizers, cls().type), cls()
    trained = []
    for change in (lambda model: model.set_weights(source.get_weights()), lambda model: model.load_weights(file)):
        plain, ours = sequential(), compile_with(sequential(), spec, loss="mse", run_eagerly=True)
        plain.compile(by_hand(), "mse", run_eagerly=True)
        for model in (plain, ours):
            change(model)
            model.fit(X, Y, batch_size=4, shuffle=False, verbose=0)
            trained.append(np.concatenate([weights.ravel() for weights in model.get_weights()]))
    assert not np.array_equal(trained[0], [1.0, -2.0, 0.5])
    for weights in trained[1:]:
        np.testing.assert_array_equal(weights, trained[0])


@pytest.mark.parametrize("make", [sequential, functional, called])
@pytest.mark.parametrize("name", SPECS)
def test_loaded_weights_bring_the_optimizer_s_state_back(name: str, make: Any, tmp_path: Path) -> None:
    spec, file = SPECS[name], tmp_path / "model.weights.h5"
    trained = compile_with(make(), spec, loss="mse")
    trained.fit(X, Y, batch_size=4, epochs=2, verbose=0)
    trained.save_weights(file)
    resumed = compile_with(make(), spec, loss="mse")
    assert resumed.optimizer.built
    resumed.load_weights(file)
    assert int(resumed.optimizer.iterations) == int(trained.optimizer.iterations) > 0
    assert state(resumed) == state(trained)
    # And so training goes on as if nothing had been in between.
    for model in (trained, resumed):
        model.fit(X, Y, batch_size=4, shuffle=False, verbose=0)
    np.testing.assert_array_equal(trained.get_weights()[0], resumed.get_weights()[0])


def test_plain_keras_loses_that_state(tmp_path: Path) -> None:
    # Why compile_with makes the variables. If this fails, Keras does it, and compile_with need not.
    file = tmp_path / "model.weights.h5"
    trained = compile_with(sequential(), "adam", loss="mse")
    trained.fit(X, Y, verbose=0)
    trained.save_weights(file)
    resumed = sequential()
    resumed.compile(optimizer="adam", loss="mse")
    with pytest.warns(UserWarning, match="Skipping variable loading for optimizer"):
        resumed.load_weights(file)
    assert int(resumed.optimizer.iterations) == 0


def test_mixed_precision_brings_the_loss_scale_back_too(tmp_path: Path) -> None:
    def compiled() -> keras.Model:
        model = sequential(policy="mixed_float16")
        model.dtype_policy = keras.DTypePolicy("mixed_float16")
        return compile_with(model, "adam", loss="mse")

    trained = compiled()
    trained.optimizer.dynamic_scale.assign(64.0)
    trained.fit(X, Y, batch_size=4, verbose=0)
    trained.save_weights(tmp_path / "model.weights.h5")
    resumed = compiled()
    resumed.load_weights(tmp_path / "model.weights.h5")
    assert float(resumed.optimizer.dynamic_scale) == 64.0
    assert int(resumed.optimizer.inner_optimizer.iterations) == 3
    assert state(resumed) == state(trained)


@pytest.mark.parametrize("make", [lambda: keras.Sequential([keras.layers.Dense(1)]), Net], ids=["Sequential", "own"])
def test_a_model_without_weights_yet_gets_the_variables_when_it_trains(make: Any) -> None:
    model = compile_with(make(), SPECS["Adam"], loss="mse")
    assert not model.optimizer.built
    model.fit(X, Y, batch_size=4, verbose=0)
    assert int(model.optimizer.iterations) == 3
    assert len(model.optimizer._momentums) == 2


def test_frozen_weights_get_no_variables() -> None:
    model = functional()
    model.layers[1].trainable = False
    compile_with(model, "adam", loss="mse")
    assert len(model.optimizer._momentums) == 2
    frozen = model.layers[1].gamma.numpy()
    model.fit(X, Y, verbose=0)
    np.testing.assert_array_equal(model.layers[1].gamma.numpy(), frozen)


def test_a_model_with_nothing_to_train_is_refused_and_left_untouched() -> None:
    model = sequential()
    model.trainable = False
    with pytest.raises(ValueError, match="nothing to train"):
        compile_with(model, "adam", loss="mse")
    assert not model.compiled


def test_weights_that_are_thawed_train_after_compiling_again() -> None:
    model = functional()
    head = model.layers[-1]
    head.trainable = False
    compile_with(model, "sgd", loss="mse").fit(X, Y, verbose=0)
    head.trainable = True
    before = head.kernel.numpy()
    compile_with(model, SGDSpec(learning_rate=0.1)).fit(X, Y, verbose=0)
    assert not np.array_equal(before, head.kernel.numpy())
