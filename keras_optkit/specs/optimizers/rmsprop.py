"""``RMSpropSpec``, as Keras's ``RMSprop``."""

from keras_optkit.specs.base import register_spec
from keras_optkit.specs.fields import Flag, Momentum, Positive
from keras_optkit.specs.learning_rate import LearningRate
from keras_optkit.specs.optimizers.base import OptimizerSpec


@register_spec
class RMSpropSpec(OptimizerSpec):
    """RMSprop, as ``keras.optimizers.RMSprop``.

    For weights ``w`` with gradient ``g``: ``v = rho * v + (1 - rho) * g**2``, then
    ``w = w - learning_rate * g / sqrt(v + epsilon)``; with ``momentum``, the step is a sum of these
    steps ``u``: ``m = momentum * m + u``. With ``centered``, the squared average gradient is subtracted from ``v``.
    Source: Hinton 2012, Coursera lecture 6e; ``centered``: Graves 2013, arXiv:1308.0850.

    Attributes:
        rho: in [0, 1), the decay of the average of squared gradients.
        momentum: in [0, 1).
        epsilon: > 0, under the root.
        centered: whether to divide by the estimated variance instead of the second moment.

    Examples:
        >>> weight = keras.Variable([1.0])
        >>> optimizer = build_optimizer(RMSpropSpec(learning_rate=0.1))
        >>> optimizer.apply([keras.ops.array([2.0])], [weight])
        >>> print(f"{weight.numpy()[0]:.4f}")  # 1 - 0.1 / sqrt(1 - 0.9)
        0.6838
    """

    learning_rate: LearningRate = 0.001
    rho: Momentum = 0.9
    momentum: Momentum = 0.0
    epsilon: Positive = 1e-7
    centered: Flag = False
