"""LearningRateMonitor: the rate among the logs, for everything that reads logs, as plain floats."""

import csv
import io
import pickle
from contextlib import redirect_stdout
from itertools import pairwise
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from keras_optkit import (
    AdamSpec,
    ExponentialDecaySpec,
    LearningRateMonitor,
    OptimizerSpec,
    ParamGroup,
    SGDSpec,
    build_optimizer,
    compile_with,
    learning_rates,
)

X = np.linspace(-1, 1, 32, dtype="float32").reshape(16, 2)
Y = X.sum(axis=1, keepdims=True)
#: Halves with each of the 4 steps of an epoch.
HALVING = ExponentialDecaySpec(initial_learning_rate=1, decay_steps=1, decay_rate=0.5)
GROUPS = [
    ParamGroup(match="body/", learning_rate_multiplier=0.5),
    ParamGroup(match="bias$", learning_rate_multiplier=0),
]


class Logs(keras.callbacks.Callback):
    """What a callback after the monitor sees."""

    def __init__(self) -> None:
        super().__init__()
        self.of_batches: list[dict[str, Any]] = []
        self.of_epochs: list[dict[str, Any]] = []

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.of_batches.append(dict(logs))

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.of_epochs.append(dict(logs))


def make(*, policy: str = "float32") -> keras.Model:
    body, head = layers.Dense(2, name="body", dtype=policy), layers.Dense(1, name="head", dtype=policy)
    model = keras.Sequential([layers.Input((2,)), body, head])
    model.dtype_policy = keras.DTypePolicy(policy)
    return model


def watched(
    spec: OptimizerSpec, *more: Any, epochs: int = 2, policy: str = "float32", verbose: int = 0, **arguments: Any
) -> tuple[Logs, dict[str, list[Any]]]:
    """What a callback sees and what the History is of a training with the monitor."""
    logs = Logs()
    model = compile_with(make(policy=policy), spec, loss="mse", **arguments)
    callbacks = [LearningRateMonitor(), logs, *more]
    return logs, model.fit(X, Y, batch_size=4, epochs=epochs, verbose=verbose, callbacks=callbacks).history


@pytest.fixture(scope="module")
def with_groups() -> tuple[Logs, dict[str, list[Any]]]:
    return watched(SGDSpec(learning_rate=HALVING, groups=GROUPS))


def test_each_batch_and_each_epoch_has_the_rate_of_the_next_step(with_groups: Any) -> None:
    logs, history = with_groups
    rates = [1 / 2**step for step in range(1, 9)]
    assert [each["learning_rate"] for each in logs.of_batches] == rates
    assert [each["learning_rate"] for each in logs.of_epochs] == rates[3::4]
    assert history["learning_rate"] == rates[3::4]


def test_each_group_has_its_own_rate(with_groups: Any) -> None:
    logs, history = with_groups
    for each in logs.of_batches + logs.of_epochs:
        assert each["learning_rate/body/"] == 0.5 * each["learning_rate"]
        assert each["learning_rate/bias$"] == 0
    assert history["learning_rate/body/"] == [1 / 2**5, 1 / 2**9]
    assert {key for key in history if key.startswith("learning_rate")} == {
        "learning_rate",
        "learning_rate/body/",
        "learning_rate/bias$",
    }


def test_the_rates_of_groups_can_be_left_out() -> None:
    model = compile_with(make(), SGDSpec(groups=GROUPS), loss="mse")
    history = model.fit(X, Y, verbose=0, callbacks=[LearningRateMonitor(groups=False)]).history
    assert {*history} == {"loss", "learning_rate"}


def test_rates_are_plain_floats(with_groups: Any) -> None:
    logs, history = with_groups
    seen = [each[key] for each in logs.of_batches + logs.of_epochs for key in each if key.startswith("learning_rate")]
    seen += [rate for key, rates in history.items() if key.startswith("learning_rate") for rate in rates]
    assert len(seen) == 3 * (8 + 2 + 2)
    assert {type(rate) for rate in seen} == {float}


def test_rates_are_those_of_the_preview() -> None:
    spec = AdamSpec(learning_rate=HALVING.replace(decay_steps=3))
    logs, _ = watched(spec)
    np.testing.assert_allclose([each["learning_rate"] for each in logs.of_batches], learning_rates(spec, 9)[1:])


def test_csv_logger_writes_them(tmp_path: Path) -> None:
    watched(SGDSpec(learning_rate=HALVING, groups=GROUPS), keras.callbacks.CSVLogger(tmp_path / "log.csv"))
    rows = list(csv.DictReader((tmp_path / "log.csv").read_text().splitlines()))
    assert [float(row["learning_rate"]) for row in rows] == [1 / 2**4, 1 / 2**8]
    assert [float(row["learning_rate/body/"]) for row in rows] == [1 / 2**5, 1 / 2**9]


def test_the_progress_bar_shows_them() -> None:
    shown = io.StringIO()
    with redirect_stdout(shown):
        watched(SGDSpec(learning_rate=0.25), verbose=2)
    assert shown.getvalue().count("learning_rate: 0.2500") == 2


def test_a_rate_that_a_callback_sets_is_seen() -> None:
    schedule = keras.callbacks.LearningRateScheduler(lambda epoch: 0.5 if epoch == 0 else 0.125)
    _, history = watched(SGDSpec(groups=GROUPS), schedule)
    assert history["learning_rate"] == [0.5, 0.125]
    assert history["learning_rate/body/"] == [0.25, 0.0625]


def test_a_loss_scale_optimizer_is_looked_into() -> None:
    logs, history = watched(SGDSpec(learning_rate=HALVING, groups=GROUPS), policy="mixed_float16")
    # Not a step at each batch: Keras leaves out the update where float16 overflows.
    rates = [each["learning_rate"] for each in logs.of_batches]
    assert rates[-1] < 1
    assert all(now in (then, then / 2) for then, now in pairwise([1.0, *rates]))
    assert history["learning_rate/body/"] == [rates[3] / 2, rates[7] / 2]
    assert {type(rate) for rate in rates} == {float}


@pytest.mark.parametrize("together", [2, 4, 3])
def test_steps_that_are_executed_together_give_the_rate_after_the_last_of_them(together: int) -> None:
    logs, history = watched(SGDSpec(learning_rate=HALVING), steps_per_execution=together)
    in_epoch = sorted({*range(together, 5, together), 4})
    ends = in_epoch + [4 + end for end in in_epoch]
    assert [each["learning_rate"] for each in logs.of_batches] == [1 / 2**end for end in ends]
    assert history["learning_rate"] == [1 / 2**4, 1 / 2**8]


def test_under_accumulation_the_rate_moves_with_every_batch() -> None:
    logs, _ = watched(SGDSpec(learning_rate=HALVING, gradient_accumulation_steps=2))
    assert [each["learning_rate"] for each in logs.of_batches] == [1 / 2**step for step in range(1, 9)]


@pytest.mark.skipif(not hasattr(keras.optimizers, "MultiOptimizer"), reason="this Keras has none")
@pytest.mark.parametrize(
    ("names", "keys"), [(("outer", "inner"), ["inner", "outer"]), (("same", "same"), ["same_0", "same_1"])]
)
def test_each_optimizer_of_a_multi_optimizer_is_watched_under_its_name(names: tuple[str, str], keys: list[str]) -> None:
    default = keras.optimizers.SGD(0.5, name=names[0])
    grouped = build_optimizer(SGDSpec(learning_rate=0.25, name=names[1], groups=GROUPS[1:]))
    model = make()
    of_body = keras.optimizers.OptimizerMap(default, {"(.*/)?body/.*": grouped})
    model.compile(optimizer=keras.optimizers.MultiOptimizer(of_body), loss="mse")
    history = model.fit(X, Y, verbose=0, callbacks=[LearningRateMonitor()]).history
    inner, outer = (f"learning_rate/{key}" for key in keys)
    rates = {key: values for key, values in history.items() if key != "loss"}
    assert rates == {inner: [0.25], f"{inner}/bias$": [0.0], outer: [0.5]}


def test_a_model_whose_optimizer_is_kept_elsewhere_is_trained_without_rates() -> None:
    model = compile_with(make(), SGDSpec(), loss="mse")
    model.optimizer = None
    monitor = LearningRateMonitor()
    monitor.set_model(model)
    logs: dict[str, Any] = {}
    monitor.on_train_batch_end(0, logs)
    assert logs == {}


def test_it_is_a_callback_of_keras_s_before_and_after_it_is_made() -> None:
    assert issubclass(LearningRateMonitor, keras.callbacks.Callback)
    monitor = LearningRateMonitor()
    assert isinstance(monitor, keras.callbacks.Callback)
    assert (monitor.model, monitor.params) == (None, None)
    assert type(pickle.loads(pickle.dumps(monitor))) is LearningRateMonitor


def test_one_of_a_user_s_own_can_be_made_of_it() -> None:
    class First(LearningRateMonitor):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            super().on_epoch_end(epoch, logs)
            super().on_epoch_begin(epoch, logs)  # which LearningRateMonitor itself does not have
            logs["first"] = logs["learning_rate"] / 0.5

    history = compile_with(make(), SGDSpec(learning_rate=0.5), loss="mse").fit(X, Y, verbose=0, callbacks=[First()])
    assert history.history["first"] == [1.0]


def test_an_optimizer_that_was_written_by_hand_is_watched_too() -> None:
    model = make()
    model.compile(optimizer=keras.optimizers.Adam(0.25), loss="mse")
    history = model.fit(X, Y, verbose=0, callbacks=[LearningRateMonitor()]).history
    assert history["learning_rate"] == [0.25]


def test_the_logs_of_evaluate_and_predict_are_left_alone() -> None:
    model = compile_with(make(), SGDSpec(), loss="mse")
    assert model.evaluate(X, Y, verbose=0, return_dict=True, callbacks=[LearningRateMonitor()]).keys() == {"loss"}


def test_without_logs_nothing_happens() -> None:
    monitor = LearningRateMonitor()
    monitor.set_model(compile_with(make(), SGDSpec(), loss="mse"))
    monitor.on_train_batch_end(0)
    monitor.on_epoch_end(0, None)
