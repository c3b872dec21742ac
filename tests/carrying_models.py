"""A small model that is trained step by step, compiled again and compared: what carried state is tested with."""

import warnings
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
from installed_keras import can_build
from keras import layers
from strategies import OPTIMIZERS

from keras_optkit import (
    OptimizerSpec,
    OptimizerWarning,
    compile_with,
)

CATALOGUE = list(filter(can_build, OPTIMIZERS))
X = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
Y = (X @ [[1.0], [2.0], [-1.0]]).astype("float32")
SLOW, FAST = 1e-3, 1e-2


def make(**body: Any) -> keras.Sequential:
    keras.utils.set_random_seed(0)
    stack = [layers.Dense(2, "tanh", name="body", **body), layers.Dense(1, name="head")]
    return keras.Sequential([layers.Input((3,)), *stack])


def compiled(spec: OptimizerSpec, model: Any = None, **arguments: Any) -> Any:
    return compile_with(make() if model is None else model, spec, loss="mse", run_eagerly=True, **arguments)


def train(model: Any, steps: int) -> Any:
    for step in range(steps):
        # Another batch at each step, so that nothing is the same by chance.
        model.train_on_batch(X * (1 + step % 2), Y)
    return model


def state(model: Any) -> list[Any]:
    return [keras.ops.convert_to_numpy(value) for value in [*model.weights, *model.optimizer.variables]]


def assert_same(one: Any, other: Any) -> None:
    for mine, theirs in zip(state(one), state(other), strict=True):
        assert np.isfinite(mine).all()
        np.testing.assert_array_equal(mine, theirs)


def array(variable: Any) -> Any:
    return keras.ops.convert_to_numpy(variable)


@contextmanager
def lists(*words: str) -> Generator[None, None, None]:
    """One warning, at the line that compiles, that has all these ``words``."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    ours = [warning for warning in caught if warning.category is OptimizerWarning]
    assert [warning.filename for warning in ours] == [__file__]
    for word in words:
        assert word in str(ours[0].message)
