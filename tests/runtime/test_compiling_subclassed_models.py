"""compile_with on models that people wrote themselves: subclasses, with a ``compile`` or a ``build`` of their own."""

import warnings
from typing import Any

import keras
import numpy as np
import pytest

from keras_optkit import compile_with

X = np.linspace(-1, 1, 24, dtype="float32").reshape(12, 2)
Y = X.sum(axis=1)


class Net(keras.Model):
    """A subclassed model, which has no weights before it has seen data."""

    def __init__(self) -> None:
        super().__init__()
        self.output_layer = keras.layers.Dense(1)

    def call(self, inputs: Any) -> Any:
        return self.output_layer(inputs)


class WithLossFunction(Net):
    """A model whose ``compile`` takes other arguments than Keras's own, as in Keras's guides."""

    def compile(self, optimizer: Any, loss_function: Any) -> None:
        super().compile(optimizer=optimizer, loss=loss_function)


class WithFixedLoss(Net):
    def compile(self, optimizer: Any) -> None:
        super().compile(optimizer=optimizer, loss="mse")


class WithOwnOptimizer(Net):
    """As in GANs, where Keras's own ``optimizer`` has no part."""

    def compile(self, optimizer: Any) -> None:
        super().compile(optimizer=None, loss="mse")
        self.own_optimizer = optimizer


def test_a_model_with_a_compile_of_its_own_gets_the_arguments_that_it_takes() -> None:
    model = WithLossFunction()
    for spec, loss in (("sgd", "mse"), ("adam", "mae")):
        compile_with(model, spec, loss_function=loss).fit(X, Y, verbose=0)
        assert model.loss == loss
    assert type(model.optimizer) is keras.optimizers.Adam


def test_a_model_with_a_fixed_loss_can_be_compiled_again() -> None:
    model = WithFixedLoss()
    for spec in ("sgd", "adam"):
        compile_with(model, spec).fit(X, Y, verbose=0)
    assert type(model.optimizer) is keras.optimizers.Adam
    with pytest.raises(TypeError, match="has no argument 'loss'"):
        compile_with(model, "sgd", loss="mae")


def test_a_model_that_keeps_the_optimizer_elsewhere_gets_it() -> None:
    model = WithOwnOptimizer()
    model(X)
    compile_with(model, "adam")
    assert type(model.own_optimizer) is keras.optimizers.Adam


class WithCompileOfItsOwn(Net):
    """As in training loops that are written out, where Keras's own ``compile`` has no part."""

    def compile(self, optimizer: Any, loss: Any) -> None:
        self.own_optimizer, self.own_loss = optimizer, loss


def test_a_model_whose_compile_calls_no_compile_of_keras_gets_the_optimizer() -> None:
    model = WithCompileOfItsOwn()
    model(X)
    compile_with(model, "adam", loss="mse")
    assert type(model.own_optimizer) is keras.optimizers.Adam
    assert model.own_loss == "mse"


def test_arguments_are_checked_against_the_compile_of_the_model() -> None:
    model = WithLossFunction()
    with pytest.raises(TypeError, match="no argument 'loss_fn', did you mean 'loss_function'"):
        compile_with(model, "sgd", loss_fn="mse")
    assert not model.compiled


class Passing(Net):
    def compile(self, *args: Any, **kwargs: Any) -> None:
        super().compile(*args, **kwargs)


def test_a_compile_that_passes_everything_on_gets_everything() -> None:
    model = compile_with(Passing(), "sgd", loss="mse", metrics=["mae"])
    compile_with(model, "adam").fit(X, Y, verbose=0)
    assert type(model.optimizer) is keras.optimizers.Adam
    assert model.evaluate(X, Y, verbose=0, return_dict=True).keys() == {"loss", "mae"}


class Scaled(Net):
    """``build`` makes this model's own weight, and leaves its layer to the first call: built, but not all of it."""

    def build(self, input_shape: Any) -> None:
        self.scale = self.add_weight(shape=(2,), initializer="ones")
        self.built = True

    def call(self, inputs: Any) -> Any:
        return super().call(inputs * self.scale)


@pytest.mark.parametrize("net", [Net, Scaled])
def test_a_model_that_is_built_in_part_trains_all_its_weights(net: type[keras.Model]) -> None:
    model = net()
    with warnings.catch_warnings():
        # Keras warns that its own build only says that the model is built. Many call it all the same.
        warnings.filterwarnings("ignore", message=r".*`build\(\)` was called on layer")
        model.build((None, 2))
    compile_with(model, "sgd", loss="mse")
    model.fit(X, Y, verbose=0)
    before = [weights.copy() for weights in model.get_weights()]
    model.fit(X, Y, verbose=0)
    assert len(before) == len(model.trainable_variables) > 1
    assert not any(np.array_equal(old, new) for old, new in zip(before, model.get_weights(), strict=True))


class OwnStep(Net):
    def train_step(self, data: Any) -> dict[str, Any]:
        self.steps_taken = getattr(self, "steps_taken", 0) + 1
        return super().train_step(data)


def test_a_train_step_of_the_model_s_own_uses_the_optimizer() -> None:
    model = compile_with(OwnStep(), "adam", loss="mse", run_eagerly=True)
    model.fit(X, Y, batch_size=4, verbose=0)
    assert model.steps_taken == 3
    assert int(model.optimizer.iterations) == 3
