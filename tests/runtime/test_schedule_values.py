"""One formula: Keras's own schedules, and ours in eager mode, in a graph and under XLA, have the values of the spec's.

Keras computes in float32. It rounds the step, then the share of the period that is over, and for restarts also powers
and logarithms of ``t_mul``. So its rate at a step is the right one for a step very near to it: the tests accept
what lies between the least and the greatest value that the formula has there, and no more. Where a formula is constant
between its jumps, Keras's quotients are exact until the step itself is rounded, and its jumps must be at the very step.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from how_many import examples
from hypothesis import given
from hypothesis import strategies as st
from schedule_strategies import USUAL_SCHEDULES
from schedule_tables import COMPOSED, FORMULAS, MIRRORED, shown

from keras_optkit import (
    CosineDecayRestartsSpec,
    CosineDecaySpec,
    ExponentialDecaySpec,
    PiecewiseConstantDecaySpec,
    PolynomialDecaySpec,
    RampSpec,
    ScheduleSpec,
    StaircaseSpec,
    build_schedule,
    parse_spec,
)
from keras_optkit.runtime.schedule import SpecSchedule
from keras_optkit.specs.durations import in_steps

MIRRORS = sorted({type(spec) for spec, _ in MIRRORED}, key=lambda cls: cls.__name__)
LATE = [2**24 - 1, 2**24, 2**24 + 1, 2**24 + 3, 2**31 - 1, 2**31, 2**31 + 1, 2**40 + 1]


def steps_that_matter(spec: ScheduleSpec) -> list[int]:
    """0, every bend and its neighbours, the multiples of it, past the end, and steps that float32 cannot count."""
    bends = [step for step, _ in spec.landmarks()]
    multiples = [bend * times for bend in bends for times in (1, 2, 3, 7, 1000)]
    return sorted({max(step + side, 0) for step in [0, *multiples] for side in (-1, 0, 1)} | set(LATE))


def called(schedule: Any, steps: list[int]) -> np.ndarray:
    """The rates of a Keras schedule; of those that branch on the step, one by one."""
    if isinstance(schedule, keras.optimizers.schedules.CosineDecay):
        return np.array([float(schedule(tf.constant(step, "int64"))) for step in steps])
    return np.broadcast_to(np.asarray(schedule(tf.constant(steps, "int64")), np.float64), len(steps))


def rates(spec: ScheduleSpec, steps: Any) -> np.ndarray:
    return np.broadcast_to(np.asarray(spec.value(np.asarray(steps))), np.shape(steps))


# Keras's own


@pytest.mark.parametrize(("spec", "table"), MIRRORED, ids=shown)
def test_the_native_schedule_has_the_rates_that_one_works_out_by_hand(spec, table):
    schedule = build_schedule(spec)
    assert type(schedule).__module__.startswith("keras.")
    assert called(schedule, list(table)) == pytest.approx(list(table.values()), rel=1e-5, abs=1e-5)


def nearly(spec: ScheduleSpec, step: int) -> np.ndarray:
    """The steps that Keras's float32 may take for ``step``."""
    constant_between_jumps = getattr(spec, "staircase", False)
    if isinstance(spec, PiecewiseConstantDecaySpec) or (constant_between_jumps and step < 2**23):
        return np.array([step])
    if isinstance(spec, CosineDecaySpec):
        step = min(step, in_steps(spec.warmup_steps) + in_steps(spec.decay_steps))  # Keras rounds this sum too
    rounding = 2.0**-17 if isinstance(spec, CosineDecayRestartsSpec) and spec.t_mul != 1 else 2.0**-22
    return step * (1 + rounding * np.concatenate([[-1, 0, 1], SPREAD]))


#: Irregular, so that they are in step with no period.
SPREAD = np.random.default_rng(0).uniform(-1, 1, 2000)


def assert_native_equals_formula(schedule: Any, spec: ScheduleSpec) -> None:
    steps = steps_that_matter(spec)
    peak = rates(spec, steps).max()
    for step, rate in zip(steps, called(schedule, steps), strict=True):
        if np.isnan(rate):
            # Where the step is rounded to beyond the end of its cycle, Keras takes a power of a negative number.
            assert isinstance(spec, PolynomialDecaySpec)
            assert spec.cycle
            assert step > 2**24
            continue
        around = rates(spec, nearly(spec, step))
        tolerance = 1e-4 * around.max() + (1e-6 if step < 2**24 else 1e-4) * peak
        assert around.min() - tolerance <= rate <= around.max() + tolerance, (spec, step, rate, around)


@pytest.mark.parametrize("cls", MIRRORS)
@examples(25)
@given(st.data())
def test_the_native_schedule_has_the_values_of_the_formula(cls, data):
    spec = data.draw(USUAL_SCHEDULES[cls])
    assert_native_equals_formula(build_schedule(spec), spec)


@pytest.mark.parametrize(
    ("spec", "change"),
    [(spec, change) for spec, _ in MIRRORED for change in ("a rate", "a length") if type(spec) is not CosineDecaySpec],
    ids=shown,
)
def test_the_comparison_would_notice_a_rate_or_a_length_that_is_a_little_off(spec, change):
    fields = spec.model_dump()
    for name, value in fields.items():
        if change == "a rate" and name in ("initial_learning_rate", "values"):
            fields[name] = [1.001 * rate for rate in value] if name == "values" else 1.001 * value
        elif change == "a length" and name.endswith(("decay_steps", "boundaries")):
            fields[name] = [step + 1 for step in value] if name == "boundaries" else value + 1
    other = type(spec)(**fields)
    assert other != spec
    with pytest.raises(AssertionError):
        assert_native_equals_formula(build_schedule(other), spec)


# Ours


def in_eager_mode(schedule: SpecSchedule) -> Any:
    return schedule


def in_a_graph(schedule: SpecSchedule) -> Any:
    return tf.function(schedule)


def under_xla(schedule: SpecSchedule) -> Any:
    return tf.function(schedule, jit_compile=True)


@pytest.mark.parametrize("mode", [in_eager_mode, in_a_graph, under_xla])
@pytest.mark.parametrize(("spec", "table"), [*MIRRORED, *FORMULAS, *COMPOSED], ids=shown)
def test_a_spec_schedule_has_the_rates_that_one_works_out_by_hand(mode, spec, table):
    rate = mode(SpecSchedule(spec))(tf.constant(list(table), "int64"))
    assert rate.dtype == tf.float32
    assert np.broadcast_to(rate, len(table)) == pytest.approx(list(table.values()), rel=1e-6, abs=1e-6)


def assert_schedule_equals_formula(schedule: Any, spec: ScheduleSpec) -> None:
    steps = steps_that_matter(spec)
    found, expected = called(schedule, steps), rates(spec, steps)
    # All that is lost is what the rounding of the rate to float32 loses.
    np.testing.assert_allclose(found, expected, rtol=2.0**-22, atol=2.0**-40 * expected.max())


@pytest.mark.parametrize("cls", USUAL_SCHEDULES)
@examples(25)
@given(st.data())
def test_a_spec_schedule_has_the_values_of_the_formula(cls, data):
    spec = data.draw(USUAL_SCHEDULES[cls])
    assert_schedule_equals_formula(SpecSchedule(spec), spec)


@pytest.mark.parametrize("mode", [in_a_graph, under_xla])
@examples(30)
@given(st.one_of(*USUAL_SCHEDULES.values()))
def test_a_compiled_spec_schedule_has_the_values_of_the_formula(mode, spec):
    assert_schedule_equals_formula(mode(SpecSchedule(spec)), spec)


def test_a_boundary_that_float32_cannot_count_is_at_its_very_step():
    for late in (2**24 + 1, 2**31 + 1, 2**40 + 1, 2**52 + 1):
        join = {"type": "join", "boundaries": [late], "schedules": [
            {"type": "constant", "learning_rate": 8},
            {"type": "exponential_decay", "initial_learning_rate": 4, "decay_steps": 1, "decay_rate": 0.5},
        ]}  # fmt: skip
        for mode in (in_eager_mode, in_a_graph, under_xla):
            schedule = mode(SpecSchedule(join))
            found = [float(schedule(tf.constant(late + side, "int64"))) for side in (-1, 0, 1, 2)]
            assert found == [8, 4, 2, 1]


def test_a_staircase_that_float32_cannot_count_falls_at_its_very_steps():
    spec = ExponentialDecaySpec(initial_learning_rate=8, decay_steps=2**31 + 1, decay_rate=0.5, staircase=True)
    steps = tf.constant([2**31, 2**31 + 1, 2**32 + 1, 2**32 + 2], "int64")
    assert SpecSchedule(spec)(steps).numpy().tolist() == [8, 4, 4, 2]
    stairs = StaircaseSpec(schedule=spec.replace(staircase=False), every=2**31 + 1)
    for mode in (in_eager_mode, in_a_graph, under_xla):
        assert mode(SpecSchedule(stairs))(steps).numpy().tolist() == [8, 4, 4, 2]


@pytest.mark.parametrize("length", [5, 49, 103])
def test_xla_makes_no_jump_a_step_late_and_no_end_overshoot(length):
    # It multiplies by a reciprocal where a formula divides, and 49 * (1 / 49) is less than 1, 5 * (1 / 5) more.
    period = {"initial_learning_rate": 1, "decay_steps": length}
    restarts = {"type": "cosine_decay_restarts", "initial_learning_rate": 1, "first_decay_steps": length}
    cyclical = {"type": "cyclical", "initial_learning_rate": 0, "maximal_learning_rate": 1, "step_size": length}
    specs = [
        {"type": "exponential_decay", "decay_rate": 0.5, "staircase": True, **period},
        {"type": "inverse_time_decay", "decay_rate": 0.5, "staircase": True, **period},
        {"type": "polynomial_decay", "power": 0.5, **period},
        {"type": "polynomial_decay", "power": 0.5, "cycle": True, **period},
        {"t_mul": 1, **restarts},
        {"t_mul": 2, **restarts},
        {"mode": "triangular2", **cyclical},
        {"type": "staircase", "every": length, "schedule": {"type": "polynomial_decay", **period, "decay_steps": 999}},
    ]
    steps = [turn * length + side for turn in (1, 2, 3, 4) for side in (-1, 0, 1)]
    for spec in map(parse_spec, specs):
        found = called(under_xla(SpecSchedule(spec)), steps)
        np.testing.assert_allclose(found, rates(spec, steps), rtol=1e-6, atol=1e-9, err_msg=repr(spec))


@pytest.mark.parametrize("mode", [in_eager_mode, in_a_graph, under_xla])
def test_a_rate_that_ends_at_0_never_falls_below_it(mode):
    for steps in (3, 5, 49, 103):
        for shape in ("linear", "cosine", "polynomial"):
            spec = RampSpec(initial_learning_rate=0.1, end_learning_rate=0, steps=steps, shape=shape)
            rate = called(mode(SpecSchedule(spec)), [steps - 1, steps, steps + 1])
            assert rate[0] > 1e-5
            assert (rate[1:] >= 0).all()
            assert rate[1:] == pytest.approx(0, abs=1e-15)


@pytest.mark.parametrize("shape", ["linear", "cosine", "exponential", "polynomial"])
@pytest.mark.parametrize(("a", "b"), [(1e-3, 1e-12), (1e-12, 1e-3), (0.1, 0.3), (0.3, 0.1)])
def test_a_ramp_begins_and_ends_exactly_also_where_xla_compiles(shape, a, b):
    for steps in (49, 1000, 10**6 + 3):
        spec = RampSpec(
            initial_learning_rate=a,
            end_learning_rate=b,
            steps=steps,
            shape=shape,
            power=0.5 if shape == "polynomial" else 1,
        )
        at = tf.constant([0, steps, steps + 1, 2**53], "float64")
        for compiled in (False, True):
            found = tf.function(lambda step, spec=spec: spec.value(step, keras.ops), jit_compile=compiled)(at)
            assert found.numpy().tolist() == [a, b, b, b]
