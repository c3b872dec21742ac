"""One file for each optimizer, named after it."""

from keras_optkit.specs.optimizers.base import OptimizerSpec

__all__ = ["OptimizerSpec"]
