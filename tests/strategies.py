"""One Hypothesis strategy for each spec: valid ones, with every field varied."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from keras_optkit import (
    AdamSpec,
    ConstantSpec,
    CosineDecayRestartsSpec,
    CosineDecaySpec,
    CyclicalSpec,
    ExponentialDecaySpec,
    InverseSqrtDecaySpec,
    InverseTimeDecaySpec,
    JoinSpec,
    OneCycleSpec,
    OptimizerSpec,
    PiecewiseConstantDecaySpec,
    PolynomialDecaySpec,
    RampSpec,
    ScheduleSpec,
    SGDSpec,
    WarmupSpec,
    WarmupStableDecaySpec,
    epochs,
    percent,
)
from keras_optkit.specs.base import Spec
from keras_optkit.specs.durations import is_resolved

SMALLEST = float(np.finfo(np.float32).tiny)
LARGEST = float(np.finfo(np.float32).max)
LAST_BELOW_ONE = float(np.nextafter(np.float32(1), np.float32(0)))
MOST_STEPS = 2**63 - 1

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


def _some_of(**optional: SearchStrategy[Any]) -> SearchStrategy[Fields]:
    """Some of the fields: what has a default may be left out."""
    return st.fixed_dictionaries({}, optional=optional)


def _all_of(**required: SearchStrategy[Any]) -> SearchStrategy[Fields]:
    return st.fixed_dictionaries(required)


def _together(*parts: SearchStrategy[Fields]) -> SearchStrategy[Fields]:
    """The fields of all the parts."""
    return st.tuples(*parts).map(lambda drawn: {name: part[name] for part in drawn for name in part})


def _specs(cls: type[Spec], *parts: SearchStrategy[Fields]) -> SearchStrategy[Any]:
    return _together(*parts).map(lambda fields: cls(**fields))


def rising_steps(fewest: int, most: int) -> SearchStrategy[list[Any]]:
    """Boundaries: each in the unit of the one before, and above it."""
    units = (counts.map(int), int), (st.floats(1e-6, 1e6), epochs), (st.floats(1e-6, 100), percent)
    return st.one_of(
        st.sets(numbers, min_size=fewest, max_size=most).map(lambda drawn, unit=unit: [unit(n) for n in sorted(drawn)])
        for numbers, unit in units
    )


def exponential_decay_specs() -> SearchStrategy[ExponentialDecaySpec]:
    required = _all_of(initial_learning_rate=positive, decay_steps=steps, decay_rate=st.floats(SMALLEST, 1))
    return _specs(ExponentialDecaySpec, required, _some_of(staircase=flags, name=names))


def piecewise_constant_decay_specs() -> SearchStrategy[PiecewiseConstantDecaySpec]:
    pieces = rising_steps(1, 5).flatmap(
        lambda bounds: _all_of(
            boundaries=st.just(bounds),
            values=st.lists(non_negative, min_size=len(bounds) + 1, max_size=len(bounds) + 1).filter(any),
        )
    )
    return _specs(PiecewiseConstantDecaySpec, pieces, _some_of(name=names))


def polynomial_decay_specs() -> SearchStrategy[PolynomialDecaySpec]:
    decay = _together(_all_of(initial_learning_rate=positive), _some_of(end_learning_rate=non_negative))
    ramp = _all_of(initial_learning_rate=ZERO, end_learning_rate=positive)
    optional = _some_of(power=positive, cycle=flags, name=names)
    return _specs(PolynomialDecaySpec, decay | ramp, _all_of(decay_steps=steps), optional)


def inverse_time_decay_specs() -> SearchStrategy[InverseTimeDecaySpec]:
    required = _all_of(initial_learning_rate=positive, decay_steps=steps, decay_rate=non_negative)
    return _specs(InverseTimeDecaySpec, required, _some_of(staircase=flags, name=names))


def cosine_decay_specs() -> SearchStrategy[CosineDecaySpec]:
    plain = _all_of(initial_learning_rate=positive)
    with_warmup = st.tuples(non_negative, positive).flatmap(
        lambda rates: _all_of(
            initial_learning_rate=st.just(min(rates)), warmup_target=st.just(max(rates)), warmup_steps=steps
        )
    )
    optional = _some_of(alpha=fractions, name=names)
    return _specs(CosineDecaySpec, plain | with_warmup, _all_of(decay_steps=steps), optional)


def cosine_decay_restarts_specs() -> SearchStrategy[CosineDecayRestartsSpec]:
    required = _all_of(initial_learning_rate=positive, first_decay_steps=steps)
    optional = _some_of(t_mul=st.floats(1, LARGEST), m_mul=positive, alpha=fractions, name=names)
    return _specs(CosineDecayRestartsSpec, required, optional)


def constant_specs() -> SearchStrategy[ConstantSpec]:
    return _specs(ConstantSpec, _all_of(learning_rate=positive))


def _shape(*shapes: str) -> SearchStrategy[Fields]:
    """Of a ramp; only a polynomial has a power."""
    return _some_of(shape=st.sampled_from(shapes)) | _all_of(shape=st.just("polynomial"), power=positive)


def ramp_specs() -> SearchStrategy[RampSpec]:
    up = _all_of(initial_learning_rate=ZERO, end_learning_rate=positive)
    down = _all_of(initial_learning_rate=positive, end_learning_rate=non_negative)
    exponential = _all_of(initial_learning_rate=positive, end_learning_rate=positive, shape=st.just("exponential"))
    curved = _together(up | down, _shape("linear", "cosine"))
    return _specs(RampSpec, curved | exponential, _all_of(steps=steps))


def inverse_sqrt_decay_specs() -> SearchStrategy[InverseSqrtDecaySpec]:
    alone = _all_of(warmup_steps=steps)
    with_timescale = _all_of(warmup_steps=st.just(0) | steps, timescale=steps)
    return _specs(InverseSqrtDecaySpec, _all_of(peak_learning_rate=positive), alone | with_timescale)


def cyclical_specs() -> SearchStrategy[CyclicalSpec]:
    rates = st.tuples(non_negative, positive).flatmap(
        lambda pair: _all_of(initial_learning_rate=st.just(min(pair)), maximal_learning_rate=st.just(max(pair)))
    )
    modes = _some_of(mode=st.sampled_from(["triangular", "triangular2"]))
    damped = _all_of(mode=st.just("exp_range"), gamma=st.floats(SMALLEST, 1))
    return _specs(CyclicalSpec, rates, _all_of(step_size=steps), modes | damped)


def one_cycle_specs() -> SearchStrategy[OneCycleSpec]:
    shares = st.floats(0.01, 0.99)
    lengths = st.integers(100, MOST_STEPS) | st.builds(epochs, st.floats(1e-6, 1e6))
    optional = _some_of(
        total_steps=lengths,
        pct_start=shares,
        shape=st.sampled_from(["linear", "cosine", "exponential"]),
        div_factor=st.floats(1, 1e4),
        final_div_factor=st.floats(1, 1e6),
    )
    # So that the last rate is one that float32 can hold.
    return _specs(OneCycleSpec, _all_of(max_learning_rate=st.floats(1e-20, LARGEST)), optional)


def warmup_stable_decay_specs() -> SearchStrategy[WarmupStableDecaySpec]:
    rates = st.lists(positive, min_size=3, max_size=3).map(sorted)
    some_rates = rates.flatmap(
        lambda ordered: _together(
            _all_of(peak_learning_rate=st.just(ordered[-1])),
            _some_of(initial_learning_rate=st.just(ordered[0])),
            _all_of(end_learning_rate=st.just(ordered[1]), shape=st.just("exponential"))
            | _together(_some_of(end_learning_rate=st.just(ordered[1])), _shape("linear", "cosine")),
        )
    )
    phases = st.lists(st.integers(1, 2**61), min_size=3, max_size=3).map(lambda parts: list(accumulate(parts)))
    counted = phases.flatmap(
        lambda ends: _all_of(
            warmup_steps=st.just(ends[0]), decay_steps=st.just(ends[1] - ends[0]), total_steps=st.just(ends[2])
        )
    )
    of_the_run = _all_of(warmup_steps=st.just(0) | counts, decay_steps=counts)
    return _specs(WarmupStableDecaySpec, some_rates, counted | of_the_run)


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
    """From 0 or from the smallest rate, which is below every first rate but 0."""
    schedules = st.one_of(*SIMPLE.values()).filter(lambda spec: not is_resolved(spec) or spec.value(0) > SMALLEST)
    smallest = _all_of(initial_learning_rate=st.just(SMALLEST), shape=st.just("exponential"))
    start = _together(_some_of(initial_learning_rate=st.just(SMALLEST)), _shape("linear", "cosine"))
    return _specs(WarmupSpec, _all_of(schedule=schedules, warmup_steps=steps), start | smallest)


def join_specs() -> SearchStrategy[JoinSpec]:
    pieces = st.one_of(*SIMPLE.values(), warmup_specs())
    joined = rising_steps(1, 3).flatmap(
        lambda boundaries: _all_of(
            boundaries=st.just(boundaries),
            schedules=st.lists(pieces, min_size=len(boundaries) + 1, max_size=len(boundaries) + 1),
        )
    )
    return _specs(JoinSpec, joined)


SCHEDULES: dict[type[ScheduleSpec], SearchStrategy[Any]] = {
    **SIMPLE,
    WarmupSpec: warmup_specs(),
    JoinSpec: join_specs(),
}


def schedule_specs() -> SearchStrategy[Any]:
    return st.one_of(*SCHEDULES.values())


def _optimizer_fields() -> SearchStrategy[Fields]:
    """The fields that all optimizers share, with the rules between them kept."""
    free = _some_of(
        learning_rate=positive | schedule_specs(),
        weight_decay=st.none() | non_negative,
        loss_scale_factor=st.none() | positive,
        gradient_accumulation_steps=st.none() | counts,
        name=st.none() | names,
    )
    clips = [_some_of(**{clip: positive}) for clip in ("clipnorm", "clipvalue", "global_clipnorm")]
    averaging = _together(
        _all_of(use_ema=st.just(True)), _some_of(ema_momentum=momenta, ema_overwrite_frequency=st.none() | counts)
    )
    return _together(free, st.one_of(clips), _some_of(use_ema=st.just(False)) | averaging)


def sgd_specs() -> SearchStrategy[SGDSpec]:
    plain = _some_of(momentum=momenta, nesterov=st.just(False))
    nesterov = _all_of(momentum=st.floats(SMALLEST, LAST_BELOW_ONE), nesterov=st.just(True))
    return _specs(SGDSpec, _optimizer_fields(), plain | nesterov)


def adam_specs() -> SearchStrategy[AdamSpec]:
    own = _some_of(beta_1=momenta, beta_2=momenta, epsilon=positive, amsgrad=flags)
    return _specs(AdamSpec, _optimizer_fields(), own)


OPTIMIZERS: dict[type[OptimizerSpec], SearchStrategy[Any]] = {
    SGDSpec: sgd_specs(),
    AdamSpec: adam_specs(),
}


def optimizer_specs() -> SearchStrategy[Any]:
    return st.one_of(*OPTIMIZERS.values())


#: Every spec class of the package; a test holds this complete.
SPEC_STRATEGIES: dict[type[Spec], SearchStrategy[Any]] = {**OPTIMIZERS, **SCHEDULES}


def specs() -> SearchStrategy[Any]:
    return optimizer_specs() | schedule_specs()
