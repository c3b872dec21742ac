"""The formula of each schedule: rates that can be checked by eye, and what holds for all schedules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from how_many import examples
from hypothesis import given
from hypothesis import strategies as st
from schedule_strategies import SCHEDULES, USUAL_SCHEDULES
from schedule_tables import COMPOSED, FORMULAS, MIRRORED, shown

from keras_optkit import CosineDecaySpec, ScheduleSpec, parse_spec

REFERENCE = json.loads((Path(__file__).parents[2] / "reference_schedules.json").read_text(encoding="utf-8"))
TABLES = [*MIRRORED, *FORMULAS, *COMPOSED]


def rates(spec: ScheduleSpec, steps: Any) -> Any:
    return np.broadcast_to(spec.value(np.asarray(steps)), np.shape(steps))


def test_every_schedule_is_in_the_tables():
    assert {type(spec) for spec, _ in TABLES} == set(SCHEDULES)


@pytest.mark.parametrize(("spec", "table"), TABLES, ids=shown)
def test_the_rates_are_those_that_one_works_out_by_hand(spec, table):
    assert rates(spec, list(table)) == pytest.approx(list(table.values()), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("case", REFERENCE["cases"], ids=lambda case: case["source"])
def test_the_rates_are_those_that_other_projects_test_for(case):
    steps, expected = zip(*case["at"], strict=True)
    assert rates(parse_spec(case["spec"]), steps) == pytest.approx(expected, rel=0, abs=case["tol"])


# All schedules


@pytest.mark.parametrize("cls", USUAL_SCHEDULES)
@examples(30)
@given(st.data())
def test_a_formula_is_elementwise_and_float64(cls, data):
    spec = data.draw(USUAL_SCHEDULES[cls])
    ends = [step + side for step, _ in spec.landmarks() for side in (-1, 0, 1)]
    steps = np.array(sorted({0, 1, 7, 2**24 + 1, 2**40 + 1, *ends} - {-1}))
    one_by_one = [float(spec.value(int(step))) for step in steps]
    assert rates(spec, steps) == pytest.approx(one_by_one, rel=1e-12, abs=0)
    for shape in [(-1, 1), (1, -1, 1)]:
        value = spec.value(steps.reshape(shape))
        assert np.asarray(value).dtype == np.float64
        np.testing.assert_array_equal(rates(spec, steps.reshape(shape)).ravel(), rates(spec, steps))
    assert rates(spec, np.array([], dtype=int)).shape == (0,)


@pytest.mark.parametrize("cls", USUAL_SCHEDULES)
@examples(30)
@given(st.data())
def test_every_rate_is_finite_and_none_is_negative(cls, data):
    spec = data.draw(USUAL_SCHEDULES[cls])
    steps = data.draw(st.lists(st.integers(0, 2**53), min_size=1))
    steps += [max(step + side, 0) for step, _ in spec.landmarks() for side in (-1, 0, 1)]
    found = rates(spec, steps)
    assert np.isfinite(found).all()
    assert (found >= 0).all()
    assert float(spec.value(0)) >= 0


@pytest.mark.parametrize("cls", USUAL_SCHEDULES)
@examples(30)
@given(st.data())
def test_the_landmarks_are_steps_with_a_text(cls, data):
    for step, text in data.draw(USUAL_SCHEDULES[cls]).landmarks():
        assert type(step) is int
        assert step > 0
        assert text


def test_a_schedule_that_is_not_in_steps_yet_has_no_rates_and_says_what_to_do():
    for written, needed in (("5 epochs", "steps_per_epoch=..."), ("5%", "steps_per_epoch=..., epochs=...")):
        spec = CosineDecaySpec(initial_learning_rate=0.1, decay_steps=written)
        with pytest.raises(
            ValueError, match=rf"^'{written}' is not a number of steps yet: call resolve\({needed}\) on the spec"
        ):
            spec.value(0)
