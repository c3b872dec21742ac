"""Numbers that float32 holds and that train nothing: refused, and Keras shows why."""

from __future__ import annotations

import warnings
from typing import Any

import keras
import numpy as np
import pytest
from installed_keras import can_build

from keras_optkit import MuonSpec, OptimizerWarning, build_optimizer, compile_with, parse_spec
from keras_optkit.specs.optimizers import OptimizerSpec
from keras_optkit.specs.optimizers.extremes import extremes
from keras_optkit.specs.registry import registered

REFUSED: list[tuple[dict[str, Any], str]] = [
    (
        {"type": "SGD", "loss_scale_factor": 2e38},
        "loss_scale_factor must be at most 1e+30, received 2e+38: float32 makes the scaled loss infinite",
    ),
    (
        {"type": "SGD", "loss_scale_factor": 1.2e-38},
        "loss_scale_factor must be at least 1e-30, received 1.2e-38: float32 makes the scaled loss 0",
    ),
    ({"type": "Adamax", "epsilon": 1.2e-38}, "a weight without a gradient becomes NaN"),
    ({"type": "Adafactor", "epsilon_1": 1.2e-38}, "all weights become NaN"),
    ({"type": "Ftrl", "l1_regularization_strength": 1e13}, "all weights become 0 and stay 0"),
    ({"type": "Adam", "epsilon": 1e13}, "an update is too small to change a weight"),
    ({"type": "RMSprop", "epsilon": 1e13}, "an update is too small to change a weight"),
    ({"type": "Adagrad", "epsilon": 1e13}, "an update is too small to change a weight"),
    ({"type": "ScheduleFreeAdamW", "epsilon": 1e13}, "an update is too small to change a weight"),
]
#: Those that the installed Keras can build.
BUILT = [(data, text) for data, text in REFUSED if can_build(type(parse_spec(data)))]
QUIET: list[dict[str, Any]] = [
    {"type": "SGD", "loss_scale_factor": 2.0**15},
    {"type": "SGD", "loss_scale_factor": 1e30},
    {"type": "Adam", "epsilon": 1.2e-38},
    {"type": "Adam", "epsilon": 1.0},
    {"type": "Adadelta", "epsilon": 1e13},
    {"type": "Adafactor", "epsilon_1": 1e-30},
    {"type": "Ftrl", "l1_regularization_strength": 1e6},
]


def _spec(data: dict[str, Any]) -> OptimizerSpec:
    spec = parse_spec(data)
    assert isinstance(spec, OptimizerSpec)
    return spec


@pytest.mark.parametrize(("data", "text"), REFUSED)
def test_what_trains_nothing_is_told(data: dict[str, Any], text: str) -> None:
    (told,) = extremes(_spec(data))
    assert told.endswith(text)


@pytest.mark.parametrize(("data", "text"), BUILT)
def test_what_is_refused_is_not_compiled(data: dict[str, Any], text: str) -> None:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    with pytest.raises(ValueError, match=text.partition(" must")[0]):
        compile_with(model, data, loss="mse")
    assert not model.compiled


@pytest.mark.parametrize("data", QUIET)
def test_what_trains_is_not(data: dict[str, Any]) -> None:
    assert list(extremes(_spec(data))) == []


@pytest.mark.parametrize("data", [data for data, _ in BUILT])
def test_keras_does_not_train_with_what_is_refused(data: dict[str, Any]) -> None:
    before = np.array([[1.0], [-1.0], [0.5]], "float32")
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, use_bias=False)])
    model.compile(build_optimizer(data), "mse")
    model.set_weights([before])
    # The third weight has no gradient, since its input is 0.
    model.fit(np.array([[1.0, 0.5, 0.0]] * 4), np.full((4, 1), 3.0), epochs=3, verbose=0)
    (after,) = model.get_weights()
    assert not np.isfinite(after).all() or not after.any() or (after == before).all()


def test_ftrl_does_train_to_nan_at_a_rate_of_0() -> None:
    weight = keras.Variable([1.0])
    keras.optimizers.Ftrl(0.0).apply([keras.ops.ones((1,))], [weight])
    assert np.isnan(keras.ops.convert_to_numpy(weight)).all()


def test_the_restarts_of_keras_touch_0_in_a_long_period_which_ftrl_refuses() -> None:
    lowest = [
        float(keras.optimizers.schedules.CosineDecayRestarts(0.1, length)(length - 1)) for length in (10_000, 13_000)
    ]
    assert lowest[0] > 0
    assert lowest[1] == 0
    weight = keras.Variable([1.0])
    keras.optimizers.Ftrl(lowest[1]).apply([keras.ops.array([1.0])], [weight])
    assert np.isnan(weight.numpy()).all()


#: The epsilon for float16 weights, of each optimizer that has one.
HALF = {"Adam": 1e-3, "AdamW": 1e-3, "Nadam": 1e-3, "Lamb": 1e-3, "Muon": 1e-3, "ScheduleFreeAdamW": 1e-3} | {
    "RMSprop": 1e-6, "Adadelta": 1e-6, "Adamax": 1e-6, "Adafactor": 1e-6, "Adagrad": 1e-6
}  # fmt: skip
#: Muon's own step has no epsilon, and Adagrad's first sum of squares does what an epsilon does.
OTHERS: dict[str, dict[str, Any]] = {
    "Muon": {"exclude_layers": ["half"]}, "Adagrad": {"initial_accumulator_value": 0.0}
}  # fmt: skip


def half(dtype: str = "float16") -> keras.Sequential:
    layer = keras.layers.Dense(1, use_bias=False, name="half", dtype=dtype, kernel_initializer="ones")
    return keras.Sequential([keras.Input((3,)), layer])


def train_half(spec: Any, model: keras.Model) -> np.ndarray:
    """Its three weights after 5 steps from 1, with a usual gradient, a small one and none."""
    optimizer, (weight,) = build_optimizer(spec), model.trainable_variables
    # One dimension more would be a matrix, for which Muon has another step.
    weight = keras.Variable(keras.ops.reshape(weight, (3,)), dtype=weight.dtype)
    for _ in range(5):
        optimizer.apply([keras.ops.array([0.5, 1e-3, 0.0], weight.dtype)], [weight])
    return np.asarray(keras.ops.convert_to_numpy(weight), "float32")


@pytest.mark.parametrize("name", [name for name in HALF if can_build(registered(OptimizerSpec)[name])])
def test_an_epsilon_that_float16_makes_0_is_refused_with_one_that_works(name: str) -> None:
    field = "epsilon_1" if name == "Adafactor" else "epsilon"
    spec = _spec({"type": name, field: 1e-8} | OTHERS.get(name, {}))
    text = (
        rf"^half/kernel: {field}=1e-08 is too small for float16, and weights become NaN: use {field}={HALF[name]:g}, "
    )
    model = half()
    with pytest.raises(ValueError, match=text):
        compile_with(model, spec, loss="mse")
    assert not model.compiled
    assert not np.isfinite(train_half(spec, model)).all()
    enough = spec.replace(**{field: HALF[name]})
    steps = 1 - train_half(enough, model)
    assert np.isfinite(steps).all()
    assert abs(steps).max() <= 5 * 5 * spec.learning_rate  # type: ignore[operator]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        compile_with(model, enough, loss="mse")
        for dtype in ("float32", "bfloat16", "mixed_float16"):
            compile_with(half(dtype), spec, loss="mse")


@pytest.mark.parametrize("name", [name for name, enough in HALF.items() if enough == 1e-3 and name != "Lamb"])
def test_steps_that_float16_makes_far_too_long_are_a_warning(name: str) -> None:
    if not can_build(registered(OptimizerSpec)[name]):
        pytest.skip("this Keras has none")
    spec, model = _spec({"type": name, "epsilon": 1e-7} | OTHERS.get(name, {})), half()
    text = "^half/kernel: with epsilon=1e-07, .* is up to 80,000 times the rate: use epsilon=0.001"
    with pytest.warns(OptimizerWarning, match=text):
        compile_with(model, spec, loss="mse")
    assert abs(1 - train_half(spec, model)).max() > 500 * spec.learning_rate  # type: ignore[operator]


def test_what_is_not_trained_in_float16_by_an_epsilon_is_left_alone() -> None:
    frozen = [{"match": "half", "learning_rate_multiplier": 0}]
    model = keras.Sequential([*half().layers, keras.layers.Dense(1, name="full")])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        compile_with(model, {"type": "Adam", "groups": frozen}, loss="mse")
        compile_with(half(), "sgd", loss="mse")
        compile_with(half(), "adagrad", loss="mse")
        if can_build(MuonSpec):
            compile_with(half(), MuonSpec(), loss="mse")


def test_an_optimizer_alone_is_built_since_weights_of_another_type_may_train() -> None:
    finite = []
    for dtype in ("float32", "float64"):
        weight = keras.Variable([1.0, 2.0], dtype=dtype)
        optimizer = build_optimizer({"type": "Adamax", "epsilon": 1.2e-38})
        optimizer.apply([keras.ops.zeros(2, dtype)], [weight])
        finite.append(bool(np.isfinite(weight.numpy()).all()))
    assert finite == [False, True]
