"""Stairs: the rate of the last multiple of their length, at the very step."""

from __future__ import annotations

import numpy as np
import pytest

from keras_optkit import (
    ConstantSpec,
    CosineDecaySpec,
    ExponentialDecaySpec,
    PiecewiseConstantDecaySpec,
    StaircaseSpec,
    learning_rates,
)

COSINE = CosineDecaySpec(initial_learning_rate=0.1, decay_steps="10 epochs")


def test_the_rate_of_an_epoch_is_that_of_its_first_step():
    smooth = learning_rates(COSINE, steps_per_epoch=49, epochs=12).reshape(12, 49)
    stairs = learning_rates(StaircaseSpec(schedule=COSINE), steps_per_epoch=49, epochs=12).reshape(12, 49)
    assert (stairs == smooth[:, :1]).all()


def test_stairs_are_at_the_very_step_also_after_more_steps_than_float32_counts():
    stairs = StaircaseSpec(
        schedule=ExponentialDecaySpec(initial_learning_rate=1, decay_steps=2**27, decay_rate=0.5), every=49
    )
    for multiple in (49 * 2**20, 49 * (2**26 + 1)):
        before, at, after = stairs.value(np.array([multiple - 1, multiple, multiple + 48]))
        assert before > at == after


def test_a_schedule_gets_the_same_kind_of_steps_as_without_stairs():
    pieces = PiecewiseConstantDecaySpec(boundaries=[3], values=[0.1, 0.01])
    assert StaircaseSpec(schedule=pieces, every=2).value(np.arange(6).reshape(2, 3)).tolist() == [
        [0.1, 0.1, 0.1],
        [0.1, 0.01, 0.01],
    ]
    assert float(StaircaseSpec(schedule=pieces, every=2).value(5)) == 0.01


def test_an_epoch_needs_to_know_how_many_steps_it_has():
    with pytest.raises(ValueError, match="every is '1 epoch': pass steps_per_epoch"):
        StaircaseSpec(schedule=ConstantSpec(learning_rate=0.1)).resolve()


def test_a_bend_shows_in_the_first_stair_that_has_come_so_far():
    pieces = PiecewiseConstantDecaySpec(boundaries=[9, 10], values=[3, 2, 1])
    texts = [(5, "end of the first stair"), (10, "boundary passed"), (15, "boundary passed")]
    assert list(StaircaseSpec(schedule=pieces, every=5).landmarks()) == texts
