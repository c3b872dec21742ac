"""On every backend ``compile_with`` checks before the first step, and carries state over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from keras_optkit import AdamSpec, OptimizerSpec, ParamGroup, SGDSpec, compile_with
from keras_optkit.runtime.warning import OptimizerWarning

X = np.linspace(-1, 1, 24, dtype="float32").reshape(8, 3)
Y = X.sum(axis=1, keepdims=True)


def half_frozen() -> keras.Sequential:
    keras.utils.set_random_seed(0)
    body = layers.Dense(3, name="body", trainable=False)
    return keras.Sequential([layers.Input((3,)), body, layers.Dense(3, name="middle"), layers.Dense(1, name="head")])


def thaw(model: keras.Sequential) -> None:
    model.get_layer("body").trainable = True


def freeze(model: keras.Sequential) -> None:
    model.get_layer("middle").trainable = False


def exchange(model: keras.Sequential) -> None:
    """The trainable weights afterwards have the shapes that they had before."""
    thaw(model), freeze(model)


@pytest.mark.parametrize("policy", ["float32", "mixed_float16"])
@pytest.mark.parametrize(
    ("spec", "change", "what"),
    [
        (AdamSpec(), thaw, "new are .*body/kernel, .*body/bias"),
        (AdamSpec(groups=[ParamGroup(match="body/")]), exchange, "new are .*body/kernel, .*body/bias"),
        (AdamSpec(use_ema=True), freeze, "they were 4"),
    ],
)
def test_a_model_that_changed_is_refused_before_a_step(
    spec: OptimizerSpec, change: Callable[[Any], None], what: str, policy: str
) -> None:
    model = half_frozen()
    model.dtype_policy = keras.DTypePolicy(policy)
    compile_with(model, spec, loss="mse")
    change(model)
    before = model.get_weights()
    with pytest.raises(ValueError, match=rf"have changed since compile_with \({what}.*call compile_with again"):
        model.fit(X, Y, verbose=0)
    for now, then in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)
    compile_with(model, spec).fit(X, Y, verbose=0)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (SGDSpec(groups=[ParamGroup(match="tail")]), "tail.*matches no variable"),
        (SGDSpec(groups=[ParamGroup(match=".", learning_rate_multiplier=0)]), "the groups freeze all its weights"),
        (SGDSpec(learning_rate=10.0, weight_decay=0.5), "weight_decay"),
    ],
)
def test_what_cannot_train_is_refused(spec: OptimizerSpec, message: str) -> None:
    model = half_frozen()
    with pytest.raises(ValueError, match=message):
        compile_with(model, spec, loss="mse")
    assert not model.compiled


def test_decay_and_a_regularizer_on_the_same_weights_are_a_warning() -> None:
    head = layers.Dense(1, name="head", kernel_regularizer="l2")
    with pytest.warns(OptimizerWarning, match="both shrink head/kernel"):
        compile_with(keras.Sequential([layers.Input((3,)), head]), SGDSpec(weight_decay=0.01), loss="mse")


def test_a_fixed_loss_scale_goes_with_embeddings_where_their_gradients_are_dense() -> None:
    model = keras.Sequential([layers.Input((2,), dtype="int32"), layers.Embedding(5, 3), layers.Dense(1)])
    spec = SGDSpec(loss_scale_factor=8.0)
    if keras.config.backend() == "tensorflow":
        with pytest.raises(ValueError, match="does not work with Embedding layers"):
            compile_with(model, spec, loss="mse")
    else:
        compile_with(model, spec, loss="mse").fit(np.array([[0, 1], [1, 3]]), np.ones((2, 2, 1)), verbose=0)


def test_the_state_goes_on_and_new_weights_count_their_own_updates() -> None:
    spec = AdamSpec(learning_rate=0.1)
    model = compile_with(half_frozen(), spec, loss="mse")
    model.fit(X, Y, epochs=3, shuffle=False, verbose=0)
    thaw(model)
    compile_with(model, spec, keep_state=True)
    assert int(model.optimizer.iterations) == 3
    before = model.get_layer("body").kernel.numpy()
    model.fit(X, Y, shuffle=False, verbose=0)
    # Adam's first step has the length of the rate, whatever the gradient; at its fourth it would have that of 0.33.
    step = np.abs(model.get_layer("body").kernel.numpy() - before)
    np.testing.assert_allclose(step, 0.1, rtol=1e-3)
