"""Update by update, bit by bit, a built optimizer does what the same optimizer written by hand in Keras does."""

import itertools
from collections.abc import Callable

import keras
import numpy as np
import pytest
from keras.optimizers import SGD, Adam, schedules
from sklearn.datasets import load_digits

import keras_optkit as ok

UPDATES = 12
EXPONENTIAL = {"initial_learning_rate": 0.1, "decay_steps": 4, "decay_rate": 0.5}

#: By name: what is said, and the constructor call written by hand.
TABLE: dict[str, tuple[ok.OptimizerSpec, Callable[[], keras.Optimizer]]] = {
    "SGD": (ok.SGDSpec(), lambda: SGD()),
    "momentum": (ok.SGDSpec(momentum=0.9), lambda: SGD(momentum=0.9)),
    "nesterov": (ok.SGDSpec(momentum=0.9, nesterov=True), lambda: SGD(momentum=0.9, nesterov=True)),
    "rate": (ok.SGDSpec(learning_rate=0.1), lambda: SGD(0.1)),
    "clipnorm": (ok.SGDSpec(clipnorm=0.5), lambda: SGD(clipnorm=0.5)),
    "clipvalue": (ok.SGDSpec(clipvalue=0.5), lambda: SGD(clipvalue=0.5)),
    "global_clipnorm": (ok.SGDSpec(global_clipnorm=0.5), lambda: SGD(global_clipnorm=0.5)),
    "weight_decay": (ok.SGDSpec(weight_decay=0.1), lambda: SGD(weight_decay=0.1)),
    "loss_scale_factor": (ok.SGDSpec(loss_scale_factor=4), lambda: SGD(loss_scale_factor=4.0)),
    "accumulation": (ok.SGDSpec(gradient_accumulation_steps=3), lambda: SGD(gradient_accumulation_steps=3)),
    "average": (ok.SGDSpec(use_ema=True), lambda: SGD(use_ema=True)),
    "faster average": (ok.SGDSpec(use_ema=True, ema_momentum=0.5), lambda: SGD(use_ema=True, ema_momentum=0.5)),
    "overwriting average": (
        ok.SGDSpec(use_ema=True, ema_overwrite_frequency=5),
        lambda: SGD(use_ema=True, ema_overwrite_frequency=5),
    ),
    "Adam": (ok.AdamSpec(), lambda: Adam()),
    "Adam textbook": (
        ok.AdamSpec(learning_rate=0.01, beta_1=0.8, beta_2=0.99, epsilon=1e-3),
        lambda: Adam(0.01, 0.8, 0.99, 1e-3),
    ),
    "amsgrad": (ok.AdamSpec(amsgrad=True), lambda: Adam(amsgrad=True)),
    "Adam all together": (
        ok.AdamSpec(
            learning_rate=ok.ExponentialDecaySpec(**EXPONENTIAL), amsgrad=True, weight_decay=0.01, clipvalue=1,
            use_ema=True, ema_overwrite_frequency=2, gradient_accumulation_steps=2, loss_scale_factor=2,
        ),
        lambda: Adam(
            schedules.ExponentialDecay(0.1, 4, 0.5), amsgrad=True, weight_decay=0.01, clipvalue=1.0,
            use_ema=True, ema_overwrite_frequency=2, gradient_accumulation_steps=2, loss_scale_factor=2.0,
        ),
    ),
    "ExponentialDecay": (
        ok.SGDSpec(learning_rate=ok.ExponentialDecaySpec(**EXPONENTIAL)),
        lambda: SGD(schedules.ExponentialDecay(0.1, 4, 0.5)),
    ),
    "ExponentialDecay staircase": (
        ok.SGDSpec(learning_rate=ok.ExponentialDecaySpec(**EXPONENTIAL, staircase=True)),
        lambda: SGD(schedules.ExponentialDecay(0.1, 4, 0.5, staircase=True)),
    ),
    "ExponentialDecay from 1": (
        # Written with the integer, Keras gives the rates 1, 0, 0, ...
        ok.SGDSpec(learning_rate=ok.ExponentialDecaySpec(initial_learning_rate=1, decay_steps=4, decay_rate=0.5)),
        lambda: SGD(schedules.ExponentialDecay(1.0, 4, 0.5)),
    ),
    "PiecewiseConstantDecay": (
        ok.SGDSpec(learning_rate=ok.PiecewiseConstantDecaySpec(boundaries=[3, 6], values=[1, 0.1, 0.01])),
        lambda: SGD(schedules.PiecewiseConstantDecay([3, 6], [1.0, 0.1, 0.01])),
    ),
    "PolynomialDecay": (
        ok.SGDSpec(learning_rate=ok.PolynomialDecaySpec(initial_learning_rate=0.1, decay_steps=5, power=2, cycle=True)),
        lambda: SGD(schedules.PolynomialDecay(0.1, 5, power=2.0, cycle=True)),
    ),
    "InverseTimeDecay": (
        ok.SGDSpec(learning_rate=ok.InverseTimeDecaySpec(initial_learning_rate=0.1, decay_steps=1, decay_rate=0.5)),
        lambda: SGD(schedules.InverseTimeDecay(0.1, 1, 0.5)),
    ),
    "CosineDecay": (
        ok.SGDSpec(
            learning_rate=ok.CosineDecaySpec(
                initial_learning_rate=0, decay_steps=8, alpha=0.1, warmup_target=0.1, warmup_steps=3
            )
        ),
        lambda: SGD(schedules.CosineDecay(0.0, 8, 0.1, warmup_target=0.1, warmup_steps=3)),
    ),
    "CosineDecayRestarts": (
        ok.SGDSpec(
            learning_rate=ok.CosineDecayRestartsSpec(
                initial_learning_rate=0.1, first_decay_steps=3, t_mul=1.5, m_mul=0.8, alpha=0.1
            )
        ),
        lambda: SGD(schedules.CosineDecayRestarts(0.1, 3, 1.5, 0.8, 0.1)),
    ),
}  # fmt: skip


def trained(optimizer: keras.Optimizer) -> list[np.ndarray]:
    """The weights after each update with the same random gradients, and at last after the end of training."""
    random = np.random.default_rng(0)
    variables = [keras.Variable(random.normal(size=shape).astype("float32")) for shape in ((3, 2), (2,))]
    history = []
    for _ in range(UPDATES):
        gradients = [keras.ops.convert_to_tensor(random.normal(size=v.shape).astype("float32")) for v in variables]
        optimizer.apply(gradients, variables)
        history.append(np.concatenate([v.numpy().ravel() for v in variables]))
    optimizer.finalize_variable_values(variables)
    return [*history, np.concatenate([v.numpy().ravel() for v in variables])]


@pytest.mark.parametrize("name", TABLE)
def test_updates_are_those_of_the_optimizer_written_by_hand(name: str) -> None:
    spec, by_hand = TABLE[name]
    np.testing.assert_array_equal(trained(ok.build_optimizer(spec)), trained(by_hand()))


def test_no_two_configurations_in_the_table_train_alike() -> None:
    # Otherwise the test above would not notice it if a field got lost.
    ends = {name: trained(by_hand()) for name, (_, by_hand) in TABLE.items()}
    alike = [pair for pair in itertools.combinations(ends, 2) if np.array_equal(ends[pair[0]], ends[pair[1]])]
    assert alike == []


def test_one_accumulation_step_updates_like_none() -> None:
    np.testing.assert_array_equal(
        trained(ok.build_optimizer(ok.SGDSpec(gradient_accumulation_steps=1))), trained(SGD())
    )


def test_training_on_real_images_is_that_of_keras_written_by_hand() -> None:
    images, labels = load_digits(return_X_y=True)
    results = []
    for optimizer in (
        ok.build_optimizer(ok.SGDSpec(learning_rate=ok.ExponentialDecaySpec(**EXPONENTIAL | {"decay_steps": 300}))),
        SGD(schedules.ExponentialDecay(0.1, 300, 0.5)),
    ):
        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.layers.Input((64,)), keras.layers.Dense(10, activation="softmax")])
        model.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
        history = model.fit(images / 16, labels, epochs=3, verbose=0).history
        results.append((history, np.concatenate([weights.ravel() for weights in model.get_weights()]).tolist()))
    assert results[0] == results[1]
    assert results[0][0]["accuracy"][-1] > 0.85
