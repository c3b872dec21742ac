"""layerwise_groups: the rate falls from the head to the input, layer by layer, whatever the layers are held in."""

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from keras_optkit import SGDSpec, compile_with, layerwise_groups

X = np.linspace(-1, 1, 24, dtype="float32").reshape(8, 3)


def functional() -> keras.Model:
    inputs = keras.Input((3,))
    hidden = layers.BatchNormalization(name="norm")(layers.Dense(3, name="encoder")(inputs))
    return keras.Model(inputs, layers.Dense(1, name="head")(hidden))


def nested() -> keras.Model:
    inputs = keras.Input((3,))
    block = keras.Sequential([layers.Input((3,)), layers.Dense(3, name="inner")], name="block")
    encoder = keras.Sequential([layers.Input((3,)), block, layers.LayerNormalization(name="norm")], name="encoder")
    return keras.Model(inputs, layers.Dense(1, name="head")(encoder(inputs)), name="net")


def lazily_built() -> keras.Model:
    model = keras.Sequential([layers.Dense(3, name="encoder"), layers.Dense(1, name="head")])
    model(X)
    return model


class Own(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.encoder = nested()
        self.head = layers.Dense(2, name="top")

    def call(self, inputs: Any) -> Any:
        return self.head(self.encoder(inputs))


def multipliers(model: keras.Model, decay: float) -> dict[str, float]:
    compile_with(model, SGDSpec(groups=layerwise_groups(model, decay)), loss="mse")
    return {path: how.multiplier for path, _, how in model.optimizer._chosen if not path.endswith("bias")}


def test_layerwise_groups_fall_from_the_head_to_the_input() -> None:
    assert multipliers(functional(), 0.5) == {
        "encoder/kernel": 0.25, "norm/gamma": 0.5, "norm/beta": 0.5, "head/kernel": 1.0
    }  # fmt: skip
    assert multipliers(nested(), 0.5) == {
        "encoder/block/inner/kernel": 0.25, "encoder/norm/gamma": 0.5, "encoder/norm/beta": 0.5, "head/kernel": 1.0
    }  # fmt: skip
    assert multipliers(lazily_built(), 0.1) == {"encoder/kernel": 0.1, "head/kernel": 1.0}
    own = Own()
    own(X)
    assert multipliers(own, 0.5) == {
        "net/encoder/block/inner/kernel": 0.125,
        "net/encoder/norm/gamma": 0.25,
        "net/encoder/norm/beta": 0.25,
        "net/head/kernel": 0.5,
        "top/kernel": 1.0,
    }


def test_a_layer_made_of_layers_is_one_step_of_layerwise_decay() -> None:
    inputs = keras.Input((4, 6))
    attention = layers.MultiHeadAttention(2, 3, name="attention")(inputs, inputs)
    recurrent = layers.Bidirectional(layers.GRU(2, name="gru"), name="both")(attention)
    model = keras.Model(inputs, layers.Dense(1, name="head")(recurrent))
    by_layer = {path.split("/")[0]: multiplier for path, multiplier in multipliers(model, 0.5).items()}
    assert by_layer == {"attention": 0.25, "both": 0.5, "head": 1.0}
    assert len(set(multipliers(model, 0.5).values())) == 3


def test_layerwise_groups_tell_layers_of_like_names_apart() -> None:
    names = ["dense", "dense_1", "dense_10", "dense_2"]
    inner = keras.Sequential([layers.Input((3,)), layers.Dense(3, name="dense")], name="block")
    model = keras.Sequential([layers.Input((3,)), inner, *(layers.Dense(3, name=name) for name in names)])
    assert multipliers(model, 0.5) == {
        "block/dense/kernel": 1 / 16,
        "dense/kernel": 1 / 8,
        "dense_1/kernel": 1 / 4,
        "dense_10/kernel": 1 / 2,
        "dense_2/kernel": 1,
    }


def test_layers_without_weights_to_train_take_no_step_of_layerwise_decay() -> None:
    frozen = layers.Dense(3, name="frozen", trainable=False)
    stack = [layers.Input((3,)), layers.Dense(3, name="a"), layers.Dropout(0.5), frozen, layers.Dense(1, name="b")]
    assert multipliers(keras.Sequential(stack), 0.5) == {"a/kernel": 0.5, "b/kernel": 1.0}


@pytest.mark.parametrize("decay", [0, -0.5, 1.5, True, "0.5", None, float("nan")])
def test_layerwise_groups_refuse_a_decay_that_is_none(decay: Any) -> None:
    with pytest.raises(ValueError, match=r"decay must be in \(0, 1\]"):
        layerwise_groups(functional(), decay)


def test_layerwise_groups_need_a_model_with_weights() -> None:
    with pytest.raises(ValueError, match="no weights to train"):
        layerwise_groups(keras.Sequential([layers.Dense(1)]), 0.9)


def test_layerwise_groups_tell_a_part_of_a_layer_from_a_layer_of_the_same_path() -> None:
    # "attention/query/" is in "encoder/attention/query/" too, which is a part of the layer "encoder/attention/".
    inputs = keras.Input((4, 6))
    inner = keras.Input((4, 6))
    encoder = keras.Model(inner, layers.MultiHeadAttention(2, 3, name="attention")(inner, inner), name="encoder")
    pooled = keras.Sequential([layers.Input((4, 6)), layers.Dense(2, name="query")], name="attention")
    model = keras.Model(inputs, pooled(encoder(inputs)))
    found = multipliers(model, 0.5)
    assert found.pop("attention/query/kernel") == 1.0
    assert set(found.values()) == {0.5}
