"""Numbers that float32 holds and that train nothing: refused, and Keras shows why."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from installed_keras import can_build

from keras_optkit import build_optimizer, compile_with, parse_spec
from keras_optkit.specs.optimizers import OptimizerSpec
from keras_optkit.specs.optimizers.extremes import extremes

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
