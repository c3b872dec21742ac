"""What counts as a number, whoever's number it is."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from pydantic_core import PydanticCustomError

from keras_optkit.specs.numbers import scalar, to_number, whole_number


class Tensor:
    """As far as tensors of all frameworks agree: a dtype of their own, a shape, and a way to NumPy."""

    dtype = "not NumPy's"

    def __init__(self, held: Any) -> None:
        self.held = held
        self.shape = np.shape(held)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.held!r})"

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.asarray(self.held)


class Symbolic(Tensor):
    """A tensor in a graph, which has no value yet."""

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("written", "number"),
    [
        (np.float32(0.1), 0.1),
        (np.float64(0.1), 0.1),
        (np.longdouble(0.5), 0.5),
        (np.array(np.float16(0.1)), 0.1),
        (np.int8(3), 3),
        (np.bool_(True), True),
        (np.array(7, dtype=object), 7),
        (np.array("x"), "x"),
        (np.str_("x"), "x"),
        (Tensor(np.float32(0.1)), 0.1),
        (Tensor(12), 12),
        (Tensor(False), False),
    ],
    ids=repr,
)
def test_a_scalar_of_any_library_is_the_python_number_that_it_prints_as(written, number):
    found = scalar(written)
    assert found == number
    assert type(found) is type(number)


@pytest.mark.parametrize("value", [np.array([1]), np.array([True]), Tensor([1]), Symbolic(1), None, [1], object()])
def test_what_is_no_scalar_stays_as_it_is(value):
    assert scalar(value) is value


@pytest.mark.parametrize("written", [Decimal("0.25"), Fraction(1, 4), "0.25", " 2.5e-1 ", Tensor(0.25), np.array(0.25)])
def test_a_quarter_is_a_quarter(written):
    assert to_number(written) == 0.25


@pytest.mark.parametrize("written", [20, "20", "+20", "2_0", np.uint8(20), Tensor(20)])
def test_twenty_is_twenty(written):
    found = whole_number(written)
    assert found == 20
    assert type(found) is int


@pytest.mark.parametrize("value", [20.0, Decimal("20.5"), Tensor(20.0), np.timedelta64(20, "D"), Tensor([20]), None])
def test_only_an_integer_or_digits_are_a_whole_number(value):
    assert whole_number(value) is None


@pytest.mark.parametrize("value", [np.timedelta64(20, "D"), np.datetime64("2020"), 1j, Symbolic(1), [1]])
def test_a_span_of_time_and_the_like_are_no_number(value):
    with pytest.raises(PydanticCustomError, match="must be a number, received"):
        to_number(value)


@pytest.mark.parametrize("value", [True, np.True_, np.array(True), Tensor(True)], ids=repr)
@pytest.mark.parametrize("read", [to_number, whole_number])
def test_a_boolean_is_no_number(read, value):
    with pytest.raises(PydanticCustomError, match="number, not a boolean, received"):
        read(value)


def test_tensors_of_tensorflow_are_read_without_importing_it():
    tf = pytest.importorskip("tensorflow")
    assert whole_number(tf.constant(20)) == 20
    assert whole_number(tf.data.Dataset.range(32).batch(10).cardinality() * 5) == 20
    assert whole_number(tf.Variable(20, dtype="int64")) == 20
    assert to_number(tf.constant(0.1)) == to_number(tf.Variable(0.1)) == 0.1
    assert to_number(tf.constant(0.5, "bfloat16")) == 0.5
    assert whole_number(tf.constant([20])) is None
