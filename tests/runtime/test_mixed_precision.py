"""Under mixed_float16 Keras wraps the optimizer in a LossScaleOptimizer; everything else goes through the wrapper."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from installed_keras import can_build
from keras import layers
from sklearn.datasets import load_digits
from strategies import OPTIMIZERS

from keras_optkit import AdamSpec, AdamWSpec, FtrlSpec, OptimizerSpec, ParamGroup, SGDSpec, compile_with, spec_of

CATALOGUE = list(filter(can_build, OPTIMIZERS))
IMAGES, LABELS = load_digits(return_X_y=True)
IMAGES = (IMAGES / 16).astype("float32")
GROUPS = [
    ParamGroup(match="frozen/", learning_rate_multiplier=0),
    ParamGroup(match="body/", learning_rate_multiplier=0.5),
]
FIELDS: dict[str, Any] = {"weight_decay": 0.1, "exclude_from_weight_decay": ["bias_and_norm"], "groups": GROUPS}


@pytest.fixture(autouse=True)
def mixed_precision() -> Iterator[None]:
    """The policy of the process, as people set it; with it Keras also loads a model."""
    keras.config.set_dtype_policy("mixed_float16")
    yield
    keras.config.set_dtype_policy("float32")


def classifier() -> keras.Model:
    keras.utils.set_random_seed(0)
    stack = [
        layers.Input((64,)),
        layers.Dense(64, name="frozen"),
        layers.Dense(16, "relu", name="body"),
        layers.LayerNormalization(name="norm"),
        layers.Dense(10, "softmax", name="head", dtype="float32"),
    ]
    return keras.Sequential(stack)


def compiled(spec: OptimizerSpec, model: keras.Model | None = None) -> Any:
    return compile_with(model or classifier(), spec, loss="sparse_categorical_crossentropy", metrics=["accuracy"])


def fit(model: Any, *, epochs: int = 1, images: int = 512) -> Any:
    model.fit(IMAGES[:images], LABELS[:images], batch_size=64, epochs=epochs, shuffle=False, verbose=0)
    return model


def state(model: Any) -> list[Any]:
    return [value.numpy().tolist() for value in [*model.weights, *model.optimizer.variables]]


def test_groups_train_on_real_images_and_a_frozen_one_does_not() -> None:
    model = compiled(AdamWSpec(learning_rate=0.02, **FIELDS))
    assert type(model.optimizer) is keras.optimizers.LossScaleOptimizer
    assert isinstance(model.optimizer.inner_optimizer, keras.optimizers.AdamW)
    before = [np.array(weights) for weights in model.get_weights()]
    fit(model, epochs=3, images=len(IMAGES))
    stayed = [np.array_equal(now, then) for now, then in zip(model.get_weights(), before, strict=True)]
    assert stayed == [True, True] + [False] * 6
    assert model.evaluate(IMAGES, LABELS, verbose=0)[1] > 0.85


@pytest.mark.parametrize("cls", [AdamSpec, SGDSpec])
def test_a_group_trains_as_it_does_without_the_wrapper(cls: type[OptimizerSpec]) -> None:
    # Of the same gradients, multiplied by the scale of the loss, which is a power of two.
    results = []
    for wrap in (False, True):
        model = compiled(cls(learning_rate=0.1, **FIELDS))
        weights = model.trainable_variables
        optimizer = model.optimizer if wrap else model.optimizer.inner_optimizer
        scale = 2.0**15 if wrap else 1.0
        random = np.random.default_rng(0)
        for _ in range(3):
            gradients = [random.normal(size=weight.shape).astype("float32") for weight in weights]
            optimizer.apply([keras.ops.convert_to_tensor(scale * gradient) for gradient in gradients], weights)
        results.append([weight.numpy() for weight in weights])
    for plain, wrapped in zip(*results, strict=True):
        np.testing.assert_allclose(plain, wrapped, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("cls", CATALOGUE)
def test_every_optimizer_is_built_and_read_through_the_wrapper(cls: type[OptimizerSpec]) -> None:
    fields = FIELDS if cls is not FtrlSpec else FIELDS | {"weight_decay": 0.1}
    spec = cls(learning_rate=0.001, global_clipnorm=1, **fields)
    model = compiled(spec)
    inner = model.optimizer.inner_optimizer
    assert isinstance(inner, getattr(keras.optimizers, cls._type))
    assert inner.built
    assert spec_of(model) == spec_of(model.optimizer) == spec


def test_a_pattern_that_matches_nothing_is_found_through_the_wrapper_too() -> None:
    with pytest.raises(ValueError, match=r"'heads' matches no variable.*head/kernel"):
        compiled(SGDSpec(groups=[ParamGroup(match="heads")]))
    lazy = keras.Sequential([layers.Dense(10, name="head")])
    with pytest.raises(ValueError, match=r"'heads' matches no variable.*head/kernel"):
        fit(compiled(SGDSpec(groups=[ParamGroup(match="heads")]), lazy), images=64)


def test_one_clip_goes_over_the_unscaled_gradients_of_all_groups() -> None:
    results = []
    for groups in ((), GROUPS[1:]):
        model = fit(compiled(SGDSpec(learning_rate=0.5, global_clipnorm=0.01, groups=groups)), images=64)
        results.append(model.get_weights())
    moved = [np.array(weights) - start for weights, start in zip(results[0], classifier().get_weights(), strict=True)]
    assert sum((part**2).sum() for part in moved) ** 0.5 == pytest.approx(0.5 * 0.01, rel=1e-3)
    for plain, grouped, start, name in zip(*results, classifier().get_weights(), range(8), strict=True):
        share = 0.5 if name in (2, 3) else 1
        np.testing.assert_allclose(grouped - start, share * (plain - start), rtol=1e-2, atol=1e-6)


def test_a_training_is_resumed_with_every_bit(tmp_path: Path) -> None:
    spec = AdamWSpec(learning_rate=0.02, **FIELDS)
    whole, half = fit(compiled(spec), epochs=4), fit(compiled(spec), epochs=2)
    half.save(tmp_path / "model.keras")
    half.save_weights(tmp_path / "state.weights.h5")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    compiled_anew = compiled(spec, keras.models.load_model(tmp_path / "model.keras", compile=False))
    compiled_anew.load_weights(tmp_path / "state.weights.h5")
    for resumed in (loaded, compiled_anew):
        assert type(resumed.optimizer) is keras.optimizers.LossScaleOptimizer
        assert spec_of(resumed) == spec
        assert state(fit(resumed, epochs=2)) == state(whole)


def test_the_rate_is_set_through_the_wrapper() -> None:
    model = compiled(AdamSpec(learning_rate=0.5, groups=GROUPS))
    model.optimizer.learning_rate = 0.25
    assert float(model.optimizer.inner_optimizer.learning_rate) == 0.25
    assert spec_of(model).learning_rate == 0.25
