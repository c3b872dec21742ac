"""Durations: what is read as one, and how it is kept, printed, dumped and read back."""

from __future__ import annotations

import copy
import json
import pickle
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_optkit import CosineDecaySpec, Duration, InverseSqrtDecaySpec, parse_spec


def decay(decay_steps: Any) -> CosineDecaySpec:
    return CosineDecaySpec(initial_learning_rate=0.1, decay_steps=decay_steps)


# What is read

EPOCHS = [
    "20 epochs",
    "20 Epochs",
    "20 EPOCH",
    "20epochs",
    "  20   epochs ",
    "20.0 epochs",
    "2e1 epochs",
    Duration.epochs(20),
]
PERCENT = [
    "5%",
    "5 %",
    " 5 % ",
    "5 percent",
    "5 Percent",
    "5percent",
    "5.0%",
    ".5e1%",
    Duration.percent(5),
    Duration.percent(5.0),
]
STEPS = [20, "20", " 20 ", "20 steps", "20 step", "20 STEPS", "+20", np.int32(20), np.array(20)]
# Code computes numbers of steps as floats: 60_000 / 30, 5.0 * n, dataset.cardinality() * epochs.
STEPS += [20.0, "20.0", "2e1", "2_0 steps", "2e1 steps", "20.0 steps", "0.2e2 steps", np.float32(20), np.array(20.0)]
STEPS += [Decimal(20), Decimal("20.0"), Fraction(20)]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        *((text, "20 epochs") for text in EPOCHS),
        *((text, "5%") for text in PERCENT),
        *((number, 20) for number in STEPS),
        ("0.5 epochs", "0.5 epochs"),
        (".5 epochs", "0.5 epochs"),
        ("1 epoch", "1 epoch"),
        ("1 epochs", "1 epoch"),
        ("0.1 epoch", "0.1 epochs"),
        ("2.5%", "2.5%"),
        ("150%", "150%"),
        ("1e-3%", "0.001%"),
        ("1_000 epochs", "1000 epochs"),
        ("1.0 steps", 1),
        (2.0, 2),
        (Duration.epochs(0.5), "0.5 epochs"),
        (Duration.epochs(np.float32(0.5)), "0.5 epochs"),
        (Duration.epochs(np.int64(3)), "3 epochs"),
    ],
    ids=repr,
)
def test_a_duration_in_any_unit_is_kept_printed_dumped_and_read_back_as_it_was_written(written, kept):
    spec = decay(written)
    assert spec.decay_steps == kept
    assert repr(spec) == f"CosineDecaySpec(initial_learning_rate=0.1, decay_steps={kept!r})"
    assert spec.model_dump(mode="json")["decay_steps"] == json.loads(spec.model_dump_json())["decay_steps"] == kept
    for again in (parse_spec(spec.model_dump()), CosineDecaySpec.model_validate_json(spec.model_dump_json())):
        assert again == spec
        assert type(again.decay_steps) is type(spec.decay_steps)


NO_DURATIONS = [
    "",
    " ",
    "%",
    "20 epoch s",
    "20 minutes",
    "5 % of run",
]
NO_DURATIONS += [
    "+5%",
    "1__0 epochs",
    "_1 epochs",
    "1_ steps",
    "1e 3 steps",
    "1" * 9 + "x",
    "1,5 epochs",
    "0x10",
    "nan epochs",
    "inf%",
    "٣ epochs",
    "ten epochs",
    "5\n6",
]


@pytest.mark.parametrize("value", [*NO_DURATIONS, None, [20], {"epochs": 20}, b"5%", float("nan"), 1j], ids=repr)
def test_what_is_no_duration_is_answered_with_the_forms_there_are(value, refusal):
    assert refusal(decay, value) == (
        ("decay_steps",),
        f"must be a whole number of steps, or a duration such as '20 epochs' or '5%', received {value!r}",
    )


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        (0.0, "must be > 0; without a decay, use ConstantSpec"),
        ("0.0", "must be > 0; without a decay, use ConstantSpec"),
        (np.float32(0), "must be > 0; without a decay, use ConstantSpec"),
        (1.0, "must not be a bare float; write 1 for one step, '1 epoch' or '100%'"),
        (0.5, "must not be a bare float; write '0.5 epochs', or '50%' of the run"),
        (0.05, "must not be a bare float; write '0.05 epochs', or '5%' of the run"),
        (np.float32(0.05), "must not be a bare float; write '0.05 epochs', or '5%' of the run"),
        ("0.5", "must not be a bare float; write '0.5 epochs', or '50%' of the run"),
        ("1e0", "must not be a bare float; write 1 for one step, '1 epoch' or '100%'"),
        (2.5, "must be a whole number of steps; write round(2.5), or '2.5 epochs'"),
        (748.8, "must be a whole number of steps; write round(748.8), or '748.8 epochs'"),
        (Fraction(3, 2), "must be a whole number of steps; write round(1.5), or '1.5 epochs'"),
        ("2.5", "must be a whole number of steps; write round(2.5), or '2.5 epochs'"),
        ("2.5 steps", "must be a whole number of steps"),
        (-2.5, "must be > 0"),
        (-3.0, "must be > 0"),
    ],
    ids=repr,
)
def test_a_float_that_is_no_number_of_steps_is_refused_with_what_to_write(value, rule, refusal):
    rule, semicolon, remedy = rule.partition("; ")
    assert refusal(decay, value) == (("decay_steps",), f"{rule}, received {value!r}{semicolon}{remedy}")


@pytest.mark.parametrize(
    "nothing", [0, "0", "0 epochs", "0%", "0.0 epochs", Duration.epochs(0), Duration.percent(0)], ids=repr
)
def test_only_some_durations_may_be_nothing(nothing, refusal):
    assert refusal(decay, nothing).message == f"must be > 0, received {nothing!r}; without a decay, use ConstantSpec"
    kept = InverseSqrtDecaySpec(peak_learning_rate=0.1, warmup_steps=nothing, timescale=1)
    assert kept.resolve(steps_per_epoch=10, epochs=10).warmup_steps == 0


def test_a_duration_too_large_to_count_is_refused(refusal):
    for steps in (f"{2**53 + 1} steps", "1e300", "1e300 steps", 1e300, Decimal("1e300"), 10**5000, "1" * 5000):
        assert refusal(decay, steps).message.startswith("must be at most 2**53")
    assert refusal(decay, "1e400 epochs").message.startswith("must be finite")
    assert refusal(decay, "1e-400 epochs").message.startswith("must be 0, or a number that a float can represent")
    assert refusal(decay, "1" * 101 + "%").message.startswith("must be a number of at most 100 digits")


@pytest.mark.parametrize(
    "text",
    ["1" * 10**6 + "x", "1" * 10**6 + " x", "1" + " " * 10**6 + "x", "1_" * 10**6, "." * 10**6, "1e" + "9" * 10**6],
    ids=["digits", "digits and a letter", "spaces", "underscores", "dots", "an exponent"],
)
def test_a_text_of_a_megabyte_is_answered_in_short(text, refusal):
    # It takes 0.1 s if the time is linear in the text, and minutes if not.
    message = refusal(decay, text).message
    assert len(message) < 250


# Duration


def shown(value: object) -> str:
    return repr(value)[:20]


def test_a_duration_knows_its_amount_and_its_unit():
    assert [(d.amount, d.unit) for d in (Duration("20 epochs"), Duration("2.5 %"))] == [(20, "epochs"), (2.5, "%")]


@pytest.mark.parametrize("duration", [Duration("20 epochs"), Duration.epochs(0.5), Duration.percent(5)], ids=str)
def test_a_duration_is_a_value(duration):
    for again in (pickle.loads(pickle.dumps(duration)), copy.copy(duration), copy.deepcopy(duration)):
        assert type(again) is Duration
        assert again == duration
        assert hash(again) == hash(duration)
        assert (again.amount, again.unit) == (duration.amount, duration.unit)
    assert json.loads(json.dumps(duration)) == duration == str(duration) == Duration(duration)


def test_a_duration_cannot_be_changed():
    duration = CosineDecaySpec(initial_learning_rate=0.1, decay_steps="7 epochs").decay_steps
    with pytest.raises(AttributeError, match="exact of '7 epochs' cannot be set: a Duration is immutable"):
        duration.exact = 1
    assert duration.exact == 7


@given(st.floats(0, 1e300))
def test_every_duration_is_read_back_from_its_text(number):
    for duration in (Duration.epochs(number), Duration.percent(number)):
        again = Duration(str(duration))
        assert again == duration
        assert (again.amount, again.unit) == (number, duration.unit)


def test_durations_of_one_text_are_equal_however_they_were_made():
    assert len({Duration.epochs(1), Duration("1 epoch"), Duration("1.0 EPOCHS"), decay("1 epochs").decay_steps}) == 1
    assert Duration.epochs(1) != Duration.percent(1)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("1e16 epochs", "10000000000000000 epochs"),
        ("1e17 epochs", "1e+17 epochs"),
        ("0.0001%", "0.0001%"),
        ("0.00001 %", "1e-5%"),
        (f"1{'0' * 99} epochs", "1e+99 epochs"),
        ("2.0", 2),
    ],
)
def test_a_number_is_kept_in_its_shortest_form_and_whole_numbers_of_steps_as_ints(written, kept):
    assert decay(written).decay_steps == kept


@pytest.mark.parametrize("number", [-1, float("nan"), float("inf"), 10**400, True, "20", None, 1j], ids=shown)
def test_a_number_of_epochs_or_percent_is_a_finite_number_from_0_on(number):
    with pytest.raises(ValueError, match="the number of epochs must be a number >= 0, received"):
        Duration.epochs(number)
    with pytest.raises(ValueError, match="the percentage must be a number >= 0, received"):
        Duration.percent(number)


def test_a_number_of_steps_is_no_duration_object_but_an_int():
    with pytest.raises(ValueError, match=r"a number of steps is an int; write 20, not Duration\('20'\)"):
        Duration("20")
    with pytest.raises(ValueError, match=r"a duration must be a whole number of steps, or .*, received 'soon'"):
        Duration("soon")


def test_a_duration_is_as_exact_as_it_was_written():
    third = Duration(f"33.{'3' * 60} %")
    assert third == f"33.{'3' * 60}%"
    assert third.exact == Fraction(f"33.{'3' * 60}")
    assert Duration(third).exact == pickle.loads(pickle.dumps(third)).exact == third.exact
    assert Duration.percent(0.1).exact == Fraction(1, 10)


@pytest.mark.parametrize("nothing", ["0%", "0 epochs", "0.0 %", "0e5 epoch", Duration.epochs(-0.0)])
def test_a_duration_of_nothing_is_false_in_every_unit(nothing):
    assert not Duration(nothing)
    assert Duration("1e-300%")


@pytest.mark.parametrize(
    "text", [10**5000, "x" * 10**6, None, b"5%", float("nan")], ids=["int", "long", "None", "bytes", "nan"]
)
def test_what_is_no_text_of_a_duration_is_refused_in_short(text):
    with pytest.raises(ValueError, match="a duration must be") as caught:
        Duration(text)
    assert len(str(caught.value)) < 250
