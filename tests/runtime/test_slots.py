"""compile_with(keep_state=True) with an optimizer of another class: what means the same goes on, and nothing else."""

from typing import Any

import keras
import numpy as np
import pytest
from carrying_models import FAST, array, compiled, lists, make, train
from installed_keras import can_build

from keras_optkit import (
    AdamaxSpec,
    AdamSpec,
    AdamWSpec,
    LionSpec,
    MuonSpec,
    NadamSpec,
    RMSpropSpec,
    ScheduleFreeAdamWSpec,
    SGDSpec,
)


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


def test_adamax_keeps_adams_mean_gradient() -> None:
    model = train(compiled(AdamSpec()), 2)
    before = array(model.optimizer._momentums[0])
    with lists("velocities of Adam (the new Adamax"):
        compiled(AdamaxSpec(), model, keep_state=True)
    np.testing.assert_array_equal(before, array(model.optimizer._m[0]))


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


@pytest.mark.skipif(not can_build(MuonSpec), reason="the Muon of the installed Keras does not train")
def test_muons_sum_for_a_matrix_is_no_mean_gradient() -> None:
    model = train(compiled(MuonSpec()), 2)
    bias = array(model.optimizer.momentums[1])
    with lists("momentums of Muon for ", "body/kernel"):
        compiled(AdamWSpec(), model, keep_state=True)
    assert not np.any(array(model.optimizer._momentums[0]))
    np.testing.assert_array_equal(bias, array(model.optimizer._momentums[1]))


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
