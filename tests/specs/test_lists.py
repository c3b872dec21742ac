"""What lists read, seen through a model that has one of each."""

from __future__ import annotations

import array
from collections import deque
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from keras_optkit import JoinSpec
from keras_optkit.specs import fields, lists
from keras_optkit.specs.value import Value


class Every(Value):
    numbers: lists.Ordered[fields.Number] = (1.0,)
    whole: lists.Ordered[fields.Steps] = (1,)
    listed: lists.Listed[fields.Count] = ()


def read(field: str, value: object) -> Any:
    return getattr(Every(**{field: value}), field)


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


@pytest.mark.parametrize(
    ("value", "remedy"),
    [
        (1, "; write [1]"),
        ({"a": 1}, "; write [{'a': 1}]"),
        (Every(), "; write [Every()]"),
        ("1, 2", "; write ['1', '2']"),
        ({1}, "; a set has no order"),
        (" ", ""),
        (True, ""),
    ],
    ids=repr,
)
def test_what_was_meant_as_a_list_is_written_as_one(value, remedy, refusal):
    assert refusal(read, "numbers", value).message == f"must be a list, received {value!r}{remedy}"


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
    assert message.partition("; ")[0].endswith(f", received {value[index]!r}")


class Endless(Sequence[Any]):
    """One entry, as it says, and then another, and another."""

    def __getitem__(self, index: Any) -> Any:
        return 1

    def __len__(self) -> int:
        return 1


class HostileList(list[Any]):
    def __len__(self) -> int:
        raise RuntimeError("no")


@pytest.mark.parametrize("field", ["listed", "numbers"])
def test_a_list_that_cannot_be_read_or_is_far_too_long_is_refused(field, refusal):
    assert refusal(read, field, HostileList([1])).message.startswith("cannot be read, received ")
    assert read(field, Endless()) == (1,)
    assert refusal(read, field, range(10**9)) == (
        (field,),
        "must have at most 100,000 entries, but has 1,000,000,000",
    )


def test_the_longest_list_is_accepted():
    assert len(read("numbers", [0.5] * 99_999)) == 99_999


@pytest.mark.parametrize(("first", "after"), [(0, 1_000), (499, 999), (500, 1_000), (1_999, 2_000)])
def test_of_a_long_list_no_more_is_read_than_the_part_with_the_first_mistake(first, after, refusals):
    entries = [0.5] * 2_500
    entries[first], entries[after] = "x", "y"
    assert [path for path, _ in refusals(read, "numbers", entries)] == [("numbers", first)]


def test_mistakes_near_each_other_are_all_reported(refusals):
    entries = [0.5] * 2_500
    entries[1_000] = entries[1_499] = entries[2_000] = "x"
    assert [path for path, _ in refusals(read, "numbers", entries)] == [("numbers", 1_000), ("numbers", 1_499)]
    assert len(refusals(read, "numbers", ["x", "x", *entries[:400]])) == 2


def test_of_a_long_list_of_unknown_types_the_first_are_reported(refusals):
    # To find out what each was meant to be would take 50 seconds.
    schedules = [f"cosdecy{number}" for number in range(50_000)]
    assert len(refusals(JoinSpec, schedules=schedules, boundaries=range(1, 50_000))) == 51
