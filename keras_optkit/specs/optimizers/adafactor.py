"""``AdafactorSpec``, as Keras's ``Adafactor``."""

from __future__ import annotations

from keras_optkit.specs.base import register_spec
from keras_optkit.specs.fields import Flag, Negative, Positive
from keras_optkit.specs.learning_rate import LearningRate
from keras_optkit.specs.optimizers.base import OptimizerSpec


@register_spec
class AdafactorSpec(OptimizerSpec):
    """Adafactor, as ``keras.optimizers.Adafactor``.

    Keeps, of the second moments of a matrix, only the averages over rows and columns. At update t the moments decay
    by ``1 - t**beta_2_decay``, and the step is at most ``1 / sqrt(t)`` in terms of the weights' size.
    Source: Shazeer and Stern 2018, arXiv:1804.04235.

    Attributes:
        beta_2_decay: < 0, the exponent above.
        epsilon_1: > 0, added to squared gradients.
        epsilon_2: > 0, the least size that weights are taken to have.
        clip_threshold: > 0, the root mean square above which an update is scaled down.
        relative_step: whether a constant ``learning_rate`` is bounded by ``1 / sqrt(t)`` also where it is used alone;
            a schedule is taken as it is.
    """

    learning_rate: LearningRate = 0.001
    beta_2_decay: Negative = -0.8
    epsilon_1: Positive = 1e-30
    epsilon_2: Positive = 1e-3
    clip_threshold: Positive = 1.0
    relative_step: Flag = True
