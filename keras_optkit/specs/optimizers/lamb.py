"""``LambSpec``, as Keras's ``Lamb``."""

from __future__ import annotations

from keras_optkit.specs.base import register_spec
from keras_optkit.specs.fields import Momentum, Positive
from keras_optkit.specs.learning_rate import LearningRate
from keras_optkit.specs.optimizers.base import OptimizerSpec


@register_spec
class LambSpec(OptimizerSpec):
    """Lamb, as ``keras.optimizers.Lamb``: Adam whose step is scaled to the size of each variable.

    With Adam's corrected quotient ``u = m_hat / (sqrt(v_hat) + epsilon)``:
    ``w = w - learning_rate * |w| / |u| * u``, with L2 norms over the variable (a factor of 1 where one of them is 0).
    Source: You et al. 2019, arXiv:1904.00962.

    Attributes:
        beta_1: in [0, 1), the decay of the first moment.
        beta_2: in [0, 1), the decay of the second moment.
        epsilon: > 0.
    """

    learning_rate: LearningRate = 0.001
    beta_1: Momentum = 0.9
    beta_2: Momentum = 0.999
    epsilon: Positive = 1e-7
