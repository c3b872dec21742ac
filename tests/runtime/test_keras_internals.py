"""The private names of Keras that the package relies on still mean what it takes them to mean."""

import keras
from keras import layers

from keras_optkit.runtime import keras_internals


class Outer(layers.Layer):
    """A layer that holds a layer that holds a layer."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = layers.TimeDistributed(layers.Dense(1))


def test_sublayers_are_the_layers_directly_inside() -> None:
    outer = Outer()
    assert keras_internals.sublayers(outer) == [outer.inner]
    assert keras_internals.sublayers(outer.inner) == [outer.inner.layer]
    assert keras_internals.sublayers(outer.inner.layer) == []


def test_layers_within_are_those_at_any_depth() -> None:
    outer = Outer()
    assert set(map(id, keras_internals.layers_within(outer))) == {id(outer.inner), id(outer.inner.layer)}


def test_compiled_with_gives_the_objects_that_were_given() -> None:
    model = keras.Sequential([layers.Input((2,)), layers.Dense(1)])
    loss = keras.losses.Huber(delta=0.1)
    model.compile(optimizer="sgd", loss=loss, steps_per_execution=3)
    arguments = keras_internals.compiled_with(model)
    assert arguments["loss"] is loss
    assert arguments["steps_per_execution"] == 3


def test_muon_says_which_variables_take_adams_step() -> None:
    muon = keras.optimizers.Muon(exclude_layers=["head"])
    shapes = {"body": (2, 2), "bias": (2,), "head": (2, 2)}
    made = {name: keras.Variable(keras.ops.zeros(shape), name=name) for name, shape in shapes.items()}
    found = {name: keras_internals.takes_adam_step(muon, variable) for name, variable in made.items()}
    assert found == {"body": False, "bias": True, "head": True}
