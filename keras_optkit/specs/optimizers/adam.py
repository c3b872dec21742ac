"""``AdamSpec``, as Keras's ``Adam``."""

from keras_optkit.specs.base import register_spec
from keras_optkit.specs.fields import Flag, Momentum, Positive
from keras_optkit.specs.learning_rate import LearningRate
from keras_optkit.specs.optimizers.base import OptimizerSpec


@register_spec
class AdamSpec(OptimizerSpec):
    """Adam, as ``keras.optimizers.Adam``.

    For weights ``w`` with gradient ``g`` at update t (from 1): ``m = beta_1 * m + (1 - beta_1) * g``,
    ``v = beta_2 * v + (1 - beta_2) * g**2``, then
    ``w = w - learning_rate * sqrt(1 - beta_2**t) / (1 - beta_1**t) * m / (sqrt(v) + epsilon)``.
    Source: Kingma and Ba 2014, arXiv:1412.6980; ``amsgrad``: Reddi et al. 2018, arXiv:1904.09237.

    Attributes:
        beta_1: in [0, 1), the decay of the first moment ``m``.
        beta_2: in [0, 1), the decay of the second moment ``v``.
        epsilon: > 0; the paper's "epsilon hat", added before the bias correction.
        amsgrad: whether to divide by the largest ``v`` so far instead of the current one.

    Examples:
        >>> weight = keras.Variable([1.0])
        >>> optimizer = build_optimizer(AdamSpec(learning_rate=0.1))
        >>> optimizer.apply([keras.ops.array([2.0])], [weight])
        >>> print(f"{weight.numpy()[0]:.4f}")  # the first step has the size of the rate
        0.9000
    """

    learning_rate: LearningRate = 0.001
    beta_1: Momentum = 0.9
    beta_2: Momentum = 0.999
    epsilon: Positive = 1e-7
    amsgrad: Flag = False
