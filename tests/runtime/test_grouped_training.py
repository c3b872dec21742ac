"""Groups in whole trainings: fit, callbacks that set the rate, compilation by XLA, checkpoints of TensorFlow."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from sklearn.datasets import load_digits

from keras_optkit import AdamSpec, AdamWSpec, ParamGroup, SGDSpec, compile_with, spec_of

IMAGES, LABELS = load_digits(return_X_y=True)
IMAGES = (IMAGES / 16).astype("float32")
HALF = ParamGroup(match="body/", learning_rate_multiplier=0.5)
FROZEN = ParamGroup(match="body/", learning_rate_multiplier=0)


def classifier() -> keras.Model:
    keras.utils.set_random_seed(0)
    body, head = layers.Dense(16, "tanh", name="body"), layers.Dense(10, "softmax", name="head")
    return keras.Sequential([layers.Input((64,)), body, head])


def fit(spec: Any, *, epochs: int = 2, callbacks: Any = (), **arguments: Any) -> keras.Model:
    model = compile_with(classifier(), spec, loss="sparse_categorical_crossentropy", metrics=["accuracy"], **arguments)
    model.fit(IMAGES, LABELS, batch_size=64, epochs=epochs, shuffle=False, verbose=0, callbacks=list(callbacks))
    return model


def weights(model: keras.Model) -> list[np.ndarray]:
    return [np.array(values) for values in model.get_weights()]


def assert_same(one: keras.Model, other: keras.Model, tolerance: float = 0) -> None:
    for mine, theirs in zip(weights(one), weights(other), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=tolerance, atol=tolerance)


def test_on_real_images_groups_train_as_two_optimizers_of_keras_do() -> None:
    # MultiOptimizer came with Keras 3.15.
    if not hasattr(keras.optimizers, "MultiOptimizer"):
        pytest.skip("this Keras has no MultiOptimizer")
    ours = fit(AdamWSpec(learning_rate=0.01, weight_decay=0.1, groups=[HALF]), epochs=3)
    slow, fast = (keras.optimizers.AdamW(rate, weight_decay=0.1) for rate in (0.005, 0.01))
    by_keras = classifier()
    both = keras.optimizers.MultiOptimizer(keras.optimizers.OptimizerMap(fast, {".*body.*": slow}))
    by_keras.compile(optimizer=both, loss="sparse_categorical_crossentropy")
    by_keras.fit(IMAGES, LABELS, batch_size=64, epochs=3, shuffle=False, verbose=0)
    assert_same(ours, by_keras, tolerance=1e-5)
    assert ours.evaluate(IMAGES, LABELS, verbose=0)[1] > 0.85


def test_a_frozen_body_stays_and_the_head_still_learns() -> None:
    model = fit(AdamSpec(learning_rate=0.05, groups=[FROZEN]), epochs=3)
    before = weights(classifier())
    np.testing.assert_array_equal(weights(model)[0], before[0])
    np.testing.assert_array_equal(weights(model)[1], before[1])
    assert model.evaluate(IMAGES, LABELS, verbose=0)[1] > 0.8


def test_groups_that_say_nothing_change_no_bit_of_a_training() -> None:
    spec = AdamWSpec(learning_rate=0.01, weight_decay=0.1, global_clipnorm=1.0)
    assert_same(fit(spec), fit(spec.replace(groups=[ParamGroup(match="body/"), ParamGroup(match="head/")])))


def test_xla_compiles_groups() -> None:
    spec = AdamWSpec(learning_rate=0.01, exclude_from_weight_decay=["bias_and_norm"], groups=[HALF])
    assert_same(fit(spec, jit_compile=True), fit(spec, jit_compile=False), tolerance=1e-5)


def test_the_learning_rate_can_be_set_and_is_that_of_the_variables_in_no_group() -> None:
    model = fit(SGDSpec(learning_rate=0.1, groups=[HALF]), epochs=1)
    assert float(model.optimizer.learning_rate) == pytest.approx(0.1)
    model.optimizer.learning_rate = 1e-30
    before = weights(model)
    model.fit(IMAGES, LABELS, batch_size=64, verbose=0)
    for now, then in zip(weights(model), before, strict=True):
        np.testing.assert_allclose(now, then, atol=1e-25)


def test_callbacks_that_set_the_rate_set_that_of_every_group() -> None:
    # The rate halves with each epoch; the same is said by hand below.
    halving = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)
    scheduled = fit(SGDSpec(learning_rate=0.1, groups=[HALF]), callbacks=[halving])
    by_hand = compile_with(classifier(), SGDSpec(learning_rate=0.05, groups=[HALF]), loss=scheduled.loss)
    for rate in (0.05, 0.025):
        by_hand.optimizer.learning_rate = rate
        by_hand.fit(IMAGES, LABELS, batch_size=64, shuffle=False, verbose=0)
    assert_same(scheduled, by_hand)


def test_reduce_on_plateau_reduces() -> None:
    reduce = keras.callbacks.ReduceLROnPlateau(monitor="loss", factor=0.5, patience=1, min_delta=1e9)
    model = fit(SGDSpec(learning_rate=0.1, groups=[HALF]), epochs=3, callbacks=[reduce])
    # The first epoch is the best one; each of the others is no improvement of 1e9.
    assert float(model.optimizer.learning_rate) == pytest.approx(0.025)
    assert spec_of(model).learning_rate == 0.025


def test_a_checkpoint_of_tensorflow_holds_the_whole_state(tmp_path: Path) -> None:
    spec = AdamWSpec(learning_rate=0.01, exclude_from_weight_decay=["bias_and_norm"], groups=[HALF], use_ema=True)
    model = fit(spec, epochs=1)
    path = tf.train.Checkpoint(model=model, optimizer=model.optimizer).save(tmp_path / "checkpoint")
    again = compile_with(classifier(), spec, loss=model.loss)
    restored = tf.train.Checkpoint(model=again, optimizer=again.optimizer).restore(path)
    restored.assert_existing_objects_matched()
    for each in (model, again):
        each.fit(IMAGES, LABELS, batch_size=64, shuffle=False, verbose=0)
    assert_same(model, again)


def test_one_optimizer_has_one_count_of_iterations() -> None:
    model = fit(AdamSpec(groups=[HALF, ParamGroup(match="head/", learning_rate_multiplier=2)]), epochs=1)
    counts = [variable for variable in model.optimizer.variables if "iteration" in variable.path]
    assert [int(count) for count in counts] == [-(-len(IMAGES) // 64)]
