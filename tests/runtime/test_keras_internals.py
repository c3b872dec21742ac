"""The private names of Keras that the package relies on still mean what it takes them to mean."""

import keras
import pytest
from installed_keras import can_build
from keras import layers
from strategies import OPTIMIZERS

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


def test_held_learning_rate_is_a_variable_or_what_was_given() -> None:
    held = keras_internals.held_learning_rate(keras.optimizers.SGD(0.5))
    assert isinstance(held, keras.Variable)
    assert float(held) == 0.5
    for given in (keras.optimizers.schedules.CosineDecay(0.1, 10), lambda: 0.1):
        assert keras_internals.held_learning_rate(keras.optimizers.SGD(given)) is given


def test_an_exclusion_by_keras_is_seen_whether_by_name_or_by_variable() -> None:
    for excluded, found in (
        ({}, False),
        ({"var_names": []}, False),
        ({"var_names": ["bias"]}, True),
        ({"var_list": [keras.Variable([1.0])]}, True),
    ):
        optimizer = keras.optimizers.SGD(weight_decay=0.1)
        assert not keras_internals.has_exclusion_of_its_own(optimizer)
        optimizer.exclude_from_weight_decay(**excluded)
        assert keras_internals.has_exclusion_of_its_own(optimizer) == found


def test_thawable_weights_are_those_made_to_be_trained_frozen_or_not() -> None:
    norm = layers.BatchNormalization()
    norm.build((None, 2))
    norm.trainable = False
    assert [variable.name for variable in keras_internals.thawable(norm)] == ["gamma", "beta"]


def test_a_built_optimizer_knows_its_variables() -> None:
    known, unknown = (keras.Variable([1.0]) for _ in range(2))
    optimizer = keras.optimizers.SGD()
    optimizer.build([known])
    assert keras_internals.knows(optimizer, known)
    assert not keras_internals.knows(optimizer, unknown)


def test_the_step_count_counts_batches_where_gradients_are_accumulated() -> None:
    weight = keras.Variable([1.0])
    optimizer = keras.optimizers.SGD(gradient_accumulation_steps=2)
    for _ in range(3):
        optimizer.apply([keras.ops.ones(1)], [weight])
    assert (int(optimizer.iterations), int(keras_internals.step_count(optimizer))) == (1, 3)


@pytest.mark.parametrize("name", [cls.__name__[:-4] for cls in OPTIMIZERS if can_build(cls)])
def test_slots_and_scalars_are_all_that_an_optimizer_keeps(name: str) -> None:
    momentum = {"momentum": 0.9} if name in {"SGD", "RMSprop"} else {}
    optimizer = getattr(keras.optimizers, name)(use_ema=True, gradient_accumulation_steps=2, **momentum)
    assert keras_internals.built_for(optimizer) == []
    # Two, as many as an unbuilt optimizer has variables of its own.
    weights = [keras.Variable([[1.0, 2.0]], name="kernel"), keras.Variable([1.0], name="bias")]
    optimizer.build(weights)
    assert keras_internals.built_for(optimizer) == weights
    assert [keras_internals.number_of(optimizer, weight) for weight in weights] == [0, 1]
    of_weights = [slot for held in keras_internals.slots(optimizer).values() for slot in held if slot is not None]
    found = [*of_weights, *keras_internals.scalars(optimizer).values(), keras_internals.step_count(optimizer)]
    kept = {id(variable) for variable in optimizer.variables} - {id(keras_internals.held_learning_rate(optimizer))}
    assert kept <= set(map(id, found))
    assert len(set(map(id, found))) == len(found)


def test_a_loss_scale_is_a_scalar() -> None:
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD())
    optimizer.build([keras.Variable([1.0])])
    assert keras_internals.scalars(optimizer).keys() == {"step_counter", "dynamic_scale"}
