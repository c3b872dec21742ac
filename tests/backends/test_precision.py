"""On every backend mixed precision scales and skips, and averages and schedule-free weights are what they should be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from installed_keras import can_build
from keras import layers

from keras_optkit import (
    AdamWSpec,
    LearningRateMonitor,
    ParamGroup,
    RampSpec,
    ScheduleFreeAdamWSpec,
    SGDSpec,
    compile_with,
    spec_of,
)

# So small that no gradient overflows float16 at the first loss scale, 2**15.
X, Y = np.full((4, 3), 0.1, "float32"), np.full((4, 1), 0.1, "float32")
GROUPED = AdamWSpec(
    learning_rate=RampSpec(initial_learning_rate=0.1, end_learning_rate=0.0, steps=4),
    exclude_from_weight_decay=["bias_and_norm"],
    groups=[ParamGroup(match="body/", learning_rate_multiplier=0.5)],
)


@pytest.fixture(autouse=True)
def policy(request: pytest.FixtureRequest) -> Iterator[str]:
    """Keras's global policy for the test: float32, unless the test names another."""
    name = getattr(request, "param", "float32")
    keras.config.set_dtype_policy(name)
    yield name
    keras.config.set_dtype_policy("float32")


def small() -> keras.Model:
    keras.utils.set_random_seed(0)
    inner = [layers.Input((3,)), layers.Dense(4, name="body"), layers.Dense(1, name="head", dtype="float32")]
    return keras.Sequential(inner)


def fit(model: keras.Model, x: Any = X, **arguments: Any) -> dict[str, list[float]]:
    return model.fit(x, Y, verbose=0, shuffle=False, **arguments).history


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"], indirect=True)
def test_groups_and_schedules_go_with_mixed_precision(policy: str, tmp_path: Path) -> None:
    model = compile_with(small(), GROUPED, loss="mse")
    scaled = isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
    assert scaled is (policy == "mixed_float16")
    before = model.get_weights()
    history = fit(model, epochs=2, callbacks=[LearningRateMonitor()])
    assert history["learning_rate"] == pytest.approx([0.075, 0.05])
    assert history["learning_rate/body/"] == pytest.approx([0.0375, 0.025])
    assert all((now != then).all() for now, then in zip(model.get_weights(), before, strict=True))
    model.save(tmp_path / "model.keras")
    assert spec_of(keras.models.load_model(tmp_path / "model.keras")) == GROUPED


@pytest.mark.parametrize("policy", ["mixed_float16"], indirect=True)
@pytest.mark.usefixtures("policy")
def test_a_batch_whose_gradients_overflow_is_skipped_and_halves_the_scale() -> None:
    model = compile_with(small(), GROUPED, loss="mse")
    before, scale = model.get_weights(), float(model.optimizer.dynamic_scale)
    fit(model, np.full_like(X, np.inf))
    assert float(model.optimizer.dynamic_scale) == scale / 2
    assert int(model.optimizer.inner_optimizer.iterations) == 0
    for now, then in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)


def test_fit_ends_with_the_average_of_the_weights() -> None:
    plain = compile_with(small(), SGDSpec(learning_rate=0.1), loss="mse")
    averaged = compile_with(small(), SGDSpec(learning_rate=0.1, use_ema=True, ema_momentum=0.5), loss="mse")
    fit(plain)
    first = plain.get_weights()
    fit(plain)
    fit(averaged, epochs=2)
    # Keras's average begins with the weights after the first step.
    for found, one, two in zip(averaged.get_weights(), first, plain.get_weights(), strict=True):
        np.testing.assert_allclose(found, 0.5 * one + 0.5 * two, rtol=1e-5, atol=1e-7)


@pytest.mark.skipif(not can_build(ScheduleFreeAdamWSpec), reason="this Keras has none")
def test_schedule_free_training_starts_from_weights_that_came_after_compiling() -> None:
    model = compile_with(small(), ScheduleFreeAdamWSpec(learning_rate=1e-6), loss="mse")
    pretrained = [weight + 1 for weight in model.get_weights()]
    model.set_weights(pretrained)
    fit(model)
    for found, start in zip(model.get_weights(), pretrained, strict=True):
        np.testing.assert_allclose(found, start, atol=1e-4)
