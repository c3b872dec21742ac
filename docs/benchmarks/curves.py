"""What the rates of a million steps cost, beside one cosine of a million numbers, optax's schedules and Keras's."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from timing import Action, Figure, Measured, compared, if_installed

STEPS = 1_000_000
TENTH = STEPS // 10
CALLS = 300

COSINE, OPTAX = "one `numpy.cos`", "optax, compiled by `jax.jit`"
KERAS, KERAS_EACH = (
    "Keras's schedule, called once with all steps",
    "Keras's schedule, called for each step",
)


def spec_of_a(curve: str) -> Any:
    from keras_optkit import CosineDecaySpec, JoinSpec, OneCycleSpec, WarmupStableDecaySpec

    tenth = CosineDecaySpec(initial_learning_rate=0.1, decay_steps=TENTH)
    specs = {
        "cosine": tenth.replace(decay_steps=STEPS),
        "one-cycle": OneCycleSpec(max_learning_rate=0.1, total_steps=STEPS),
        "warm-up-stable-decay": WarmupStableDecaySpec(
            peak_learning_rate=0.1, warmup_steps=TENTH, decay_steps=TENTH, total_steps=STEPS
        ),
        "join of ten cosines": JoinSpec(
            schedules=[tenth] * 10, boundaries=range(TENTH, STEPS, TENTH)
        ),
    }
    return specs[curve]


def by_optax(curve: str) -> Action:
    import jax
    import optax

    tenth = optax.cosine_decay_schedule(0.1, TENTH)
    made: dict[str, Callable[[Any], Any]] = {
        "cosine": optax.cosine_decay_schedule(0.1, STEPS),
        "one-cycle": optax.cosine_onecycle_schedule(STEPS, 0.1),
        "warm-up-stable-decay": optax.join_schedules(
            [
                optax.linear_schedule(0, 0.1, TENTH),
                optax.constant_schedule(0.1),
                optax.linear_schedule(0.1, 0, TENTH),
            ],
            [TENTH, STEPS - TENTH],
        ),
        "join of ten cosines": optax.join_schedules(
            [tenth] * 10, list(range(TENTH, STEPS, TENTH))
        ),
    }
    # Some of optax's schedules take one step at a time.
    compiled, steps = jax.jit(jax.vmap(made[curve])), jax.numpy.arange(STEPS)
    return same_rates(curve, lambda: np.asarray(compiled(steps)))


def by_keras() -> Action:
    import keras
    import tensorflow as tf

    schedule, steps = keras.optimizers.schedules.CosineDecay(0.1, STEPS), tf.range(STEPS)
    return same_rates("cosine", lambda: np.asarray(schedule(steps)))


def by_keras_for_each() -> Action:
    import keras

    schedule = keras.optimizers.schedules.CosineDecay(0.1, STEPS)
    return Action(lambda: [float(schedule(step)) for step in range(CALLS)], units=CALLS)


def same_rates(curve: str, rates: Callable[[], Any]) -> Action:
    """The rates of a peer, which must be ours as far as float32 goes: otherwise it would be another curve."""
    from keras_optkit import learning_rates

    np.testing.assert_allclose(rates(), learning_rates(spec_of_a(curve), STEPS), atol=1e-6)
    return Action(rates, units=STEPS)


def rates_of_a(curve: str) -> Measured:
    from keras_optkit import learning_rates

    spec, angles = spec_of_a(curve), np.linspace(0, np.pi, STEPS)
    peers = {
        COSINE: Action(lambda: np.cos(angles), units=STEPS),
        OPTAX: if_installed(partial(by_optax, curve)),
    }
    if curve == "cosine":
        peers |= {KERAS: by_keras(), KERAS_EACH: by_keras_for_each()}
    return compared(Action(lambda: learning_rates(spec, STEPS), units=STEPS), peers, rounds=15)


def memory() -> Measured:
    """At its highest, beside the array that is returned."""
    import tracemalloc

    from keras_optkit import learning_rates

    peaks = []
    for curve in AIMS:
        spec = spec_of_a(curve)
        tracemalloc.start()
        size = learning_rates(spec, STEPS).nbytes
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    return Measured(f"{max(peaks) / 2**20:.3g} MiB", {"the array": f"{max(peaks) / size:.3g}"})


#: The highest ratio to one cosine of as many numbers.
AIMS = {
    "cosine": 1.3,
    "one-cycle": 2.0,
    "warm-up-stable-decay": 1.0,
    "join of ten cosines": 4.0,
}
FIGURES = [
    *(
        Figure(
            f"each of a million rates of a {curve}",
            {COSINE: aim, OPTAX: None}
            | (dict.fromkeys([KERAS, KERAS_EACH]) if curve == "cosine" else {}),
            partial(rates_of_a, curve),
        )
        for curve, aim in AIMS.items()
    ),
    Figure("memory for a million rates, at most", {"the array": 2.6}, memory),
]
