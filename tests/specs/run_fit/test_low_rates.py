"""Rates that are low for long: where they begin, where they end, and what is no lower than it may be."""

from typing import Any

import numpy as np
import pytest

from keras_optkit import CosineDecaySpec, PiecewiseConstantDecaySpec, PolynomialDecaySpec, RampSpec, ScheduleSpec
from keras_optkit.specs.resolving import RunLength
from keras_optkit.specs.run_fit import misfits


def said(spec: ScheduleSpec, steps_per_epoch: int = 100, epochs: int = 10) -> list[str]:
    return [str(misfit) for misfit in misfits(spec, RunLength.of(steps_per_epoch, epochs))]


def pieces(*values: float, boundaries: list[int]) -> PiecewiseConstantDecaySpec:
    return PiecewiseConstantDecaySpec(boundaries=boundaries, values=values)


def test_on_its_way_up_a_rate_may_be_as_low_as_it_likes() -> None:
    assert said(RampSpec(initial_learning_rate=1e-12, end_learning_rate=0.1, steps="100%", shape="exponential")) == []


def test_a_decay_that_ends_with_the_run_but_is_low_before_is_told_from_where_on() -> None:
    high_power = PolynomialDecaySpec(initial_learning_rate=1, decay_steps="100%", end_learning_rate=0, power=9)
    assert said(high_power) == ["the rate is below a millionth of its peak of 1 for 22% of the run, from step 785 on"]


def test_a_rate_that_is_low_in_between_is_told_from_where_to_where() -> None:
    assert said(pieces(0.1, 1e-9, 0.1, boundaries=[500, 998])) == [
        "the rate is below a millionth of its peak of 0.1 for 50% of the run, from step 501 to step 998"
    ]


@pytest.mark.parametrize(("boundaries", "told"), [([500, 550], False), ([500, 551], True)])
def test_low_for_a_twentieth_of_the_run_is_not_told(boundaries: list[int], told: bool) -> None:
    assert bool(said(pieces(0.1, 1e-9, 0.1, boundaries=boundaries))) is told


@pytest.mark.parametrize(
    ("alpha", "words"),
    [(1e-3, "the rate is 0.001"), (0.5e-3, "the rate is below a thousandth of its peak of 1"), (0, "the rate is 0")],
)
def test_a_decay_that_is_over_at_once_is_told_with_the_rate_that_is_left(alpha: float, words: str) -> None:
    short = CosineDecaySpec(initial_learning_rate=1, decay_steps=40, alpha=alpha)
    (text,) = said(short)
    assert text == (
        f"decay_steps: the decay ends at step 40, and the run ends at step 1,000: {words} for 96% of the run; "
        "decay_steps='100%' closes the gap"
    )


def test_what_cannot_be_computed_is_no_low_rate() -> None:
    class BrokenSpec(ScheduleSpec):
        """A rate that is no number at first, and 0 from then on."""

        def value(self, step: Any, xp: Any = np) -> Any:
            return np.where(np.asarray(step) < 10, np.nan, 0.0)

    assert said(BrokenSpec()) == []
