"""The decay by a square root, also where its timescale is a single step."""

import numpy as np
import pytest

from keras_optkit import InverseSqrtDecaySpec


def test_a_timescale_of_one_step_divides_by_nothing_in_the_warm_up() -> None:
    spec = InverseSqrtDecaySpec(peak_learning_rate=6, warmup_steps=3, timescale=1)
    assert spec.value(np.array([0, 1, 2, 3, 6, 11])).tolist() == pytest.approx([0, 2, 4, 6, 3, 2])


def test_without_a_warm_up_it_begins_at_its_peak() -> None:
    spec = InverseSqrtDecaySpec(peak_learning_rate=6, warmup_steps=0, timescale=1)
    assert spec.value(np.array([0, 3, 8])).tolist() == pytest.approx([6, 3, 2])
