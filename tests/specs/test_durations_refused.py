"""Durations: what is refused, and what is known of them before a run is."""

from __future__ import annotations

import re

import pytest
from pydantic import TypeAdapter, ValidationError

from keras_optkit import ConstantSpec, Duration, InverseSqrtDecaySpec, StaircaseSpec
from keras_optkit.specs.durations import duration_schema, first_not_rising, needed_for


@pytest.mark.parametrize("written", [-0.5, -1e-9, -1.0, -3, "-3", "-0.5 epochs", "-5%"])
def test_nothing_negative_is_a_duration_even_where_0_is(written):
    with pytest.raises(ValidationError):
        StaircaseSpec(schedule=ConstantSpec(learning_rate=1), every=written)
    with pytest.raises(ValidationError):
        InverseSqrtDecaySpec(peak_learning_rate=1, timescale=10, warmup_steps=written)


def test_a_text_of_two_hundred_characters_is_not_searched():
    longest = "5" + " " * 192 + "epochs"
    assert len(longest) == 199
    assert StaircaseSpec(schedule=ConstantSpec(learning_rate=1), every=longest).every == Duration.epochs(5)
    with pytest.raises(ValidationError):
        StaircaseSpec(schedule=ConstantSpec(learning_rate=1), every=longest.replace(" ", "  ", 1))


def test_an_object_whose_methods_fail_is_no_duration():
    class Failing:
        def __float__(self):
            raise RuntimeError

        __index__ = __int__ = __float__

    for field in ({"warmup_steps": Failing(), "timescale": 10}, {"warmup_steps": 1, "timescale": Failing()}):
        with pytest.raises(ValidationError, match="must be a whole number of steps"):
            InverseSqrtDecaySpec(peak_learning_rate=1, **field)


@pytest.mark.parametrize(
    ("durations", "fault"),
    [
        ([], None),
        ([5], None),
        ([1, 2, 3], None),
        ([1, 2, 2], "2 follows 2"),
        ([3, 2, 1], "2 follows 3"),
        ([Duration.epochs(1), Duration.epochs(1)], "'1 epoch' follows '1 epoch'"),
        ([Duration.epochs(1), Duration.epochs(1.5)], None),
        ([Duration.percent(50), Duration.percent(5)], "'5%' follows '50%'"),
        ([Duration.epochs(9), Duration.percent(5)], None),
        ([Duration.epochs(9), 5], None),
        ([9, Duration.epochs(5)], None),
        ([Duration.epochs(2), 5, Duration.epochs(1)], None),
        (["9 epochs", "5 epochs"], None),
    ],
)
def test_durations_of_one_unit_must_rise_and_of_several_units_nothing_is_known(durations, fault):
    assert first_not_rising(durations) == fault


def test_what_is_missing_to_become_steps_is_named():
    assert needed_for(Duration.epochs(5)) == ("steps_per_epoch",)
    assert needed_for(Duration.percent(5)) == ("steps_per_epoch", "epochs")


def test_the_schema_of_a_duration_allows_0_and_that_of_a_longer_one_does_not():
    assert TypeAdapter(Duration).json_schema()["minimum"] == 0
    zero, positive = (re.compile(duration_schema(least)["pattern"]) for least in (0, 1))
    for text in ("0", "0 epochs", "0.0%", ".0 epochs", "0e0"):
        assert zero.search(text)
        assert not positive.search(text)
    for text in ("1", "1_000", "10 epochs", "0.5%", ".5 epochs", "2e3", "+5"):
        assert zero.search(text)
        assert positive.search(text)
