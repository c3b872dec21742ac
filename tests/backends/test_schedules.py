"""On every backend a schedule has the rates of its formula, compiled as a train step compiles it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from schedule_tables import COMPOSED, FORMULAS, MIRRORED, shown

from keras_optkit import (
    ConstantSpec,
    CosineDecayRestartsSpec,
    CyclicalSpec,
    JoinSpec,
    PiecewiseConstantDecaySpec,
    RampSpec,
    ScheduleSpec,
    StaircaseSpec,
    build_schedule,
    learning_rates,
)
from keras_optkit.runtime.schedule import SpecSchedule


def compiled(schedule: Any) -> Callable[[Any], Any]:
    """The schedule as the backend compiles it; PyTorch does not."""
    if keras.config.backend() == "jax":
        import jax

        return jax.jit(schedule)
    if keras.config.backend() == "tensorflow":
        import tensorflow as tf

        return tf.function(schedule)
    return schedule


def rates(schedule: Any, steps: Any) -> np.ndarray:
    found = schedule(keras.ops.convert_to_tensor(np.asarray(steps, "int32")))
    assert keras.backend.standardize_dtype(found.dtype) == "float32"
    return np.broadcast_to(keras.ops.convert_to_numpy(found), np.shape(steps))


@pytest.mark.parametrize(("spec", "table"), [*MIRRORED, *FORMULAS, *COMPOSED], ids=shown)
def test_a_schedule_has_the_rates_that_one_works_out_by_hand(spec: ScheduleSpec, table: dict[int, float]) -> None:
    found = rates(compiled(SpecSchedule(spec)), list(table))
    assert found == pytest.approx(list(table.values()), rel=1e-6, abs=1e-6)
    # One by one, as an optimizer asks for them, Keras's own class too.
    step = max(table)
    assert rates(build_schedule(spec), step) == pytest.approx(table[step], rel=1e-5, abs=1e-5)


#: The first odd number that float32 does not have.
LATE = 2**24 + 1
RISE, FALL = (RampSpec(initial_learning_rate=a, end_learning_rate=b, steps=4) for a, b in ((0.0, 4.0), (4.0, 0.0)))


@pytest.mark.parametrize(
    "spec",
    [
        JoinSpec(schedules=[ConstantSpec(learning_rate=1), RISE, FALL], boundaries=[LATE, 2 * LATE]),
        StaircaseSpec(schedule=RampSpec(initial_learning_rate=0, end_learning_rate=1, steps=4 * LATE), every=LATE),
        PiecewiseConstantDecaySpec(boundaries=[LATE, LATE + 1, 2 * LATE], values=[4, 3, 2, 1]),
        CyclicalSpec(initial_learning_rate=0, maximal_learning_rate=7, step_size=7),
        CosineDecayRestartsSpec(initial_learning_rate=1, first_decay_steps=1000),
    ],
    ids=shown,
)
def test_steps_that_float32_cannot_count_are_counted_exactly(spec: ScheduleSpec) -> None:
    steps = [near + side for near in (LATE, 2 * LATE, 2**31 - 5) for side in range(-2, 5)]
    expected = learning_rates(spec, steps)
    assert len(set(expected)) > 2
    np.testing.assert_allclose(rates(compiled(SpecSchedule(spec)), steps), expected, rtol=2.0**-22, atol=1e-12)


class Halved(ScheduleSpec):
    """A schedule of one's own."""

    schedule: ScheduleSpec

    def value(self, step: Any, xp: Any = np) -> Any:
        return xp.minimum(self.schedule.value(step, xp), 3.0) / 2


def test_a_formula_of_one_s_own_is_the_preview_and_the_schedule() -> None:
    spec = Halved(schedule=RISE)
    assert learning_rates(spec, range(5)).tolist() == [0, 0.5, 1, 1.5, 1.5]
    assert rates(compiled(build_schedule(spec)), range(5)).tolist() == [0, 0.5, 1, 1.5, 1.5]
