"""compile_with(keep_state=True): what the old optimizer knows goes on in the new one, and what cannot is listed."""

import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from carrying_models import CATALOGUE, FAST, SLOW, array, assert_same, compiled, lists, make, state, train
from keras import layers

from keras_optkit import (
    AdamSpec,
    ConstantSpec,
    CosineDecaySpec,
    JoinSpec,
    OptimizerSpec,
    OptimizerWarning,
    ParamGroup,
    RMSpropSpec,
    SGDSpec,
)

GROUPS = {"groups": [ParamGroup(match="body/", learning_rate_multiplier=0.5)]}


EXTRAS: dict[str, dict[str, Any]] = {
    "": {},
    "average": {"use_ema": True, "ema_momentum": 0.9, "ema_overwrite_frequency": 4},
    # After 4 batches, one is in the accumulators.
    "accumulation": {"gradient_accumulation_steps": 3},
}


@pytest.mark.parametrize("extra", EXTRAS)
@pytest.mark.parametrize("cls", CATALOGUE)
def test_with_the_same_spec_it_is_as_if_nothing_had_been_compiled(cls: type[OptimizerSpec], extra: str) -> None:
    spec = cls(learning_rate=FAST, **EXTRAS[extra])
    whole, halves = train(compiled(spec), 8), train(compiled(spec), 4)
    old = halves.optimizer
    train(compiled(spec, halves, keep_state=True), 4)
    assert halves.optimizer is not old
    assert type(halves.optimizer) is type(old)
    assert_same(halves, whole)


@pytest.mark.parametrize(
    "fields",
    [
        {"momentum": 0.9, "nesterov": True, **GROUPS},
        {"momentum": 0.9, "learning_rate": CosineDecaySpec(initial_learning_rate=0.1, decay_steps=12)},
    ],
)
def test_momentum_groups_and_a_schedule_go_on(fields: dict[str, Any]) -> None:
    spec = SGDSpec(**{"learning_rate": FAST} | fields)
    halves = train(compiled(spec), 4)
    assert_same(train(compiled(spec, halves, keep_state=True), 4), train(compiled(spec), 8))


def test_every_state_of_rmsprop_and_of_amsgrad_goes_on() -> None:
    for spec in (RMSpropSpec(learning_rate=FAST, momentum=0.9, centered=True), AdamSpec(amsgrad=True)):
        halves = train(compiled(spec), 4)
        assert_same(train(compiled(spec, halves, keep_state=True), 4), train(compiled(spec), 8))


@pytest.mark.parametrize("cls", CATALOGUE)
def test_a_new_rate_is_the_specs_and_all_else_is_as_before(cls: type[OptimizerSpec]) -> None:
    model = train(compiled(cls(learning_rate=FAST)), 3)
    before = state(model)
    compiled(cls(learning_rate=SLOW), model, keep_state=True)
    for then, now, variable in zip(before, state(model), [*model.weights, *model.optimizer.variables], strict=True):
        if variable.name == "learning_rate":
            assert (float(then), float(now)) == pytest.approx((FAST, SLOW))
        else:
            np.testing.assert_array_equal(then, now)


def test_a_new_rate_trains_as_an_optimizer_whose_rate_was_set() -> None:
    set_by_hand, kept = (
        train(compiled(AdamSpec(learning_rate=FAST)), 3),
        train(compiled(AdamSpec(learning_rate=FAST)), 3),
    )
    set_by_hand.optimizer.learning_rate = SLOW
    assert_same(train(compiled(AdamSpec(learning_rate=SLOW), kept, keep_state=True), 3), train(set_by_hand, 3))


def test_a_rate_that_a_callback_lowered_is_not_carried() -> None:
    model = train(compiled(AdamSpec(learning_rate=FAST)), 1)
    model.optimizer.learning_rate = 1e-6
    assert float(
        compiled(AdamSpec(learning_rate=FAST), model, keep_state=True).optimizer.learning_rate
    ) == pytest.approx(FAST)


def test_a_schedule_takes_up_where_the_step_count_is() -> None:
    model = train(compiled(SGDSpec(learning_rate=FAST)), 5)
    decay = CosineDecaySpec(initial_learning_rate=0.1, decay_steps=10)
    compiled(SGDSpec(learning_rate=decay), model, keep_state=True)
    assert float(model.optimizer.learning_rate) == pytest.approx(0.05)


@pytest.mark.parametrize(
    "changes", [{"clipnorm": 1.0}, {"weight_decay": 0.1}, GROUPS, {"exclude_from_weight_decay": ["bias_and_norm"]}]
)
def test_clip_decay_groups_and_exclusions_come_and_go_without_a_loss(changes: dict[str, Any]) -> None:
    plain, other = AdamSpec(weight_decay=0.01), AdamSpec(**{"weight_decay": 0.01} | changes)
    for first, second in ((plain, other), (other, plain)):
        model = train(compiled(first), 3)
        before = state(model)
        compiled(second, model, keep_state=True)
        for then, now in zip(before, state(model), strict=True):
            np.testing.assert_array_equal(then, now)
        train(model, 1)


def test_a_schedule_that_is_over_at_the_step_count_is_told() -> None:
    decay = CosineDecaySpec(initial_learning_rate=0.1, decay_steps=4)
    for spec in (SGDSpec(learning_rate=decay), AdamSpec(learning_rate=decay)):
        model = train(compiled(AdamSpec()), 5)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            compiled(spec, model, keep_state=True)
        said = [str(warning.message) for warning in caught if warning.category is OptimizerWarning]
        assert "the step count continues at 5, where this schedule has ended: its rate there is 0." in said[-1]
        assert "JoinSpec(schedules=[ConstantSpec(learning_rate=...), CosineDecaySpec(...)], boundaries=[5])" in said[-1]
        joined = JoinSpec(schedules=[ConstantSpec(learning_rate=0.1), decay], boundaries=[5])
        compiled(AdamSpec(learning_rate=joined), train(compiled(AdamSpec()), 5), keep_state=True)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ({"amsgrad": True}, {}, ["velocity_hats of Adam"]),
        ({"use_ema": True}, {}, ["moving averages of Adam"]),
        ({"gradient_accumulation_steps": 3}, {}, ["the gradients of 1 batch since the last update"]),
        ({"gradient_accumulation_steps": 3, "amsgrad": True}, {"gradient_accumulation_steps": 2}, ["1 batch", "hats"]),
    ],
)
def test_settings_that_are_switched_off_are_listed_once(before: Any, after: Any, words: list[str]) -> None:
    model = train(compiled(AdamSpec(**before)), 4)
    with lists(*words):
        compiled(AdamSpec(**after), model, keep_state=True)


def test_accumulation_without_a_rest_changes_in_silence_and_moments_count_updates() -> None:
    model = train(compiled(AdamSpec(learning_rate=FAST, gradient_accumulation_steps=2)), 4)
    compiled(AdamSpec(learning_rate=FAST), model, keep_state=True)
    # Four batches were two updates, which is what the moments are corrected for.
    wanted = train(compiled(AdamSpec(learning_rate=FAST)), 0)
    wanted.set_weights(model.get_weights())
    wanted.optimizer._iterations.assign(2)
    for kind in ("_momentums", "_velocities"):
        for one, other in zip(getattr(wanted.optimizer, kind), getattr(model.optimizer, kind), strict=True):
            one.assign(other)
    for one, other in zip(train(model, 2).get_weights(), train(wanted, 2).get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert int(model.optimizer.iterations) == 6


def test_a_model_compiled_by_keras_goes_on_too() -> None:
    by_keras, ours = make(), train(compiled(AdamSpec(learning_rate=FAST)), 3)
    by_keras.compile(optimizer=keras.optimizers.Adam(FAST), loss="mse", run_eagerly=True)
    train(by_keras, 3)
    compiled(AdamSpec(learning_rate=FAST), by_keras, keep_state=True)
    assert_same(train(by_keras, 2), train(ours, 2))


def test_a_model_compiled_by_name_and_never_trained_has_nothing_to_carry() -> None:
    model = make()
    model.compile(optimizer="rmsprop", loss="mse")
    assert_same(compiled(AdamSpec(), model, keep_state=True), compiled(AdamSpec()))


def test_a_loaded_model_goes_on_with_another_rate(tmp_path: Path) -> None:
    model = train(compiled(AdamSpec(learning_rate=FAST, **GROUPS)), 3)
    model.save(tmp_path / "model.keras")
    again = compiled(AdamSpec(learning_rate=SLOW), keras.models.load_model(tmp_path / "model.keras"), keep_state=True)
    compiled(AdamSpec(learning_rate=SLOW), model, keep_state=True)
    assert float(again.optimizer.learning_rate) == pytest.approx(SLOW)
    assert_same(train(again, 2), train(model, 2))


# Before Keras 3.11, a functional model loaded from .h5 warns about any input.
@pytest.mark.filterwarnings("ignore:The structure of `inputs` doesn't match")
def test_a_model_that_keras_loads_from_h5_has_lost_its_moments_and_that_is_told(tmp_path: Path) -> None:
    inputs = layers.Input((3,))
    model = compiled(AdamSpec(learning_rate=FAST), keras.Model(inputs, layers.Dense(2)(inputs)))
    train(model, 3).save(tmp_path / "model.h5")
    loaded = keras.models.load_model(tmp_path / "model.h5", custom_objects={"mse": keras.losses.MeanSquaredError()})
    with lists("anything but the step count (the old optimizer has no state of any variable)"):
        compiled(AdamSpec(learning_rate=FAST), loaded, keep_state=True)
    assert int(loaded.optimizer.iterations) == 3
    before = array(loaded.layers[-1].kernel)
    train(loaded, 1)
    assert np.abs(array(loaded.layers[-1].kernel) - before).max() < 1.01 * FAST  # as Adam's first step


@pytest.mark.skipif(not hasattr(keras.optimizers, "MultiOptimizer"), reason="this Keras has no MultiOptimizer")
def test_the_optimizers_in_a_multi_optimizer_give_their_own_variables() -> None:
    model = make()
    inner = {"body": keras.optimizers.Adam(FAST), "head": keras.optimizers.SGD(FAST, momentum=0.9)}
    chosen = keras.optimizers.MultiOptimizer(lambda variable: inner[variable.path.split("/")[-2]])
    model.compile(optimizer=chosen, loss="mse", run_eagerly=True)
    train(model, 3)
    moment = array(inner["body"]._momentums[0])
    with lists("momentums of SGD"):
        compiled(AdamSpec(), model, keep_state=True)
    assert int(model.optimizer.iterations) == 3
    np.testing.assert_array_equal(moment, array(model.optimizer._momentums[0]))
    train(model, 1)


def test_a_loss_scale_goes_on_and_is_listed_when_it_ends() -> None:
    spec = AdamSpec(learning_rate=FAST)
    whole, halves = make(), make()
    for model in (whole, halves):
        model.dtype_policy = keras.DTypePolicy("mixed_float16")
    train(compiled(spec, whole), 2)
    train(compiled(spec, halves), 2)
    for model in (whole, halves):
        model.optimizer.dynamic_scale.assign(64.0)
    compiled(spec, halves, keep_state=True)
    assert type(halves.optimizer) is keras.optimizers.LossScaleOptimizer
    assert_same(train(halves, 2), train(whole, 2))
    with lists("dynamic_scale of LossScaleOptimizer"):
        compiled(spec, halves, keep_state=True, auto_scale_loss=False)
    assert int(halves.optimizer.iterations) == 4


def test_slots_take_the_type_of_the_new_ones() -> None:
    model = train(compiled(AdamSpec()), 2)
    old = model.optimizer
    half = [keras.Variable(keras.ops.cast(slot, "float16")) for slot in old._momentums]
    old._momentums[:] = half
    compiled(AdamSpec(), model, keep_state=True)
    assert model.optimizer._momentums[0].dtype == "float32"
    np.testing.assert_array_equal(array(half[0]).astype("float32"), array(model.optimizer._momentums[0]))


def test_without_an_optimizer_it_is_an_error_that_says_what_to_do() -> None:
    model = make()
    with pytest.raises(ValueError, match=r"has no optimizer whose state could be kept: leave keep_state out"):
        compiled(AdamSpec(), model, keep_state=True)
    assert not model.compiled


@pytest.mark.parametrize("wrong", ["false", 1, None])
def test_keep_state_is_true_or_false(wrong: Any) -> None:
    with pytest.raises(TypeError, match="keep_state must be True or False, received"):
        compiled(AdamSpec(), train(compiled(AdamSpec()), 0), keep_state=wrong)
