"""What the package costs, as ratios of two things measured side by side in this run.

Run it with ``make bench``. Absolute times depend on the machine; the ratios are what the package promises.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

NESTED = (
    '{"type": "SGD", "momentum": 0.9, "learning_rate": '
    '{"type": "ExponentialDecay", "initial_learning_rate": 0.01, "decay_steps": 1000, "decay_rate": 0.9}}'
)
VALIDATE_IN_A_NEW_PROCESS = f"""
import sys
from keras_optkit import SGDSpec
SGDSpec.model_validate_json('{NESTED}')
assert not {{"keras", "tensorflow"}} & sys.modules.keys()
"""


def alternately(*actions: Callable[[], object], rounds: int) -> list[list[float]]:
    """The seconds that each action took in each round; they take turns, so that all see the same machine."""
    seconds: list[list[float]] = [[] for _ in actions]
    for _ in range(rounds):
        for action, spent in zip(actions, seconds, strict=True):
            start = time.perf_counter()
            action()
            spent.append(time.perf_counter() - start)
    return seconds


def process(code: str) -> Callable[[], object]:
    """A whole Python process that runs ``code``."""
    return lambda: subprocess.run([sys.executable, "-c", code], check=True, stderr=subprocess.DEVNULL)


def import_time() -> str:
    ours, theirs = alternately(process(VALIDATE_IN_A_NEW_PROCESS), process("import tensorflow"), rounds=5)
    return f"1/{median(theirs) / median(ours):.1f} ({median(ours):.2f} s against {median(theirs):.2f} s)"


def command_line_time() -> str:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "spec.json")
        file.write_text(NESTED)
        command = [
            sys.executable,
            "-m",
            "keras_optkit",
            "show",
            str(file),
            "--steps-per-epoch",
            "100",
            "--epochs",
            "20",
        ]
        ours, theirs = alternately(
            lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL),
            process("import tensorflow"),
            rounds=3,
        )
    return f"1/{median(theirs) / median(ours):.1f} ({median(ours):.2f} s against {median(theirs):.2f} s)"


def validation_rate() -> str:
    from pydantic import BaseModel

    from keras_optkit import SGDSpec

    class Schedule(BaseModel):
        type: str
        initial_learning_rate: float
        decay_steps: int
        decay_rate: float

    class Plain(BaseModel):
        """The same fields without any of our rules."""

        type: str
        momentum: float
        learning_rate: Schedule

    many = range(20_000)

    def validate(model: type[BaseModel]) -> None:
        for _ in many:
            model.model_validate_json(NESTED)

    ours, plain = alternately(lambda: validate(SGDSpec), lambda: validate(Plain), rounds=5)
    return f"{len(many) / min(ours):,.0f} a second ({min(ours) / min(plain):.1f} times a pydantic model without rules)"


def build_time() -> str:
    import keras

    from keras_optkit import AdamSpec, build_optimizer

    spec = AdamSpec(learning_rate=0.002, beta_2=0.98, global_clipnorm=1.0)
    many = range(300)

    def by_spec() -> None:
        for _ in many:
            build_optimizer(spec)

    def by_hand() -> None:
        for _ in many:
            keras.optimizers.Adam(learning_rate=0.002, beta_2=0.98, global_clipnorm=1.0)

    alternately(by_spec, by_hand, rounds=1)  # the first calls fill caches
    ours, theirs = alternately(by_spec, by_hand, rounds=11)
    return f"{median(ours) / median(theirs):.3f} ({median(ours) / len(many) * 1e6:.0f} us)"


def graph_nodes() -> str:
    import keras

    from keras_optkit import ExponentialDecaySpec, SGDSpec, build_optimizer

    schedule = keras.optimizers.schedules.ExponentialDecay(0.01, 1000, 0.9)
    spec = SGDSpec(
        learning_rate=ExponentialDecaySpec(initial_learning_rate=0.01, decay_steps=1000, decay_rate=0.9),
        momentum=0.9,
    )
    ours = nodes_of_train_step(build_optimizer(spec))
    theirs = nodes_of_train_step(keras.optimizers.SGD(schedule, momentum=0.9))
    return f"{ours / theirs:.2f} ({ours} against {theirs})"


def nodes_of_train_step(optimizer: Any) -> int:
    """Nodes in the graph of one training step of a small model, those of nested functions included."""
    import keras
    import tensorflow as tf

    model = keras.Sequential([keras.layers.Input((8,)), keras.layers.Dense(16, "relu"), keras.layers.Dense(4)])
    model.compile(optimizer, loss="mse")
    optimizer.build(model.trainable_variables)
    step = tf.function(lambda x, y: model.train_step((x, y)))
    graph = step.get_concrete_function(tf.zeros((2, 8)), tf.zeros((2, 4))).graph.as_graph_def()
    return len(graph.node) + sum(len(function.node_def) for function in graph.library.function)


def preview_speed() -> str:
    import keras
    import numpy as np

    from keras_optkit import CosineDecaySpec, build_schedule, learning_rates

    spec = CosineDecaySpec(initial_learning_rate=0.1, decay_steps=1_000_000)
    schedule = build_schedule(spec)
    steps, few = 1_000_000, 200
    previewed, called = alternately(
        lambda: learning_rates(spec, steps),
        lambda: [keras.ops.convert_to_numpy(schedule(np.int64(step))) for step in range(few)],
        rounds=5,
    )
    ours, theirs = median(previewed), median(called) * steps / few
    return f"{theirs / ours:,.0f} times as fast ({ours * 1e3:.0f} ms for a million steps)"


def schedule_nodes() -> str:
    import keras

    from keras_optkit import CosineDecaySpec, WarmupSpec, build_optimizer

    cosine = CosineDecaySpec(initial_learning_rate=0.1, decay_steps=1000)
    ours = nodes_of_train_step(
        build_optimizer({"type": "SGD", "learning_rate": WarmupSpec(schedule=cosine, warmup_steps=100)})
    )
    warm = keras.optimizers.schedules.CosineDecay(0.0, 1000, warmup_target=0.1, warmup_steps=100)
    theirs = nodes_of_train_step(keras.optimizers.SGD(warm))
    return f"{ours / theirs:.2f} ({ours} against {theirs})"


def boundary_nodes() -> str:
    import keras

    from keras_optkit import PiecewiseConstantDecaySpec, build_optimizer

    def values(count: int) -> list[float]:
        return [0.1 / (i + 1) for i in range(count + 1)]

    def ours(count: int) -> int:
        schedule = PiecewiseConstantDecaySpec(boundaries=range(1, count + 1), values=values(count))
        return nodes_of_train_step(build_optimizer({"type": "SGD", "learning_rate": schedule}))

    by_keras = keras.optimizers.schedules.PiecewiseConstantDecay(list(range(1, 1001)), values(1000))
    theirs = nodes_of_train_step(keras.optimizers.SGD(by_keras))
    return f"{ours(1000)} with 1,000 boundaries, {ours(10)} with 10 (Keras's own class: {theirs:,} with 1,000)"


def step_time_with_groups() -> str:
    import keras

    from keras_optkit import AdamSpec, ParamGroup, build_optimizer

    blocks = [f"block_{number}_" for number in range(12)]
    shares = {block: 0.9 ** (number + 1) for number, block in enumerate(blocks)}
    groups = [ParamGroup(match=block, learning_rate_multiplier=share) for block, share in shares.items()]
    optimizers = [build_optimizer(AdamSpec(groups=groups)), build_optimizer(AdamSpec())]
    if hasattr(keras.optimizers, "MultiOptimizer"):
        by_block = {f".*{block}.*": keras.optimizers.Adam(0.001 * share) for block, share in shares.items()}
        default = keras.optimizers.Adam(0.001)
        optimizers.append(keras.optimizers.MultiOptimizer(keras.optimizers.OptimizerMap(default, by_block)))
    names = [f"block_{number // 8}_{number % 8}" for number in range(100)]
    steps = [training_step(optimizer, names) for optimizer in optimizers]
    alternately(*steps, rounds=3)  # the first calls trace
    ours, plain, *multi = alternately(*steps, rounds=300)
    beside = f"; Keras's MultiOptimizer: {paired_ratio(multi[0], plain):.3f}" if multi else ""
    return f"{paired_ratio(ours, plain):.3f} ({median(plain) * 1e3:.1f} ms without{beside})"


def paired_ratio(some: list[float], others: list[float]) -> float:
    """The median ratio within a round, which a machine that is busy for some rounds hardly changes."""
    return median(one / other for one, other in zip(some, others, strict=True))


def training_step(optimizer: Any, names: list[str]) -> Callable[[], object]:
    """A training step of a model with one layer for each of ``names``."""
    import keras
    import tensorflow as tf

    layers = [keras.layers.Dense(32, "relu", name=name) for name in names]
    model = keras.Sequential([keras.layers.Input((32,)), *layers])
    model.compile(optimizer, loss="mse")
    optimizer.build(model.trainable_variables)
    step = tf.function(model.train_step, autograph=False)
    batch = tf.random.normal((32, 32))
    return lambda: step((batch, batch))


FIGURES = {
    "`keras-optkit show`, of `import tensorflow` (aim: 1/10 or less)": command_line_time,
    "import and validate, of `import tensorflow` (aim: 1/12 or less)": import_time,
    "nested specs validated from JSON (aim: 150,000)": validation_rate,
    "build_optimizer, of the plain constructor (aim: 1.05 or less)": build_time,
    "graph nodes of a train step, of hand-written Keras (aim: 1.00)": graph_nodes,
    "preview, of calling the Keras schedule step by step (aim: 1,000)": preview_speed,
    "graph nodes with Warmup, of Keras's own cosine with warm-up (aim: 1)": schedule_nodes,
    "graph nodes of a long PiecewiseConstantDecay (aim: the same)": boundary_nodes,
    "step with 12 groups on 100 layers, of one without (aim: 1.05 or less)": step_time_with_groups,
}


def main() -> None:
    for name, measure in FIGURES.items():
        print(f"{name + ':':70} {measure()}", flush=True)


if __name__ == "__main__":
    main()
