"""To Keras, what build_optimizer and build_schedule make is its own: same configuration, same files."""

import json
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import example, given, reject
from hypothesis import strategies as st
from installed_keras import can_build
from keras.optimizers import schedules
from strategies import OPTIMIZERS, SCHEDULES, schedule_specs

from keras_optkit import (
    AdamSpec,
    CosineDecayRestartsSpec,
    CosineDecaySpec,
    ExponentialDecaySpec,
    OptimizerSpec,
    PiecewiseConstantDecaySpec,
    ScheduleSpec,
    SGDSpec,
    build_optimizer,
    build_schedule,
)

EVERYTHING = AdamSpec(
    learning_rate=CosineDecaySpec(initial_learning_rate=0, decay_steps=90, warmup_target=0.01, warmup_steps=10),
    beta_1=0.8, beta_2=0.99, epsilon=1e-5, amsgrad=True, weight_decay=0.01, global_clipnorm=2, use_ema=True,
    ema_momentum=0.9, ema_overwrite_frequency=5, loss_scale_factor=8, gradient_accumulation_steps=3, name="mine",
)  # fmt: skip
PIECES = PiecewiseConstantDecaySpec(boundaries=[2, 4], values=[0.1, 0.05, 0.0])


RUN = {"steps_per_epoch": 1000, "epochs": 30}


def in_steps(spec: Any) -> Any:
    """``spec`` with its durations in steps. One that does not fit into this run is no example."""
    try:
        return spec.resolve(**RUN)
    except ValueError:
        reject()


def is_all_of_keras(spec: OptimizerSpec) -> bool:
    rate, variables = spec.learning_rate, (*spec.exclude_from_weight_decay, *spec.groups)
    return not variables and (not isinstance(rate, ScheduleSpec) or hasattr(schedules, rate.type))


mirrored_schedules = st.one_of(made for spec, made in SCHEDULES.items() if hasattr(schedules, spec._type))
#: Optimizers of classes that the installed Keras has.
known_optimizers = st.one_of(made for spec, made in OPTIMIZERS.items() if can_build(spec))
#: Those that can be said without this package.
mirrored_optimizers = known_optimizers.filter(is_all_of_keras)


def written_by_hand(spec: OptimizerSpec | ScheduleSpec) -> Any:
    """The call that somebody without this package would write: the spec's fields, as JSON has them, to Keras."""
    return called(in_steps(spec).model_dump(mode="json"))


def called(said: dict[str, Any]) -> Any:
    fields = {name: called(value) if isinstance(value, dict) else value for name, value in said.items()}
    name = fields.pop("type")
    for own in ("exclude_from_weight_decay", "groups"):
        assert not fields.pop(own, None)
    return (getattr(keras.optimizers, name, None) or getattr(schedules, name))(**fields)


def config_of(optimizer: keras.optimizers.Optimizer, spec: OptimizerSpec) -> dict[str, Any]:
    """The optimizer's config, without the name if Keras has made one up, and without empty fields of our own."""
    config = optimizer.get_config()
    assert config["name"]
    for own in ("exclude_from_weight_decay", "groups", "treatments"):  # as ScheduleFreeAdamW always has them
        assert not config.pop(own, None)
    return config if spec.name else {**config, "name": None}


@pytest.mark.filterwarnings("ignore::keras_optkit.OptimizerWarning")  # not every example fits the run
@given(mirrored_optimizers)
@example(EVERYTHING)
@example(SGDSpec(learning_rate=PIECES))
def test_an_optimizer_has_the_config_of_the_same_call_written_by_hand(spec: OptimizerSpec) -> None:
    by_hand = written_by_hand(spec)
    assert config_of(build_optimizer(spec, **RUN), spec) == config_of(by_hand, spec)


@pytest.mark.filterwarnings("ignore::keras_optkit.OptimizerWarning")  # not every example fits the run
@given(mirrored_schedules)
@example(PIECES)
def test_a_schedule_has_the_config_of_the_same_call_written_by_hand(spec: ScheduleSpec) -> None:
    by_hand = written_by_hand(spec)
    assert build_schedule(spec, **RUN).get_config() == by_hand.get_config()


@given(known_optimizers)
@example(EVERYTHING)
def test_an_optimizer_survives_keras_serialization(spec: OptimizerSpec) -> None:
    optimizer = build_optimizer(in_steps(spec))
    stored = json.loads(json.dumps(keras.saving.serialize_keras_object(optimizer)))
    again = keras.saving.deserialize_keras_object(stored)
    assert type(again) is type(optimizer)
    assert again.get_config() == optimizer.get_config()


@given(mirrored_optimizers)
@example(EVERYTHING)
def test_every_optimizer_that_can_be_said_takes_a_step(spec: OptimizerSpec) -> None:
    optimizer, variable = build_optimizer(in_steps(spec)), keras.Variable([1.0, 2.0])
    optimizer.apply([keras.ops.ones(2)], [variable])
    assert int(optimizer._iterations) == 1


@given(schedule_specs())
def test_a_schedule_survives_keras_serialization(spec: ScheduleSpec) -> None:
    schedule = build_schedule(in_steps(spec))
    stored = json.loads(json.dumps(schedules.serialize(schedule)))
    again = schedules.deserialize(stored)
    assert type(again) is type(schedule)
    assert again.get_config() == schedule.get_config()


@pytest.mark.parametrize(
    "spec",
    [
        EVERYTHING,
        SGDSpec(learning_rate=PIECES, momentum=0.9, nesterov=True),
        SGDSpec(learning_rate=CosineDecayRestartsSpec(initial_learning_rate=0.1, first_decay_steps=3)),
    ],
    ids=lambda spec: type(spec.learning_rate).__name__,
)
def test_a_saved_model_comes_back_with_its_optimizer_and_trains_on(spec: OptimizerSpec, tmp_path: Path) -> None:
    x, y = np.arange(12.0).reshape(6, 2) / 12, np.arange(6.0)
    model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1)])
    model.compile(optimizer=build_optimizer(spec), loss="mse")
    model.fit(x, y, batch_size=2, verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert type(again.optimizer) is type(model.optimizer)
    assert again.optimizer.get_config() == model.optimizer.get_config()
    for saved, loaded in zip(model.optimizer.variables, again.optimizer.variables, strict=True):
        np.testing.assert_array_equal(saved.numpy(), loaded.numpy())
    for each in (model, again):
        each.fit(x, y, batch_size=2, shuffle=False, verbose=0)
    np.testing.assert_array_equal(model.get_weights()[0], again.get_weights()[0])
    # Whoever loads the file needs only Keras.
    with zipfile.ZipFile(tmp_path / "model.keras") as parts:
        assert b"optkit" not in parts.read("config.json")


def test_the_learning_rate_of_a_built_optimizer_can_be_set() -> None:
    # As ReduceLROnPlateau and LearningRateScheduler do.
    optimizer = build_optimizer(SGDSpec(learning_rate=0.5))
    optimizer.learning_rate = 0.25
    assert float(optimizer.learning_rate) == 0.25


def test_a_schedule_is_called_with_the_step_and_gives_the_rate() -> None:
    decay = ExponentialDecaySpec(initial_learning_rate=0.8, decay_steps=10, decay_rate=0.5, staircase=True)
    rates = [float(build_schedule(decay)(step)) for step in (0, 9, 10, 25, 30)]
    assert rates == pytest.approx([0.8, 0.8, 0.4, 0.2, 0.1])
