"""``AdadeltaSpec``, as Keras's ``Adadelta``."""

from keras_optkit.specs.base import register_spec
from keras_optkit.specs.fields import Momentum, Positive
from keras_optkit.specs.learning_rate import LearningRate
from keras_optkit.specs.optimizers.base import OptimizerSpec


@register_spec
class AdadeltaSpec(OptimizerSpec):
    """Adadelta, as ``keras.optimizers.Adadelta``.

    For weights ``w`` with gradient ``g``: ``n = rho * n + (1 - rho) * g**2``,
    ``u = g * sqrt(d + epsilon) / sqrt(n + epsilon)``, ``d = rho * d + (1 - rho) * u**2``, then
    ``w = w - learning_rate * u``. The paper uses a ``learning_rate`` of 1.
    Source: Zeiler 2012, arXiv:1212.5701.

    Attributes:
        rho: in [0, 1), the decay of both averages.
        epsilon: > 0, under both roots.

    Examples:
        >>> weight = keras.Variable([1.0])
        >>> optimizer = build_optimizer(AdadeltaSpec(learning_rate=1.0))
        >>> optimizer.apply([keras.ops.array([2.0])], [weight])
        >>> print(f"{weight.numpy()[0]:.4f}")  # the first steps are small
        0.9986
    """

    learning_rate: LearningRate = 0.001
    rho: Momentum = 0.95
    epsilon: Positive = 1e-7
