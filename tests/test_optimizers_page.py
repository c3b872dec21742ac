"""The table in docs/optimizers.md has every optimizer, with the rate of its spec and the state that Keras keeps."""

from __future__ import annotations

import re
from pathlib import Path

import keras
import pytest
from installed_keras import can_build

from keras_optkit import OptimizerSpec, build_optimizer
from keras_optkit.specs.registry import registered

PAGE = Path(__file__).parents[1].joinpath("docs/optimizers.md").read_text(encoding="utf-8")
ROWS = {
    name: (float(rate), int(state))
    for name, rate, state in re.findall(r"^\| `(\w+)Spec` \| [^|]+ \| ([\d.]+) \| (\d)", PAGE, re.MULTILINE)
}


def test_the_table_has_every_optimizer() -> None:
    assert sorted(ROWS, key=str.lower) == list(registered(OptimizerSpec))


@pytest.mark.parametrize("cls", registered(OptimizerSpec).values())
def test_a_row_has_the_rate_and_the_state_of_its_optimizer(cls: type[OptimizerSpec]) -> None:
    spec = cls()
    rate, state = ROWS[spec.type]
    assert rate == spec.learning_rate
    if can_build(cls):
        matrix = keras.Variable(keras.ops.ones((3, 5)))
        optimizer = build_optimizer(spec)
        optimizer.build([matrix])
        assert state == sum(kept.shape == matrix.shape for kept in optimizer.variables)
