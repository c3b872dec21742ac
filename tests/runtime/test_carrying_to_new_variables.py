"""compile_with(keep_state=True) with variables that were not trained before, or are not trained now."""

import inspect
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from carrying_models import CATALOGUE, FAST, SLOW, array, assert_same, compiled, lists, make, train
from keras import layers

from keras_optkit import (
    AdamSpec,
    NadamSpec,
    OptimizerSpec,
    build_optimizer,
)
from keras_optkit.runtime.slots import counts_updates


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


def test_variables_that_are_frozen_now_are_listed() -> None:
    model = train(compiled(AdamSpec()), 2)
    model.get_layer("body").trainable = False
    with lists("all state of ", "body/kernel", "body/bias", "(not trained now)"):
        compiled(AdamSpec(), model, keep_state=True)
    train(model, 1)


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
