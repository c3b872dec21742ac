"""``NadamSpec``, as Keras's ``Nadam``."""

from keras_optkit.specs.base import register_spec
from keras_optkit.specs.fields import Momentum, Positive
from keras_optkit.specs.learning_rate import LearningRate
from keras_optkit.specs.optimizers.base import OptimizerSpec


@register_spec
class NadamSpec(OptimizerSpec):
    """Adam with Nesterov momentum, as ``keras.optimizers.Nadam``.

    The momentum at update t is ``u_t = beta_1 * (1 - 0.5 * 0.96**t)``; the step uses
    ``u_{t+1} * m / (1 - u_1 ... u_{t+1}) + (1 - u_t) * g / (1 - u_1 ... u_t)`` instead of Adam's corrected ``m``.
    Source: Dozat 2016, "Incorporating Nesterov momentum into Adam".

    Attributes:
        beta_1: in [0, 1), the decay of the first moment ``m``.
        beta_2: in [0, 1), the decay of the second moment.
        epsilon: > 0.

    Examples:
        >>> weight = keras.Variable([1.0])
        >>> optimizer = build_optimizer(NadamSpec(learning_rate=0.1))
        >>> optimizer.apply([keras.ops.array([2.0])], [weight])
        >>> print(f"{weight.numpy()[0]:.4f}")  # the first step is a little larger than Adam's
        0.8937
    """

    learning_rate: LearningRate = 0.001
    beta_1: Momentum = 0.9
    beta_2: Momentum = 0.999
    epsilon: Positive = 1e-7
