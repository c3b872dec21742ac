"""One Hypothesis strategy for each schedule spec: valid ones, with every field varied."""

from __future__ import annotations

from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from keras_optkit import (
    ClampSpec,
    ConstantSpec,
    CosineDecayRestartsSpec,
    CosineDecaySpec,
    CyclicalSpec,
    Duration,
    ExponentialDecaySpec,
    InverseSqrtDecaySpec,
    InverseTimeDecaySpec,
    JoinSpec,
    OneCycleSpec,
    PiecewiseConstantDecaySpec,
    PolynomialDecaySpec,
    RampSpec,
    ScheduleSpec,
    StaircaseSpec,
    WarmupSpec,
    WarmupStableDecaySpec,
)
from keras_optkit.specs.base import Spec

SMALLEST = float(np.finfo(np.float32).tiny)
LARGEST = float(np.finfo(np.float32).max)
LAST_BELOW_ONE = float(np.nextafter(np.float32(1), np.float32(0)))
MOST_STEPS = 2**53

ZERO = st.just(0.0)
positive = st.floats(SMALLEST, LARGEST)
non_negative = ZERO | positive
momenta = ZERO | st.floats(SMALLEST, LAST_BELOW_ONE)
counts = st.integers(1, MOST_STEPS)
#: A duration longer than nothing, in any unit; an int is a number of steps.
steps = counts | st.builds(Duration.epochs, st.floats(1e-6, 1e6)) | st.builds(Duration.percent, st.floats(1e-6, 100))
flags = st.booleans()
names = st.from_regex(r"[A-Za-z0-9.][A-Za-z0-9_.>-]{0,20}", fullmatch=True)


class Ranges(NamedTuple):
    """What the numbers of a schedule are drawn from."""

    lowest: float
    rates: SearchStrategy[float]
    steps: SearchStrategy[Any]
    counts: SearchStrategy[int]
    numbers: SearchStrategy[float]
    factors: SearchStrategy[float]
    decay_rates: SearchStrategy[float]
    fractions: SearchStrategy[float]


#: All that a spec accepts.
EVERY = Ranges(
    lowest=SMALLEST,
    rates=positive,
    steps=steps,
    counts=counts,
    numbers=positive,
    factors=st.floats(1, LARGEST),
    decay_rates=st.floats(SMALLEST, 1),
    fractions=ZERO | st.floats(SMALLEST, 1),
)
_usual_steps = st.integers(1, 1000) | st.integers(1, 2**40)
#: Numbers of steps, and numbers that float32 holds and with which Keras computes without leaving its range.
USUAL = Ranges(
    lowest=2**-20,
    rates=st.floats(2**-20, 8, width=32),
    steps=_usual_steps,
    counts=_usual_steps,
    numbers=st.floats(0.5, 4, width=32),
    factors=st.just(1.0) | st.floats(1.125, 4, width=32),
    decay_rates=st.floats(0.125, 1, width=32),
    fractions=ZERO | st.floats(2**-7, 1, width=32),
)

Fields = dict[str, Any]


def some_of(**optional: SearchStrategy[Any]) -> SearchStrategy[Fields]:
    """Some of the fields: what has a default may be left out."""
    return st.fixed_dictionaries({}, optional=optional)


def all_of(**required: SearchStrategy[Any]) -> SearchStrategy[Fields]:
    return st.fixed_dictionaries(required)


def together(*parts: SearchStrategy[Fields]) -> SearchStrategy[Fields]:
    """The fields of all the parts."""
    return st.tuples(*parts).map(lambda drawn: {name: part[name] for part in drawn for name in part})


def specs_of(cls: type[Spec], *parts: SearchStrategy[Fields]) -> SearchStrategy[Any]:
    return together(*parts).map(lambda fields: cls(**fields))


def rising_steps(of: Ranges, fewest: int, most: int) -> SearchStrategy[list[Any]]:
    """Boundaries: each in the unit of the one before, and above it."""
    counted = st.sets(of.counts, min_size=fewest, max_size=most).map(sorted)
    if of is USUAL:
        return counted
    units = (st.floats(1e-6, 1e6), Duration.epochs), (st.floats(1e-6, 100), Duration.percent)
    return counted | st.one_of(
        st.sets(numbers, min_size=fewest, max_size=most).map(lambda drawn, unit=unit: [unit(n) for n in sorted(drawn)])
        for numbers, unit in units
    )


def exponential_decay_specs(of: Ranges) -> SearchStrategy[ExponentialDecaySpec]:
    required = all_of(initial_learning_rate=of.rates, decay_steps=of.steps, decay_rate=of.decay_rates)
    return specs_of(ExponentialDecaySpec, required, some_of(staircase=flags, name=names))


def piecewise_constant_decay_specs(of: Ranges) -> SearchStrategy[PiecewiseConstantDecaySpec]:
    pieces = rising_steps(of, 1, 5).flatmap(
        lambda bounds: all_of(
            boundaries=st.just(bounds),
            values=st.lists(ZERO | of.rates, min_size=len(bounds) + 1, max_size=len(bounds) + 1).filter(any),
        )
    )
    return specs_of(PiecewiseConstantDecaySpec, pieces, some_of(name=names))


def polynomial_decay_specs(of: Ranges) -> SearchStrategy[PolynomialDecaySpec]:
    rates = st.tuples(of.rates, ZERO | of.rates).flatmap(
        lambda pair: all_of(initial_learning_rate=st.just(max(pair)), end_learning_rate=st.just(min(pair)))
    )
    default_end = all_of(initial_learning_rate=of.rates.filter(lambda rate: rate >= 1e-4))
    optional = some_of(power=of.numbers, cycle=flags, name=names)
    return specs_of(PolynomialDecaySpec, rates | default_end, all_of(decay_steps=of.steps), optional)


def inverse_time_decay_specs(of: Ranges) -> SearchStrategy[InverseTimeDecaySpec]:
    required = all_of(initial_learning_rate=of.rates, decay_steps=of.steps, decay_rate=ZERO | of.numbers)
    return specs_of(InverseTimeDecaySpec, required, some_of(staircase=flags, name=names))


def cosine_decay_specs(of: Ranges) -> SearchStrategy[CosineDecaySpec]:
    plain = all_of(initial_learning_rate=of.rates)
    with_warmup = st.tuples(ZERO | of.rates, of.rates).flatmap(
        lambda rates: all_of(
            initial_learning_rate=st.just(min(rates)), warmup_target=st.just(max(rates)), warmup_steps=of.steps
        )
    )
    optional = some_of(alpha=of.fractions, name=names)
    return specs_of(CosineDecaySpec, plain | with_warmup, all_of(decay_steps=of.steps), optional)


def cosine_decay_restarts_specs(of: Ranges) -> SearchStrategy[CosineDecayRestartsSpec]:
    required = all_of(initial_learning_rate=of.rates, first_decay_steps=of.steps)
    shrink = of.decay_rates if of is USUAL else of.numbers  # growing without an end leaves every range
    optional = some_of(t_mul=of.factors, m_mul=shrink, alpha=of.fractions, name=names)
    return specs_of(CosineDecayRestartsSpec, required, optional)


def constant_specs(of: Ranges) -> SearchStrategy[ConstantSpec]:
    return specs_of(ConstantSpec, all_of(learning_rate=of.rates))


def _shape(of: Ranges, *shapes: str) -> SearchStrategy[Fields]:
    """Of a ramp; only a polynomial has a power."""
    return some_of(shape=st.sampled_from(shapes)) | all_of(shape=st.just("polynomial"), power=of.numbers)


def ramp_specs(of: Ranges) -> SearchStrategy[RampSpec]:
    up = all_of(initial_learning_rate=ZERO, end_learning_rate=of.rates)
    down = all_of(initial_learning_rate=of.rates, end_learning_rate=ZERO | of.rates)
    exponential = all_of(initial_learning_rate=of.rates, end_learning_rate=of.rates, shape=st.just("exponential"))
    curved = together(up | down, _shape(of, "linear", "cosine"))
    return specs_of(RampSpec, curved | exponential, all_of(steps=of.steps))


def inverse_sqrt_decay_specs(of: Ranges) -> SearchStrategy[InverseSqrtDecaySpec]:
    alone = all_of(warmup_steps=of.steps)
    with_timescale = all_of(warmup_steps=st.just(0) | of.steps, timescale=of.steps)
    return specs_of(InverseSqrtDecaySpec, all_of(peak_learning_rate=of.rates), alone | with_timescale)


def cyclical_specs(of: Ranges) -> SearchStrategy[CyclicalSpec]:
    rates = st.tuples(ZERO | of.rates, of.rates).flatmap(
        lambda pair: all_of(initial_learning_rate=st.just(min(pair)), maximal_learning_rate=st.just(max(pair)))
    )
    modes = some_of(mode=st.sampled_from(["triangular", "triangular2"]))
    damped = all_of(mode=st.just("exp_range"), gamma=of.decay_rates)
    return specs_of(CyclicalSpec, rates, all_of(step_size=of.steps), modes | damped)


def one_cycle_specs(of: Ranges) -> SearchStrategy[OneCycleSpec]:
    counted = st.integers(100, 2**40)
    # The default total is the whole run.
    total = all_of(total_steps=counted)
    if of is EVERY:
        total |= some_of(total_steps=st.builds(Duration.epochs, st.floats(1e-6, 1e6)))
    optional = some_of(
        pct_start=st.floats(0.01, 0.99),
        shape=st.sampled_from(["linear", "cosine", "exponential"]),
        div_factor=st.floats(1, 1e4),
        final_div_factor=st.floats(1, 1e6),
    )
    # So that the last rate is one that float32 can hold.
    rates = all_of(max_learning_rate=st.floats(max(of.lowest, 1e-20), 10))
    return specs_of(OneCycleSpec, rates, total, optional)


def warmup_stable_decay_specs(of: Ranges) -> SearchStrategy[WarmupStableDecaySpec]:
    rates = st.lists(of.rates, min_size=3, max_size=3).map(sorted)
    some_rates = rates.flatmap(
        lambda ordered: together(
            all_of(peak_learning_rate=st.just(ordered[-1])),
            some_of(initial_learning_rate=st.just(ordered[0])),
            all_of(end_learning_rate=st.just(ordered[1]), shape=st.just("exponential"))
            | together(some_of(end_learning_rate=st.just(ordered[1])), _shape(of, "linear", "cosine")),
        )
    )
    phases = st.lists(st.integers(1, 2**40), min_size=3, max_size=3).map(lambda parts: list(accumulate(parts)))
    lengths = phases.flatmap(
        lambda ends: all_of(
            warmup_steps=st.just(ends[0]), decay_steps=st.just(ends[1] - ends[0]), total_steps=st.just(ends[2])
        )
    )
    if of is EVERY:
        # The default total is the whole run.
        lengths |= all_of(warmup_steps=st.just(0) | of.counts, decay_steps=of.counts)
    return specs_of(WarmupStableDecaySpec, some_rates, lengths)


def simple(of: Ranges) -> dict[type[ScheduleSpec], SearchStrategy[Any]]:
    """The schedules that are made of no other."""
    return {
        ExponentialDecaySpec: exponential_decay_specs(of),
        PiecewiseConstantDecaySpec: piecewise_constant_decay_specs(of),
        PolynomialDecaySpec: polynomial_decay_specs(of),
        InverseTimeDecaySpec: inverse_time_decay_specs(of),
        CosineDecaySpec: cosine_decay_specs(of),
        CosineDecayRestartsSpec: cosine_decay_restarts_specs(of),
        ConstantSpec: constant_specs(of),
        RampSpec: ramp_specs(of),
        OneCycleSpec: one_cycle_specs(of),
        WarmupStableDecaySpec: warmup_stable_decay_specs(of),
        InverseSqrtDecaySpec: inverse_sqrt_decay_specs(of),
        CyclicalSpec: cyclical_specs(of),
    }


def warmup_specs(of: Ranges) -> SearchStrategy[WarmupSpec]:
    """Before a schedule that begins with a rate > 0 whatever its fields, from 0 or from the lowest rate there is."""
    begins_high = (ExponentialDecaySpec, InverseTimeDecaySpec, CosineDecayRestartsSpec, ConstantSpec)
    schedules = simple(of)
    schedule = all_of(schedule=st.one_of(*(schedules[cls] for cls in begins_high)), warmup_steps=of.steps)
    smallest = all_of(initial_learning_rate=st.just(of.lowest), shape=st.just("exponential"))
    start = together(some_of(initial_learning_rate=st.just(of.lowest)), _shape(of, "linear", "cosine"))
    # Where the warm-up ends, an overlaid schedule must not have fallen below the lowest rate.
    high = all_of(initial_learning_rate=of.rates, end_learning_rate=of.rates, steps=of.steps)
    overlaid = all_of(
        schedule=schedules[ConstantSpec] | specs_of(RampSpec, high), warmup_steps=of.steps, overlay=st.just(True)
    )
    return specs_of(WarmupSpec, schedule | overlaid, start | smallest)


def clamp_specs(of: Ranges) -> SearchStrategy[ClampSpec]:
    limits = (
        st.sets(of.rates, min_size=2, max_size=2)
        .map(sorted)
        .flatmap(lambda pair: all_of(minimum=st.just(pair[0]), maximum=st.just(pair[1])))
    )
    one = all_of(minimum=of.rates) | all_of(maximum=of.rates)
    return specs_of(ClampSpec, all_of(schedule=st.one_of(*simple(of).values())), one | limits)


def staircase_specs(of: Ranges) -> SearchStrategy[StaircaseSpec]:
    every = all_of(every=of.steps) if of is USUAL else some_of(every=of.steps)  # the default is an epoch
    return specs_of(StaircaseSpec, all_of(schedule=st.one_of(*simple(of).values())), every)


def join_specs(of: Ranges) -> SearchStrategy[JoinSpec]:
    pieces = st.one_of(*simple(of).values(), warmup_specs(of), clamp_specs(of), staircase_specs(of))
    joined = rising_steps(of, 1, 3).flatmap(
        lambda boundaries: all_of(
            boundaries=st.just(boundaries),
            schedules=st.lists(pieces, min_size=len(boundaries) + 1, max_size=len(boundaries) + 1),
        )
    )
    return specs_of(JoinSpec, joined, some_of(shared_clock=flags))


def schedules(of: Ranges) -> dict[type[ScheduleSpec], SearchStrategy[Any]]:
    return {
        **simple(of),
        WarmupSpec: warmup_specs(of),
        ClampSpec: clamp_specs(of),
        StaircaseSpec: staircase_specs(of),
        JoinSpec: join_specs(of),
    }


SCHEDULES = schedules(EVERY)
#: Those of usual numbers, with all durations in steps.
USUAL_SCHEDULES = schedules(USUAL)


def schedule_specs() -> SearchStrategy[Any]:
    return st.one_of(*SCHEDULES.values())
