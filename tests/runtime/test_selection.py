"""Which variables of a model a pattern selects: the same before and after saving, or an error and nothing touched."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from keras_optkit import AdamWSpec, OptimizerSpec, ParamGroup, SGDSpec, compile_with

X = np.linspace(-1, 1, 24, dtype="float32").reshape(8, 3)
Y = X.sum(axis=1, keepdims=True)
registered = keras.saving.register_keras_serializable("test_selection")


@registered
class OwnNorm(layers.Layer):
    """A user's normalization layer."""

    def build(self, input_shape: Any) -> None:
        self.weight = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="weight")

    def call(self, inputs: Any) -> Any:
        return inputs * self.weight


@registered
class NormWithoutNames(OwnNorm):
    """The same, whose weight has no name of its own, so that Keras calls it "variable", or "variable_7"."""

    def build(self, input_shape: Any) -> None:
        self.weight = self.add_weight(shape=(input_shape[-1],), initializer="ones")


@registered
class NormalHead(layers.Layer):
    """No normalization, though its name begins like one."""

    def build(self, input_shape: Any) -> None:
        self.kernel = self.add_weight(shape=(input_shape[-1], 1), name="kernel")

    def call(self, inputs: Any) -> Any:
        return inputs @ self.kernel


@registered
class Subclassed(keras.Model):
    """With a nested model, a layer without a name and layers with one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.encoder = keras.Sequential([layers.Dense(3, name="inner"), OwnNorm(name="rescale")], name="encoder")
        self.middle = layers.Dense(3)
        self.head = layers.Dense(1, name="head")

    def call(self, inputs: Any) -> Any:
        return self.head(self.middle(self.encoder(inputs)))


@registered
class Sharing(keras.Model):
    """One layer in two containers: it is built in the second and found in the first."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        shared = layers.Dense(3, name="shared")
        self.left = keras.Sequential([shared], name="left")
        self.right = keras.Sequential([shared], name="right")
        self.head = layers.Dense(1, name="head")

    def call(self, inputs: Any) -> Any:
        return self.head(self.left(self.right(inputs)))


def sequential() -> keras.Model:
    parts = [layers.Input((3,)), layers.Dense(3, name="encoder"), OwnNorm(name="norm"), layers.Dense(1, name="head")]
    return keras.Sequential(parts)


def lazily_built() -> keras.Model:
    model = keras.Sequential([layers.Dense(3, name="encoder"), layers.Dense(1, name="head")], name="lazy")
    model(X)
    return model


def functional() -> keras.Model:
    inputs = keras.Input((3,))
    hidden = layers.BatchNormalization(name="norm")(layers.Dense(3, name="encoder")(inputs))
    return keras.Model(inputs, layers.Dense(1, name="head")(hidden))


def nested() -> keras.Model:
    inputs = keras.Input((3,))
    block = keras.Sequential([layers.Input((3,)), layers.Dense(3, name="inner")], name="block")
    encoder = keras.Sequential([layers.Input((3,)), block, layers.LayerNormalization(name="norm")], name="encoder")
    return keras.Model(inputs, layers.Dense(1, name="head")(encoder(inputs)), name="net")


def subclassed() -> keras.Model:
    model = Subclassed(name="net")
    model(X)
    return model


def sharing() -> keras.Model:
    model = Sharing()
    model(X)
    return model


MODELS = {
    "sequential": (sequential, "encoder/"),
    "lazily built": (lazily_built, "encoder/"),
    "functional": (functional, "encoder/"),
    "nested": (nested, "encoder/block/"),
    "nested, inner name": (nested, "block/inner"),
    "nested, from the model's own name": (nested, "net/encoder/"),
    "subclassed": (subclassed, "encoder/inner"),
    "subclassed, from the model's own name": (subclassed, "net/encoder/"),
    "a layer of two containers": (sharing, "left/shared"),
}


def treatments(model: keras.Model) -> list[tuple[float, float | None]]:
    """The multiplier and the decay of each trainable variable, in order."""
    optimizer = getattr(model.optimizer, "inner_optimizer", model.optimizer)
    return [optimizer.training_of(variable) for variable in model.trainable_variables]


def spec_for(match: str) -> OptimizerSpec:
    group = ParamGroup(match=match, learning_rate_multiplier=0.5)
    return SGDSpec(learning_rate=0.1, weight_decay=0.1, exclude_from_weight_decay=["bias_and_norm"], groups=[group])


@pytest.mark.parametrize("name", MODELS)
def test_the_selection_is_the_same_after_saving_and_loading(name: str, tmp_path: Path) -> None:
    make, match = MODELS[name]
    model = compile_with(make(), spec_for(match), loss="mse")
    before = treatments(model)
    assert {multiplier for multiplier, _ in before} == {0.5, 1.0}
    assert {decay for _, decay in before} == {0.1, None}
    model.save(tmp_path / "model.keras")
    assert treatments(keras.models.load_model(tmp_path / "model.keras")) == before


@pytest.mark.parametrize("name", MODELS)
def test_the_selection_is_the_same_when_a_loaded_model_is_compiled_anew(name: str, tmp_path: Path) -> None:
    make, match = MODELS[name]
    model = compile_with(make(), spec_for(match), loss="mse")
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", compile=False)
    assert treatments(compile_with(again, spec_for(match), loss="mse")) == treatments(model)


def test_a_layer_that_is_named_anew_on_loading_is_still_selected(tmp_path: Path) -> None:
    # Keras names the layers of a subclassed model when it is made, so that "dense" is "dense_1" in the loaded one.
    model = Subclassed()
    model(X)
    compile_with(model, spec_for(f"{model.middle.name}/"), loss="mse").save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert again.middle.name != model.middle.name
    assert treatments(again) == treatments(model)


def test_a_weight_that_is_named_anew_on_loading_is_still_selected(tmp_path: Path) -> None:
    model = keras.Sequential([layers.Input((3,)), NormWithoutNames(), layers.Dense(1)])
    spec = SGDSpec(weight_decay=0.1, exclude_from_weight_decay=["bias_and_norm"])
    compile_with(model, spec, loss="mse").save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert treatments(again) == treatments(model) == [(1.0, None), (1.0, 0.1), (1.0, None)]


def one(layer: layers.Layer, shape: tuple[int, ...], dtype: str = "float32") -> keras.Model:
    inputs = keras.Input(shape, dtype=dtype)
    is_attention = isinstance(layer, (layers.MultiHeadAttention, layers.GroupQueryAttention))
    return keras.Model(inputs, layer(inputs, inputs) if is_attention else layer(inputs))


SEQUENCE, IMAGE = (4, 6), (8, 8, 4)
#: By case: the layer, the shape of its input, and the last names of the variables that are biases or normalization's.
LAYERS: dict[str, tuple[Callable[[], layers.Layer], tuple[int, ...], list[str]]] = {
    "Dense": (lambda: layers.Dense(2), (3,), ["bias"]),
    "Conv2D": (lambda: layers.Conv2D(2, 3), IMAGE, ["bias"]),
    "SeparableConv2D": (lambda: layers.SeparableConv2D(2, 3), IMAGE, ["bias"]),
    "EinsumDense, bias of rank 2": (
        lambda: layers.EinsumDense("abc,cde->abde", (None, 2, 3), bias_axes="de"), SEQUENCE, ["bias"]),
    "MultiHeadAttention": (lambda: layers.MultiHeadAttention(2, 3), SEQUENCE, ["bias"] * 4),
    "GroupQueryAttention": (lambda: layers.GroupQueryAttention(3, 4, 2), SEQUENCE, ["bias"] * 4),
    "GRU, bias of rank 2": (lambda: layers.GRU(2), SEQUENCE, ["bias"]),
    "LSTM": (lambda: layers.LSTM(2), SEQUENCE, ["bias"]),
    "Bidirectional": (lambda: layers.Bidirectional(layers.LSTM(2)), SEQUENCE, ["bias"] * 2),
    "TimeDistributed": (lambda: layers.TimeDistributed(layers.Dense(2)), SEQUENCE, ["bias"]),
    "SpectralNormalization of Dense": (lambda: layers.SpectralNormalization(layers.Dense(2)), (3,), ["bias"]),
    "BatchNormalization": (lambda: layers.BatchNormalization(), IMAGE, ["beta", "gamma"]),
    "LayerNormalization": (lambda: layers.LayerNormalization(), SEQUENCE, ["beta", "gamma"]),
    "LayerNormalization, rank 2": (lambda: layers.LayerNormalization(axis=(1, 2)), SEQUENCE, ["beta", "gamma"]),
    "GroupNormalization": (lambda: layers.GroupNormalization(2), IMAGE, ["beta", "gamma"]),
    "RMSNormalization": (lambda: layers.RMSNormalization(name="ln1"), SEQUENCE, ["scale"]),
    "a user's own": (lambda: OwnNorm(name="rescale"), (3,), ["weight"]),
    "Embedding": (lambda: layers.Embedding(5, 3), (4,), []),
    "PReLU": (lambda: layers.PReLU(), (3,), []),
    "no normalization, by a like name": (NormalHead, (3,), []),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYERS)
def test_bias_and_norm_selects_biases_and_normalization_of_any_rank_and_nothing_else(name: str) -> None:
    make, shape, selected = LAYERS[name]
    model = one(make(), shape, "int32" if name == "Embedding" else "float32")
    spec = AdamWSpec(weight_decay=0.1, exclude_from_weight_decay=["bias_and_norm"])
    compile_with(model, spec, loss="mse")
    excluded = [
        variable.name
        for variable, (_, decay) in zip(model.trainable_variables, treatments(model), strict=True)
        if decay is None
    ]
    assert sorted(excluded) == selected


def test_a_pattern_that_matches_nothing_is_an_error_with_the_paths_and_the_model_is_untouched() -> None:
    model = nested()
    model.compile(optimizer="sgd", loss="mse")
    before = model.optimizer
    for fields in (
        {"groups": [ParamGroup(match="encodre")]},
        {"weight_decay": 0.1, "exclude_from_weight_decay": ["bias_and_norm", "encodre"]},
    ):
        with pytest.raises(ValueError, match=r"'encodre' matches no variable") as caught:
            compile_with(model, SGDSpec(**fields))
        for path in ("encoder/block/inner/kernel", "encoder/norm/gamma", "head/bias"):
            assert path in str(caught.value)
    assert model.optimizer is before


def test_a_part_of_the_model_s_own_name_matches_nothing() -> None:
    # Otherwise a typo of a layer's name could select the whole model.
    with pytest.raises(ValueError, match="'ne' matches no variable"):
        compile_with(nested(), spec_for("ne"), loss="mse")


def test_a_layer_with_the_beginning_of_the_model_s_name_is_not_taken_for_the_model() -> None:
    inputs = keras.Input((3,))
    model = keras.Model(inputs, layers.Dense(1, name="head")(layers.Dense(2, name="dense")(inputs)), name="dense_net")
    compile_with(model, spec_for("dense"), loss="mse")
    assert [multiplier for multiplier, _ in treatments(model)] == [0.5, 0.5, 1.0, 1.0]


def test_the_first_group_that_matches_counts_and_one_that_is_wholly_shadowed_is_an_error() -> None:
    bias = ParamGroup(match="bias$", learning_rate_multiplier=2)
    encoder = ParamGroup(match="encoder/", learning_rate_multiplier=0.5)
    model = compile_with(functional(), SGDSpec(groups=[bias, encoder]), loss="mse")
    by_path = {variable.path: how for variable, how in zip(model.trainable_variables, treatments(model), strict=True)}
    assert {path: multiplier for path, (multiplier, _) in by_path.items()} == {
        "encoder/kernel": 0.5,
        "encoder/bias": 2,
        "norm/gamma": 1,
        "norm/beta": 1,
        "head/kernel": 1,
        "head/bias": 2,
    }
    with pytest.raises(ValueError, match=r"groups\.1.*'encoder/bias'.*earlier groups"):
        compile_with(functional(), SGDSpec(groups=[encoder, ParamGroup(match="encoder/bias")]), loss="mse")


def test_a_model_that_is_built_by_its_first_batch_reports_a_pattern_that_matches_nothing_then() -> None:
    model = compile_with(keras.Sequential([layers.Dense(1, name="head")]), spec_for("encoder"), loss="mse")
    with pytest.raises(ValueError, match=r"'encoder' matches no variable; the paths are .*head/kernel"):
        model.fit(X, Y, verbose=0)
