"""One Hypothesis strategy for each schedule spec: valid ones, with every field varied."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from keras_optkit import (
    ConstantSpec,
    CosineDecayRestartsSpec,
    CosineDecaySpec,
    CyclicalSpec,
    ExponentialDecaySpec,
    InverseSqrtDecaySpec,
    InverseTimeDecaySpec,
    JoinSpec,
    OneCycleSpec,
    PiecewiseConstantDecaySpec,
    PolynomialDecaySpec,
    RampSpec,
    ScheduleSpec,
    WarmupSpec,
    WarmupStableDecaySpec,
    epochs,
    percent,
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
fractions = ZERO | st.floats(SMALLEST, 1)
counts = st.integers(1, MOST_STEPS)
#: A duration longer than nothing, in any unit; an int is a number of steps.
steps = counts | st.builds(epochs, st.floats(1e-6, 1e6)) | st.builds(percent, st.floats(1e-6, 100))
flags = st.booleans()
names = st.from_regex(r"[A-Za-z0-9.][A-Za-z0-9_.>-]{0,20}", fullmatch=True)

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


def rising_steps(fewest: int, most: int) -> SearchStrategy[list[Any]]:
    """Boundaries: each in the unit of the one before, and above it."""
    units = (counts.map(int), int), (st.floats(1e-6, 1e6), epochs), (st.floats(1e-6, 100), percent)
    return st.one_of(
        st.sets(numbers, min_size=fewest, max_size=most).map(lambda drawn, unit=unit: [unit(n) for n in sorted(drawn)])
        for numbers, unit in units
    )


def exponential_decay_specs() -> SearchStrategy[ExponentialDecaySpec]:
    required = all_of(initial_learning_rate=positive, decay_steps=steps, decay_rate=st.floats(SMALLEST, 1))
    return specs_of(ExponentialDecaySpec, required, some_of(staircase=flags, name=names))


def piecewise_constant_decay_specs() -> SearchStrategy[PiecewiseConstantDecaySpec]:
    pieces = rising_steps(1, 5).flatmap(
        lambda bounds: all_of(
            boundaries=st.just(bounds),
            values=st.lists(non_negative, min_size=len(bounds) + 1, max_size=len(bounds) + 1).filter(any),
        )
    )
    return specs_of(PiecewiseConstantDecaySpec, pieces, some_of(name=names))


def polynomial_decay_specs() -> SearchStrategy[PolynomialDecaySpec]:
    decay = together(all_of(initial_learning_rate=positive), some_of(end_learning_rate=non_negative))
    ramp = all_of(initial_learning_rate=ZERO, end_learning_rate=positive)
    optional = some_of(power=positive, cycle=flags, name=names)
    return specs_of(PolynomialDecaySpec, decay | ramp, all_of(decay_steps=steps), optional)


def inverse_time_decay_specs() -> SearchStrategy[InverseTimeDecaySpec]:
    required = all_of(initial_learning_rate=positive, decay_steps=steps, decay_rate=non_negative)
    return specs_of(InverseTimeDecaySpec, required, some_of(staircase=flags, name=names))


def cosine_decay_specs() -> SearchStrategy[CosineDecaySpec]:
    plain = all_of(initial_learning_rate=positive)
    with_warmup = st.tuples(non_negative, positive).flatmap(
        lambda rates: all_of(
            initial_learning_rate=st.just(min(rates)), warmup_target=st.just(max(rates)), warmup_steps=steps
        )
    )
    optional = some_of(alpha=fractions, name=names)
    return specs_of(CosineDecaySpec, plain | with_warmup, all_of(decay_steps=steps), optional)


def cosine_decay_restarts_specs() -> SearchStrategy[CosineDecayRestartsSpec]:
    required = all_of(initial_learning_rate=positive, first_decay_steps=steps)
    optional = some_of(t_mul=st.floats(1, LARGEST), m_mul=positive, alpha=fractions, name=names)
    return specs_of(CosineDecayRestartsSpec, required, optional)


def constant_specs() -> SearchStrategy[ConstantSpec]:
    return specs_of(ConstantSpec, all_of(learning_rate=positive))


def _shape(*shapes: str) -> SearchStrategy[Fields]:
    """Of a ramp; only a polynomial has a power."""
    return some_of(shape=st.sampled_from(shapes)) | all_of(shape=st.just("polynomial"), power=positive)


def ramp_specs() -> SearchStrategy[RampSpec]:
    up = all_of(initial_learning_rate=ZERO, end_learning_rate=positive)
    down = all_of(initial_learning_rate=positive, end_learning_rate=non_negative)
    exponential = all_of(initial_learning_rate=positive, end_learning_rate=positive, shape=st.just("exponential"))
    curved = together(up | down, _shape("linear", "cosine"))
    return specs_of(RampSpec, curved | exponential, all_of(steps=steps))


def inverse_sqrt_decay_specs() -> SearchStrategy[InverseSqrtDecaySpec]:
    alone = all_of(warmup_steps=steps)
    with_timescale = all_of(warmup_steps=st.just(0) | steps, timescale=steps)
    return specs_of(InverseSqrtDecaySpec, all_of(peak_learning_rate=positive), alone | with_timescale)


def cyclical_specs() -> SearchStrategy[CyclicalSpec]:
    rates = st.tuples(non_negative, positive).flatmap(
        lambda pair: all_of(initial_learning_rate=st.just(min(pair)), maximal_learning_rate=st.just(max(pair)))
    )
    modes = some_of(mode=st.sampled_from(["triangular", "triangular2"]))
    damped = all_of(mode=st.just("exp_range"), gamma=st.floats(SMALLEST, 1))
    return specs_of(CyclicalSpec, rates, all_of(step_size=steps), modes | damped)


def one_cycle_specs() -> SearchStrategy[OneCycleSpec]:
    shares = st.floats(0.01, 0.99)
    lengths = st.integers(100, MOST_STEPS) | st.builds(epochs, st.floats(1e-6, 1e6))
    optional = some_of(
        total_steps=lengths,
        pct_start=shares,
        shape=st.sampled_from(["linear", "cosine", "exponential"]),
        div_factor=st.floats(1, 1e4),
        final_div_factor=st.floats(1, 1e6),
    )
    # So that the last rate is one that float32 can hold.
    return specs_of(OneCycleSpec, all_of(max_learning_rate=st.floats(1e-20, LARGEST)), optional)


def warmup_stable_decay_specs() -> SearchStrategy[WarmupStableDecaySpec]:
    rates = st.lists(positive, min_size=3, max_size=3).map(sorted)
    some_rates = rates.flatmap(
        lambda ordered: together(
            all_of(peak_learning_rate=st.just(ordered[-1])),
            some_of(initial_learning_rate=st.just(ordered[0])),
            all_of(end_learning_rate=st.just(ordered[1]), shape=st.just("exponential"))
            | together(some_of(end_learning_rate=st.just(ordered[1])), _shape("linear", "cosine")),
        )
    )
    phases = st.lists(st.integers(1, 2**61), min_size=3, max_size=3).map(lambda parts: list(accumulate(parts)))
    counted = phases.flatmap(
        lambda ends: all_of(
            warmup_steps=st.just(ends[0]), decay_steps=st.just(ends[1] - ends[0]), total_steps=st.just(ends[2])
        )
    )
    of_the_run = all_of(warmup_steps=st.just(0) | counts, decay_steps=counts)
    return specs_of(WarmupStableDecaySpec, some_rates, counted | of_the_run)


#: The schedules that are made of no other.
SIMPLE: dict[type[ScheduleSpec], SearchStrategy[Any]] = {
    ExponentialDecaySpec: exponential_decay_specs(),
    PiecewiseConstantDecaySpec: piecewise_constant_decay_specs(),
    PolynomialDecaySpec: polynomial_decay_specs(),
    InverseTimeDecaySpec: inverse_time_decay_specs(),
    CosineDecaySpec: cosine_decay_specs(),
    CosineDecayRestartsSpec: cosine_decay_restarts_specs(),
    ConstantSpec: constant_specs(),
    RampSpec: ramp_specs(),
    OneCycleSpec: one_cycle_specs(),
    WarmupStableDecaySpec: warmup_stable_decay_specs(),
    InverseSqrtDecaySpec: inverse_sqrt_decay_specs(),
    CyclicalSpec: cyclical_specs(),
}


def warmup_specs() -> SearchStrategy[WarmupSpec]:
    """Before a schedule that begins with a rate > 0 whatever its fields, from 0 or from the smallest rate there is."""
    begins_high = (ExponentialDecaySpec, InverseTimeDecaySpec, CosineDecayRestartsSpec, ConstantSpec)
    schedule = all_of(schedule=st.one_of(*(SIMPLE[cls] for cls in begins_high)), warmup_steps=steps)
    smallest = all_of(initial_learning_rate=st.just(SMALLEST), shape=st.just("exponential"))
    start = together(some_of(initial_learning_rate=st.just(SMALLEST)), _shape("linear", "cosine"))
    return specs_of(WarmupSpec, schedule, start | smallest)


def join_specs() -> SearchStrategy[JoinSpec]:
    pieces = st.one_of(*SIMPLE.values(), warmup_specs())
    joined = rising_steps(1, 3).flatmap(
        lambda boundaries: all_of(
            boundaries=st.just(boundaries),
            schedules=st.lists(pieces, min_size=len(boundaries) + 1, max_size=len(boundaries) + 1),
        )
    )
    return specs_of(JoinSpec, joined)


SCHEDULES: dict[type[ScheduleSpec], SearchStrategy[Any]] = {
    **SIMPLE,
    WarmupSpec: warmup_specs(),
    JoinSpec: join_specs(),
}


def schedule_specs() -> SearchStrategy[Any]:
    return st.one_of(*SCHEDULES.values())
