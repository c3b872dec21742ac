"""compile_with: a model and a spec in, the same model out, ready to train; or a clear refusal and nothing touched."""

from typing import Any

import keras
import numpy as np
import pytest
from pydantic import ValidationError

from keras_optkit import AdamSpec, CosineDecaySpec, ExponentialDecaySpec, SGDSpec, compile_with

X = np.linspace(-1, 1, 24, dtype="float32").reshape(12, 2)
Y = X.sum(axis=1)


def dense(*, outputs: int = 1) -> keras.Sequential:
    return keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(outputs)])


def test_returns_the_same_model_ready_to_train() -> None:
    model = dense()
    assert compile_with(model, SGDSpec(learning_rate=0.1, momentum=0.9), loss="mse") is model
    assert type(model.optimizer) is keras.optimizers.SGD
    assert model.evaluate(X, Y, verbose=0) > model.fit(X, Y, epochs=20, verbose=0).history["loss"][-1]


@pytest.mark.parametrize("spec", ["adam", {"type": "Adam", "learning_rate": 0.01}, AdamSpec()], ids=type)
def test_reads_a_name_a_mapping_or_a_spec(spec: Any) -> None:
    assert type(compile_with(dense(), spec, loss="mse").optimizer) is keras.optimizers.Adam


def test_everything_else_goes_to_compile() -> None:
    model = compile_with(
        dense(outputs=2),
        "sgd",
        loss="mse",
        loss_weights=[0.5],
        metrics=["mae"],
        weighted_metrics=["mse"],
        run_eagerly=False,
        steps_per_execution=3,
        jit_compile=True,
    )
    assert model.loss == "mse"
    assert (model.steps_per_execution, model.jit_compile, model.run_eagerly) == (3, True, False)
    y = np.stack([Y, Y], axis=1)
    results = model.evaluate(X, y, batch_size=4, sample_weight=np.full(12, 2.0), verbose=0, return_dict=True)
    assert results.keys() == {"loss", "mae", "mse"}
    # Weighted by the samples' 2 and the loss's 0.5.
    assert results["loss"] == pytest.approx(results["mse"])


def test_runs_eagerly_when_asked_to() -> None:
    assert compile_with(dense(), "sgd", loss="mse", run_eagerly=True).run_eagerly is True


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision_trains_with_the_optimizer_said(policy: str) -> None:
    model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1, dtype=policy)])
    model.dtype_policy = keras.DTypePolicy(policy)
    compile_with(model, AdamSpec(learning_rate=0.05), loss="mse")
    inner = getattr(model.optimizer, "inner_optimizer", model.optimizer)
    assert type(inner) is keras.optimizers.Adam
    # Keras scales the loss for float16 only, whose range is small.
    assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer) is (policy == "mixed_float16")
    assert model.optimizer.built
    assert inner.built
    first, *_, last = model.fit(X, Y, epochs=20, verbose=0).history["loss"]
    assert last < first


def test_auto_scale_loss_is_passed_on() -> None:
    model = dense()
    model.dtype_policy = keras.DTypePolicy("mixed_float16")
    compile_with(model, "adam", loss="mse", auto_scale_loss=False)
    assert type(model.optimizer) is keras.optimizers.Adam


@pytest.mark.parametrize(
    ("spec", "error"),
    [
        ({"type": "SGD", "lr": 0.1}, ValidationError),
        ("sdg", ValidationError),
        (None, ValidationError),
        (keras.optimizers.SGD(), ValidationError),
        (ExponentialDecaySpec(initial_learning_rate=0.1, decay_steps=9, decay_rate=0.9), ValidationError),
    ],
    ids=["mapping", "name", "nothing", "optimizer", "schedule"],
)
def test_a_wrong_spec_leaves_the_model_untouched(spec: Any, error: type[Exception]) -> None:
    fresh, used = dense(), dense()
    used.compile(optimizer="sgd", loss="mse")
    before = used.optimizer
    for model in (fresh, used):
        with pytest.raises(error):
            compile_with(model, spec, loss="mae")
    assert not fresh.compiled
    assert used.optimizer is before
    assert used.loss == "mse"


@pytest.mark.parametrize(
    ("argument", "meant"),
    [("losses", "loss"), ("metric", "metrics"), ("jit", "jit_compile"), ("eager", "run_eagerly")],
)
def test_a_wrong_argument_gets_the_right_name_and_leaves_the_model_untouched(argument: str, meant: str) -> None:
    model = dense()
    with pytest.raises(TypeError, match=f"no argument '{argument}', did you mean '{meant}'"):
        compile_with(model, "sgd", **{argument: None})
    assert not model.compiled


def test_a_second_optimizer_is_refused() -> None:
    model = dense()
    with pytest.raises(TypeError, match="leave out optimizer="):
        compile_with(model, "sgd", optimizer="adam", loss="mse")
    assert not model.compiled


@pytest.mark.parametrize("model", [keras.layers.Dense(1), keras.Sequential, "model", None], ids=str)
def test_what_is_no_model_is_refused(model: Any) -> None:
    with pytest.raises(TypeError, match=r"must be a keras\.Model"):
        compile_with(model, "sgd", loss="mse")


def test_a_spec_serves_one_model_after_another() -> None:
    # As in cross-validation, where one optimizer object raises "Unknown variable" at the second fold.
    spec = SGDSpec(learning_rate=0.1)
    for _ in range(2):
        compile_with(dense(), spec, loss="mse").fit(X, Y, verbose=0)


def test_durations_become_steps_with_the_length_of_the_run() -> None:
    spec = SGDSpec(learning_rate=CosineDecaySpec(initial_learning_rate=0.1, decay_steps="2 epochs"))
    model = dense()
    with pytest.raises(ValueError, match="decay_steps is '2 epochs': pass steps_per_epoch"):
        compile_with(model, spec, loss="mse")
    assert not model.compiled
    compile_with(model, spec, loss="mse", steps_per_epoch=3).fit(X, Y, batch_size=4, epochs=2, verbose=0)
    assert model.optimizer._learning_rate.decay_steps == 6
    assert float(model.optimizer.learning_rate) == pytest.approx(0, abs=1e-8)
