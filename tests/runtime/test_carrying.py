"""compile_with(keep_state=True): what the old optimizer knows goes on in the new one, and what cannot is listed."""

import inspect
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from installed_keras import can_build
from keras import layers
from strategies import OPTIMIZERS

from keras_optkit import (
    AdamaxSpec,
    AdamSpec,
    AdamWSpec,
    ConstantSpec,
    CosineDecaySpec,
    JoinSpec,
    LionSpec,
    MuonSpec,
    NadamSpec,
    OptimizerSpec,
    OptimizerWarning,
    ParamGroup,
    RMSpropSpec,
    ScheduleFreeAdamWSpec,
    SGDSpec,
    build_optimizer,
    compile_with,
)
from keras_optkit.runtime.slots import counts_updates

CATALOGUE = list(filter(can_build, OPTIMIZERS))
X = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
Y = (X @ [[1.0], [2.0], [-1.0]]).astype("float32")
SLOW, FAST = 1e-3, 1e-2


def make(**body: Any) -> keras.Sequential:
    keras.utils.set_random_seed(0)
    stack = [layers.Dense(2, "tanh", name="body", **body), layers.Dense(1, name="head")]
    return keras.Sequential([layers.Input((3,)), *stack])


def compiled(spec: OptimizerSpec, model: Any = None, **arguments: Any) -> Any:
    return compile_with(make() if model is None else model, spec, loss="mse", run_eagerly=True, **arguments)


def train(model: Any, steps: int) -> Any:
    for step in range(steps):
        # Another batch at each step, so that nothing is the same by chance.
        model.train_on_batch(X * (1 + step % 2), Y)
    return model


def state(model: Any) -> list[Any]:
    return [keras.ops.convert_to_numpy(value) for value in [*model.weights, *model.optimizer.variables]]


def assert_same(one: Any, other: Any) -> None:
    for mine, theirs in zip(state(one), state(other), strict=True):
        assert np.isfinite(mine).all()
        np.testing.assert_array_equal(mine, theirs)


def array(variable: Any) -> Any:
    return keras.ops.convert_to_numpy(variable)


@contextmanager
def lists(*words: str) -> Generator[None, None, None]:
    """One warning, at the line of the test, that has all these ``words``."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    ours = [warning for warning in caught if warning.category is OptimizerWarning]
    assert [warning.filename for warning in ours] == [__file__]
    for word in words:
        assert word in str(ours[0].message)


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
        assert "the step count goes on at 5, where this schedule is over: its rate there is 0." in said[-1]
        assert "JoinSpec(schedules=[ConstantSpec(learning_rate=...), CosineDecaySpec(...)], boundaries=[5])" in said[-1]
        joined = JoinSpec(schedules=[ConstantSpec(learning_rate=0.1), decay], boundaries=[5])
        compiled(AdamSpec(learning_rate=joined), train(compiled(AdamSpec()), 5), keep_state=True)


def half_frozen() -> keras.Sequential:
    return make(trainable=False)


def thaw(model: Any) -> Any:
    model.get_layer("body").trainable = True
    return model


def test_after_unfreezing_old_variables_keep_their_moments_and_new_ones_begin() -> None:
    model = train(compiled(AdamSpec(), half_frozen()), 3)
    kept = [array(moment) for moment in (*model.optimizer._momentums, *model.optimizer._velocities)]
    compiled(AdamSpec(learning_rate=SLOW), thaw(model), keep_state=True)
    optimizer = model.optimizer
    assert int(optimizer.iterations) == 3
    now = [array(moment) for moment in (*optimizer._momentums, *optimizer._velocities)]
    for new in (now[:2], now[4:6]):
        assert not any(map(np.any, new))
    for then, value in zip(kept, now[2:4] + now[6:], strict=True):
        assert np.any(then)
        np.testing.assert_array_equal(then, value)


def reads_the_count(cls: type[OptimizerSpec]) -> bool:
    native: Any = getattr(keras.optimizers, cls.__name__[:-4])
    return "self.iterations" in inspect.getsource(inspect.getmodule(native.update_step))


# Nadam's momentum also rises with the count, see below.
@pytest.mark.parametrize("cls", [cls for cls in CATALOGUE if reads_the_count(cls) and cls is not NadamSpec])
def test_new_variables_count_their_own_updates(cls: type[OptimizerSpec], tmp_path: Path) -> None:
    """They train as with an optimizer that has only just begun, whose correction of the moments is for step 1."""
    spec = cls(learning_rate=FAST)
    model = train(compiled(spec, half_frozen()), 3)
    compiled(spec, thaw(model), keep_state=True)
    beginner = keras.models.clone_model(model)
    beginner.set_weights(model.get_weights())
    compiled(spec, beginner)
    model.save(tmp_path / "model.keras")
    for _ in range(3):
        # The head is put back, so that both bodies see the same gradients.
        for one, other in zip(model.layers[1].weights, beginner.layers[1].weights, strict=True):
            other.assign(one)
        train(model, 1), train(beginner, 1)
        for one, other in zip(model.layers[0].weights, beginner.layers[0].weights, strict=True):
            np.testing.assert_array_equal(array(one), array(other))
    # It is saved, and carried once more.
    loaded = keras.models.load_model(tmp_path / "model.keras")
    again = compiled(spec, keras.models.load_model(tmp_path / "model.keras"), keep_state=True)
    for _ in range(3):
        train(loaded, 1), train(again, 1)
    assert_same(loaded, model)
    assert_same(again, model)


def test_nadam_begins_gently_with_new_variables() -> None:
    model = train(compiled(NadamSpec(learning_rate=FAST), half_frozen()), 30)
    compiled(NadamSpec(learning_rate=FAST), thaw(model), keep_state=True)
    before = array(model.layers[0].kernel)
    train(model, 1)
    step = np.abs(array(model.layers[0].kernel) - before)
    assert 0.1 * FAST < step.max() <= FAST


@pytest.mark.parametrize("cls", CATALOGUE)
def test_classes_that_count_are_those_whose_steps_read_the_count(cls: type[OptimizerSpec]) -> None:
    assert counts_updates(build_optimizer(cls()), keras.Variable([1.0])) == reads_the_count(cls)


def test_an_average_that_is_new_begins_at_the_weights() -> None:
    averaged = AdamSpec(use_ema=True, ema_momentum=0.9)
    begun = compiled(averaged, train(compiled(AdamSpec()), 3), keep_state=True)
    thawed = compiled(averaged, thaw(train(compiled(averaged, half_frozen()), 3)), keep_state=True)
    for model, new in ((begun, [0, 1, 2, 3]), (thawed, [0, 1])):
        averages = [array(average) for average in model.optimizer._model_variables_moving_average]
        for i in new:
            np.testing.assert_array_equal(averages[i], array(model.trainable_variables[i]))
        before = model.get_weights()
        model.optimizer.finalize_variable_values(model.trainable_variables)
        np.testing.assert_allclose(model.get_weights()[0], before[0])


def test_a_momentum_of_another_meaning_is_listed_and_not_carried() -> None:
    model = train(compiled(SGDSpec(momentum=0.9)), 3)
    with lists("momentums of SGD", "the new Adam keeps nothing that means the same"):
        compiled(AdamSpec(), model, keep_state=True)
    optimizer = model.optimizer
    assert isinstance(optimizer, keras.optimizers.Adam)
    assert int(optimizer.iterations) == 3
    assert not any(np.any(array(moment)) for moment in (*optimizer._momentums, *optimizer._velocities))


SAME_MEANING = [
    (AdamSpec, AdamWSpec, {"_momentums": "_momentums", "_velocities": "_velocities"}),
    (AdamSpec, NadamSpec, {"_momentums": "_momentums", "_velocities": "_velocities"}),
    (NadamSpec, AdamWSpec, {"_momentums": "_momentums", "_velocities": "_velocities"}),
]


@pytest.mark.parametrize(("first", "second", "slots"), SAME_MEANING)
def test_moments_that_mean_the_same_go_on_in_another_class(first: Any, second: Any, slots: dict[str, str]) -> None:
    model = train(compiled(first(learning_rate=FAST)), 3)
    before = {name: [array(slot) for slot in getattr(model.optimizer, name)] for name in slots}
    compiled(second(learning_rate=FAST), model, keep_state=True)
    assert type(model.optimizer) is getattr(keras.optimizers, second.__name__[:-4])
    for name, other in slots.items():
        for then, now in zip(before[name], getattr(model.optimizer, other), strict=True):
            np.testing.assert_array_equal(then, array(now))
    train(model, 1)


def test_nadam_gets_the_product_that_its_own_steps_would_have_made() -> None:
    nadam = train(compiled(NadamSpec()), 5)
    model = compiled(NadamSpec(), train(compiled(AdamSpec()), 5), keep_state=True)
    assert array(model.optimizer._u_product) == pytest.approx(array(nadam.optimizer._u_product), rel=1e-6)


def test_what_would_be_of_no_use_alone_is_not_carried() -> None:
    """Lion's mean gradient over the root of a mean square of 0 would be a step thirty times too long."""
    model = train(compiled(LionSpec(learning_rate=FAST)), 3)
    with lists("momentums of Lion"):
        compiled(AdamSpec(learning_rate=FAST), model, keep_state=True)
    before = array(model.layers[0].kernel)
    train(model, 1)
    assert np.abs(array(model.layers[0].kernel) - before).max() <= FAST * 1.001


def test_adams_mean_gradient_goes_on_in_lion() -> None:
    model = train(compiled(AdamSpec()), 3)
    before = array(model.optimizer._momentums[0])
    with lists("velocities of Adam (the new Lion"):
        compiled(LionSpec(), model, keep_state=True)
    np.testing.assert_array_equal(before, array(model.optimizer._momentums[0]))


def test_rmsprop_and_adam_share_the_mean_square() -> None:
    model = train(compiled(RMSpropSpec()), 3)
    before = array(model.optimizer._velocities[0])
    compiled(AdamSpec(), model, keep_state=True)
    np.testing.assert_array_equal(before, array(model.optimizer._velocities[0]))


@pytest.mark.skipif(not can_build(ScheduleFreeAdamWSpec), reason="the installed Keras lacks it")
def test_schedule_free_begins_at_the_weights_of_now() -> None:
    model = train(compiled(AdamSpec(learning_rate=FAST)), 3)
    weights = model.get_weights()
    with lists("momentums and velocities of Adam (the new ScheduleFreeAdamW"):
        compiled(ScheduleFreeAdamWSpec(learning_rate=FAST), model, keep_state=True)
    np.testing.assert_array_equal(array(model.optimizer._momentums[0]), weights[0])
    train(model, 1)
    assert 0 < np.abs(model.get_weights()[0] - weights[0]).max() <= FAST * 1.01


def test_variables_that_are_frozen_now_are_listed() -> None:
    model = train(compiled(AdamSpec()), 2)
    model.get_layer("body").trainable = False
    with lists("all state of ", "body/kernel", "body/bias", "(not trained now)"):
        compiled(AdamSpec(), model, keep_state=True)
    train(model, 1)


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


@pytest.mark.skipif(not can_build(MuonSpec), reason="the Muon of the installed Keras does not train")
def test_muons_sum_for_a_matrix_is_no_mean_gradient() -> None:
    model = train(compiled(MuonSpec()), 2)
    bias = array(model.optimizer.momentums[1])
    with lists("momentums of Muon for ", "body/kernel"):
        compiled(AdamWSpec(), model, keep_state=True)
    assert not np.any(array(model.optimizer._momentums[0]))
    np.testing.assert_array_equal(bias, array(model.optimizer._momentums[1]))


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


def test_an_optimizer_of_somebody_elses_class_gives_what_it_has_from_keras() -> None:
    class Signs(keras.optimizers.Optimizer):
        def build(self, variables: Any) -> None:
            super().build(variables)
            self.seen = self.add_optimizer_variables(variables, "seen")

        def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
            self.assign_add(self.seen[self._get_variable_index(variable)], gradient)
            self.assign_sub(variable, keras.ops.sign(gradient) * learning_rate)

    model = make()
    model.compile(optimizer=Signs(FAST, use_ema=True), loss="mse", run_eagerly=True)
    train(model, 3)
    average = array(model.optimizer._model_variables_moving_average[0])
    with lists("seen of", "Signs"):
        compiled(AdamSpec(use_ema=True), model, keep_state=True)
    assert int(model.optimizer.iterations) == 3
    np.testing.assert_array_equal(average, array(model.optimizer._model_variables_moving_average[0]))


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


def test_a_layer_that_is_not_called_stops_nothing() -> None:
    class WithSpare(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.head, self.spare, self.uses_spare = layers.Dense(1), layers.Dense(1), False

        def build(self, input_shape: Any) -> None:
            self.head.build(input_shape)

        def call(self, inputs: Any) -> Any:
            return self.spare(self.head(inputs)) if self.uses_spare else self.head(inputs)

    model: Any = train(compiled(AdamSpec(), WithSpare()), 1)
    train(compiled(AdamSpec(), model, keep_state=True), 1)
    assert int(model.optimizer.iterations) == 2
    model.uses_spare = True
    with pytest.raises(ValueError, match="call compile_with again"):
        train(model, 1)
    train(compiled(AdamSpec(), model, keep_state=True), 1)
    assert int(model.optimizer.iterations) == 3


@pytest.mark.parametrize("wrong", ["false", 1, None])
def test_keep_state_is_true_or_false(wrong: Any) -> None:
    with pytest.raises(TypeError, match="keep_state must be True or False, received"):
        compiled(AdamSpec(), train(compiled(AdamSpec()), 0), keep_state=wrong)


def test_adamax_keeps_adams_mean_gradient() -> None:
    model = train(compiled(AdamSpec()), 2)
    before = array(model.optimizer._momentums[0])
    with lists("velocities of Adam (the new Adamax"):
        compiled(AdamaxSpec(), model, keep_state=True)
    np.testing.assert_array_equal(before, array(model.optimizer._m[0]))
