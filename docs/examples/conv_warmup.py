"""Train the Conv2D model with weight decay, a warm-up in percent of the run and a cosine decay in epochs."""

import math
from pathlib import Path

import keras
from conv_adam import make_model
from digits import load_data
from matplotlib.figure import Figure

from keras_optkit import AdamSpec, CosineDecaySpec, WarmupSpec, compile_with, plot_schedule

SPEC = AdamSpec(
    learning_rate=WarmupSpec(
        schedule=CosineDecaySpec(
            initial_learning_rate=0.003, decay_steps="18 epochs", alpha=0.01
        ),
        warmup_steps="10%",
    ),
    weight_decay=0.004,
)
EPOCHS = 20
BATCH_SIZE = 16
PICTURE = Path(__file__).parents[2] / "build" / "learning_rate.png"  # git ignores build/


def draw(steps_per_epoch: int) -> None:
    """Save a picture of the learning rate over the run. This needs no training."""
    figure = Figure(layout="constrained")  # without pyplot, matplotlib needs no display
    plot_schedule(SPEC, steps_per_epoch=steps_per_epoch, epochs=EPOCHS, ax=figure.subplots())
    PICTURE.parent.mkdir(exist_ok=True)
    figure.savefig(PICTURE)


def main() -> None:
    """Draw the schedule, train on the digits and print the test accuracy."""
    (x_train, y_train), (x_test, y_test) = load_data()
    steps_per_epoch = math.ceil(len(x_train) / BATCH_SIZE)
    draw(steps_per_epoch)
    print(f"the learning rate over the run: {PICTURE}")

    keras.utils.set_random_seed(0)
    model = compile_with(
        make_model(),
        SPEC,
        steps_per_epoch=steps_per_epoch,
        epochs=EPOCHS,
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    model.fit(x_train, y_train, epochs=EPOCHS, batch_size=BATCH_SIZE, verbose=2)
    _, accuracy = model.evaluate(x_test, y_test, verbose=0)
    print(f"test accuracy: {accuracy:.4f}")


if __name__ == "__main__":
    main()
