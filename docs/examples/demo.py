"""Train every example with keras_optkit and with plain Keras, and compare the two.

Run it with ``make demo``. The exit status is 1 if an example trains worse than the plain Keras code.
"""

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from digits import load_data
from quiet import quiet_stderr
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from keras_optkit import OptimizerSpec, compile_with

with quiet_stderr():
    import conv_adam
    import conv_warmup
    import dense_sgd
    import keras
    import lstm_exponential_decay

SEED = 0
LOSS = "sparse_categorical_crossentropy"
# Nine of the 450 test images: rounding differences alone cost less.
TOLERANCE = 0.02
# Two runs that are broken in the same way would agree, so there is a minimum. Every case that works reaches 0.94.
LEAST_ACCURACY = 0.9


@dataclass(frozen=True)
class Case:
    """An example, and its optimizer in plain Keras code."""

    name: str
    optimizer: str
    make_model: Callable[[], keras.Model]
    epochs: int
    batch_size: int
    spec: OptimizerSpec
    by_hand: Callable[[], keras.optimizers.Optimizer]
    rounding: str = "for no known reason"
    """Why the last digits of the weights may differ from those of plain Keras."""


CASES = (
    Case(
        name="Dense",
        optimizer="SGD(0.01)",
        make_model=dense_sgd.make_model,
        epochs=dense_sgd.EPOCHS,
        batch_size=dense_sgd.BATCH_SIZE,
        spec=dense_sgd.SPEC,
        by_hand=lambda: keras.optimizers.SGD(0.01),
    ),
    Case(
        name="Conv2D",
        optimizer="Adam(0.001, 0.9, 0.999, 1e-7)",
        make_model=conv_adam.make_model,
        epochs=conv_adam.EPOCHS,
        batch_size=conv_adam.BATCH_SIZE,
        spec=conv_adam.SPEC,
        by_hand=lambda: keras.optimizers.Adam(0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7),
    ),
    Case(
        name="LSTM",
        optimizer="SGD(momentum 0.9), ExponentialDecay(0.01, 1000, 0.9)",
        make_model=lstm_exponential_decay.make_model,
        epochs=lstm_exponential_decay.EPOCHS,
        batch_size=lstm_exponential_decay.BATCH_SIZE,
        spec=lstm_exponential_decay.SPEC,
        by_hand=lambda: keras.optimizers.SGD(
            keras.optimizers.schedules.ExponentialDecay(0.01, 1000, 0.9), momentum=0.9
        ),
    ),
    Case(
        name="Conv2D, warm-up",
        optimizer="Adam(weight_decay 0.004), CosineDecay(0.003)",
        make_model=conv_adam.make_model,
        epochs=conv_warmup.EPOCHS,
        batch_size=conv_warmup.BATCH_SIZE,
        spec=conv_warmup.SPEC,
        # An epoch has 85 batches, so 10% of 20 epochs is 170 steps, and 18 epochs is 1530.
        by_hand=lambda: keras.optimizers.Adam(
            keras.optimizers.schedules.CosineDecay(
                0.0, 1530, alpha=0.01, warmup_target=0.003, warmup_steps=170
            ),
            weight_decay=0.004,
        ),
        rounding="because keras_optkit computes the rate in float64, and Keras's CosineDecay in float32",
    ),
)


@dataclass(frozen=True)
class Outcome:
    """The result of one training run."""

    start_rate: float
    end_rate: float
    loss: float
    accuracy: float
    weights: list[np.ndarray]


def steps_per_epoch(case: Case) -> int:
    """Return the number of batches in an epoch, including a short last one."""
    (x_train, _), _ = load_data()
    return math.ceil(len(x_train) / case.batch_size)


def compile_by_spec(case: Case) -> keras.Model:
    """Return the model compiled with the spec."""
    keras.utils.set_random_seed(SEED)
    model = case.make_model()
    steps = steps_per_epoch(case)
    return compile_with(
        model,
        case.spec,
        steps_per_epoch=steps,
        epochs=case.epochs,
        loss=LOSS,
        metrics=["accuracy"],
    )


def compile_by_hand(case: Case) -> keras.Model:
    """Return the model compiled in plain Keras, with the same seed and so the same initial weights and batches."""
    keras.utils.set_random_seed(SEED)
    model = case.make_model()
    model.compile(optimizer=case.by_hand(), loss=LOSS, metrics=["accuracy"])
    return model


def train(model: keras.Model, case: Case, label: str, progress: Progress) -> Outcome:
    """Fit and evaluate a compiled model, with one progress bar for the whole run."""
    (x_train, y_train), (x_test, y_test) = load_data()
    bar = progress.add_task(label, total=case.epochs)
    tick = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: progress.advance(bar)
    )
    start_rate = float(model.optimizer.learning_rate)
    model.fit(
        x_train,
        y_train,
        epochs=case.epochs,
        batch_size=case.batch_size,
        callbacks=[tick],
        verbose=0,
    )
    loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
    return Outcome(
        start_rate=start_rate,
        end_rate=float(model.optimizer.learning_rate),
        loss=loss,
        accuracy=accuracy,
        weights=model.get_weights(),
    )


def find_fault(loss: float, accuracy: float, accuracy_by_hand: float) -> str | None:
    """Return what is wrong with the test loss and accuracy of a run, or None."""
    # A model whose weights are NaN always answers 0, which gives some accuracy. Its loss is NaN.
    if not (math.isfinite(loss) and math.isfinite(accuracy)):
        return f"test loss {loss}, accuracy {accuracy:.4f}: training diverged"
    if not accuracy >= accuracy_by_hand - TOLERANCE:
        return f"accuracy {accuracy:.4f} is far below the {accuracy_by_hand:.4f} of plain Keras"
    if accuracy < LEAST_ACCURACY:
        return f"accuracy {accuracy:.4f} is below {LEAST_ACCURACY}: the model has not learned"
    return None


def largest_difference(one: Outcome, other: Outcome) -> float:
    """Return the largest difference between the weights of two runs. 0 means that they are identical."""
    pairs = zip(one.weights, other.weights, strict=True)
    return max(float(np.abs(a - b).max()) for a, b in pairs)


def run(case: Case, console: Console) -> tuple[Outcome, Outcome]:
    """Train a case with keras_optkit, then with plain Keras."""
    console.print(f"[bold]{case.name}[/bold]: {case.optimizer}", highlight=False)
    columns = (
        TextColumn("  {task.description:<20}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("epochs"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        by_spec = train(compile_by_spec(case), case, "keras_optkit", progress)
        by_hand = train(compile_by_hand(case), case, "plain Keras", progress)
    return by_spec, by_hand


def main() -> int:
    """Run every case, print the table, and return the exit status."""
    console = Console()
    # The table fits the 80 columns that rich assumes for a pipe: the optimizer column wraps.
    table = Table(
        title="Digits: 1347 images to train on, 450 to test on",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    table.add_column("case", no_wrap=True)
    table.add_column("optimizer")
    for heading in ("rate at\nstart", "rate at\nend", "test\naccuracy", "in plain\nKeras"):
        table.add_column(heading, justify="right", no_wrap=True)

    faults, same, close = [], [], []
    for case in CASES:
        by_spec, by_hand = run(case, console)
        fault = find_fault(by_spec.loss, by_spec.accuracy, by_hand.accuracy)
        if fault is not None:
            faults.append(f"{case.name}: {fault}")
        if difference := largest_difference(by_spec, by_hand):
            close.append(
                f"{case.name}: weights differ by up to {difference:.2g}, {case.rounding}."
            )
        else:
            same.append(case.name)
        rates = (by_spec.start_rate, by_spec.end_rate)
        accuracies = (by_spec.accuracy, by_hand.accuracy)
        table.add_row(
            case.name,
            case.optimizer,
            *(f"{rate:.4g}" for rate in rates),
            *(f"{accuracy:.4f}" for accuracy in accuracies),
        )

    console.print(table)
    for fault in faults:
        console.print(f"FAILED {fault}", style="bold red", highlight=False)
    console.print(f"Exactly the same weights as in plain Keras: {'; '.join(same) or 'none'}.")
    for remark in close:
        console.print(remark, highlight=False)
    conv_warmup.draw(steps_per_epoch(CASES[-1]))
    console.print(
        f"The learning rate of {CASES[-1].name}: {conv_warmup.PICTURE}",
        highlight=False,
        soft_wrap=True,
    )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
