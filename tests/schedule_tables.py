"""Learning rates that a reader can work out in the head: of each schedule in a few steps, past its end too.

A row is a spec and its rates by step.
"""

from __future__ import annotations

from typing import Any

from keras_optkit import (
    ClampSpec,
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
    StaircaseSpec,
    WarmupSpec,
    WarmupStableDecaySpec,
)

Row = tuple[ScheduleSpec, dict[int, float]]


def shown(value: object) -> str:
    """The names of the tests that take a row: the type of its spec is enough."""
    return value.type if isinstance(value, ScheduleSpec) else "" if isinstance(value, dict) else str(value)


def exponential(**fields: Any) -> ExponentialDecaySpec:
    return ExponentialDecaySpec(**{"initial_learning_rate": 8, "decay_steps": 4, "decay_rate": 0.25} | fields)


def polynomial(**fields: Any) -> PolynomialDecaySpec:
    return PolynomialDecaySpec(**{"initial_learning_rate": 10, "decay_steps": 4, "end_learning_rate": 2} | fields)


def inverse_time(**fields: Any) -> InverseTimeDecaySpec:
    return InverseTimeDecaySpec(**{"initial_learning_rate": 12, "decay_steps": 2, "decay_rate": 1} | fields)


def cosine(**fields: Any) -> CosineDecaySpec:
    return CosineDecaySpec(**{"initial_learning_rate": 8, "decay_steps": 6} | fields)


def restarts(**fields: Any) -> CosineDecayRestartsSpec:
    return CosineDecayRestartsSpec(**{"initial_learning_rate": 8, "first_decay_steps": 6} | fields)


def ramp(start: float, end: float, steps: int, shape: Any = "linear", **fields: Any) -> RampSpec:
    return RampSpec(initial_learning_rate=start, end_learning_rate=end, steps=steps, shape=shape, **fields)


def stable(**fields: Any) -> WarmupStableDecaySpec:
    lengths = {"warmup_steps": 4, "decay_steps": 4, "total_steps": 12}
    return WarmupStableDecaySpec(**{"peak_learning_rate": 4} | lengths | fields)


def cyclical(mode: Any, **fields: Any) -> CyclicalSpec:
    return CyclicalSpec(**{"initial_learning_rate": 1, "maximal_learning_rate": 5, "step_size": 4} | fields, mode=mode)


PIECES = PiecewiseConstantDecaySpec(boundaries=[3, 6], values=[4, 2, 0])

#: Keras's own.
MIRRORED: list[Row] = [
    (exponential(), {0: 8, 2: 4, 4: 2, 6: 1, 8: 0.5, 16: 1 / 32}),
    (exponential(staircase=True), {0: 8, 3: 8, 4: 2, 7: 2, 8: 0.5, 11: 0.5, 12: 0.125}),
    (PIECES, {0: 4, 2: 4, 3: 4, 4: 2, 6: 2, 7: 0, 10**6: 0}),
    (polynomial(), {0: 10, 1: 8, 2: 6, 3: 4, 4: 2, 5: 2, 10**6: 2}),
    (polynomial(power=2), {0: 10, 1: 6.5, 2: 4, 4: 2, 5: 2}),
    (polynomial(cycle=True), {0: 10, 1: 8, 4: 2, 5: 5, 6: 4, 8: 2, 9: 4, 12: 2, 14: 3, 16: 2}),
    (polynomial(initial_learning_rate=3, power=0.5), {0: 3, 3: 2.5, 4: 2, 5: 2}),
    (inverse_time(), {0: 12, 1: 8, 2: 6, 4: 4, 6: 3, 10: 2, 22: 1}),
    (inverse_time(staircase=True), {0: 12, 1: 12, 2: 6, 3: 6, 4: 4, 5: 4, 22: 1, 23: 1}),
    (cosine(), {0: 8, 2: 6, 3: 4, 4: 2, 6: 0, 7: 0, 10**6: 0}),
    (cosine(alpha=0.5), {0: 8, 2: 7, 3: 6, 4: 5, 6: 4, 7: 4}),
    (
        cosine(initial_learning_rate=2, warmup_target=8, warmup_steps=3),
        {0: 2, 1: 4, 2: 6, 3: 8, 5: 6, 6: 4, 7: 2, 9: 0, 10: 0, 10**6: 0},
    ),
    (restarts(t_mul=1), {0: 8, 2: 6, 3: 4, 4: 2, 6: 8, 8: 6, 9: 4, 12: 8, 15: 4, 18: 8}),
    (restarts(), {0: 8, 3: 4, 4: 2, 6: 8, 10: 6, 12: 4, 14: 2, 18: 8, 26: 6, 30: 4, 42: 8, 66: 4}),
    (restarts(m_mul=0.5), {0: 8, 3: 4, 6: 4, 12: 2, 18: 2, 30: 1, 42: 1}),
    (restarts(alpha=0.5), {0: 8, 3: 6, 4: 5, 6: 8, 12: 6}),
]

#: Of this package: one formula each.
FORMULAS: list[Row] = [
    (ConstantSpec(learning_rate=3), {0: 3, 1: 3, 10**6: 3}),
    (ramp(2, 10, 4), {0: 2, 1: 4, 2: 6, 3: 8, 4: 10, 5: 10, 10**6: 10}),
    (ramp(10, 0, 4), {0: 10, 1: 7.5, 2: 5, 4: 0, 5: 0}),
    (ramp(2, 10, 6, "cosine"), {0: 2, 2: 4, 3: 6, 4: 8, 6: 10, 7: 10}),
    (ramp(1, 16, 4, "exponential"), {0: 1, 1: 2, 2: 4, 3: 8, 4: 16, 5: 16}),
    (ramp(16, 1, 4, "exponential"), {0: 16, 1: 8, 2: 4, 3: 2, 4: 1, 5: 1}),
    (ramp(0, 16, 4, "polynomial", power=2), {0: 0, 1: 1, 2: 4, 3: 9, 4: 16, 5: 16}),
    (ramp(4, 0, 16, "polynomial", power=0.5), {0: 4, 1: 3, 4: 2, 9: 1, 16: 0, 17: 0}),
    (
        InverseSqrtDecaySpec(peak_learning_rate=8, warmup_steps=4),
        {0: 0, 1: 2, 2: 4, 3: 6, 4: 8, 16: 4, 64: 2, 256: 1},
    ),
    (InverseSqrtDecaySpec(peak_learning_rate=6, warmup_steps=0, timescale=9), {0: 6, 27: 3, 72: 2, 315: 1}),
    (InverseSqrtDecaySpec(peak_learning_rate=6, warmup_steps=3, timescale=9), {0: 0, 1: 2, 3: 6, 30: 3, 75: 2}),
    (cyclical("triangular"), {0: 1, 1: 2, 2: 3, 4: 5, 5: 4, 7: 2, 8: 1, 10: 3, 12: 5, 16: 1, 20: 5}),
    (cyclical("triangular2"), {0: 1, 4: 5, 6: 3, 8: 1, 10: 2, 12: 3, 16: 1, 20: 2, 24: 1, 28: 1.5}),
    (
        cyclical("exp_range", initial_learning_rate=0, maximal_learning_rate=64, step_size=2, gamma=0.5),
        {0: 0, 1: 16, 2: 16, 3: 4, 4: 0, 5: 1, 6: 1, 7: 0.25, 8: 0},
    ),
]

_UP_HOLD_DOWN = JoinSpec(schedules=[ramp(0, 4, 4), ConstantSpec(learning_rate=3), ramp(8, 0, 4)], boundaries=[4, 6])

#: Of this package: made of others.
COMPOSED: list[Row] = [
    # At a boundary the next piece is at its step 0.
    (_UP_HOLD_DOWN, {0: 0, 1: 1, 3: 3, 4: 3, 5: 3, 6: 8, 7: 6, 9: 2, 10: 0, 11: 0, 10**6: 0}),
    (JoinSpec(schedules=[ramp(0, 4, 4)], boundaries=[]), {0: 0, 1: 1, 4: 4, 9: 4}),
    # A piece ends where the next begins, whether it is done or not.
    (JoinSpec(schedules=[ramp(0, 8, 8), exponential()], boundaries=[4]), {0: 0, 3: 3, 4: 8, 6: 4, 8: 2, 12: 0.5}),
    # Within a join, Keras's boundaries still belong to the piece before.
    (JoinSpec(schedules=[PIECES, PIECES], boundaries=[5]), {3: 4, 4: 2, 5: 4, 8: 4, 9: 2, 11: 2, 12: 0}),
    (
        JoinSpec(schedules=[ConstantSpec(learning_rate=9), _UP_HOLD_DOWN], boundaries=[10]),
        {0: 9, 9: 9, 10: 0, 11: 1, 14: 3, 16: 8, 17: 6, 20: 0, 21: 0},
    ),
    (
        JoinSpec(schedules=[_UP_HOLD_DOWN, ConstantSpec(learning_rate=9)], boundaries=[7]),
        {3: 3, 4: 3, 6: 8, 7: 9, 8: 9, 10: 9},
    ),
    (WarmupSpec(schedule=exponential(), warmup_steps=4), {0: 0, 1: 2, 3: 6, 4: 8, 6: 4, 8: 2, 12: 0.5}),
    (WarmupSpec(schedule=cosine(), warmup_steps=3, initial_learning_rate=2), {0: 2, 1: 4, 3: 8, 5: 6, 9: 0, 10: 0}),
    (WarmupSpec(schedule=cosine(), warmup_steps=6, shape="cosine"), {0: 0, 2: 2, 3: 4, 6: 8, 9: 4, 12: 0, 13: 0}),
    (
        WarmupSpec(schedule=cosine(), warmup_steps=3, initial_learning_rate=1, shape="exponential"),
        {0: 1, 1: 2, 2: 4, 3: 8, 6: 4, 9: 0},
    ),
    (
        WarmupSpec(schedule=ConstantSpec(learning_rate=16), warmup_steps=4, shape="polynomial", power=2),
        {0: 0, 1: 1, 2: 4, 3: 9, 4: 16, 5: 16},
    ),
    # Over a schedule whose clock runs on, up to what it has come to by then.
    (WarmupSpec(schedule=exponential(), warmup_steps=4, overlay=True), {0: 0, 1: 0.5, 3: 1.5, 4: 2, 6: 1, 8: 0.5}),
    (
        WarmupSpec(schedule=cosine(), warmup_steps=2, initial_learning_rate=2, overlay=True),
        {0: 2, 1: 4, 2: 6, 3: 4, 4: 2, 6: 0, 7: 0},
    ),
    (
        WarmupSpec(schedule=ramp(32, 0, 4), warmup_steps=2, overlay=True, shape="polynomial", power=2),
        {0: 0, 1: 4, 2: 16, 3: 8, 4: 0, 5: 0},
    ),
    (WarmupSpec(schedule=PIECES, warmup_steps=4, overlay=True), {0: 0, 2: 1, 3: 1.5, 4: 2, 6: 2, 7: 0}),
    # A piece that counts the steps of the join has run on meanwhile.
    (
        JoinSpec(
            schedules=[ramp(0, 8, 4), ramp(10, 0, 10), ConstantSpec(learning_rate=3)],
            boundaries=[4, 8],
            shared_clock=True,
        ),
        {0: 0, 3: 6, 4: 6, 5: 5, 7: 3, 8: 3, 9: 3},
    ),
    (ClampSpec(schedule=exponential(), minimum=1.5), {0: 8, 2: 4, 4: 2, 6: 1.5, 8: 1.5, 10**6: 1.5}),
    (ClampSpec(schedule=exponential(), maximum=3), {0: 3, 2: 3, 4: 2, 6: 1, 8: 0.5}),
    (ClampSpec(schedule=ramp(0, 10, 10), minimum=2, maximum=5), {0: 2, 2: 2, 3: 3, 5: 5, 6: 5, 99: 5}),
    (ClampSpec(schedule=ConstantSpec(learning_rate=3), minimum=4), {0: 4, 9: 4}),
    (StaircaseSpec(schedule=exponential(), every=2), {0: 8, 1: 8, 2: 4, 3: 4, 4: 2, 5: 2, 8: 0.5, 9: 0.5}),
    (StaircaseSpec(schedule=exponential(), every=4), {0: 8, 3: 8, 4: 2, 7: 2, 8: 0.5, 11: 0.5, 12: 0.125}),
    (StaircaseSpec(schedule=ramp(0, 9, 9), every=3), {0: 0, 2: 0, 3: 3, 5: 3, 6: 6, 8: 6, 9: 9, 99: 9}),
    # A piece of a join counts its stairs from its own start.
    (
        JoinSpec(
            schedules=[ConstantSpec(learning_rate=7), StaircaseSpec(schedule=exponential(), every=4)], boundaries=[2]
        ),
        {0: 7, 1: 7, 2: 8, 5: 8, 6: 2, 9: 2, 10: 0.5},
    ),
    (
        StaircaseSpec(schedule=WarmupSpec(schedule=exponential(), warmup_steps=4), every=2),
        {0: 0, 1: 0, 2: 4, 3: 4, 4: 8, 5: 8, 6: 4, 8: 2, 12: 0.5},
    ),
    (
        OneCycleSpec(
            max_learning_rate=100, total_steps=10, pct_start=0.3, shape="linear", div_factor=4, final_div_factor=12.5
        ),
        {0: 25, 1: 50, 2: 75, 3: 100, 4: 86, 5: 72, 9: 16, 10: 2, 11: 2, 10**6: 2},
    ),
    (
        OneCycleSpec(
            max_learning_rate=64, total_steps=9, pct_start=0.3, shape="exponential", div_factor=8, final_div_factor=8
        ),
        {0: 8, 1: 16, 2: 32, 3: 64, 4: 32, 6: 8, 8: 2, 9: 1, 10: 1},
    ),
    (
        OneCycleSpec(max_learning_rate=8, total_steps=10, pct_start=0.4, div_factor=2, final_div_factor=1),
        {0: 4, 2: 6, 4: 8, 6: 7, 7: 6, 8: 5, 10: 4, 11: 4},
    ),
    (stable(), {0: 0, 1: 1, 3: 3, 4: 4, 7: 4, 8: 4, 9: 3, 11: 1, 12: 0, 13: 0, 10**6: 0}),
    (stable(initial_learning_rate=2, end_learning_rate=1, decay_steps=3), {0: 2, 2: 3, 4: 4, 9: 4, 10: 3, 12: 1}),
    (stable(warmup_steps=0), {0: 4, 8: 4, 9: 3, 12: 0}),
    (stable(shape="exponential", end_learning_rate=0.25), {8: 4, 9: 2, 10: 1, 11: 0.5, 12: 0.25, 13: 0.25}),
    (
        stable(decay_steps=16, total_steps=24, shape="polynomial", power=0.5),
        {3: 3, 4: 4, 8: 4, 9: 3, 12: 2, 17: 1, 24: 0, 25: 0},
    ),
]
