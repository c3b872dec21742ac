"""What was chosen for a variable holds after loading, whatever was frozen meanwhile, and loading never raises."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from keras_optkit import AdamWSpec, ParamGroup, SGDSpec, build_optimizer, compile_with

X = np.linspace(-1, 1, 24, dtype="float32").reshape(8, 3)
Y = X.sum(axis=1, keepdims=True)
registered = keras.saving.register_keras_serializable("test_saved_plan")


@registered
class OwnNorm(layers.Layer):
    def build(self, input_shape: Any) -> None:
        self.weight = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="weight")

    def call(self, inputs: Any) -> Any:
        return inputs * self.weight


@registered
class Net(keras.Model):
    """A layer d, and another d inside of a layer; one named by Keras, and a normalization layer."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.d = layers.Dense(3, name="d")
        self.inner = keras.Sequential([layers.Dense(3, name="d"), layers.Dense(3, name="e")], name="inner")
        self.first, self.second = layers.Dense(3), layers.Dense(3)
        self.norm = OwnNorm()
        self.head = layers.Dense(1, name="head")

    def call(self, inputs: Any) -> Any:
        return self.head(self.norm(self.second(self.first(self.inner(self.d(inputs))))))


def subclassed() -> keras.Model:
    net = Net(name="net")
    net(X)
    return net


def functional() -> keras.Model:
    inputs = keras.Input((3,))
    inner = keras.Sequential([layers.Input((3,)), layers.Dense(3, name="d"), layers.Dense(3, name="e")], name="inner")
    hidden = OwnNorm(name="norm")(inner(layers.Dense(3, name="d")(inputs)))
    return keras.Model(inputs, layers.Dense(1, name="head")(hidden), name="net")


GROUPS = [ParamGroup(match=match, learning_rate_multiplier=times) for match, times in (("^d/", 0), ("inner/e", 3))]
SPEC = AdamWSpec(weight_decay=0.1, exclude_from_weight_decay=["bias_and_norm"], groups=GROUPS)


def training(model: keras.Model) -> list[tuple[float, float | None]]:
    return [model.optimizer.training_of(variable) for variable in model.trainable_variables]


def freeze(model: keras.Model, path: str, value: bool = False) -> None:
    layer: Any = model
    for name in path.split("/"):
        layer = getattr(layer, name, None) or layer.get_layer(name)
    layer.trainable = value


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("frozen", ["d", "inner/d", "inner", "inner/e", "head", "norm"])
@pytest.mark.parametrize("make", [subclassed, functional])
@pytest.mark.filterwarnings(
    "ignore:Skipping variable loading",
    "ignore:.*legacy",
    "ignore:.*HDF5",
    "ignore:Error in loading the saved optimizer",
)
def test_what_was_chosen_holds_after_layers_were_frozen(make: Any, frozen: str, suffix: str, tmp_path: Path) -> None:
    if make is subclassed and suffix == ".h5":
        pytest.skip("Keras saves no subclassed model as .h5")
    model = compile_with(make(), SPEC, loss=keras.losses.MeanSquaredError())
    chosen = training(model)
    freeze(model, frozen)
    model.save(tmp_path / f"model{suffix}")
    again = keras.models.load_model(tmp_path / f"model{suffix}")
    if make is functional:  # of a subclassed model, what is frozen in it is not saved
        assert len(again.trainable_variables) == len(model.trainable_variables)
    again.fit(X, Y, verbose=0)  # of a .h5 file, Keras builds the optimizer here
    assert training(again) == [how for how, weight in zip(chosen, again.weights, strict=True) if weight.trainable]


@pytest.mark.parametrize("make", [subclassed, functional])
@pytest.mark.filterwarnings("ignore:Skipping variable loading")
def test_what_was_chosen_holds_after_layers_were_thawed(make: Any, tmp_path: Path) -> None:
    model = make()
    expected = training(compile_with(model, SPEC, loss="mse"))
    freeze(model, "inner")
    compile_with(model, SPEC, loss="mse")
    freeze(model, "inner", True)
    model.save(tmp_path / "model.keras")
    assert training(keras.models.load_model(tmp_path / "model.keras")) == expected


@pytest.mark.filterwarnings("ignore:Skipping variable loading")
def test_loading_never_raises_for_a_pattern_and_training_does(tmp_path: Path) -> None:
    # Saved before its optimizer was built, so that nothing was chosen; of its norm layer Keras's path tells nothing.
    model = functional()
    model.compile(optimizer=build_optimizer(SPEC), loss="mse")
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert again.predict(X, verbose=0).shape == (8, 1)
    with pytest.raises(ValueError, match=r"cannot tell whether 'bias_and_norm' selects norm/weight: use compile_with"):
        again.fit(X, Y, verbose=0)
    compile_with(again, SPEC).fit(X, Y, verbose=0)


def test_build_optimizer_alone_refuses_what_only_the_model_knows() -> None:
    model = functional()
    model.compile(optimizer=build_optimizer(SPEC), loss="mse")
    with pytest.raises(ValueError, match="use compile_with"):
        model.fit(X, Y, verbose=0)
    # With weights that tell, both ways agree.
    plain = keras.Sequential([layers.Input((3,)), layers.Dense(3), layers.LayerNormalization(), layers.Dense(1)])
    spec = SPEC.replace(groups=())
    plain.compile(optimizer=build_optimizer(spec), loss="mse")
    plain.fit(X, Y, verbose=0)
    before = training(plain)
    assert training(compile_with(plain, spec)) == before


def variables(*paths: str) -> list[keras.Variable]:
    made = []
    for path in paths:
        layer, name = path.split("/")
        with keras.name_scope(layer):
            made.append(keras.Variable(np.ones((2, 2)), name=name))
    return made


def test_a_config_serves_other_variables_by_the_names_of_their_layers() -> None:
    optimizer = build_optimizer(SGDSpec(groups=[ParamGroup(match="body/", learning_rate_multiplier=0)]))
    optimizer.build(variables("body/kernel", "head/kernel"))
    for paths in (("head/kernel", "body/kernel"), ("body/kernel", "other/kernel"), ("body/kernel",)):
        again = type(optimizer).from_config(optimizer.get_config())
        made = variables(*paths)
        again.apply([np.ones((2, 2), "float32")] * len(made), made)
        assert [again.training_of(variable)[0] for variable in made] == [0 if "body" in path else 1 for path in paths]


def test_numbered_names_go_by_name_where_they_are_the_same_and_by_order_where_they_are_not() -> None:
    optimizer = build_optimizer(SGDSpec(groups=[ParamGroup(match="dense/", learning_rate_multiplier=0)]))
    optimizer.build(variables("dense/kernel", "dense_1/kernel"))
    for paths, expected in {
        ("dense/kernel", "dense_1/kernel"): [0, 1],
        ("dense_1/kernel", "dense/kernel"): [1, 0],
        ("dense_1/kernel", "dense_2/kernel"): [0, 1],
        ("dense_7/kernel", "dense_8/kernel"): [0, 1],
    }.items():
        again = type(optimizer).from_config(optimizer.get_config())
        made = variables(*paths)
        again.build(made)
        assert [again.training_of(variable)[0] for variable in made] == expected


def test_a_config_that_fits_nothing_is_selected_anew_and_raises_in_training_only() -> None:
    optimizer = build_optimizer(SGDSpec(groups=[ParamGroup(match="body/", learning_rate_multiplier=0)]))
    optimizer.build(variables("body/kernel"))
    again = type(optimizer).from_config(optimizer.get_config())
    again.build(variables("tail/kernel"))
    with pytest.raises(ValueError, match="'body/' matches no variable"):
        again.apply([np.ones((2, 2), "float32")])


def test_configs_of_0_1_0_mean_the_same() -> None:
    head = {"path": "head/kernel", "shape": [2, 2], "multiplier": 1.0, "decayed": True, "weight_decay": None}
    treatments = [{**head, "path": "body/kernel", "multiplier": 0.5, "decayed": False}, head]
    spec = SGDSpec(weight_decay=0.1, exclude_from_weight_decay=["body/"], groups=[ParamGroup(match="nowhere")])
    optimizer = build_optimizer(spec)
    again = type(optimizer).from_config(optimizer.get_config() | {"treatments": treatments})
    assert again.get_config()["treatments"] == treatments
    made = variables("body/kernel", "head/kernel")
    again.apply([np.ones((2, 2), "float32")] * 2, made)
    assert [again.training_of(variable) for variable in made] == [(0.5, None), (1.0, 0.1)]


def test_a_config_survives_any_number_of_round_trips() -> None:
    model = compile_with(functional(), SPEC, loss="mse")
    config = model.optimizer.get_config()
    for _ in range(2):
        optimizer = type(model.optimizer).from_config(config)
        assert optimizer.get_config() == config
        optimizer.build(model.trainable_variables)
        config = optimizer.get_config()
    assert [optimizer.training_of(variable) for variable in model.trainable_variables] == training(model)
