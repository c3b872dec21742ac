"""Train an Embedding + LSTM model with SGD, momentum and an exponential decay."""

import keras
from digits import CLASSES, IMAGE_SHAPE, LARGEST_PIXEL, load_data

from keras_optkit import ExponentialDecaySpec, SGDSpec, compile_with

SPEC = SGDSpec(
    learning_rate=ExponentialDecaySpec(
        initial_learning_rate=0.01,
        decay_steps=1000,
        decay_rate=0.9,
    ),
    momentum=0.9,
)
EPOCHS = 20  # of 85 batches: 1700 steps of the schedule
BATCH_SIZE = 16


def make_model() -> keras.Model:
    """Return a model that reads an image as text: a pixel is a token, and a row of eight is one step of the LSTM."""
    rows, columns = IMAGE_SHAPE
    embedding_size = 8
    return keras.Sequential(
        [
            keras.layers.Input(IMAGE_SHAPE),
            keras.layers.Rescaling(
                LARGEST_PIXEL
            ),  # back to the whole numbers 0 to 16; this is exact
            keras.layers.Embedding(LARGEST_PIXEL + 1, embedding_size),
            # With 64 steps of one token each, plain SGD would need more than a minute.
            keras.layers.Reshape((rows, columns * embedding_size)),
            keras.layers.LSTM(64),
            keras.layers.Dense(CLASSES, activation="softmax"),
        ]
    )


def main() -> None:
    """Train on the digits and print the test accuracy."""
    (x_train, y_train), (x_test, y_test) = load_data()
    keras.utils.set_random_seed(0)
    model = compile_with(
        make_model(),
        SPEC,
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    model.fit(x_train, y_train, epochs=EPOCHS, batch_size=BATCH_SIZE, verbose=2)
    _, accuracy = model.evaluate(x_test, y_test, verbose=0)
    print(f"test accuracy: {accuracy:.4f}")


if __name__ == "__main__":
    main()
