"""What the package costs, as ratios of two things measured side by side in this run.

Run it with ``make bench``. Absolute times depend on the machine; the ratios are what the package promises. Times are
CPU times, which hardly change when the machine does other work too.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
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
assert not {{"keras", "tensorflow", "numpy"}} & sys.modules.keys()
"""
#: What a process pays that uses pydantic at all.
PYDANTIC_IN_A_NEW_PROCESS = """
from pydantic import BaseModel
class Plain(BaseModel):
    momentum: float
Plain.model_validate_json('{"momentum": 0.9}')
"""


def alternately(*actions: Callable[[], object], rounds: int) -> list[list[float]]:
    """The seconds that each action took in each round; they take turns, so that all see the same machine."""
    seconds: list[list[float]] = [[] for _ in actions]
    for _ in range(rounds):
        for action, spent in zip(actions, seconds, strict=True):
            start = cpu_seconds()
            action()
            spent.append(cpu_seconds() - start)
    return seconds


def cpu_seconds() -> float:
    """What this process and those that it started have computed so far."""
    usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def process(*arguments: object) -> Callable[[], object]:
    """A whole Python process, as users start it: with the bytecode of a first run."""
    line = [sys.executable, *map(str, arguments)]
    environment = {name: value for name, value in os.environ.items() if name not in NOT_OF_USERS}

    def run() -> None:
        subprocess.run(line, check=True, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    run()
    return run


#: With the first, each process compiles every module that has no bytecode yet: a plain import takes twice as long.
NOT_OF_USERS = {"PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PYTHONPROFILEIMPORTTIME", "PYTHONDEVMODE"}


def import_time() -> str:
    ours, pydantic, tensorflow = alternately(
        process("-c", VALIDATE_IN_A_NEW_PROCESS),
        process("-c", PYDANTIC_IN_A_NEW_PROCESS),
        process("-c", "import tensorflow"),
        rounds=7,
    )
    return (
        f"{paired_ratio(ours, pydantic):.2f} ({median(ours) * 1e3:.0f} ms; "
        f"1/{paired_ratio(tensorflow, ours):.0f} of import tensorflow)"
    )


def command_line_time() -> str:
    """Of ``check``, which only reads, and of ``show``, which computes the curve too."""
    with tempfile.TemporaryDirectory() as folder:
        json_file, yaml_file = Path(folder, "spec.json"), Path(folder, "spec.yaml")
        json_file.write_text(NESTED)
        yaml_file.write_text(NESTED)  # JSON is YAML
        *commands, pydantic, tensorflow = alternately(
            process("-m", "keras_optkit", "check", json_file),
            process("-m", "keras_optkit", "check", yaml_file),
            process("-m", "keras_optkit", "show", json_file, "--steps-per-epoch", 100, "--epochs", 20),
            process("-c", PYDANTIC_IN_A_NEW_PROCESS),
            process("-c", "import tensorflow"),
            rounds=5,
        )
    check_json, check_yaml, show = (f"{paired_ratio(seconds, pydantic):.2f}" for seconds in commands)
    of_tensorflow = f"show is 1/{paired_ratio(tensorflow, commands[-1]):.0f} of import tensorflow"
    return f"{check_json} for JSON, {check_yaml} for YAML, show {show} ({of_tensorflow})"


def validation_time() -> str:
    import json

    import msgspec
    from pydantic import BaseModel

    from keras_optkit import parse_spec

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

    # Not as classes, whose annotations msgspec would look up outside of this function.
    numbers = [("initial_learning_rate", float), ("decay_steps", int), ("decay_rate", float)]
    schedule = msgspec.defstruct("Schedule", [("type", str), *numbers])
    struct = msgspec.defstruct("Plain", [("type", str), ("momentum", float), ("learning_rate", schedule)])

    data = json.loads(NESTED)
    many = range(5_000)

    def each(validate: Callable[[Any], object]) -> Callable[[], object]:
        return lambda: [validate(data) for _ in many]

    ours, plain, by_msgspec = alternately(
        each(parse_spec),
        each(Plain.model_validate),
        each(lambda found: msgspec.convert(found, struct)),
        rounds=9,
    )
    return (
        f"{min(ours) / len(many) * 1e6:.1f} us: {min(ours) / min(plain):.1f} times a pydantic model without rules, "
        f"{min(ours) / min(by_msgspec):.0f} times msgspec"
    )


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


def preview_time() -> str:
    """A million rates, beside one ``numpy.cos`` of a million numbers."""
    import tracemalloc

    import numpy as np

    from keras_optkit import CosineDecaySpec, JoinSpec, OneCycleSpec, WarmupStableDecaySpec, learning_rates

    steps = 1_000_000
    tenth = CosineDecaySpec(initial_learning_rate=0.1, decay_steps=steps // 10)
    schedules = {
        "cosine": tenth.replace(decay_steps=steps),
        "one-cycle": OneCycleSpec(max_learning_rate=0.1, total_steps=steps),
        "warm-up-stable-decay": WarmupStableDecaySpec(
            peak_learning_rate=0.1, warmup_steps=steps // 20, decay_steps=steps // 10, total_steps=steps
        ),
        "join of ten": JoinSpec(schedules=[tenth] * 10, boundaries=range(steps // 10, steps, steps // 10)),
    }
    angles = np.linspace(0, np.pi, steps)
    previews = [lambda spec=spec: learning_rates(spec, steps) for spec in schedules.values()]
    *ours, cosine = alternately(*previews, lambda: np.cos(angles), rounds=15)
    tracemalloc.start()
    for preview in previews:
        preview()
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    ratios = (f"{name} {min(seconds) / min(cosine):.2f}" for name, seconds in zip(schedules, ours, strict=True))
    return f"{', '.join(ratios)} (numpy.cos: {min(cosine) * 1e3:.0f} ms); at most {peak:.0f} MiB"


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
    "import and validate, of a process that uses pydantic (aim: 1.25 or less)": import_time,
    "`keras-optkit check`, of the same (aim: 1.6 or less)": command_line_time,
    "a nested spec from a dict": validation_time,
    "build_optimizer, of the plain constructor (aim: 1.05 or less)": build_time,
    "graph nodes of a train step, of hand-written Keras (aim: 1.00)": graph_nodes,
    "a million rates, of one numpy.cos (aims: 1.3, 2, 1, 4; 20 MiB)": preview_time,
    "graph nodes with Warmup, of Keras's own cosine with warm-up (aim: 1)": schedule_nodes,
    "graph nodes of a long PiecewiseConstantDecay (aim: the same)": boundary_nodes,
    "step with 12 groups on 100 layers, of one without (aim: 1.05 or less)": step_time_with_groups,
}


def main() -> None:
    for name, measure in FIGURES.items():
        print(f"{name + ':':75} {measure()}", flush=True)


if __name__ == "__main__":
    main()
