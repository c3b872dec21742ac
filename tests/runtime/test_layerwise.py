"""layerwise_groups: the rate falls from the head to the input, layer by layer, whatever the layers are held in."""

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from keras_optkit import OptimizerWarning, ParamGroup, SGDSpec, compile_with, layerwise_groups
from keras_optkit.runtime.places import places_in
from keras_optkit.specs.patterns import matches

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
    places, training_of = places_in(model), model.optimizer.training_of
    found = {places[id(variable)].path: training_of(variable)[0] for variable in model.trainable_variables}
    return {path: multiplier for path, multiplier in found.items() if not path.endswith("bias")}


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
    with pytest.raises(ValueError, match=r"decay must be a number in \(0, 1\]"):
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


def first_match(model: keras.Model, groups: list[ParamGroup]) -> dict[str, float]:
    """The multiplier of each variable to train, by path; every variable must be in a group, every group be of use."""
    found: dict[str, float] = {}
    used = set()
    for place in places_in(model).values():
        number, group = next((n, group) for n, group in enumerate(groups) if matches(group.match, place.path))
        found[place.path] = group.learning_rate_multiplier
        used.add(number)
    assert used == set(range(len(groups)))
    return found


class WithTokens(keras.Model):
    """A model that holds weights itself, as a ViT its class token and position embedding."""

    def __init__(self, inner: keras.Model | None = None) -> None:
        super().__init__(name="vit")
        self.token = self.add_weight(shape=(3,), name="token")
        self.position = self.add_weight(shape=(3,), name="kernel")  # a name that layers have too
        self.patches = layers.Dense(3, name="patches")
        self.inner = inner
        self.top = layers.Dense(1, name="top")

    def call(self, inputs: Any) -> Any:
        hidden = self.patches(inputs) + self.token + self.position
        return self.top(self.inner(hidden) if self.inner else hidden)


def test_weights_that_the_model_holds_itself_belong_to_the_layer_nearest_the_input() -> None:
    model = WithTokens()
    model(X)
    assert multipliers(model, 0.5) == {
        "token": 0.5, "kernel": 0.5, "patches/kernel": 0.5, "top/kernel": 1.0,
    }  # fmt: skip


def test_weights_that_a_model_within_holds_belong_to_its_own_first_layer() -> None:
    model = WithTokens(keras.Sequential([WithTokens(), layers.Dense(3, name="last")], name="within"))
    model(X)
    assert first_match(model, layerwise_groups(model, 0.5)) == {
        "token": 1 / 16, "kernel": 1 / 16, "patches/kernel": 1 / 16, "patches/bias": 1 / 16,
        "within/vit/token": 1 / 8, "within/vit/kernel": 1 / 8,
        "within/vit/patches/kernel": 1 / 8, "within/vit/patches/bias": 1 / 8,
        "within/vit/top/kernel": 1 / 4, "within/vit/top/bias": 1 / 4,
        "within/last/kernel": 1 / 2, "within/last/bias": 1 / 2,
        "top/kernel": 1, "top/bias": 1,
    }  # fmt: skip


class Bare(keras.Model):
    """A model with weights and no layers."""

    def build(self, input_shape: Any) -> None:
        self.scale = self.add_weight(shape=(3,), name="scale")

    def call(self, inputs: Any) -> Any:
        return inputs * self.scale


def test_a_model_with_weights_and_no_layers_is_one_layer() -> None:
    alone = Bare()
    alone(X)
    assert first_match(alone, layerwise_groups(alone, 0.5)) == {"scale": 1.0}
    model = keras.Sequential([Bare(name="a"), Bare(name="b")])
    model(X)
    assert first_match(model, layerwise_groups(model, 0.5)) == {"a/scale": 0.5, "b/scale": 1.0}


class Holder(layers.Layer):
    """A layer that holds layers."""

    def __init__(self, *held: layers.Layer, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.held = list(held)

    def call(self, inputs: Any) -> Any:
        for layer in self.held:
            inputs = layer(inputs)
        return inputs


@pytest.mark.parametrize(
    "make",
    [
        lambda: [
            Holder(layers.Dense(3, name="decoder"), name="encoder"),
            Holder(layers.Dense(3, name="encoder"), name="decoder"),
        ],
        lambda: [
            Holder(Holder(layers.Dense(3, name="c"), name="b"), name="a"),
            Holder(Holder(layers.Dense(3, name="a"), name="c"), name="b"),
            Holder(Holder(layers.Dense(3, name="b"), name="a"), name="c"),
        ],
        lambda: [
            Holder(layers.Dense(3, name="b"), layers.Dense(3, name="a"), name="a"),
            Holder(layers.Dense(3, name="b"), layers.Dense(3, name="a"), name="b"),
            layers.Dense(3, name="kernel"),
        ],
        lambda: [Holder(Holder(layers.Dense(3, name="a"), name="a"), name="a"), layers.Dense(3, name="b")],
    ],
    ids=["each in the other", "three in a ring", "both in both", "in itself"],
)
def test_layers_that_hold_each_others_names_are_told_apart(make: Any) -> None:
    stack = make()
    model = keras.Sequential([layers.Input((3,)), *stack])
    expected = {layer.name: 0.5**depth for depth, layer in enumerate(reversed(stack))}
    found = first_match(model, layerwise_groups(model, 0.5))
    assert found == {path: expected[path.split("/")[0]] for path in found}
    assert compile_with(model, SGDSpec(groups=layerwise_groups(model, 0.5)), loss="mse") is model


def test_a_layer_that_two_models_share_counts_once_where_it_is_held_first() -> None:
    shared = layers.Dense(3, name="shared")
    halves = [keras.Sequential([layers.Input((3,)), shared, layers.Dense(3, name="own")], name=name) for name in "ab"]
    model = keras.Sequential([layers.Input((3,)), *halves])
    found = {path: rate for path, rate in first_match(model, layerwise_groups(model, 0.5)).items() if "kernel" in path}
    assert found == {"a/shared/kernel": 0.25, "a/own/kernel": 0.5, "b/own/kernel": 1.0}


# By block


def stack_of(*names: str) -> keras.Model:
    return keras.Sequential([layers.Input((3,)), *(layers.Dense(3, name=name) for name in names)])


def by_layer(model: keras.Model, decay: float, by: str) -> dict[str, float]:
    found = first_match(model, layerwise_groups(model, decay, by=by))
    return {path.rpartition("/")[0]: rate for path, rate in found.items()}


def test_blocks_are_counted_with_the_layers_before_them_as_the_stem_and_those_after_them_as_the_head() -> None:
    model = stack_of("conv", "norm", "block_1_a", "block_1_b", "between", "block_2_a", "pool", "classes")
    assert by_layer(model, 0.5, r"block_(\d+)") == {
        "conv": 1 / 8, "norm": 1 / 8, "block_1_a": 1 / 4, "block_1_b": 1 / 4, "between": 1 / 4, "block_2_a": 1 / 2,
        "pool": 1, "classes": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    "by", [r"block_(\d+)", r"block_\d+", r"block_\d", r"(?P<name>\d+)_x$", r"(?:block)_(\d+)|(never)"]
)
def test_the_first_group_or_the_whole_match_names_the_block(by: str) -> None:
    model = stack_of("block_1_x", "block_2_x", "block_3_x")
    assert list(by_layer(model, 0.5, by).values()) == [1 / 4, 1 / 2, 1]


def test_without_a_stem_or_a_head_the_last_block_has_the_full_rate() -> None:
    assert by_layer(stack_of("a1", "b2", "c3"), 0.5, r"\d") == {"a1": 1 / 4, "b2": 1 / 2, "c3": 1}
    assert by_layer(stack_of("a1", "b1"), 0.5, r"\d") == {"a1": 1, "b1": 1}


def test_blocks_inside_of_a_layer_made_of_layers_are_found() -> None:
    encoder = Holder(
        layers.Dense(3, name="embed"), *(Holder(layers.Dense(3, name="mlp"), name=f"layer_{i}") for i in range(3)),
        name="encoder",
    )  # fmt: skip
    model = keras.Sequential([layers.Input((3,)), encoder, layers.Dense(1, name="classes")])
    assert by_layer(model, 0.5, r"layer_(\d+)") == {
        "encoder/embed": 1 / 16, "encoder/layer_0/mlp": 1 / 8, "encoder/layer_1/mlp": 1 / 4,
        "encoder/layer_2/mlp": 1 / 2, "classes": 1,
    }  # fmt: skip
    assert set(by_layer(model, 0.5, "encoder").values()) == {0.5, 1}


def test_tokens_belong_to_the_stem() -> None:
    model = WithTokens(stack_of("block_1", "block_2"))
    model(X)
    found = first_match(model, layerwise_groups(model, 0.5, by=r"block_\d"))
    assert {path for path, rate in found.items() if rate == 1 / 8} == {
        "token", "kernel", "patches/kernel", "patches/bias",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("model", "by", "blocks"),
    [
        ("ResNet50", r"conv\d_block\d+", 16),
        ("EfficientNetB0", r"block\d+[a-z]", 16),
        ("ConvNeXtTiny", r"stage_\d+_block_\d+", 18),
    ],
)
def test_the_models_of_keras_are_counted_by_block(model: str, by: str, blocks: int) -> None:
    made = getattr(keras.applications, model)(weights=None, input_shape=(32, 32, 3), include_top=True, classes=2)
    found = first_match(made, layerwise_groups(made, 0.75, by=by))
    assert sorted(set(found.values())) == pytest.approx([0.75**depth for depth in reversed(range(blocks + 2))])
    rates = list(found.values())
    assert (rates[0], rates[-1]) == (min(rates), 1)
    with pytest.warns(OptimizerWarning, match=r"the first of \d+ layers has .* of the rate: .* pass by=") as caught:
        layerwise_groups(made, 0.75)
    assert [warning.filename for warning in caught] == [__file__]


def test_only_a_very_small_multiplier_is_warned_of() -> None:
    model = stack_of(*"abcd")
    with pytest.warns(OptimizerWarning, match="the first of 4 layers has 0.0007 of the rate"):
        layerwise_groups(model, 0.09)
    layerwise_groups(model, 0.1)  # 1e-3 itself; any warning would be an error here
    layerwise_groups(model, 0.01, by="[a-d]")


@pytest.mark.parametrize(
    ("by", "words"),
    [
        (None, r"the first of 4 layers has 1e-60 of the rate, which float32 cannot hold: .* pass by=\.\.\.,"),
        ("[a-d]", "the first of 4 blocks has 1e-60 of the rate, which float32 cannot hold: choose a larger decay, or"),
    ],
)
def test_a_multiplier_that_float32_cannot_hold_is_an_error_that_says_what_to_do(by: str | None, words: str) -> None:
    with pytest.raises(ValueError, match=f"^{words}"):
        layerwise_groups(stack_of(*"abcd"), 1e-20, by=by)


def test_a_block_whose_name_comes_again_after_another_is_warned_of() -> None:
    model = stack_of("conv1_block1", "conv1_block2", "conv2_block1", "conv2_block2")
    words = r"names '1' as the block of 'conv1_block1/' and of 'conv2_block1/', with another block between them"
    with pytest.warns(OptimizerWarning, match=words) as caught:
        groups = layerwise_groups(model, 0.5, by=r"block(\d)")
    assert [warning.filename for warning in caught] == [__file__]
    assert [group.learning_rate_multiplier for group in groups] == [0.5, 1, 0.5, 1]


@pytest.mark.parametrize("by", ["(", 3, b"block", "*", ["block"], "", "(.+)+!"])
def test_what_is_no_regular_expression_is_refused(by: Any) -> None:
    with pytest.raises(ValueError, match=r"^by must be a regular expression.*, received "):
        layerwise_groups(functional(), 0.5, by=by)


def test_a_pattern_that_finds_no_layer_is_refused_with_the_layers_there_are() -> None:
    with pytest.raises(ValueError, match=r"^by: 'block' is found in no layer; the layers are encoder/, norm/, head/$"):
        layerwise_groups(functional(), 0.5, by="block")


def test_of_many_layers_only_the_nearest_are_listed() -> None:
    deep = keras.Sequential([layers.Input((2,)), *(layers.Dense(2, name=f"block_{number}") for number in range(30))])
    with pytest.raises(ValueError, match=r"; the nearest of 30 layers are (block_\d+/(, )?){4}$"):
        layerwise_groups(deep, 0.5, by="blocks")


@pytest.mark.parametrize("nonsense", [None, "model", 3, layers.Dense(1), [functional], keras.Model])
def test_what_is_no_model_is_refused(nonsense: Any) -> None:
    with pytest.raises(TypeError, match=r"^model must be a keras\.Model, received "):
        layerwise_groups(nonsense, 0.5)
