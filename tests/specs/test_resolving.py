"""How many steps the durations of a spec become in a run, and what is said where they cannot."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from how_many import examples
from hypothesis import given
from hypothesis import strategies as st
from schedule_strategies import schedule_specs
from strategies import optimizer_specs

from keras_optkit import (
    AdamSpec,
    CosineDecaySpec,
    Duration,
    OptimizerSpec,
    ScheduleFreeAdamWSpec,
    ScheduleSpec,
    WarmupSpec,
    describe,
    parse_spec,
)
from keras_optkit.specs.fields import Steps
from keras_optkit.specs.resolving import RunLength


def decay(decay_steps: Any) -> CosineDecaySpec:
    return CosineDecaySpec(initial_learning_rate=0.1, decay_steps=decay_steps)


def steps_of(written: Any, **run: Any) -> Any:
    return decay(written).resolve(**run).decay_steps


@pytest.mark.parametrize(
    ("written", "steps_per_epoch", "run", "steps"),
    [
        (7, None, None, 7),
        ("20 epochs", 85, None, 1700),
        ("0.5 epochs", 85, None, 43),  # of 42.5: up
        ("0.5 epochs", 87, None, 44),  # of 43.5
        ("0.1 epochs", 14, None, 1),  # of 1.4
        ("0.1 epochs", 16, None, 2),  # of 1.6
        ("0.001 epochs", 10, None, 1),  # never nothing
        ("5%", 85, 30, 128),  # of 127.5
        ("100%", 85, 30, 2550),
        ("150%", 10, 10, 150),
        ("10%", 25, 1, 3),  # of 2.5: up, where Python's round goes to even
        ("90%", 25, 1, 23),  # of 22.5
        ("29%", 10, 10, 29),  # 0.29 * 100 is 28.999999999999996
        ("0.7%", 500, 1, 4),  # of 3.5, which is 3.4999999999999996 in floats
        ("1e-9%", 10, 10, 1),
    ],
)
def test_a_duration_becomes_the_nearest_number_of_steps_and_at_least_1(written, steps_per_epoch, run, steps):
    resolved = steps_of(written, steps_per_epoch=steps_per_epoch, epochs=run)
    assert resolved == steps
    assert type(resolved) is int


def test_every_duration_in_a_spec_is_resolved_and_nothing_else_changes():
    schedule = {"type": "warmup", "warmup_steps": "10%", "schedule": {"type": "piecewise_constant_decay",
        "boundaries": ["1 epoch", "2 epochs"], "values": [3, 2, 1]}}  # fmt: skip
    spec = AdamSpec(learning_rate=schedule, beta_1=0.8)
    resolved = spec.resolve(steps_per_epoch=100, epochs=5)
    assert resolved.learning_rate.warmup_steps == 50
    assert resolved.learning_rate.schedule.boundaries == (100, 200)
    assert resolved.replace(learning_rate=0.1) == spec.replace(learning_rate=0.1)
    assert spec == AdamSpec(learning_rate=schedule, beta_1=0.8)
    assert ScheduleFreeAdamWSpec(warmup_steps="5%").resolve(steps_per_epoch=10, epochs=10).warmup_steps == 5


def test_a_spec_in_steps_needs_no_run_and_stays_itself():
    spec = AdamSpec(learning_rate=decay(100))
    assert spec.resolve() is spec
    assert spec.resolve(steps_per_epoch=10, epochs=3) is spec


@given(optimizer_specs() | schedule_specs(), st.none() | st.integers(1, 10**6), st.none() | st.integers(1, 10**4))
@examples(200)
def test_resolving_leaves_no_duration_or_says_what_is_wrong(spec, steps_per_epoch, run):
    try:
        resolved = spec.resolve(steps_per_epoch=steps_per_epoch, epochs=run)
    except ValueError:  # and nothing else
        return
    assert type(resolved) is type(spec)
    assert resolved.resolve() is resolved  # which needs no run any more
    assert resolved == parse_spec(resolved.model_dump())
    assert not DURATIONS.findall(repr(resolved))


DURATIONS = re.compile(r"' ?[0-9.e+-]+( epochs?|%)'")


class ContainersSpec(ScheduleSpec):
    """As people write lists in models of their own."""

    lengths: list[Steps]
    pieces: list[ScheduleSpec]
    named: dict[str, ScheduleSpec]

    def value(self, step: Any, xp: Any = np) -> Any:
        return self.pieces[0].value(step, xp)


def test_durations_in_lists_and_dicts_of_ones_own_are_resolved_too():
    spec = ContainersSpec(lengths=[3, "2 epochs"], pieces=[decay("1 epoch")], named={"a": decay("50%")})
    resolved = spec.resolve(steps_per_epoch=10, epochs=4)
    assert resolved == ContainersSpec(lengths=[3, 20], pieces=[decay(10)], named={"a": decay(20)})
    with pytest.raises(ValueError, match=r"^named\.a\.decay_steps is '50%': pass epochs$"):
        spec.resolve(steps_per_epoch=10)


# What is missing or cannot be


@pytest.mark.parametrize(
    ("written", "run", "missing"),
    [
        ("20 epochs", {}, "steps_per_epoch"),
        ("20 epochs", {"epochs": 30}, "steps_per_epoch"),
        ("5%", {}, "steps_per_epoch and epochs"),
        ("5%", {"epochs": 30}, "steps_per_epoch"),
        ("5%", {"steps_per_epoch": 10}, "epochs"),
    ],
)
def test_what_is_missing_is_said_with_the_field_that_needs_it(written, run, missing):
    with pytest.raises(ValueError, match=f"^decay_steps is {written!r}: pass {missing}$"):
        decay(written).resolve(**run)


def test_the_field_is_named_by_its_whole_path():
    inner = {"type": "join", "schedules": ["constant", decay("5%")], "boundaries": [10]}
    inner["schedules"][0] = {"type": "constant", "learning_rate": 0.1}
    spec = AdamSpec(learning_rate={"type": "warmup", "schedule": inner, "warmup_steps": 5})
    with pytest.raises(ValueError, match=r"^learning_rate\.schedule\.schedules\.1\.decay_steps is '5%': pass "):
        spec.resolve()
    pieces = {"type": "piecewise_constant_decay", "boundaries": [1, "1 epoch"], "values": [3, 2, 1]}
    with pytest.raises(ValueError, match=r"^learning_rate\.boundaries\.1 is '1 epoch': pass steps_per_epoch$"):
        AdamSpec(learning_rate=pieces).resolve(epochs=3)


@pytest.mark.parametrize("name", ["steps_per_epoch", "epochs"])
@pytest.mark.parametrize(
    "value", [0, -3, 2.5, 0.0, 1.0, -10.0, True, np.True_, "10", [10], float("nan"), np.array([3])], ids=repr
)
def test_the_length_of_a_run_is_a_whole_number_above_0_also_where_it_is_not_needed(name, value):
    for written in (7, "5%"):
        with pytest.raises(ValueError, match=rf"^{name} must be a whole number > 0, received "):
            decay(written).resolve(**{"steps_per_epoch": 10, "epochs": 10} | {name: value})


class Unreadable(float):
    """A number of somebody's own, of which no method works."""

    def __float__(self) -> float:
        raise RuntimeError("no")

    __index__ = __int__ = __le__ = __ge__ = __repr__ = __float__


def test_a_number_that_cannot_be_read_is_refused_like_what_is_none():
    with pytest.raises(ValueError, match=r"^epochs must be a whole number > 0, received <"):
        decay("5%").resolve(steps_per_epoch=10, epochs=Unreadable(3))
    for make in (Duration.epochs, Duration.percent):
        with pytest.raises(ValueError, match=r"^the (number of epochs|percentage) must be a number >= 0, received <"):
            make(Unreadable(3))


TOO_LONG = [(10**400, 1), (1, 10**5000), (2**53, 2**53), (2**53, 2), (1e300, 1)]


@pytest.mark.parametrize("run", TOO_LONG, ids=["batches", "epochs", "both", "their product", "a float"])
@pytest.mark.parametrize("ask", [lambda **run: decay("5%").resolve(**run), lambda **run: describe("adam", **run)])
def test_a_run_too_long_to_count_is_refused_in_short(run, ask):
    with pytest.raises(ValueError, match=r"^(steps_per_epoch|epochs).* must be at most 2\*\*53, received ") as caught:
        ask(steps_per_epoch=run[0], epochs=run[1])
    assert len(str(caught.value)) < 200


hundredths = st.integers(1, 9999).map(Decimal).map(lambda number: number / 100)


@examples(500)
@given(hundredths, st.integers(1, 5000))
def test_two_parts_that_make_up_the_run_never_end_before_it(part, run):
    parts = [decay(f"{amount}%").resolve(steps_per_epoch=run, epochs=1) for amount in (part, 100 - part)]
    assert run <= sum(spec.decay_steps for spec in parts) <= run + 1


def test_ten_and_ninety_percent_end_with_the_run_or_one_step_later_whatever_its_length():
    spec = WarmupSpec(schedule=decay("90%"), warmup_steps="10%")
    for run in range(1, 5001):
        resolved = spec.resolve(steps_per_epoch=run, epochs=1)
        assert run <= resolved.warmup_steps + resolved.schedule.decay_steps <= run + 1


@pytest.mark.parametrize("written", ["1e20 epochs", "1e308 epochs"])
def test_a_duration_too_long_to_count_is_refused(written, refusal):
    path, message = refusal(decay(written).resolve, steps_per_epoch=1000)
    assert path == ("decay_steps",)
    assert message.startswith("must be at most 2**53")


def test_a_quotient_as_steps_per_epoch_is_answered_with_the_whole_number_that_is_meant():
    with pytest.raises(ValueError, match=r"received 3.125; an epoch has math.ceil\(samples / batch_size\) batches"):
        decay(7).resolve(steps_per_epoch=100 / 32)


WHOLE = [np.int64(10), np.uint8(10), np.array(10), 10.0, np.float32(10), np.array(10.0), Decimal(10), Fraction(10)]


@pytest.mark.parametrize("whole", WHOLE, ids=repr)
def test_a_whole_number_of_any_library_is_a_length_of_a_run(whole):
    assert steps_of("100%", steps_per_epoch=whole, epochs=whole) == 100


def test_the_cardinality_of_a_dataset_is_steps_per_epoch_if_the_dataset_knows_it():
    tf = pytest.importorskip("tensorflow")
    dataset = tf.data.Dataset.range(32).batch(10)
    assert steps_of("2 epochs", steps_per_epoch=dataset.cardinality()) == 8
    assert steps_of("100%", steps_per_epoch=dataset.cardinality(), epochs=tf.constant(2.0)) == 8
    assert steps_of(dataset.cardinality() * 2) == 8
    unknown = dataset.filter(lambda batch: True).cardinality()
    infinite = dataset.repeat().cardinality()
    for cardinality, word in ((unknown, "unknown"), (-2, "unknown"), (infinite, "infinite"), (-1, "infinite")):
        with pytest.raises(ValueError, match=rf"tf\.data's code for an {word} cardinality: pass the"):
            decay(7).resolve(steps_per_epoch=cardinality)


# What the durations become together


def test_boundaries_that_meet_are_refused_with_what_was_written_and_what_it_became(refusal):
    drops = {"type": "piecewise_constant_decay", "boundaries": ["0.5 epochs", "5%"], "values": [3, 2, 1]}
    resolve = AdamSpec(learning_rate=drops).resolve
    assert resolve(steps_per_epoch=10, epochs=30).learning_rate.boundaries == (5, 15)
    path, message = refusal(resolve, steps_per_epoch=10, epochs=10)
    assert path == ("learning_rate", "boundaries")
    assert message.startswith("must be strictly increasing, but 5 follows 5")
    assert message.endswith("(in steps, boundaries ('0.5 epochs', '5%') is (5, 5))")


def test_phases_that_leave_nothing_are_refused_with_what_was_written_and_what_it_became(refusal):
    spec = parse_spec(
        {"type": "warmup_stable_decay", "peak_learning_rate": 1, "warmup_steps": "5 epochs", "decay_steps": "50%"}
    )
    path, message = refusal(spec.resolve, steps_per_epoch=10, epochs=10)
    assert path == ("total_steps",)
    assert message.startswith(
        "leaves no stable phase, received 100; the warm-up of 50 and the decay of 50 take up all 100"
    )
    for became in ("warmup_steps '5 epochs' is 50", "decay_steps '50%' is 50", "total_steps '100%' is 100"):
        assert became in message


def test_a_kind_of_spec_resolves_what_it_reads():
    read = OptimizerSpec.model_validate({"type": "adam", "learning_rate": decay("1 epoch")})
    assert read.resolve(steps_per_epoch=3) == AdamSpec(learning_rate=decay(3))


def test_nothing_is_no_step_and_the_longest_run_is_still_counted():
    spec = CosineDecaySpec(initial_learning_rate=0.1, decay_steps="100%", warmup_steps="0%")
    resolved = spec.resolve(steps_per_epoch=2**52, epochs=2)
    assert (resolved.warmup_steps, resolved.decay_steps) == (0, 2**53)
    assert decay(2.0).decay_steps == 2


@pytest.mark.parametrize(
    ("epochs", "remedy"),
    [
        (1.0, "; write 1"),
        ("10", "; write 10"),
        (2.5, "; write round(2.5)"),
        (0.6, "; write round(0.6)"),
        (0.4, ""),
        (0.5, ""),
        (0.0, ""),
        (-1.5, ""),
        (True, ""),
        ("1" * 16, "; write " + "1" * 16),
        ("1" * 17, ""),
    ],
)
def test_a_number_of_epochs_that_is_none_is_answered_with_one_that_is(epochs, remedy):
    with pytest.raises(ValueError, match="epochs must be a whole number > 0") as caught:
        RunLength.of(10, epochs)
    assert str(caught.value) == f"epochs must be a whole number > 0, received {epochs!r}{remedy}"
