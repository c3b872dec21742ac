"""Which optimizers the installed Keras can build: an older one lacks some, or has one that does not train."""

import keras

from keras_optkit import OptimizerSpec
from keras_optkit.runtime.arguments import keras_class


def can_build(spec_class: type[OptimizerSpec]) -> bool:
    """Whether the installed Keras has the class of this spec, and can train with it."""
    try:
        keras_class(keras.optimizers, spec_class)
    except RuntimeError:
        return False
    return True
