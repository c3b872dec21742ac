"""What flags, names and lists read, seen through a model that has one of each."""

from __future__ import annotations

import array
from collections import deque
from typing import Any

import numpy as np
import pytest

from keras_optkit.specs import fields
from keras_optkit.specs.value import Value


class Every(Value):
    flag: fields.Flag = False
    name: fields.Name = "name"
    numbers: fields.Ordered[fields.Number] = (1.0,)
    whole: fields.Ordered[fields.Steps] = (1,)
    listed: fields.Listed[fields.Count] = ()


def read(field: str, value: object) -> Any:
    return getattr(Every(**{field: value}), field)


@pytest.mark.parametrize("value", [True, False, np.True_, np.False_, np.array(True), np.array(False)], ids=repr)
def test_a_boolean_of_python_or_numpy_is_a_flag(value):
    assert read("flag", value) is bool(value)


@pytest.mark.parametrize(
    "value",
    [1, 0, 1.0, "true", "false", "yes", "", None, [], np.int64(1), np.float32(0), np.array(1), np.array([True])],
    ids=repr,
)
def test_nothing_but_a_boolean_is_a_flag(value, refusal):
    path, message = refusal(read, "flag", value)
    remedy = "; leave it out for the default, False" if value in ("", None) else ""
    assert (path, message) == (("flag",), f"must be true or false{remedy}, received {value!r}")


@pytest.mark.parametrize("value", ["Adam", "adam_1", "my.opt-2>x", "0", ".hidden"])
def test_a_name_is_what_tensorflow_takes_as_a_scope(value):
    assert read("name", value) == value


@pytest.mark.parametrize("value", ["", " ", "a b", "_a", "-a", "a\n", "a:0", "é", 3, None, True, ["a"]], ids=repr)
def test_what_tensorflow_cannot_take_as_a_scope_is_no_name(value, refusal):
    path, message = refusal(read, "name", value)
    assert path == ("name",)
    assert message.endswith(f", received {value!r}")


@pytest.mark.parametrize(
    "written",
    [[1, 2], (1, 2), range(1, 3), deque([1, 2]), np.array([1, 2]), np.array([1, 2], np.int8), ["1", np.int64(2)]],
    ids=repr,
)
def test_anything_with_an_order_is_a_list_and_is_kept_as_a_tuple(written):
    assert read("whole", written) == (1, 2)
    assert [type(entry) for entry in read("whole", written)] == [int, int]


def test_an_array_of_floats_is_read_entry_by_entry():
    assert read("numbers", np.array([0.1, 0.2], np.float32)) == (0.1, 0.2)
    assert read("numbers", array.array("d", [0.1, 0.2])) == (0.1, 0.2)


@pytest.mark.parametrize(
    "value",
    [
        {1, 2},
        frozenset([1]),
        "12",
        b"12",
        bytearray(b"12"),
        memoryview(b"12"),
        {1: 2},
        1,
        None,
        np.array(1),
        np.array([[1]]),
        iter("1"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_has_no_order_is_no_list(value, refusal):
    for field in ("whole", "listed"):
        path, message = refusal(read, field, value)
        assert path == (field,)
        assert message.startswith("must be a list")
        assert ", received " in message


@pytest.mark.parametrize("value", [[], (), np.array([])], ids=repr)
def test_a_list_that_orders_has_at_least_one_entry(value, refusal):
    assert read("listed", value) == ()
    assert refusal(read, "whole", value) == (("whole",), f"must have at least one entry, received {value!r}")


@pytest.mark.parametrize(
    ("value", "index"), [([0, 2], 0), ([1, 2.5], 1), ([1, True], 1), ([1, [2]], 1), ([1, None], 1)]
)
def test_a_wrong_entry_is_reported_at_its_index(value, index, refusal):
    path, message = refusal(read, "whole", value)
    assert path == ("whole", index)
    assert message.endswith(f", received {value[index]!r}")
