"""On every backend each optimizer trains in ``fit``, follows its preview, and goes on after saving and loading."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from installed_keras import can_build
from keras import layers
from strategies import OPTIMIZERS

from keras_optkit import (
    CosineDecaySpec,
    FtrlSpec,
    LearningRateMonitor,
    OptimizerSpec,
    ParamGroup,
    ScheduleFreeAdamWSpec,
    WarmupSpec,
    build_optimizer,
    compile_with,
    learning_rates,
    spec_of,
)

CATALOGUE = list(filter(can_build, OPTIMIZERS))
X = np.linspace(-1, 1, 24, dtype="float32").reshape(8, 3)
Y = X.sum(axis=1, keepdims=True)
DECAY = CosineDecaySpec(initial_learning_rate=0.01, decay_steps=4, alpha=0.1)
SCHEDULE = WarmupSpec(schedule=DECAY, warmup_steps=2, initial_learning_rate=0.002)
GROUPS = [ParamGroup(match="body/", learning_rate_multiplier=0.5)]
DECAYED = {"weight_decay": 0.01, "exclude_from_weight_decay": ["bias_and_norm"]}


def small() -> keras.Sequential:
    keras.utils.set_random_seed(0)
    return keras.Sequential([layers.Input((3,)), layers.Dense(4, name="body"), layers.Dense(1, name="head")])


def train(model: keras.Model, epochs: int) -> list[float]:
    """The rates after each of ``epochs`` steps."""
    monitor = LearningRateMonitor()
    return model.fit(X, Y, epochs=epochs, shuffle=False, verbose=0, callbacks=[monitor]).history["learning_rate"]


@pytest.mark.parametrize("grouped", [False, True])
@pytest.mark.parametrize("cls", CATALOGUE)
def test_an_optimizer_trains_follows_its_preview_and_resumes(
    cls: type[OptimizerSpec], grouped: bool, tmp_path: Path
) -> None:
    choices = {"groups": GROUPS} | ({} if cls is FtrlSpec else DECAYED) if grouped else {}
    spec = cls(learning_rate=SCHEDULE, **choices)
    model = compile_with(small(), spec, loss="mse")
    start, rates = model.get_weights(), train(model, 3)
    model.save(tmp_path / "model.keras")
    rates += train(model, 3)
    assert rates == pytest.approx(learning_rates(SCHEDULE, 7)[1:].tolist(), rel=1e-6, abs=1e-9)
    for now, then in zip(model.get_weights(), start, strict=True):
        assert np.isfinite(now).all()
        assert (now != then).all()

    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert type(loaded.optimizer) is type(model.optimizer)
    assert spec_of(loaded) == spec_of(model) == spec
    train(loaded, 3)
    for mine, theirs in zip(loaded.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("cls", CATALOGUE)
def test_what_is_built_is_what_the_constructor_of_keras_returns(cls: type[OptimizerSpec]) -> None:
    native = getattr(keras.optimizers, cls.model_fields["type"].default)
    optimizer = build_optimizer(cls(learning_rate=0.01))
    assert isinstance(optimizer, native)
    # PyTorch has subclasses of its own. ScheduleFreeAdamW is always grouped.
    assert (type(optimizer) is type(native())) is (cls is not ScheduleFreeAdamWSpec)
    assert spec_of(optimizer) == cls(learning_rate=0.01)
    assert spec_of(native(learning_rate=0.01)) == cls(learning_rate=0.01)
