"""Resuming: 5 and 5 epochs with saving and loading in between give, bit for bit, the weights of 10 epochs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from installed_keras import can_build
from keras import layers
from strategies import OPTIMIZERS

from keras_optkit import AdamSpec, CosineDecaySpec, FtrlSpec, OptimizerSpec, ParamGroup, WarmupSpec, compile_with

CATALOGUE = list(filter(can_build, OPTIMIZERS))
X = np.random.default_rng(0).normal(size=(16, 3)).astype("float32")
Y = (X @ [[1.0], [2.0], [-1.0]]).astype("float32")
STEPS_PER_EPOCH = 2


def spec_for(cls: type[OptimizerSpec], **fields: Any) -> OptimizerSpec:
    """Everything at once: a schedule that is not over after 5 epochs, clipping, groups and an exclusion."""
    # Ftrl divides by the rate, so it must not be 0, neither at the start nor at the end.
    cosine = CosineDecaySpec(initial_learning_rate=0.05, decay_steps="8 epochs", alpha=0.1)
    rate = WarmupSpec(schedule=cosine, warmup_steps="2 epochs", initial_learning_rate=0.001)
    own_decay = {} if cls is FtrlSpec else {"weight_decay": 0.3}
    groups = [
        ParamGroup(match="body/", learning_rate_multiplier=0.5, **own_decay),
        ParamGroup(match="head/bias", learning_rate_multiplier=0),
    ]
    everything = {
        "learning_rate": rate,
        "weight_decay": 0.1,
        "global_clipnorm": 0.5,
        "exclude_from_weight_decay": ["bias_and_norm"],
        "groups": groups,
    }
    return cls(**everything | fields)


def make() -> keras.Model:
    keras.utils.set_random_seed(0)
    body, head = layers.Dense(4, "tanh", name="body"), layers.Dense(1, name="head")
    return keras.Sequential([layers.Input((3,)), body, head])


def compiled(spec: OptimizerSpec, model: keras.Model | None = None) -> keras.Model:
    return compile_with(model or make(), spec, steps_per_epoch=STEPS_PER_EPOCH, epochs=10, loss="mse")


def fit(model: keras.Model, *, first: int = 0, last: int = 10, callbacks: Any = ()) -> keras.Model:
    model.fit(X, Y, batch_size=8, initial_epoch=first, epochs=last, shuffle=False, verbose=0, callbacks=[*callbacks])
    return model


def by_load_model(model: keras.Model, spec: OptimizerSpec, folder: Path) -> keras.Model:
    model.save(folder / "model.keras")
    return keras.models.load_model(folder / "model.keras")


def by_weights_into_a_loaded_model(model: keras.Model, spec: OptimizerSpec, folder: Path) -> keras.Model:
    model.save(folder / "model.keras")
    model.save_weights(folder / "state.weights.h5")
    again = compiled(spec, keras.models.load_model(folder / "model.keras", compile=False))
    again.load_weights(folder / "state.weights.h5")
    return again


def by_weights_into_a_new_model(model: keras.Model, spec: OptimizerSpec, folder: Path) -> keras.Model:
    model.save_weights(folder / "state.weights.h5")
    again = compiled(spec)
    again.load_weights(folder / "state.weights.h5")
    return again


WAYS: dict[str, Callable[[keras.Model, OptimizerSpec, Path], keras.Model]] = {
    "load_model": by_load_model,
    "load_model, compile_with, load_weights": by_weights_into_a_loaded_model,
    "compile_with, load_weights": by_weights_into_a_new_model,
}


def assert_same_state(one: keras.Model, other: keras.Model) -> None:
    for mine, theirs in zip(one.get_weights(), other.get_weights(), strict=True):
        assert np.isfinite(mine).all()
        np.testing.assert_array_equal(mine, theirs)
    for mine, theirs in zip(one.optimizer.variables, other.optimizer.variables, strict=True):
        np.testing.assert_array_equal(mine.numpy(), theirs.numpy())


class Interruption(Exception):  # noqa: N818
    """What stops a training, like a machine that is taken away."""


class InterruptedAfter(keras.callbacks.Callback):
    def __init__(self, epochs: int) -> None:
        super().__init__()
        self.epochs = epochs

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if epoch == self.epochs:
            raise Interruption


@pytest.mark.parametrize("cls", CATALOGUE)
def test_a_training_that_is_resumed_ends_with_every_bit_of_one_that_was_not(
    cls: type[OptimizerSpec], tmp_path: Path
) -> None:
    spec = spec_for(cls)
    whole, half = fit(compiled(spec)), fit(compiled(spec), last=5)
    for way in (by_load_model, by_weights_into_a_loaded_model):
        assert_same_state(fit(way(half, spec, tmp_path), first=5), whole)


# The callback saves and loads all optimizers alike, as the ways above do.
def test_so_does_a_program_that_is_started_again_after_its_interruption(tmp_path: Path) -> None:
    spec, backup = spec_for(AdamSpec), tmp_path / "backup"
    with pytest.raises(Interruption):
        fit(compiled(spec), callbacks=[keras.callbacks.BackupAndRestore(backup), InterruptedAfter(5)])
    again = fit(compiled(spec), callbacks=[keras.callbacks.BackupAndRestore(backup)])
    assert_same_state(again, fit(compiled(spec)))


EXTRAS = {
    "average": {"use_ema": True, "ema_momentum": 0.9, "ema_overwrite_frequency": 4},
    # After 5 epochs of 2 batches, one batch is in the accumulators.
    "accumulation": {"gradient_accumulation_steps": 3},
    "loss scale": {"loss_scale_factor": 8.0},
    "constant rate, no groups": {"learning_rate": 0.05, "exclude_from_weight_decay": (), "groups": ()},
}


@pytest.mark.parametrize("name", EXTRAS)
def test_it_holds_also_with(name: str, tmp_path: Path) -> None:
    spec = spec_for(AdamSpec, **EXTRAS[name])
    half = fit(compiled(spec), last=5)
    resumed = [fit(way(half, spec, tmp_path), first=5) for way in WAYS.values()]
    # In two calls of fit, because the first writes the average into the weights when it ends.
    whole = fit(half, first=5)
    for each in resumed:
        assert_same_state(each, whole)


def test_a_rate_that_a_callback_has_set_is_resumed_too(tmp_path: Path) -> None:
    spec = spec_for(AdamSpec, learning_rate=0.1)
    model = compiled(spec)
    model.optimizer.learning_rate = 0.025
    for way in WAYS.values():
        assert float(way(model, spec, tmp_path).optimizer.learning_rate) == pytest.approx(0.025)


def interrupted_by_hand(spec: OptimizerSpec, folder: Path) -> tuple[keras.Model, keras.Model]:
    """A model that has trained for 5 epochs, and one that has trained for 10."""
    half = fit(compiled(spec), last=5)
    half.save(folder / "model.keras")
    half.save_weights(folder / "state.weights.h5")
    return half, fit(compiled(spec))


def iterations(model: keras.Model) -> int:
    return int(model.optimizer.iterations)


def test_compiling_a_loaded_model_again_begins_anew_with_keras_and_with_us(tmp_path: Path) -> None:
    # It is what the calls say; the remedy is to load the weights after it.
    spec = spec_for(AdamSpec)
    half, whole = interrupted_by_hand(spec, tmp_path)
    again = keras.models.load_model(tmp_path / "model.keras")
    assert iterations(again) == iterations(half) == 5 * STEPS_PER_EPOCH
    again.compile(optimizer=keras.optimizers.Adam(), loss="mse")
    assert iterations(again) == 0
    assert iterations(compiled(spec, again)) == 0
    again.load_weights(tmp_path / "state.weights.h5")
    assert_same_state(fit(again, first=5), whole)


def test_keras_drops_the_state_when_weights_are_loaded_before_the_optimizer_is_built(tmp_path: Path) -> None:
    spec = spec_for(AdamSpec, exclude_from_weight_decay=(), groups=())
    _, whole = interrupted_by_hand(spec, tmp_path)
    by_keras = make()
    by_keras.compile(optimizer=type(whole.optimizer).from_config(whole.optimizer.get_config()), loss="mse")
    with pytest.warns(UserWarning, match="Skipping variable loading for optimizer"):
        by_keras.load_weights(tmp_path / "state.weights.h5")
    assert iterations(by_keras) == 0
    # Ours is built by compile_with.
    ours = compiled(spec)
    ours.load_weights(tmp_path / "state.weights.h5")
    assert iterations(ours) == 5 * STEPS_PER_EPOCH


def test_keras_drops_the_state_when_the_weights_alone_are_copied(tmp_path: Path) -> None:
    spec = spec_for(AdamSpec)
    half, whole = interrupted_by_hand(spec, tmp_path)
    copied = compiled(spec)
    copied.set_weights(half.get_weights())
    assert iterations(copied) == 0
    fit(copied, first=5)
    assert not np.array_equal(copied.get_weights()[0], whole.get_weights()[0])


def test_keras_s_own_exclusion_is_lost_on_loading_and_ours_is_not(tmp_path: Path) -> None:
    def trained_on(exclude: bool) -> keras.Model:
        model = make()
        optimizer = keras.optimizers.AdamW(0.05, weight_decay=0.3)
        if exclude:
            optimizer.exclude_from_weight_decay(var_names=["bias"])
        model.compile(optimizer=optimizer, loss="mse")
        return fit(model, last=5)

    excluding = trained_on(exclude=True)
    assert not np.array_equal(excluding.get_weights()[1], trained_on(exclude=False).get_weights()[1])
    excluding.save(tmp_path / "model.keras")
    resumed = keras.models.load_model(tmp_path / "model.keras")
    assert not np.array_equal(fit(resumed, first=5).get_weights()[1], fit(excluding, first=5).get_weights()[1])
