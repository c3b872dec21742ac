"""Train a Dense model with plain SGD: the smallest example of a spec."""

import keras
from digits import CLASSES, IMAGE_SHAPE, load_data

from keras_optkit import SGDSpec, compile_with

SPEC = SGDSpec(learning_rate=0.01)
EPOCHS = 30
BATCH_SIZE = 16


def make_model() -> keras.Model:
    """Return a model with one hidden layer on the flattened pixels."""
    return keras.Sequential(
        [
            keras.layers.Input(IMAGE_SHAPE),
            keras.layers.Flatten(),
            keras.layers.Dense(64, activation="relu"),
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
