"""SpecSchedule, the Keras schedule of every spec that Keras has no class for, and the table of constant pieces."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from how_many import examples
from hypothesis import given
from hypothesis import strategies as st
from keras.optimizers import schedules
from pydantic import ValidationError
from schedule_strategies import USUAL_SCHEDULES
from schedule_tables import MIRRORED, exponential, polynomial, ramp

from keras_optkit import (
    AdamSpec,
    ConstantSpec,
    JoinSpec,
    PiecewiseConstantDecaySpec,
    ScheduleSpec,
    SGDSpec,
    WarmupSpec,
    build_optimizer,
    build_schedule,
    compile_with,
    learning_rates,
    parse_spec,
    plot_schedule,
    register_spec,
    spec_of,
)
from keras_optkit.runtime.schedule import PiecewiseConstantTable, SpecSchedule, searchsorted
from keras_optkit.specs.fields import Rate, Steps

WARM = WarmupSpec(schedule=exponential(initial_learning_rate=0.1, decay_steps=10), warmup_steps=4)
DATA = np.random.default_rng(0).normal(size=(48, 3)).astype("float32"), np.ones((48, 1), "float32")


def small_model() -> keras.Model:
    keras.utils.set_random_seed(0)
    return keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(1)])


def fit(model: keras.Model, epochs: int = 1) -> None:
    model.fit(*DATA, batch_size=8, epochs=epochs, shuffle=False, verbose=0)


# A Keras schedule


@examples(50)
@given(st.one_of(*USUAL_SCHEDULES.values()))
def test_its_config_is_json_from_which_it_comes_back(spec):
    schedule = SpecSchedule(spec)
    assert schedule.spec == spec
    config = json.loads(json.dumps(schedule.get_config()))
    assert SpecSchedule.from_config(config).spec == spec
    stored = json.loads(json.dumps(schedules.serialize(schedule)))
    again = schedules.deserialize(stored)
    assert type(again) is SpecSchedule
    assert again.get_config() == schedule.get_config()


def test_it_can_be_made_of_a_mapping_too():
    assert SpecSchedule({"type": "constant", "learning_rate": 0.1}).spec == ConstantSpec(learning_rate=0.1)


@pytest.fixture(params=["float16", "bfloat16", "float32", "float64"])
def floatx(request: pytest.FixtureRequest) -> Iterator[str]:
    """Keras's default float type, changed for one test."""
    before = keras.config.floatx()
    keras.config.set_floatx(request.param)
    yield request.param
    keras.config.set_floatx(before)


PIECES = PiecewiseConstantDecaySpec(boundaries=[5], values=[0.1, 0.2])


@pytest.mark.parametrize("spec", [WARM, ConstantSpec(learning_rate=0.1), PIECES], ids=lambda spec: spec.type)
def test_the_rate_has_the_default_float_type_of_keras_and_its_precision(spec, floatx):
    rate = SpecSchedule(spec)(4)
    assert rate.dtype.name == floatx
    assert float(rate) == float(keras.ops.convert_to_tensor(0.1, floatx))


@pytest.mark.parametrize(
    "step", [3, np.int64(3), tf.constant(3), tf.constant(3, "int64"), tf.Variable(3, dtype="int64")], ids=repr
)
def test_a_step_can_be_any_whole_number(step):
    rate = SpecSchedule(WARM)(step)
    assert rate.shape == ()
    assert float(rate) == pytest.approx(0.075)


def test_the_optimizer_uses_the_rate_of_its_step_and_shows_that_of_the_next():
    optimizer, variable = build_optimizer(SGDSpec(learning_rate=ramp(1, 4, 3))), keras.Variable(0.0)
    seen = []
    for _ in range(5):
        seen.append(float(optimizer.learning_rate))
        optimizer.apply([keras.ops.ones(())], [variable])
        seen.append(-float(variable))
    assert seen == [1, 1, 2, 3, 3, 6, 4, 10, 4, 14]


@pytest.mark.parametrize("jit_compile", [False, True])
def test_a_model_trained_and_saved_with_one_comes_back_and_trains_on_alike(jit_compile, tmp_path):
    model = compile_with(small_model(), AdamSpec(learning_rate=WARM), loss="mse", jit_compile=jit_compile)
    fit(model)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert spec_of(again).learning_rate == WARM
    assert float(again.optimizer.learning_rate) == pytest.approx(WARM.value(6), rel=1e-6)
    for each in (model, again):
        fit(each)
    np.testing.assert_array_equal(model.get_weights()[0], again.get_weights()[0])


def test_training_is_that_of_the_same_formula_written_by_hand():
    class ByHand(schedules.LearningRateSchedule):
        def __call__(self, step: Any) -> Any:
            step = keras.ops.cast(step, "float32")
            return keras.ops.where(step < 4, 0.025 * step, 0.1 * 0.25 ** ((step - 4) / 10))

    weights = []
    for optimizer in (build_optimizer(SGDSpec(learning_rate=WARM)), keras.optimizers.SGD(ByHand())):
        model = small_model()
        model.compile(optimizer=optimizer, loss="mse")
        fit(model, epochs=3)
        weights.append(model.get_weights()[0])
    np.testing.assert_allclose(weights[0], weights[1], rtol=1e-5)


# What it costs


def nodes(call: Callable[..., Any], *arguments: Any) -> int:
    graph = tf.function(call).get_concrete_function(*arguments).graph.as_graph_def()
    return len(graph.node) + sum(len(function.node_def) for function in graph.library.function)


def nodes_of_a_train_step(spec: ScheduleSpec) -> int:
    variables = [keras.Variable([1.0, 2.0]) for _ in range(4)]
    optimizer = build_optimizer(AdamSpec(learning_rate=spec, weight_decay=0.01))
    optimizer.build(variables)
    return nodes(lambda gradient: optimizer.apply([gradient] * 4, variables), tf.constant([1.0, 2.0]))


def pieces(count: int) -> PiecewiseConstantDecaySpec:
    return PiecewiseConstantDecaySpec(boundaries=range(3, 3 * count + 3, 3), values=range(count + 1, 0, -1))


def test_many_boundaries_are_a_table_that_is_a_piecewise_constant_decay():
    few, many = build_schedule(pieces(3)), build_schedule(pieces(100))
    assert type(few) is schedules.PiecewiseConstantDecay
    assert type(many) is PiecewiseConstantTable
    assert isinstance(many, schedules.PiecewiseConstantDecay)
    again = schedules.deserialize(json.loads(json.dumps(schedules.serialize(many))))
    assert type(again) is PiecewiseConstantTable
    assert again.get_config() == many.get_config()
    assert spec_of(build_optimizer(SGDSpec(learning_rate=pieces(100)))).learning_rate == pieces(100)


def test_the_table_has_the_values_of_keras_at_every_step():
    spec = pieces(40)
    native = schedules.PiecewiseConstantDecay(list(spec.boundaries), list(spec.values))
    steps = tf.range(150, dtype="int64")
    for mode in ({}, {"jit_compile": True}):
        table = tf.function(PiecewiseConstantTable(spec.boundaries, spec.values), **mode)
        np.testing.assert_array_equal(table(steps), native(steps))
        assert float(table(tf.constant(3, "int64"))) == float(native(3)) == 41


def test_a_train_step_is_as_large_with_a_thousand_boundaries_as_with_twenty():
    assert nodes_of_a_train_step(pieces(1000)) == nodes_of_a_train_step(pieces(20)) < nodes_of_a_train_step(pieces(8))


def test_a_schedule_of_ours_is_not_much_larger_in_the_graph_than_keras_own():
    for spec, _ in MIRRORED:
        native = nodes(build_schedule(spec), tf.constant(0, "int64"))
        assert nodes(SpecSchedule(spec), tf.constant(0, "int64")) <= native + 40


def test_a_join_is_as_large_in_the_graph_as_its_pieces_and_a_few_nodes_for_each_boundary():
    def size(spec: ScheduleSpec) -> int:
        return nodes(SpecSchedule(spec), tf.constant(0, "int64"))

    parts = [exponential(), ramp(0, 4, 4), polynomial(), ConstantSpec(learning_rate=1)] * 3
    joined = JoinSpec(schedules=parts, boundaries=range(10, 120, 10))
    assert size(joined) <= sum(map(size, parts)) + 8 * len(joined.boundaries)


# A user's own, as the guide shows it


class HalfLifeSpec(ScheduleSpec):
    """The rate is halved every ``half_life`` steps."""

    initial_learning_rate: Rate
    half_life: Steps

    def value(self, step: Any, xp: Any = np) -> Any:
        return self.initial_learning_rate * xp.power(0.5, step / self.half_life)


OWN = {"type": "half_life", "initial_learning_rate": 0.1, "half_life": "0.5 epochs"}


@pytest.fixture
def half_life(registry: dict[str, type]) -> dict[str, type]:
    register_spec(HalfLifeSpec)
    return registry


@pytest.mark.usefixtures("half_life")
def test_a_schedule_of_ones_own_is_checked_read_and_previewed(refusal):
    spec = AdamSpec(learning_rate=OWN)
    assert spec.learning_rate == HalfLifeSpec(initial_learning_rate=0.1, half_life="0.5 epochs")
    assert refusal(parse_spec, OWN | {"half_life": 2.5}).path == ("half_life",)
    assert refusal(AdamSpec, learning_rate=OWN | {"initial_learning_rate": 0}).path == (
        "learning_rate",
        "initial_learning_rate",
    )
    assert AdamSpec.model_validate_json(spec.model_dump_json()) == spec
    assert learning_rates(spec, [0, 5, 10], steps_per_epoch=10) == pytest.approx([0.1, 0.05, 0.025])
    pytest.importorskip("matplotlib").use("agg")
    assert plot_schedule(spec, steps_per_epoch=10, epochs=2).get_title() == "Adam, HalfLife"


@pytest.mark.usefixtures("half_life")
def test_a_schedule_of_ones_own_goes_into_joins_and_warm_ups():
    own = parse_spec(OWN | {"half_life": 2})
    warm = WarmupSpec(schedule=own, warmup_steps=2)
    assert list(learning_rates(warm, 7)) == pytest.approx([0, 0.05, 0.1, 0.1 * 0.5**0.5, 0.05, 0.05 * 0.5**0.5, 0.025])
    assert SpecSchedule(warm)(tf.range(7)).numpy() == pytest.approx(learning_rates(warm, 7), rel=1e-6)


def test_a_model_with_a_schedule_of_ones_own_is_trained_saved_and_loaded(half_life, tmp_path: Path):
    model = compile_with(small_model(), SGDSpec(learning_rate=OWN), steps_per_epoch=6, loss="mse")
    fit(model)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert spec_of(again) == SGDSpec(learning_rate=OWN | {"half_life": 3})
    for each in (model, again):
        fit(each)
    np.testing.assert_array_equal(model.get_weights()[0], again.get_weights()[0])

    half_life.pop("halflife"), half_life.pop("HalfLife")
    with pytest.raises(ValidationError, match=r"type\n  unknown schedule, received .*; the known types") as caught:
        keras.models.load_model(tmp_path / "model.keras")
    assert caught.value.__notes__ == ["Import the module that registers a schedule of your own before loading."]


@pytest.mark.parametrize("side", ["left", "right"])
def test_the_search_for_older_kerases_finds_what_numpy_finds_also_in_a_graph(side: str) -> None:
    boundaries = np.array([1.0, 2.0**24 + 1, 2.0**40])
    steps = np.array([0.0, 1.0, 2.0, 2.0**24, 2.0**24 + 1, 2.0**24 + 2, 2.0**41])
    expected = np.searchsorted(boundaries, steps, side=side)
    in_a_graph = tf.function(lambda: searchsorted(keras.ops.array(boundaries), keras.ops.array(steps), side=side))()
    np.testing.assert_array_equal(in_a_graph, expected)
    np.testing.assert_array_equal(searchsorted(boundaries, steps, side=side), expected)


class WithoutXpSpec(ScheduleSpec):
    """Its formula cannot be computed in a graph, and cannot be computed for many steps."""

    def value(self, step: Any) -> Any:  # type: ignore[override]
        return 1 / (1 + math.floor(step))


def test_an_error_in_a_formula_of_ones_own_says_what_a_formula_may_use() -> None:
    note = "value(self, step, xp) computes many steps at once: use functions of xp, such as xp.exp"
    for compute in (lambda: learning_rates(WithoutXpSpec(), 3), lambda: build_schedule(WithoutXpSpec())(3)):
        with pytest.raises(TypeError) as caught:
            compute()
        assert note in "".join(caught.value.__notes__)
