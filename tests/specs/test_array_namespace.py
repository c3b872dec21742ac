"""The default array namespace is NumPy, whoever imported it."""

from __future__ import annotations

import inspect

import numpy
import pytest

from keras_optkit import CosineDecaySpec, JoinSpec, RampSpec, WarmupSpec
from keras_optkit.specs.array_namespace import is_numpy, np


def test_it_has_all_that_numpy_has():
    assert np.cos is numpy.cos
    assert np.ndarray is numpy.ndarray
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        np.nothing  # noqa: B018


def test_it_and_numpy_are_numpy_and_nothing_else_is():
    keras = pytest.importorskip("keras")
    assert [is_numpy(xp) for xp in (np, numpy, keras.ops, object(), None)] == [True, True, False, False, False]


def test_a_formula_is_the_same_with_numpy_given_and_without():
    ramp = RampSpec(initial_learning_rate=0, end_learning_rate=1, steps=5, shape="cosine")
    cosine = CosineDecaySpec(initial_learning_rate=1, decay_steps=5)
    steps = numpy.arange(12)
    for spec in (JoinSpec(schedules=[ramp, cosine], boundaries=[5]), WarmupSpec(schedule=cosine, warmup_steps=5)):
        numpy.testing.assert_array_equal(spec.value(steps, numpy), spec.value(steps))


def test_the_signature_of_a_formula_reads_as_numpy():
    assert str(inspect.signature(CosineDecaySpec.value)) == "(self, step: Any, xp: Any = numpy) -> Any"
