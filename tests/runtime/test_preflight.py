"""compile_with looks before the first step: errors with the model untouched, warnings at the line that calls it."""

import linecache
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from installed_keras import can_build
from keras import layers, regularizers

from keras_optkit import (
    AdamSpec,
    AdamWSpec,
    FtrlSpec,
    LionSpec,
    MuonSpec,
    OptimizerSpec,
    OptimizerWarning,
    ParamGroup,
    ScheduleFreeAdamWSpec,
    SGDSpec,
    compile_with,
)

ROOT = Path(__file__).parents[2]
X = np.linspace(-1, 1, 24, dtype="float32").reshape(12, 2)
Y = X.sum(axis=1, keepdims=True)


def dense(*, policy: str = "float32", **arguments: Any) -> keras.Model:
    model = keras.Sequential([layers.Input((2,)), layers.Dense(3, name="body", **arguments), layers.Dense(1)])
    model.dtype_policy = keras.DTypePolicy(policy)
    return model


def frozen() -> keras.Model:
    model = dense()
    model.trainable = False
    return model


def only_dropout() -> keras.Model:
    return keras.Sequential([layers.Input((2,)), layers.Dropout(0.5)])


SLOW_HEAD = [ParamGroup(match="dense", learning_rate_multiplier=0.5)]


def unbuilt() -> keras.Model:
    return keras.Sequential([layers.Dense(1)])


class Untouched:
    """What can be seen of a model that was touched: its optimizer, its loss, its weights."""

    def __init__(self, model: keras.Model) -> None:
        self.model, self.before = model, self.seen(model)

    @staticmethod
    def seen(model: keras.Model) -> tuple[Any, ...]:
        return (
            model.compiled,
            getattr(model, "optimizer", None),
            getattr(model, "loss", None),
            [id(v) for v in model.variables],
        )

    def check(self) -> None:
        assert self.seen(self.model) == self.before


@pytest.mark.parametrize(
    ("make", "spec", "words"),
    [
        (frozen, "adam", "nothing to train: it has no weights, or all its layers have trainable=False"),
        (only_dropout, "adam", "nothing to train"),
        (
            dense,
            SGDSpec(groups=[ParamGroup(match=".", learning_rate_multiplier=0)]),
            "nothing to train: the groups freeze all its weights",
        ),
        (
            dense,
            SGDSpec(learning_rate=0.1, weight_decay=20.5),
            "^weight_decay: learning_rate [*] weight_decay is 2.05; above 2, each step flips the sign",
        ),
        (
            dense,
            SGDSpec(learning_rate=0.1, weight_decay=10, groups=[ParamGroup(match="body/", learning_rate_multiplier=3)]),
            "^groups.0: learning_rate [*] weight_decay is 3; above 2, ",
        ),
        (dense, SGDSpec(groups=[ParamGroup(match="bdy")]), "'bdy' matches no variable.*body/kernel"),
    ],
)
@pytest.mark.parametrize("compiled", [False, True])
def test_what_cannot_train_is_an_error_at_once(make: Any, spec: Any, words: str, compiled: bool) -> None:
    model = make()
    if compiled:
        model.compile(optimizer="sgd", loss="mse")
    untouched = Untouched(model)
    with pytest.raises(ValueError, match=words):
        compile_with(model, spec, loss="mae")
    untouched.check()


class OwnEmbedding(layers.Embedding):
    """One of a user's own."""


def embedding(cls: type[layers.Embedding] = layers.Embedding, **arguments: Any) -> keras.Model:
    # Nested, as a backbone is.
    body = keras.Sequential([layers.Input((2,)), cls(4, 3, name="words", **arguments), layers.Flatten()], name="body")
    return keras.Sequential([layers.Input((2,)), body, layers.Dense(1)])


@pytest.mark.parametrize("cls", [layers.Embedding, OwnEmbedding])
@pytest.mark.parametrize("spec", [SGDSpec(loss_scale_factor=8), AdamWSpec(loss_scale_factor=8, groups=SLOW_HEAD)])
def test_a_loss_scale_and_embeddings_are_refused_before_the_first_step(cls: Any, spec: OptimizerSpec) -> None:
    model = embedding(cls)
    untouched = Untouched(model)
    with pytest.raises(ValueError, match=r"^loss_scale_factor does not work with Embedding layers \(here words\): "):
        compile_with(model, spec, loss="mse")
    untouched.check()
    # Frozen, they have no gradients, and Keras trains the rest.
    compile_with(embedding(cls, trainable=False), spec, loss="mse").fit(np.zeros((4, 2)), np.ones(4), verbose=0)


def test_under_mixed_precision_keras_scales_sparse_gradients_by_itself() -> None:
    model = embedding()
    model.dtype_policy = keras.DTypePolicy("mixed_float16")
    with pytest.warns(OptimizerWarning, match="loss_scale_factor has no effect"):
        compile_with(model, SGDSpec(loss_scale_factor=8), loss="mse")
    model.fit(np.zeros((4, 2)), np.ones(4), verbose=0)


@pytest.mark.skipif(not can_build(ScheduleFreeAdamWSpec), reason="this Keras has no ScheduleFreeAdamW")
def test_schedule_free_adamw_trains_from_the_weights_that_the_model_has() -> None:
    # Keras makes its second copy of the weights inside of the first step, as zeros.
    keras.utils.set_random_seed(0)
    model = compile_with(dense(), ScheduleFreeAdamWSpec(learning_rate=1e-9), loss="mse")
    before = [weights.copy() for weights in model.get_weights()]
    model.fit(X, Y, batch_size=4, epochs=2, verbose=0)
    for now, then in zip(model.get_weights(), before, strict=True):
        np.testing.assert_allclose(now, then, atol=1e-6)


DECAYED = {
    "SGD": SGDSpec(weight_decay=0.1),
    "AdamW": AdamWSpec(),
    "Lion": LionSpec(weight_decay=0.1),
    "Muon, both decays": MuonSpec(),
    "Muon, only Adam's": MuonSpec(weight_decay=None),
    "by a group": SGDSpec(groups=[ParamGroup(match="body/", weight_decay=0.1)]),
    "Ftrl": FtrlSpec(weight_decay=0.1),
}
L2 = {"kernel_regularizer": "l2"}
#: (model, spec, arguments of compile_with, what the warning says)
WARNED: dict[str, tuple[Any, OptimizerSpec, dict[str, Any], str]] = {
    "average and accumulation": (
        dense, SGDSpec(use_ema=True, gradient_accumulation_steps=2), {}, "ema_momentum counts batches, not updates"),
    "loss scale under mixed precision": (
        lambda: dense(policy="mixed_float16"), SGDSpec(loss_scale_factor=2), {}, "loss_scale_factor has no effect"),
    "decay and L2": (lambda: dense(**L2), AdamWSpec(), {}, "L2 regularizer both shrink body/kernel: "),
    "decay and L1L2": (
        lambda: dense(kernel_regularizer=regularizers.L1L2(0.1, 0.1)), AdamWSpec(), {}, "both shrink body/kernel"),
    "decay and L2 on a bias": (
        lambda: dense(**L2, bias_regularizer="l2"), AdamWSpec(), {}, "both shrink body/kernel, body/bias"),
}  # fmt: skip


@pytest.mark.parametrize("name", WARNED)
def test_what_trains_otherwise_than_it_reads_is_a_warning_at_the_caller_s_line(name: str) -> None:
    make, spec, arguments, words = WARNED[name]
    model = make()
    with pytest.warns(OptimizerWarning, match=words) as caught:
        compile_with(model, spec, loss="mse", **arguments)  # this line
    places = [(warning.filename, linecache.getline(warning.filename, warning.lineno)) for warning in caught]
    assert [(file, line.rpartition("# ")[2]) for file, line in places] == [(__file__, "this line\n")]
    assert model.compiled


#: Of one of the above, what takes the reason for its warning away.
FINE: dict[str, tuple[Any, OptimizerSpec, dict[str, Any]]] = {
    "an average alone": (dense, SGDSpec(use_ema=True), {}),
    "accumulation alone": (dense, SGDSpec(gradient_accumulation_steps=2), {}),
    "a clip on one device": (dense, SGDSpec(global_clipnorm=1), {}),
    "a loss scale in float32": (dense, SGDSpec(loss_scale_factor=2), {}),
    "a loss scale that Keras leaves alone": (
        lambda: dense(policy="mixed_float16"), SGDSpec(loss_scale_factor=2), {"auto_scale_loss": False}),
    "decay alone": (dense, AdamWSpec(), {}),
    "L2 alone": (lambda: dense(**L2), AdamSpec(), {}),
    "a decay of 0 and L2": (lambda: dense(**L2), AdamSpec(weight_decay=0), {}),
    "L1 and decay": (lambda: dense(kernel_regularizer="l1"), AdamWSpec(), {}),
    "L2 of the output": (lambda: dense(activity_regularizer="l2"), AdamWSpec(), {}),
    "L2 where decay is excluded": (
        lambda: dense(**L2), AdamWSpec(exclude_from_weight_decay=["body/kernel"]), {}),
    "L2 where a group has no decay": (
        lambda: dense(**L2), AdamWSpec(groups=[ParamGroup(match="body/", weight_decay=0)]), {}),
    "L2 where only another group decays": (
        lambda: dense(**L2), SGDSpec(groups=[ParamGroup(match=r"dense(_\d+)?/", weight_decay=0.1)]), {}),
    "L2 on frozen weights": (
        lambda: dense(**L2), AdamWSpec(groups=[ParamGroup(match="body/", learning_rate_multiplier=0)]), {}),
    "L2 where Muon steps without decay": (
        lambda: dense(**L2), MuonSpec(weight_decay=None), {}),
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name, (_, spec, _) in FINE.items() if can_build(type(spec))])
def test_no_warning_where_there_is_no_reason(name: str) -> None:
    make, spec, arguments = FINE[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        compile_with(make(), spec, loss="mse", **arguments)


@pytest.mark.parametrize("name", [name for name, spec in DECAYED.items() if can_build(type(spec))])
def test_decay_of_any_kind_is_seen_beside_l2(name: str) -> None:
    # Of Muon, the decay of Adam's step is that of the bias.
    model = dense(bias_regularizer="l2", **L2)
    with pytest.warns(OptimizerWarning, match="L2 regularizer both shrink .*body/bias"):
        compile_with(model, DECAYED[name], loss="mse")


def test_the_warning_is_a_category_of_its_own_that_can_be_silenced() -> None:
    assert issubclass(OptimizerWarning, UserWarning)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", OptimizerWarning)
        compile_with(dense(**L2), AdamWSpec(), loss="mse")


def test_several_replicas_are_looked_at_too() -> None:
    # Devices must be set up before TensorFlow starts, so in a process of its own. Nothing is trained there.
    script = """
import warnings
import keras, tensorflow as tf
from keras_optkit import OptimizerWarning, SGDSpec, compile_with

device = tf.config.LogicalDeviceConfiguration()
tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], [device, device])
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])

def make():
    with strategy.scope():
        return keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1)])

def refused(model, spec, **arguments):
    before = getattr(model, "optimizer", None)
    try:
        compile_with(model, spec, **arguments)
    except ValueError as error:
        assert getattr(model, "optimizer", None) is before
        return str(error)
    raise AssertionError(f"{spec} {arguments} was not refused")

warnings.simplefilter("error")
for fields in ({"gradient_accumulation_steps": 2}, {"use_ema": True, "ema_overwrite_frequency": 5}):
    said = refused(make(), SGDSpec(**fields), loss="mse")
    assert list(fields)[-1] in said and "several replicas (here 2)" in said, said
assert "jit_compile=True does not work" in refused(make(), "sgd", loss="mse", jit_compile=True)

# Also if jit_compile is what the model was compiled with before, and would be kept.
model = make()
with strategy.scope():
    model.compile(optimizer="sgd", loss="mse", jit_compile=True)
assert "jit_compile=True does not work" in refused(model, "adam")
compile_with(model, "adam", jit_compile=False)

for clip in ("clipnorm", "clipvalue", "global_clipnorm"):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        compile_with(make(), SGDSpec(**{clip: 1.0}), loss="mse")
    [warning] = [each for each in caught if each.category is OptimizerWarning]
    assert str(warning.message).startswith(f"{clip} is applied on each of the 2 replicas"), warning
    assert warning.filename == "<string>", warning

# None of it with one replica, nor where nothing of the kind is said.
compile_with(make(), SGDSpec(use_ema=True), loss="mse")
with tf.distribute.OneDeviceStrategy("CPU:0").scope():
    alone = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1)])
compile_with(alone, SGDSpec(gradient_accumulation_steps=2, clipnorm=1.0), loss="mse", jit_compile=True)
"""
    command = [sys.executable, "-c", script]
    surroundings = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
