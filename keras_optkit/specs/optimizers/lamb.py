"""``LambSpec``, as Keras's ``Lamb``."""

from typing import ClassVar

from keras_optkit.specs.base import register_spec
from keras_optkit.specs.fields import Momentum, Positive
from keras_optkit.specs.learning_rate import LearningRate
from keras_optkit.specs.optimizers.base import OptimizerSpec


@register_spec
class LambSpec(OptimizerSpec):
    """Lamb, as ``keras.optimizers.Lamb``: Adam with its step scaled to the size of each variable.

    With Adam's corrected quotient ``u = m_hat / (sqrt(v_hat) + epsilon)``:
    ``w = w - learning_rate * |w| / |u| * u``, with L2 norms over the variable (the factor is 1 if one of them is 0).
    Source: You et al. 2019, arXiv:1904.00962.

    Attributes:
        beta_1: in [0, 1), the decay of the first moment.
        beta_2: in [0, 1), the decay of the second moment.
        epsilon: > 0.

    Examples:
        >>> weight = keras.Variable([1.0])
        >>> optimizer = build_optimizer(LambSpec(learning_rate=0.1))
        >>> optimizer.apply([keras.ops.array([2.0])], [weight])
        >>> print(f"{weight.numpy()[0]:.4f}")  # a step of 0.1 times the norm of the weights, 1
        0.9000
    """

    since_keras: ClassVar[str] = "3.5"

    learning_rate: LearningRate = 0.001
    beta_1: Momentum = 0.9
    beta_2: Momentum = 0.999
    epsilon: Positive = 1e-7
