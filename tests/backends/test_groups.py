"""On every backend groups and exclusions hold: in ``fit``, in ``apply`` and in the stateless form that JAX compiles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import pytest
from installed_keras import can_build
from keras import layers, ops
from strategies import OPTIMIZERS

from keras_optkit import AdamSpec, OptimizerSpec, ParamGroup, SGDSpec, build_optimizer, compile_with

SAYS_NOTHING = [ParamGroup(match="body")]
FROZEN = [ParamGroup(match="body/", learning_rate_multiplier=0)]
X = np.linspace(-1, 1, 24, dtype="float32").reshape(8, 3)
Y = X.sum(axis=1, keepdims=True)


def small() -> keras.Sequential:
    keras.utils.set_random_seed(0)
    return keras.Sequential([layers.Input((3,)), layers.Dense(4, name="body"), layers.Dense(1, name="head")])


def variables() -> list[keras.Variable]:
    shapes = {"body_kernel": (3, 4), "body_bias": (4,), "head_kernel": (4, 2)}
    values = np.random.default_rng(0)
    return [keras.Variable(values.normal(size=shape).astype("float32"), name=name) for name, shape in shapes.items()]


def gradients(update: int) -> list[Any]:
    values = np.random.default_rng(update)
    return [ops.convert_to_tensor(values.normal(size=v.shape).astype("float32")) for v in variables()]


def updated(optimizer: Any, updates: int = 5) -> list[np.ndarray]:
    weights = variables()
    for update in range(updates):
        optimizer.apply(gradients(update), weights)
    return [ops.convert_to_numpy(weight) for weight in weights]


def updated_statelessly(optimizer: Any, updates: int = 5) -> list[np.ndarray]:
    optimizer.build(variables())
    apply, values = optimizer.stateless_apply, [variable.value for variable in variables()]
    if keras.config.backend() == "jax":
        import jax

        apply = jax.jit(apply)
    state = [variable.value for variable in optimizer.variables]
    for update in range(updates):
        values, state = apply(state, gradients(update), values)
    return [ops.convert_to_numpy(value) for value in values]


def assert_close(one: Sequence[np.ndarray], other: Sequence[np.ndarray]) -> None:
    for mine, theirs in zip(one, other, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=5e-6)


@pytest.mark.parametrize("cls", [*filter(can_build, OPTIMIZERS)])
def test_groups_that_say_nothing_change_nothing_but_the_rounding(cls: type[OptimizerSpec]) -> None:
    native = updated(build_optimizer(cls(learning_rate=0.01, weight_decay=0.05, clipnorm=0.5)))
    spec = cls(learning_rate=0.01, weight_decay=0.05, clipnorm=0.5, groups=SAYS_NOTHING)
    assert_close(updated(build_optimizer(spec)), native)


CHOICES: dict[str, dict[str, Any]] = {
    "average": {"use_ema": True, "ema_momentum": 0.5, "ema_overwrite_frequency": 2},
    "accumulation": {"gradient_accumulation_steps": 2},
    "clip": {"global_clipnorm": 0.5},
    "loss scale": {"loss_scale_factor": 4.0},
}


@pytest.mark.skipif(keras.config.backend() == "tensorflow", reason="Keras's optimizers have none on TensorFlow")
@pytest.mark.parametrize("name", CHOICES)
def test_the_stateless_step_is_the_step(name: str) -> None:
    group = ParamGroup(match="body", learning_rate_multiplier=0.25, weight_decay=0.1)
    fields = {"learning_rate": 0.01, "weight_decay": 0.05, "exclude_from_weight_decay": ["bias_and_norm"]}
    spec = AdamSpec(groups=[group], **fields, **CHOICES[name])
    expected = updated(build_optimizer(spec))
    assert_close(updated_statelessly(build_optimizer(spec)), expected)
    ungrouped = updated(build_optimizer(AdamSpec(learning_rate=0.01, **CHOICES[name])))
    assert not np.allclose(ungrouped[0], expected[0], rtol=1e-5)


def test_each_group_has_its_rate_and_its_decay() -> None:
    # The gradients are 0, so that 0.5 * 0.5 * 0.1 of each decayed weight is all that goes.
    weights = [keras.Variable([1.0], name=name) for name in ("slow_kernel", "slow_bias", "fast_kernel")]
    group = ParamGroup(match="slow", learning_rate_multiplier=0.5, weight_decay=0.1)
    spec = SGDSpec(learning_rate=0.5, exclude_from_weight_decay=["bias_and_norm"], groups=[group])
    build_optimizer(spec).apply([ops.zeros(1)] * 3, weights)
    assert [float(ops.convert_to_numpy(weight)[0]) for weight in weights] == pytest.approx([0.975, 1, 1])


def test_fit_gives_a_group_its_share_of_the_step() -> None:
    start, plain = small().get_weights(), compile_with(small(), SGDSpec(learning_rate=0.5), loss="mse")
    group = ParamGroup(match="body/", learning_rate_multiplier=0.25)
    grouped = compile_with(small(), SGDSpec(learning_rate=0.5, groups=[group]), loss="mse")
    for model in (plain, grouped):
        model.fit(X, Y, verbose=0)
    steps = [[now - then for now, then in zip(m.get_weights(), start, strict=True)] for m in (plain, grouped)]
    shares = [0.25, 0.25, 1, 1]
    assert_close(steps[1], [share * step for share, step in zip(shares, steps[0], strict=True)])
    assert np.abs(steps[0][0]).max() > 0.01


@pytest.mark.parametrize("name", CHOICES)
def test_what_a_group_freezes_keeps_every_bit_in_fit(name: str) -> None:
    model = compile_with(small(), AdamSpec(groups=FROZEN, weight_decay=0.1, **CHOICES[name]), loss="mse")
    start = model.get_weights()
    model.fit(X, Y, batch_size=2, verbose=0)
    same = [np.array_equal(now, then) for now, then in zip(model.get_weights(), start, strict=True)]
    assert same == [True, True, False, False]


def test_accumulated_gradients_make_one_step_of_their_mean() -> None:
    spec = SGDSpec(learning_rate=0.5, gradient_accumulation_steps=2, groups=SAYS_NOTHING)
    optimizer, (weight,) = build_optimizer(spec), [keras.Variable([0.0], name="body")]
    seen = []
    for gradient in (1.0, 3.0):
        optimizer.apply([ops.convert_to_tensor([gradient])], [weight])
        seen.append(float(ops.convert_to_numpy(weight)[0]))
    assert seen == [0, -1]
