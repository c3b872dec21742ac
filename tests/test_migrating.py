"""The formulas in the tables of docs/migrating.md have the rates of the specs beside them, at every step of a run."""

from __future__ import annotations

import inspect
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras_optkit
from keras_optkit import learning_rates
from keras_optkit.specs.resolving import RunLength
from keras_optkit.specs.run_fit import misfits

TEXT = (Path(__file__).parents[1] / "docs/migrating.md").read_text(encoding="utf-8")
#: The argument of the formula, its code, and that of the spec in the next column.
ROWS = re.findall(r"^\| `lambda (epoch|step)(.*?)`.*? \| `(.*?)`.* \|$", TEXT, re.MULTILINE)
STEPS_PER_EPOCH, EPOCHS, STEPS = 7, 100, 1000


def test_every_formula_of_the_page_is_compared() -> None:
    assert len(ROWS) == len(re.findall(r"`lambda (?:epoch|step)", TEXT)) > 30


@pytest.mark.parametrize(("argument", "formula", "code"), ROWS)
def test_the_spec_has_the_rate_of_the_formula_at_every_step(argument: str, formula: str, code: str) -> None:
    function, spec = _evaluated(f"lambda {argument}{formula}"), _evaluated(code)
    run = (STEPS_PER_EPOCH, EPOCHS) if argument == "epoch" else (STEPS, 1)
    expected = np.repeat(_by_epoch(function), STEPS_PER_EPOCH) if argument == "epoch" else _by_step(function)
    found = learning_rates(spec, steps_per_epoch=run[0], epochs=run[1])
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-15)
    assert misfits(spec, RunLength.of(*run)) == []


def _evaluated(code: str) -> Any:
    return eval(code, {"math": math, **vars(keras_optkit)})


def _by_epoch(function: Any) -> list[float]:
    """What Keras's LearningRateScheduler sets; a second argument is the rate of the epoch before, 0.1 at first."""
    if len(inspect.signature(function).parameters) == 1:
        return [function(epoch) for epoch in range(EPOCHS)]
    rates = [0.1]
    for epoch in range(EPOCHS):
        rates.append(function(epoch, rates[-1]))
    return rates[1:]


def _by_step(function: Any) -> list[float]:
    return [function(step) for step in range(STEPS)]
