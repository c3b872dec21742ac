"""How each variable is trained holds after loading for models of many shapes, in every format that Keras writes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from keras_optkit import AdamWSpec, OptimizerSpec, ParamGroup, compile_with

X = np.linspace(-1, 1, 96, dtype="float32").reshape(8, 4, 3)
Y = X.sum(axis=(1, 2))[:, None]


def stack(*inner: layers.Layer) -> keras.Model:
    return keras.Sequential([layers.Input((4, 3)), *inner, layers.Flatten(), layers.Dense(1, name="head")], name="net")


def lora() -> keras.Model:
    return stack(layers.Dense(3, name="body", lora_rank=2), layers.Dense(3, name="other", lora_rank=2))


def attention() -> keras.Model:
    inputs = keras.Input((4, 3))
    attended = layers.MultiHeadAttention(2, 3, name="body")(inputs, inputs)
    hidden = layers.LayerNormalization(name="norm")(layers.Add()([inputs, attended]))
    return keras.Model(inputs, layers.Dense(1, name="head")(layers.Flatten()(hidden)), name="net")


def batch_norm() -> keras.Model:
    return stack(layers.Dense(3, name="body"), layers.BatchNormalization(name="norm"), layers.Dense(3))


def backbone(name: str) -> keras.Sequential:
    return keras.Sequential([layers.Input((4, 3)), layers.Dense(3, name="d"), layers.Dense(3, name="e")], name=name)


def frozen_inner() -> keras.Model:
    inner = backbone("inner")
    inner.trainable = False
    return stack(inner, layers.Dense(3, name="body"))


def same_names() -> keras.Model:
    return stack(backbone("body"), backbone("other"), layers.Dense(3, name="d"))


def wrapped() -> keras.Model:
    normal = layers.SpectralNormalization(layers.Dense(3, name="d"), name="body")
    return stack(layers.TimeDistributed(layers.Dense(3, name="d"), name="each"), normal)


def grouped(match: str) -> OptimizerSpec:
    groups = [ParamGroup(match=match, learning_rate_multiplier=0.25, weight_decay=0.5)]
    return AdamWSpec(weight_decay=0.1, exclude_from_weight_decay=["bias_and_norm"], groups=groups)


#: (a model, a pattern that selects a part of it)
MODELS: list[tuple[Callable[[], keras.Model], str]] = [
    (lora, "body/"),
    (attention, "body/query/"),
    (batch_norm, "body/"),
    (frozen_inner, "inner/d/|body/"),
    (same_names, "other/d/"),
    (wrapped, "each/"),
]


def training(model: keras.Model) -> list[tuple[float, float | None]]:
    return [model.optimizer.training_of(variable) for variable in model.trainable_variables]


def fit(model: keras.Model) -> keras.Model:
    model.fit(X, Y, batch_size=4, shuffle=False, verbose=0)
    return model


@pytest.mark.parametrize("suffix", [".keras", ".h5", ".weights.h5"])
@pytest.mark.parametrize(("make", "match"), MODELS, ids=[make.__name__ for make, _ in MODELS])
@pytest.mark.filterwarnings("ignore:.*legacy", "ignore:.*HDF5", "ignore:Error in loading the saved optimizer")
def test_each_variable_is_trained_as_before(
    make: Callable[[], keras.Model], match: str, suffix: str, tmp_path: Path
) -> None:
    def compiled() -> keras.Model:
        return compile_with(make(), grouped(match), loss=keras.losses.MeanSquaredError(), run_eagerly=True)

    model = fit(compiled())
    chosen = training(model)
    assert 0 < sum(multiplier == 0.25 for multiplier, _ in chosen) < len(chosen)
    file: Any = tmp_path / f"model{suffix}"
    if suffix == ".weights.h5":
        model.save_weights(file)
        again = compiled()
        again.load_weights(file)
    else:
        model.save(file)
        again = keras.models.load_model(file)
        again.run_eagerly = True
    fit(again)
    assert training(again) == chosen
    # Keras loads no state of an optimizer from .h5, and no adapters: it has added them to the kernels.
    if suffix != ".h5" and make is not lora:
        for mine, theirs in zip(again.get_weights(), fit(model).get_weights(), strict=True):
            np.testing.assert_array_equal(mine, theirs)
