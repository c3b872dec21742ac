"""Formulas in an array namespace other than NumPy, whose steps nobody knows: they have NumPy's rates."""

from typing import Any

import numpy as np
import pytest
from schedule_tables import COMPOSED, FORMULAS, MIRRORED, shown

from keras_optkit import ScheduleSpec


class Other:
    """What ``keras.ops`` has and formulas use, computed by NumPy."""

    __name__ = "other"

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)

    def cast(self, values: Any, dtype: str) -> Any:
        return np.asarray(values).astype(dtype)


@pytest.mark.parametrize(("spec", "table"), [*MIRRORED, *FORMULAS, *COMPOSED], ids=shown)
@pytest.mark.parametrize("dtype", ["int64", "float64"])
def test_the_rates_are_those_of_the_table_one_by_one_and_all_at_once(
    spec: ScheduleSpec, table: dict[int, float], dtype: str
) -> None:
    steps, expected = np.array(list(table), dtype), list(table.values())
    at_once = np.broadcast_to(spec.value(steps, Other()), steps.shape)
    assert at_once == pytest.approx(expected, rel=1e-12, abs=1e-12)
    for step, rate in zip(steps, expected, strict=True):
        assert float(spec.value(step, Other())) == pytest.approx(rate, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(("spec", "table"), [*MIRRORED, *FORMULAS, *COMPOSED], ids=shown)
def test_no_steps_have_no_rates(spec: ScheduleSpec, table: dict[int, float]) -> None:
    none = np.array([], "int64")
    assert np.broadcast_to(spec.value(none), none.shape).size == 0
