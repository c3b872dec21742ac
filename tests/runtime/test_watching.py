"""A model that changes between compile_with and fit: it trains, or says what to do before anything is trained."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from keras_optkit import AdamSpec, OptimizerSpec, ParamGroup, compile_with

X = np.linspace(-1, 1, 24, dtype="float32").reshape(8, 3)
Y = X.sum(axis=1, keepdims=True)
PLAIN, AVERAGED = AdamSpec(), AdamSpec(use_ema=True)
GROUPED = AdamSpec(groups=[ParamGroup(match="body/", learning_rate_multiplier=0.5)])


def half_frozen() -> keras.Sequential:
    body = layers.Dense(3, name="body", trainable=False)
    return keras.Sequential([layers.Input((3,)), body, layers.Dense(3, name="middle"), layers.Dense(1, name="head")])


def thaw(model: keras.Sequential) -> None:
    model.get_layer("body").trainable = True


def freeze(model: keras.Sequential) -> None:
    model.get_layer("middle").trainable = False


def add(model: keras.Sequential) -> None:
    model.add(layers.Dense(1, name="more"))


def enable_lora(model: keras.Sequential) -> None:
    model.get_layer("middle").enable_lora(2)


@pytest.mark.parametrize("policy", ["float32", "mixed_float16"])
@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.parametrize(
    ("spec", "change", "new"),
    [
        (PLAIN, thaw, "new are .*body/kernel, .*body/bias"),
        (GROUPED, thaw, "new are .*body/kernel, .*body/bias"),
        (PLAIN, add, "new are .*more/kernel, .*more/bias"),
        (PLAIN, enable_lora, "new are .*lora_kernel_a"),
        (AVERAGED, freeze, "they were 4"),
        (AVERAGED, thaw, "new are .*body/kernel"),
    ],
)
def test_the_first_step_says_to_compile_again(
    spec: OptimizerSpec, change: Callable[[Any], None], new: str, eager: bool, policy: str
) -> None:
    model = half_frozen()
    model.dtype_policy = keras.DTypePolicy(policy)
    compile_with(model, spec, loss="mse", run_eagerly=eager)
    change(model)
    before = model.get_weights()
    with pytest.raises(ValueError, match=rf"have changed since compile_with \({new}.*call compile_with again"):
        model.fit(X, Y, verbose=0)
    for now, then in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)
    compile_with(model, spec).fit(X, Y, verbose=0)


class Table(layers.Layer):
    """Looks up its rows as ``Embedding`` does, which nobody can foresee of a layer of one's own."""

    def build(self, input_shape: Any) -> None:
        self.rows = self.add_weight(shape=(3, 2), name="rows")

    def call(self, inputs: Any) -> Any:
        return keras.ops.take(self.rows, inputs, axis=0)


@pytest.mark.parametrize("eager", [False, True])
def test_a_sparse_gradient_and_a_loss_scale_are_an_error_of_the_first_step(eager: bool) -> None:
    def table() -> keras.Model:
        stack = [Table(name="table"), layers.Flatten(), layers.Dense(1)]
        return keras.Sequential([layers.Input((2,), dtype="int32"), *stack])

    model = compile_with(table(), AdamSpec(loss_scale_factor=8), loss="mse", run_eagerly=eager)
    before = model.get_weights()
    with pytest.raises(
        ValueError, match=r"loss_scale_factor does not work with the sparse gradients of .*table/rows: "
    ):
        model.fit(np.zeros((4, 2), "int32"), np.ones(4), verbose=0)
    for now, then in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)
    compile_with(table(), AdamSpec(), loss="mse").fit(np.zeros((4, 2), "int32"), np.ones(4), verbose=0)


@pytest.mark.parametrize("spec", [PLAIN, GROUPED])
def test_fewer_variables_train_where_keras_trains_them(spec: OptimizerSpec) -> None:
    model = compile_with(half_frozen(), spec, loss="mse")
    freeze(model)
    frozen, head = (model.get_layer(name).kernel.numpy() for name in ("middle", "head"))
    model.fit(X, Y, verbose=0)
    np.testing.assert_array_equal(model.get_layer("middle").kernel.numpy(), frozen)
    assert not np.array_equal(model.get_layer("head").kernel.numpy(), head)


class TwoParts(keras.Model):
    """Trains its body only, with an optimizer that its ``compile`` stores elsewhere, and freezes the head for it."""

    def __init__(self) -> None:
        super().__init__()
        self.body, self.head = layers.Dense(3, name="body"), layers.Dense(1, name="head")
        self.body.build((None, 3))
        self.head.build((None, 3))
        self.built = True

    def call(self, inputs: Any) -> Any:
        return self.head(self.body(inputs))

    def train_step(self, data: Any) -> dict[str, Any]:
        import tensorflow as tf

        self.head.trainable = False
        with tf.GradientTape() as tape:
            loss = keras.ops.mean(keras.ops.square(self(data[0]) - data[1]))
        self.used.apply(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
        self.head.trainable = True
        return {"loss": loss}

    @property
    def used(self) -> Any:
        return self.optimizer


class TwoPartsElsewhere(TwoParts):
    def compile(self, optimizer: Any, **arguments: Any) -> None:
        super().compile(**arguments)  # with Keras's default optimizer
        self.stored = optimizer

    @property
    def used(self) -> Any:
        return self.stored


@pytest.mark.parametrize("spec", [PLAIN, GROUPED, AVERAGED])
@pytest.mark.parametrize("kind", [TwoParts, TwoPartsElsewhere])
def test_a_train_step_of_the_model_s_own_may_train_a_part(kind: type[TwoParts], spec: OptimizerSpec) -> None:
    model = compile_with(kind(), spec, run_eagerly=True)
    before = model.get_weights()
    model.fit(X, Y, verbose=0)
    changed = [not np.array_equal(now, then) for now, then in zip(model.get_weights(), before, strict=True)]
    assert changed == [True, True, False, False]


@pytest.mark.parametrize("spec", [PLAIN, GROUPED, AVERAGED])
def test_loaded_weights_bring_the_state_and_train_on(spec: OptimizerSpec, tmp_path: Path) -> None:
    one, two = (compile_with(half_frozen(), spec, loss="mse") for _ in range(2))
    one.fit(X, Y, verbose=0)
    one.save_weights(tmp_path / "model.weights.h5")
    two.load_weights(tmp_path / "model.weights.h5")
    for model in (one, two):
        model.fit(X, Y, shuffle=False, verbose=0)
    for mine, theirs in zip(one.get_weights(), two.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("policy", ["float32", "mixed_float16"])
@pytest.mark.parametrize("eager", [False, True])
def test_a_later_fit_says_to_compile_again(eager: bool, policy: str) -> None:
    model = half_frozen()
    model.dtype_policy = keras.DTypePolicy(policy)
    compile_with(model, PLAIN, loss="mse", run_eagerly=eager).fit(X, Y, verbose=0)
    thaw(model)
    before = model.get_weights()
    words = r"have changed since [\w ]+ \(new are .*body/kernel, .*body/bias\): .*call compile_with again"
    for train in (model.fit, model.train_on_batch):
        with pytest.raises(ValueError, match=words):
            train(X, Y)
    for now, then in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)
    compile_with(model, PLAIN, keep_state=True).fit(X, Y, verbose=0)
    assert not np.array_equal(model.get_layer("body").get_weights()[0], before[0])


def test_a_traced_step_trains_no_layer_that_is_frozen_now() -> None:
    model = compile_with(half_frozen(), PLAIN, loss="mse")
    model.fit(X, Y, verbose=0)
    freeze(model)
    with pytest.raises(ValueError, match=r"have changed since the first fit \(they were 4\)"):
        model.fit(X, Y, verbose=0)
    model.make_train_function(force=True)
    frozen = model.get_layer("middle").kernel.numpy()
    model.fit(X, Y, verbose=0)
    np.testing.assert_array_equal(model.get_layer("middle").kernel.numpy(), frozen)


def test_a_step_traced_while_a_layer_was_frozen_is_not_used_when_it_is_not() -> None:
    model = compile_with(half_frozen(), PLAIN, loss="mse")
    freeze(model)
    model.fit(X, Y, verbose=0)
    model.get_layer("middle").trainable = True
    with pytest.raises(ValueError, match=r"since the first fit \(new are .*middle/kernel, .*middle/bias\)"):
        model.fit(X, Y, verbose=0)


def test_a_model_that_is_built_by_its_first_fit_is_watched_too() -> None:
    head = layers.Dense(1)
    model = compile_with(keras.Sequential([layers.Dense(3), head]), PLAIN, loss="mse")
    for _ in range(2):
        model.fit(X, Y, verbose=0)
    head.trainable = False
    with pytest.raises(ValueError, match=r"since the first fit \(they were 4\)"):
        model.fit(X, Y, verbose=0)
