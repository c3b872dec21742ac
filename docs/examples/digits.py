"""Load the data of the examples: scikit-learn's digits, 8x8 grey images of handwriting.

The images come with scikit-learn, so nothing is downloaded. Every example uses the same split.
"""

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

Images = NDArray[np.float32]
Labels = NDArray[np.int64]

IMAGE_SHAPE = (8, 8)
CLASSES = 10
LARGEST_PIXEL = 16  # a pixel is the number of inked dots in a 4x4 cell, 0 to 16


def load_data() -> tuple[tuple[Images, Labels], tuple[Images, Labels]]:
    """Return ``(x_train, y_train), (x_test, y_test)``, like ``keras.datasets``.

    Images are float32 in [0, 1], of shape (1347, 8, 8) and (450, 8, 8); labels are int64, 0 to 9.
    """
    pixels, labels = load_digits(return_X_y=True)
    images = (pixels.reshape(-1, *IMAGE_SHAPE) / LARGEST_PIXEL).astype(np.float32)
    x_train, x_test, y_train, y_test = train_test_split(
        images, labels.astype(np.int64), test_size=0.25, random_state=0, stratify=labels
    )
    return (x_train, y_train), (x_test, y_test)
