"""What the built optimizer costs in training, beside the one that Keras's own constructor makes."""

from __future__ import annotations

from typing import Any

from timing import Action, Figure, Measured, compared

BY_HAND = "the same by hand"
PLAIN, MULTI = "the same without groups", "Keras's `MultiOptimizer`"
KERAS_WARMUP = "Keras's `CosineDecay` with a warm-up"
SHORT, KERAS_LONG = "10 boundaries", "Keras's class"
BLOCKS = [f"block_{number}_" for number in range(12)]
LAYERS = [f"block_{number // 8}_{number % 8}" for number in range(100)]


def building() -> Measured:
    import keras

    from keras_optkit import AdamSpec, build_optimizer

    spec, times = AdamSpec(learning_rate=0.002, beta_2=0.98, global_clipnorm=1.0), 300

    def by_spec() -> None:
        for _ in range(times):
            build_optimizer(spec)

    def by_hand() -> None:
        for _ in range(times):
            keras.optimizers.Adam(learning_rate=0.002, beta_2=0.98, global_clipnorm=1.0)

    return compared(Action(by_spec, times), {BY_HAND: Action(by_hand, times)}, rounds=15)


def steps_with_groups() -> Measured:
    import keras

    from keras_optkit import AdamSpec, ParamGroup, build_optimizer

    shares = {block: 0.9 ** (number + 1) for number, block in enumerate(BLOCKS)}
    groups = [
        ParamGroup(match=block, learning_rate_multiplier=share)
        for block, share in shares.items()
    ]
    peers: dict[str, Action | None] = {PLAIN: training_step(build_optimizer(AdamSpec()))}
    if hasattr(keras.optimizers, "MultiOptimizer"):  # since Keras 3.15
        by_block = {
            f".*{block}.*": keras.optimizers.Adam(0.001 * share)
            for block, share in shares.items()
        }
        default = keras.optimizers.Adam(0.001)
        peers[MULTI] = training_step(
            keras.optimizers.MultiOptimizer(keras.optimizers.OptimizerMap(default, by_block))
        )
    return compared(training_step(build_optimizer(AdamSpec(groups=groups))), peers, rounds=300)


def training_step(optimizer: Any) -> Action:
    """A step of a model with 100 small layers, in a graph."""
    import keras
    import tensorflow as tf

    layers = [keras.layers.Dense(32, "relu", name=name) for name in LAYERS]
    model = keras.Sequential([keras.layers.Input((32,)), *layers])
    model.compile(optimizer, loss="mse")
    optimizer.build(model.trainable_variables)
    step = tf.function(model.train_step, autograph=False)
    batch = tf.random.normal((32, 32))
    return Action(lambda: step((batch, batch)))


def nodes_of_train_step(optimizer: Any) -> int:
    """Nodes in the graph of one training step of a small model, those of nested functions included."""
    import keras
    import tensorflow as tf

    model = keras.Sequential(
        [keras.layers.Input((8,)), keras.layers.Dense(16, "relu"), keras.layers.Dense(4)]
    )
    model.compile(optimizer, loss="mse")
    optimizer.build(model.trainable_variables)
    step = tf.function(lambda x, y: model.train_step((x, y)))
    graph = step.get_concrete_function(tf.zeros((2, 8)), tf.zeros((2, 4))).graph.as_graph_def()
    return len(graph.node) + sum(len(function.node_def) for function in graph.library.function)


def nodes(ours: Any, **peers: Any) -> Measured:
    """The nodes of ``ours`` and, by their names, of others: all are SGD."""
    import keras

    from keras_optkit import ScheduleSpec, build_optimizer

    def count(schedule: Any) -> int:
        if isinstance(schedule, ScheduleSpec):
            return nodes_of_train_step(
                build_optimizer({"type": "SGD", "learning_rate": schedule})
            )
        return nodes_of_train_step(keras.optimizers.SGD(schedule))

    own = count(ours)
    return Measured(
        f"{own:,} nodes", {name: f"{own / count(peer):.3g}" for name, peer in peers.items()}
    )


def nodes_of_a_mirrored_schedule() -> Measured:
    from keras.optimizers import schedules

    from keras_optkit import ExponentialDecaySpec

    ours = ExponentialDecaySpec(initial_learning_rate=0.01, decay_steps=1000, decay_rate=0.9)
    return nodes(ours, **{BY_HAND: schedules.ExponentialDecay(0.01, 1000, 0.9)})


def nodes_of_a_warmup() -> Measured:
    from keras.optimizers import schedules

    from keras_optkit import CosineDecaySpec, WarmupSpec

    ours = WarmupSpec(
        schedule=CosineDecaySpec(initial_learning_rate=0.1, decay_steps=1000), warmup_steps=100
    )
    return nodes(
        ours,
        **{KERAS_WARMUP: schedules.CosineDecay(0.0, 1000, warmup_target=0.1, warmup_steps=100)},
    )


def nodes_of_many_boundaries() -> Measured:
    from keras.optimizers import schedules

    from keras_optkit import PiecewiseConstantDecaySpec

    def values(count: int) -> list[float]:
        return [0.1 / (i + 1) for i in range(count + 1)]

    def ours(count: int) -> PiecewiseConstantDecaySpec:
        return PiecewiseConstantDecaySpec(boundaries=range(1, count + 1), values=values(count))

    by_keras = schedules.PiecewiseConstantDecay(list(range(1, 1001)), values(1000))
    return nodes(ours(1000), **{SHORT: ours(10), KERAS_LONG: by_keras})


FIGURES = [
    Figure("`build_optimizer(AdamSpec(...))`", {BY_HAND: 1.05}, building),
    Figure(
        "training step with 12 groups, 100 layers",
        {PLAIN: 1.05, MULTI: None},
        steps_with_groups,
    ),
    Figure(
        "graph of a training step, with `ExponentialDecaySpec`",
        {BY_HAND: 1.0},
        nodes_of_a_mirrored_schedule,
    ),
    Figure(
        "graph of a training step, with `WarmupSpec`", {KERAS_WARMUP: 1.0}, nodes_of_a_warmup
    ),
    Figure(
        "graph of a training step, with `PiecewiseConstantDecaySpec` and 1,000 boundaries",
        {SHORT: 1.0, KERAS_LONG: None},
        nodes_of_many_boundaries,
    ),
]
