"""``AdafactorSpec``, as Keras's ``Adafactor``."""

from keras_optkit.specs.base import register_spec
from keras_optkit.specs.fields import Flag, Negative, Positive
from keras_optkit.specs.learning_rate import LearningRate
from keras_optkit.specs.optimizers.base import OptimizerSpec


@register_spec
class AdafactorSpec(OptimizerSpec):
    """Adafactor, as ``keras.optimizers.Adafactor``.

    Estimates the second moments of a matrix from their averages over rows and columns. At update t the moments decay
    by ``1 - t**beta_2_decay``, and the step is at most ``1 / sqrt(t)`` times the size of the weights.
    Source: Shazeer and Stern 2018, arXiv:1804.04235.

    Attributes:
        beta_2_decay: < 0, the exponent above.
        epsilon_1: > 0, added to squared gradients.
        epsilon_2: > 0, the minimum for the size of the weights.
        clip_threshold: > 0, the root mean square above which an update is scaled down.
        relative_step: whether to limit a constant ``learning_rate`` to ``1 / sqrt(t)``. A schedule is not limited.

    Examples:
        >>> weight = keras.Variable([1.0])
        >>> optimizer = build_optimizer(AdafactorSpec(learning_rate=0.1))
        >>> optimizer.apply([keras.ops.array([2.0])], [weight])
        >>> print(f"{weight.numpy()[0]:.4f}")  # a step of 0.1 times the size of the weights, 1
        0.9000
    """

    learning_rate: LearningRate = 0.001
    beta_2_decay: Negative = -0.8
    epsilon_1: Positive = 1e-30
    epsilon_2: Positive = 1e-3
    clip_threshold: Positive = 1.0
    relative_step: Flag = True
