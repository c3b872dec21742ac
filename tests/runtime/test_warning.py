"""What does not fit the run is a warning at the line of the caller, once, wherever a run is given."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import keras
import pytest

from keras_optkit import (
    CosineDecaySpec,
    OptimizerWarning,
    ParamGroup,
    SGDSpec,
    build_optimizer,
    build_schedule,
    compile_with,
)

COSINE = CosineDecaySpec(initial_learning_rate=0.1, decay_steps=20)
SGD = SGDSpec(learning_rate=COSINE, name="sgd")
RUN = {"steps_per_epoch": 57, "epochs": 20}
TEXT = "decay_steps: 20 is 20 batches, 2% of the run: did you mean '20 epochs'?"


def _model() -> keras.Model:
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])


def _caught(call: Callable[..., object], *arguments: Any, **named: Any) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call(*arguments, **named)
    assert all(warning.category is OptimizerWarning for warning in caught)
    assert [warning.filename for warning in caught] == [__file__] * len(caught)
    return [str(warning.message) for warning in caught]


@pytest.mark.parametrize(
    "spec", [SGD, SGD.model_dump(), SGD.replace(groups=[ParamGroup(match="dense", weight_decay=1)])]
)
def test_a_misfit_is_one_warning_at_the_line_of_the_caller(spec: Any) -> None:
    assert _caught(build_optimizer, spec, **RUN) == [f"learning_rate.{TEXT}"]
    assert _caught(compile_with, _model(), spec, loss="mse", **RUN) == [f"learning_rate.{TEXT}"]


def test_a_schedule_alone_is_compared_with_the_run_too() -> None:
    assert _caught(build_schedule, COSINE, **RUN) == [TEXT]


def test_a_run_that_no_duration_needs_is_one_to_compare_with_and_half_a_run_is_none() -> None:
    assert _caught(build_optimizer, SGD) == []
    assert _caught(build_optimizer, SGD, steps_per_epoch=57) == []
    assert _caught(build_optimizer, SGD, epochs=20) == []
    assert _caught(build_schedule, COSINE.replace(decay_steps="20 epochs"), **RUN) == []


def test_a_misfit_does_not_change_what_is_built() -> None:
    with pytest.warns(OptimizerWarning, match="did you mean '20 epochs'"):
        optimizer = build_optimizer(SGD, **RUN)
    assert optimizer.get_config() == build_optimizer(SGD).get_config()


def test_a_misfit_that_is_made_an_error_leaves_the_model_as_it_was() -> None:
    model = _model()
    with warnings.catch_warnings():
        warnings.simplefilter("error", OptimizerWarning)
        with pytest.raises(OptimizerWarning, match="did you mean"):
            compile_with(model, SGD, loss="mse", **RUN)
    assert not model.compiled
