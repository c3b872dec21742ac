"""``LionSpec``, as Keras's ``Lion``."""

from keras_optkit.specs.base import register_spec
from keras_optkit.specs.fields import Momentum, PositiveMomentum
from keras_optkit.specs.learning_rate import LearningRate
from keras_optkit.specs.optimizers.base import OptimizerSpec


@register_spec
class LionSpec(OptimizerSpec):
    """Lion, as ``keras.optimizers.Lion``: steps of a fixed size in the direction of the sign of a momentum.

    For weights ``w`` with gradient ``g``: ``w = w - learning_rate * sign(beta_1 * m + (1 - beta_1) * g)``, then
    ``m = beta_2 * m + (1 - beta_2) * g``. Use rates 3 to 10 times smaller than for AdamW.
    Source: Chen et al. 2023, arXiv:2302.06675.

    Attributes:
        beta_1: in (0, 1), the weight of the momentum in the step.
        beta_2: in [0, 1), the decay of the momentum.

    Examples:
        >>> weight = keras.Variable([1.0])
        >>> optimizer = build_optimizer(LionSpec(learning_rate=0.1))
        >>> optimizer.apply([keras.ops.array([2.0])], [weight])
        >>> print(f"{weight.numpy()[0]:.4f}")  # each step has the size of the rate
        0.9000
    """

    learning_rate: LearningRate = 0.001
    beta_1: PositiveMomentum = 0.9
    beta_2: Momentum = 0.99
