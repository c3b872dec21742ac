"""Cosine decay: when it has a warm-up."""

from __future__ import annotations

import pytest

from keras_optkit import CosineDecaySpec

LEAST = {"initial_learning_rate": 0.1, "decay_steps": 1000}


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"warmup_steps": 10}, "warmup_steps"),
        ({"warmup_steps": 10, "warmup_target": None}, "warmup_steps"),
        ({"warmup_target": 0.2}, "warmup_target"),
        ({"warmup_target": 0.2, "warmup_steps": 0}, "warmup_target"),
        ({"warmup_target": 0.05, "warmup_steps": 10}, "warmup_target"),
        ({"initial_learning_rate": 0}, "initial_learning_rate"),
        ({"initial_learning_rate": 0, "warmup_steps": 10}, "warmup_steps"),
        ({"initial_learning_rate": 0, "warmup_target": 0.2}, "warmup_target"),
    ],
)
def test_a_cosine_warm_up_needs_steps_and_a_target_not_below_the_start(fields, path, refusal):
    assert refusal(CosineDecaySpec, **LEAST | fields).path == (path,)


@pytest.mark.parametrize(("start", "target"), [(0, 1.2e-38), (0, 0.1), (0.1, 0.1), (0.1, 0.2)])
def test_a_cosine_warm_up_goes_from_0_or_more_to_at_least_where_it_starts(start, target):
    spec = CosineDecaySpec(initial_learning_rate=start, decay_steps=10, warmup_target=target, warmup_steps=1)
    assert (spec.initial_learning_rate, spec.warmup_target) == (start, target)


@pytest.mark.parametrize("nothing", [0, "0%", "0 epochs"])
def test_no_warm_up_is_no_warm_up_in_every_unit(nothing, refusal):
    assert CosineDecaySpec(**LEAST, warmup_steps=nothing).resolve(steps_per_epoch=9, epochs=9).warmup_steps == 0
    path, message = refusal(CosineDecaySpec, **LEAST, warmup_target=0.2, warmup_steps=nothing)
    assert (path, message) == (("warmup_target",), "needs warmup_steps > 0, received 0.2")
    assert refusal(CosineDecaySpec, initial_learning_rate=0, decay_steps=9, warmup_steps=nothing).path == (
        "initial_learning_rate",
    )
