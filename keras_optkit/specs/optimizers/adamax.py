"""``AdamaxSpec``, as Keras's ``Adamax``."""

from keras_optkit.specs.base import register_spec
from keras_optkit.specs.fields import Momentum, Positive
from keras_optkit.specs.learning_rate import LearningRate
from keras_optkit.specs.optimizers.base import OptimizerSpec


@register_spec
class AdamaxSpec(OptimizerSpec):
    """Adamax, as ``keras.optimizers.Adamax``: Adam with the largest instead of the mean squared gradient.

    For weights ``w`` with gradient ``g`` at update t (from 1): ``m = beta_1 * m + (1 - beta_1) * g``,
    ``u = max(beta_2 * u, |g|)``, then ``w = w - learning_rate / (1 - beta_1**t) * m / (u + epsilon)``.
    Source: Kingma and Ba 2014, arXiv:1412.6980, section 7.1.

    Attributes:
        beta_1: in [0, 1), the decay of the first moment ``m``.
        beta_2: in [0, 1), the decay of the infinity norm ``u``.
        epsilon: > 0.

    Examples:
        >>> weight = keras.Variable([1.0])
        >>> optimizer = build_optimizer(AdamaxSpec(learning_rate=0.1))
        >>> optimizer.apply([keras.ops.array([2.0])], [weight])
        >>> print(f"{weight.numpy()[0]:.4f}")  # the first step has the size of the rate
        0.9000
    """

    learning_rate: LearningRate = 0.001
    beta_1: Momentum = 0.9
    beta_2: Momentum = 0.999
    epsilon: Positive = 1e-7
