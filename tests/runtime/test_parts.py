"""The optimizers inside Keras's wrappers."""

import keras
import pytest

from keras_optkit.runtime.parts import parts_of


def test_an_optimizer_is_its_own_only_part_and_that_of_a_loss_scale() -> None:
    optimizer = keras.optimizers.SGD()
    assert parts_of(optimizer) == [optimizer]
    assert parts_of(keras.optimizers.LossScaleOptimizer(optimizer)) == [optimizer]


@pytest.mark.skipif(not hasattr(keras.optimizers, "MultiOptimizer"), reason="this Keras has none")
def test_the_optimizers_of_a_multi_optimizer_are_found_under_a_loss_scale_too() -> None:
    default, body = keras.optimizers.SGD(), keras.optimizers.Adam()
    multi = keras.optimizers.MultiOptimizer(keras.optimizers.OptimizerMap(default, {"body": body}))
    assert parts_of(multi) == list(multi.optimizers)
    assert {*map(id, parts_of(keras.optimizers.LossScaleOptimizer(multi)))} == {id(default), id(body)}
