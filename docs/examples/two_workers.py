"""Train one model in two processes, with ``build_optimizer`` under ``MultiWorkerMirroredStrategy``.

Keras 3's ``fit`` does not work under this strategy, so this script has its own training loop. Each worker trains on its
half of every batch, and the optimizer sums the gradients of all workers. So all workers get the same weights, and one
process that trains on whole batches gets the same weights too. Here, both workers run on one machine. For several
machines, list their addresses in ``TF_CONFIG``.
"""

import json
import os
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from quiet import quiet_stderr

with quiet_stderr():
    import keras
    import tensorflow as tf

from digits import CLASSES, IMAGE_SHAPE, Images, Labels, load_data

from keras_optkit import AdamWSpec, CosineDecaySpec, ParamGroup, WarmupSpec, build_optimizer

WORKERS = 2
BATCH_SIZE = 64
STEPS = 100
SPEC = AdamWSpec(
    learning_rate=WarmupSpec(
        schedule=CosineDecaySpec(initial_learning_rate=0.02, decay_steps=90), warmup_steps=10
    ),
    exclude_from_weight_decay=["bias_and_norm"],
    groups=[ParamGroup(match="body/", learning_rate_multiplier=0.5)],
)


def make_model() -> keras.Model:
    """Return a small model, with the same initial weights in every process."""
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.layers.Input(IMAGE_SHAPE),
            keras.layers.Flatten(),
            keras.layers.Dense(32, activation="relu", name="body"),
            keras.layers.Dense(CLASSES, name="head"),
        ]
    )


def train(strategy: tf.distribute.Strategy, worker: int, workers: int) -> keras.Model:
    """Train on the images number ``worker``, ``worker + workers``, ... of each batch."""
    (x_train, y_train), _ = load_data()
    with strategy.scope():
        # Variables created in this scope are kept equal on all workers.
        model = make_model()
        optimizer = build_optimizer(SPEC)
        optimizer.build(model.trainable_variables)
    cross_entropy = keras.losses.SparseCategoricalCrossentropy(
        from_logits=True, reduction="sum"
    )

    def step(images: Images, labels: Labels) -> None:
        with tf.GradientTape() as tape:
            # Divide by the size of the whole batch, because the gradients of the workers are summed.
            loss = cross_entropy(labels, model(images, training=True)) / BATCH_SIZE
        optimizer.apply(
            tape.gradient(loss, model.trainable_variables), model.trainable_variables
        )

    run = tf.function(lambda images, labels: strategy.run(step, args=(images, labels)))
    for number in range(STEPS):
        batch = np.arange(number * BATCH_SIZE, (number + 1) * BATCH_SIZE) % len(x_train)
        mine = batch[worker::workers]
        run(tf.constant(x_train[mine]), tf.constant(y_train[mine]))
    return model


def work(result: Path) -> None:
    """Run the worker that ``TF_CONFIG`` describes, and save its final weights as ``result``."""
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    model = train(strategy, strategy.cluster_resolver.task_id, strategy.num_replicas_in_sync)
    np.savez(result, *model.get_weights())


def start_workers(folder: Path) -> list[subprocess.Popen[bytes]]:
    """Start all workers of a cluster on this machine. Each saves its weights in ``folder``."""
    with ExitStack() as sockets:
        bound = [
            sockets.enter_context(socket.create_server(("127.0.0.1", 0)))
            for _ in range(WORKERS)
        ]
        addresses = [f"127.0.0.1:{each.getsockname()[1]}" for each in bound]
    workers = []
    for index in range(WORKERS):
        config = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
        environment = os.environ | {
            "TF_CONFIG": json.dumps(config),
            "TF_CPP_MIN_LOG_LEVEL": "3",
        }
        command = [sys.executable, __file__, str(folder / f"{index}.npz")]
        workers.append(subprocess.Popen(command, env=environment))
    return workers


def main() -> None:
    """Train with two workers and, at the same time, in one process, and compare the weights."""
    with TemporaryDirectory() as folder:
        workers = start_workers(Path(folder))
        try:
            model = train(tf.distribute.get_strategy(), worker=0, workers=1)
            failed = any(worker.wait(timeout=200) for worker in workers)
        finally:
            # A worker that has lost the other would wait without end.
            for worker in workers:
                worker.kill()
        if failed:
            sys.exit("a worker failed")
        one, other = (
            list(np.load(f"{folder}/{index}.npz").values()) for index in range(WORKERS)
        )

    _, (x_test, y_test) = load_data()
    accuracy = (model.predict(x_test, verbose=0).argmax(axis=1) == y_test).mean()
    alone = model.get_weights()
    print(f"the workers' weights differ by {largest_difference(one, other)}")
    print(
        f"the weights of one process differ from them by {largest_difference(one, alone):.1e}"
    )
    print(f"test accuracy: {accuracy:.4f}")


def largest_difference(one: list[Images], other: list[Images]) -> float:
    """Return the largest difference between corresponding weights."""
    return max(
        float(np.abs(mine - theirs).max()) for mine, theirs in zip(one, other, strict=True)
    )


if __name__ == "__main__":
    if "TF_CONFIG" in os.environ:
        work(Path(sys.argv[1]))
    else:
        main()
