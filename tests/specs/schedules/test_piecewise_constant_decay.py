"""Piecewise constant decay: how boundaries and values go together."""

from __future__ import annotations

import numpy as np
import pytest

from keras_optkit import PiecewiseConstantDecaySpec

NAN = float("nan")


@pytest.mark.parametrize(
    ("boundaries", "values", "path"),
    [
        ([0, 10], [0.1, 0.2, 0.3], ("boundaries", 0)),
        ([-10, 10], [0.1, 0.2, 0.3], ("boundaries", 0)),
        ([10, 10.5], [0.1, 0.2, 0.3], ("boundaries", 1)),
        ([10, True], [0.1, 0.2, 0.3], ("boundaries", 1)),
        ([10, 10], [0.1, 0.2, 0.3], ("boundaries",)),
        ([10, 20, 15], [0.1, 0.2, 0.3, 0.4], ("boundaries",)),
        ([30, 20, 10], [0.1, 0.2, 0.3, 0.4], ("boundaries",)),
        ([], [0.1], ("boundaries",)),
        (10, [0.1, 0.2], ("boundaries",)),
        ("10", [0.1, 0.2], ("boundaries",)),
        ({10}, [0.1, 0.2], ("boundaries",)),
        ([10], [], ("values",)),
        ([10], [0.1], ("values",)),
        ([10], [0.1, 0.2, 0.3], ("values",)),
        ([10], {0.1, 0.2}, ("values",)),
        ([10], {"a": 0.1, "b": 0.2}, ("values",)),
        ([10], [0.1, -0.1], ("values", 1)),
        ([10], [True, 0.1], ("values", 0)),
        ([10], [0.1, NAN], ("values", 1)),
        ([10], [0.1, "x"], ("values", 1)),
        ([10], [0, 0], ("values",)),
    ],
)
def test_boundaries_rise_from_above_0_and_there_is_one_value_more(boundaries, values, path, refusal):
    assert refusal(PiecewiseConstantDecaySpec, boundaries=boundaries, values=values).path == path


def test_the_numbers_of_boundaries_and_pieces_are_told(refusal):
    message = refusal(PiecewiseConstantDecaySpec, boundaries=[10, 20], values=[0.1, 0.2]).message
    assert message.startswith("must have one entry more than boundaries (3), not 2, received ")


@pytest.mark.parametrize(
    ("boundaries", "values"),
    [
        ([10], [0.1, 0.2]),
        ((10, 20), (1, 0.1, 0)),
        (np.array([10, 20]), np.array([1, 0.1, 0], np.float32)),
        (range(10, 30, 10), ["1", "0.1", "0"]),
    ],
    ids=repr,
)
def test_lists_tuples_and_arrays_are_pieces(boundaries, values):
    spec = PiecewiseConstantDecaySpec(boundaries=boundaries, values=values)
    assert spec.boundaries == (10, 20)[: len(boundaries)]
    assert spec.values in ((0.1, 0.2), (1.0, 0.1, 0.0))
