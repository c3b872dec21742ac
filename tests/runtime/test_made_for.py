"""The run that ``fit`` has is compared with the run that the optimizer was made for."""

from __future__ import annotations

import warnings
from typing import Any

import keras
import numpy as np
import pytest

from keras_optkit import (
    CosineDecaySpec,
    LearningRateMonitor,
    OptimizerWarning,
    ParamGroup,
    SGDSpec,
    build_optimizer,
    compile_with,
)

X, Y = np.ones((12, 2)), np.ones((12, 1))  # three batches of four
COSINE = SGDSpec(learning_rate=CosineDecaySpec(initial_learning_rate=0.1, decay_steps="100%"))


def _model(dtype: str = "float32") -> keras.Model:
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, dtype=dtype)])


def _warned(model: keras.Model, epochs: int, batch_size: int = 4, **arguments: Any) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(X, Y, epochs=epochs, batch_size=batch_size, verbose=0, callbacks=[LearningRateMonitor()], **arguments)
    ours = [warning for warning in caught if warning.category is OptimizerWarning]
    assert [warning.filename for warning in ours] == [__file__] * len(ours)
    return [str(warning.message) for warning in ours]


def _compiled(spec: SGDSpec = COSINE, **run: Any) -> keras.Model:
    return compile_with(_model(), spec, loss="mse", **{"steps_per_epoch": 3, "epochs": 2} | run)


@pytest.mark.parametrize(
    ("epochs", "batch_size", "text"),
    [
        (2, 4, None),
        (4, 4, "the durations became steps for 2 epochs, but fit trains 4 epochs: build the optimizer for this run"),
        (
            2,
            6,
            "the durations became steps for 3 steps per epoch, but fit trains 2 steps per epoch: "
            "build the optimizer for this run",
        ),
        (
            1,
            12,
            "the durations became steps for 2 epochs of 3 steps per epoch, but fit trains 1 epoch of 1 step per "
            "epoch: build the optimizer for this run",
        ),
    ],
)
def test_another_run_is_told_when_training_begins(epochs: int, batch_size: int, text: str | None) -> None:
    assert _warned(_compiled(), epochs, batch_size) == ([text] if text else [])


@pytest.mark.parametrize("spec", [COSINE.replace(learning_rate=0.1), COSINE.override({"learning_rate.decay_steps": 6})])
def test_durations_in_steps_belong_to_no_run(spec: SGDSpec) -> None:
    assert _warned(_compiled(spec), 4) == []


def test_an_unknown_half_of_a_run_is_not_compared() -> None:
    spec = COSINE.override({"learning_rate.decay_steps": "2 epochs"})
    assert _warned(_compiled(spec, epochs=None), 4) == []
    assert len(_warned(_compiled(spec, epochs=None), 4, 6)) == 1


def test_a_run_that_goes_on_has_the_epochs_of_the_whole() -> None:
    model = _compiled()
    assert _warned(model, 1) != []
    assert _warned(model, 2, initial_epoch=1) == []


@pytest.mark.parametrize("groups", [[], [ParamGroup(match="dense", learning_rate_multiplier=0.5)]])
def test_an_optimizer_that_was_built_alone_knows_its_run_too(groups: list[ParamGroup]) -> None:
    model = _model()
    model.compile(build_optimizer(COSINE.replace(groups=groups), steps_per_epoch=3, epochs=2), "mse")
    assert len(_warned(model, 4)) == 1


def test_the_run_is_known_under_loss_scaling() -> None:
    model = compile_with(_model("mixed_float16"), COSINE, loss="mse", steps_per_epoch=3, epochs=2)
    model.compile(keras.optimizers.LossScaleOptimizer(model.optimizer), "mse")
    assert len(_warned(model, 4)) == 1


@pytest.mark.skipif(not hasattr(keras.optimizers, "MultiOptimizer"), reason="this Keras has none")
def test_the_run_is_known_of_each_optimizer_of_a_multi_optimizer() -> None:
    model = _model()
    parts = keras.optimizers.OptimizerMap(
        keras.optimizers.SGD(), {".*": build_optimizer(COSINE, steps_per_epoch=3, epochs=2)}
    )
    model.compile(keras.optimizers.MultiOptimizer(parts), "mse")
    assert len(_warned(model, 4)) == 1


def test_the_run_is_no_part_of_the_config() -> None:
    optimizer = build_optimizer(COSINE.replace(name="sgd"), steps_per_epoch=3, epochs=2)
    assert (
        optimizer.get_config()
        == build_optimizer(COSINE.resolve(steps_per_epoch=3, epochs=2).replace(name="sgd")).get_config()
    )
