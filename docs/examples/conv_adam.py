"""Train a Conv2D model with Adam. The spec writes out Adam's constants, although they are the defaults."""

import keras
from digits import CLASSES, IMAGE_SHAPE, load_data

from keras_optkit import AdamSpec, compile_with

SPEC = AdamSpec(learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7)
EPOCHS = 12
BATCH_SIZE = 16


def make_model() -> keras.Model:
    """Return a convolution with pooling and a softmax layer."""
    return keras.Sequential(
        [
            keras.layers.Input(IMAGE_SHAPE),
            keras.layers.Reshape((*IMAGE_SHAPE, 1)),  # Conv2D needs a channel axis
            keras.layers.Conv2D(32, 3, activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
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
