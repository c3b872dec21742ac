"""scale_learning_rate: every rate in a spec is multiplied, and with them the whole curve; nothing else changes."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from how_many import examples
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field
from schedule_strategies import USUAL_SCHEDULES
from strategies import OPTIMIZERS

from keras_optkit import (
    AdafactorSpec,
    AdamSpec,
    CosineDecaySpec,
    JoinSpec,
    OneCycleSpec,
    OptimizerSpec,
    ParamGroup,
    PiecewiseConstantDecaySpec,
    PolynomialDecaySpec,
    ScheduleSpec,
    SGDSpec,
    WarmupSpec,
    WarmupStableDecaySpec,
    learning_rates,
    scale_learning_rate,
)
from keras_optkit.specs.fields import Number, Rate, RateOrZero, StepsOrZero
from keras_optkit.specs.lists import Listed

STEPS = [0, 1, 2, 3, 7, 50, 999, 1000, 1001, 10**6, 2**40]
factors = st.floats(2**-10, 2**10)


@pytest.mark.parametrize("cls", USUAL_SCHEDULES)
@examples(30)
@given(st.data(), factors)
def test_the_whole_curve_of_a_schedule_is_multiplied(cls, data, factor):
    spec = data.draw(USUAL_SCHEDULES[cls])
    before = learning_rates(spec, STEPS)
    after = learning_rates(scale_learning_rate(spec, factor), STEPS)
    # Formulas add up rates that are >= 0, so no digits cancel: what is left are some roundings of float64 (1e-16 each).
    np.testing.assert_allclose(after, factor * before, rtol=1e-13)


@pytest.mark.parametrize("cls", OPTIMIZERS)
@examples(15)
@given(st.data(), st.floats(2**-20, 1), factors)
def test_an_optimizer_differs_in_its_rate_only(cls, data, rate, factor):
    spec = data.draw(OPTIMIZERS[cls]).replace(learning_rate=rate)
    scaled = scale_learning_rate(spec, factor)
    assert scaled.learning_rate == rate * factor
    assert scaled.replace(learning_rate=rate) == spec


@pytest.mark.parametrize(
    ("spec", "doubled"),
    [
        ("adam", AdamSpec(learning_rate=0.002)),
        ({"type": "sgd", "learning_rate": 0.1, "momentum": 0.9}, SGDSpec(learning_rate=0.2, momentum=0.9)),
        (
            SGDSpec(groups=[ParamGroup(match="a", learning_rate_multiplier=0.5)], weight_decay=0.1, clipnorm=1),
            SGDSpec(
                learning_rate=0.02,
                groups=[ParamGroup(match="a", learning_rate_multiplier=0.5)],
                weight_decay=0.1,
                clipnorm=1,
            ),
        ),
        (
            CosineDecaySpec(
                initial_learning_rate=0.1, decay_steps="2 epochs", alpha=0.1, warmup_target=0.2, warmup_steps="5%"
            ),
            CosineDecaySpec(
                initial_learning_rate=0.2, decay_steps="2 epochs", alpha=0.1, warmup_target=0.4, warmup_steps="5%"
            ),
        ),
        (
            PiecewiseConstantDecaySpec(boundaries=[5, 9], values=[0.2, 0.1, 0]),
            PiecewiseConstantDecaySpec(boundaries=[5, 9], values=[0.4, 0.2, 0]),
        ),
        # A default is a rate like any other.
        (
            PolynomialDecaySpec(initial_learning_rate=0.1, decay_steps=9),
            PolynomialDecaySpec(initial_learning_rate=0.2, decay_steps=9, end_learning_rate=0.0002),
        ),
        (OneCycleSpec(max_learning_rate=1), OneCycleSpec(max_learning_rate=2)),
        (
            WarmupStableDecaySpec(peak_learning_rate=1, warmup_steps=5, decay_steps=9, end_learning_rate=0.5),
            WarmupStableDecaySpec(peak_learning_rate=2, warmup_steps=5, decay_steps=9, end_learning_rate=1),
        ),
    ],
)
def test_rates_are_multiplied_and_fractions_and_lengths_are_not(spec, doubled):
    assert scale_learning_rate(spec, 2) == doubled
    if not isinstance(spec, str):
        assert scale_learning_rate(doubled, 0.5) == scale_learning_rate(spec, 1)


def test_the_rates_of_nested_schedules_are_multiplied_too_and_the_spec_is_left_as_it_was():
    decay = CosineDecaySpec(initial_learning_rate=0.1, decay_steps=10)
    spec = AdamSpec(
        learning_rate=JoinSpec(
            schedules=[WarmupSpec(schedule=decay, warmup_steps=5, initial_learning_rate=0.01), decay], boundaries=[20]
        )
    )
    before = repr(spec)
    twice = decay.replace(initial_learning_rate=0.2)
    assert scale_learning_rate(spec, 2) == AdamSpec(
        learning_rate=JoinSpec(
            schedules=[WarmupSpec(schedule=twice, warmup_steps=5, initial_learning_rate=0.02), twice], boundaries=[20]
        )
    )
    assert repr(spec) == before


def test_the_two_rules_for_a_larger_batch():
    spec = SGDSpec(learning_rate=0.1)
    assert scale_learning_rate(spec, 1024 / 256).learning_rate == pytest.approx(0.4)
    assert scale_learning_rate(spec, math.sqrt(1024 / 256)).learning_rate == pytest.approx(0.2)
    assert scale_learning_rate(spec, np.float32(4)).learning_rate == pytest.approx(0.4)


# What cannot be


@pytest.mark.parametrize(
    "factor", [0, -1, float("nan"), float("inf"), 10**400, True, "x", None, 1j, [2]], ids=lambda value: repr(value)[:9]
)
def test_a_factor_is_a_finite_number_above_0(factor):
    with pytest.raises(
        ValueError, match=r"factor must be (> 0|a finite number|a number|a number, not a boolean), received "
    ):
        scale_learning_rate("adam", factor)


@pytest.mark.parametrize("factor", ["0.1", np.float32(0.1), np.array(0.1, "float32"), Decimal("0.1"), 0.1], ids=repr)
def test_a_factor_is_read_like_every_number(factor):
    assert scale_learning_rate("sgd", factor) == SGDSpec(learning_rate=0.001)


def test_a_scaled_rate_is_checked_like_any_other(refusal):
    path, message = refusal(scale_learning_rate, SGDSpec(learning_rate=1e-30), 1e-30)
    assert path == ("learning_rate",)
    assert message.startswith("must be a number that float32 can represent")
    inside = refusal(scale_learning_rate, SGDSpec(learning_rate=OneCycleSpec(max_learning_rate=1e30)), 1e10)
    assert inside.path[-1] == "max_learning_rate"


@pytest.mark.parametrize("thing", [0.1, None, "adm", {}, ParamGroup(match="a"), AdamSpec])
def test_only_a_spec_can_be_scaled(thing, refusals):
    assert refusals(scale_learning_rate, thing, 2)


# A user's own


class TwoRatesSpec(ScheduleSpec):
    """Marked rates of all kinds, and numbers that are none."""

    low: RateOrZero
    rates: Listed[Rate]
    maybe: Rate | None = None
    inner: ScheduleSpec | None = None
    slope: Number = 1.0
    count: int = 3

    def value(self, step: Any, xp: Any = np) -> Any:
        return self.low + 0.0 * step


def test_the_rates_of_a_spec_of_ones_own_are_found_by_their_type():
    inner = OneCycleSpec(max_learning_rate=1)
    spec = TwoRatesSpec(low=0.1, rates=[1, 2], maybe=5, inner=inner, slope=7)
    assert scale_learning_rate(SGDSpec(learning_rate=spec), 2).learning_rate == TwoRatesSpec(
        low=0.2, rates=[2, 4], maybe=10, inner=OneCycleSpec(max_learning_rate=2), slope=7
    )
    assert scale_learning_rate(TwoRatesSpec(low=0, rates=[1]), 2) == TwoRatesSpec(low=0, rates=[2])


class PointsSpec(ScheduleSpec):
    """Rates at certain steps."""

    points: tuple[tuple[StepsOrZero, Rate], ...]

    def value(self, step: Any, xp: Any = np) -> Any:
        return self.points[0][1] + 0.0 * step


def test_of_a_pair_of_a_step_and_a_rate_only_the_rate_is_multiplied():
    spec = PointsSpec(points=((0, 1), (10, 2), ("5%", 3)))
    assert scale_learning_rate(spec, 2) == PointsSpec(points=((0, 2), (10, 4), ("5%", 6)))


class ContainersSpec(ScheduleSpec):
    """As people write lists in models of their own."""

    rates: list[Rate]
    pieces: list[ScheduleSpec] = Field(default=[])
    named: dict[str, ScheduleSpec] = Field(default={})

    def value(self, step: Any, xp: Any = np) -> Any:
        return self.rates[0] + 0.0 * step


def test_the_rates_in_lists_and_dicts_of_ones_own_are_multiplied_too():
    decay = CosineDecaySpec(initial_learning_rate=0.1, decay_steps=9)
    twice = scale_learning_rate(decay, 2)
    assert scale_learning_rate(ContainersSpec(rates=[1, 2]), 2) == ContainersSpec(rates=[2, 4])
    spec = ContainersSpec(rates=[1], pieces=[decay], named={"a": decay})
    assert scale_learning_rate(spec, 2) == ContainersSpec(rates=[2], pieces=[twice], named={"a": twice})


class UnmarkedSpec(ScheduleSpec):
    """A rate that is not declared as one."""

    rate: float = 0.1

    def value(self, step: Any, xp: Any = np) -> Any:
        return self.rate


class UnmarkedOptimizerSpec(OptimizerSpec):
    """An optimizer has a rate that is declared as one already."""

    speed: float = 1.0


def test_a_schedule_that_declares_no_rate_is_refused_wherever_it_is():
    unmarked = UnmarkedSpec()
    join = JoinSpec(schedules=[CosineDecaySpec(initial_learning_rate=0.1, decay_steps=9), unmarked], boundaries=[5])
    for spec in (unmarked, SGDSpec(learning_rate=unmarked), SGDSpec(learning_rate=join)):
        with pytest.raises(
            ValueError, match=r"UnmarkedSpec has no field that is declared as a rate.*keras_optkit.fields.Rate"
        ):
            scale_learning_rate(spec, 2)


def test_an_optimizer_of_ones_own_has_the_rate_of_all_optimizers():
    assert scale_learning_rate(UnmarkedOptimizerSpec(learning_rate=0.5), 2) == UnmarkedOptimizerSpec(learning_rate=1)


def test_adafactor_is_scaled_too():
    assert scale_learning_rate(AdafactorSpec(learning_rate=0.001), 3).learning_rate == pytest.approx(0.003)
