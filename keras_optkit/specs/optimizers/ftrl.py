"""``FtrlSpec``, as Keras's ``Ftrl``."""

from collections.abc import Iterator

from keras_optkit.specs.base import register_spec
from keras_optkit.specs.fields import NonNegative, NotPositive
from keras_optkit.specs.learning_rate import LearningRate
from keras_optkit.specs.numbers import SMALLEST
from keras_optkit.specs.optimizers.base import OptimizerSpec
from keras_optkit.specs.resolving import RunLength, resolve
from keras_optkit.specs.schedules.base import ScheduleSpec
from keras_optkit.specs.schedules.cosine_decay_restarts import CosineDecayRestartsSpec
from keras_optkit.specs.value import Conflict


@register_spec
class FtrlSpec(OptimizerSpec):
    """Follow the regularized leader, as ``keras.optimizers.Ftrl``.

    For weights ``w`` with gradient ``g``, and p for ``-learning_rate_power``: ``n_new = n + g**2``,
    ``z = z + g - (n_new**p - n**p) / learning_rate * w``, then ``w = 0`` where ``|z| < l1``, else
    ``w = (sign(z) * l1 - z) / (n_new**p / learning_rate + 2 * (l2 + beta / (2 * learning_rate)))``.
    Source: McMahan et al. 2013, "Ad click prediction: a view from the trenches".

    Attributes:
        learning_rate: a rate > 0, or a schedule that is never 0, because Ftrl divides by it. A warm-up must start above
            0, and a decay must end above 0 (``alpha``, ``end_learning_rate``).
        learning_rate_power: <= 0; with 0 the rate does not decay.
        initial_accumulator_value: >= 0, the initial value of ``n``.
        l1_regularization_strength: >= 0, the l1 above.
        l2_regularization_strength: >= 0, the l2 above.
        l2_shrinkage_regularization_strength: >= 0; twice this times ``w`` is added to the gradient in ``z``.
        beta: >= 0.

    Examples:
        >>> weight = keras.Variable([1.0])
        >>> optimizer = build_optimizer(FtrlSpec(learning_rate=0.1, l1_regularization_strength=100.0))
        >>> optimizer.apply([keras.ops.array([2.0])], [weight])
        >>> print(f"{weight.numpy()[0]:.4f}")  # L1 sets it to exactly 0
        0.0000
    """

    learning_rate: LearningRate = 0.001
    learning_rate_power: NotPositive = -0.5
    initial_accumulator_value: NonNegative = 0.1
    l1_regularization_strength: NonNegative = 0.0
    l2_regularization_strength: NonNegative = 0.0
    l2_shrinkage_regularization_strength: NonNegative = 0.0
    beta: NonNegative = 0.0

    def decay_per_rate(self) -> Iterator[tuple[tuple[str | int, ...], float]]:
        return iter(())  # each step recomputes the weights

    def conflicts(self) -> Iterator[Conflict]:
        yield from super().conflicts()
        if any(group.weight_decay for group in self.groups):
            rule = (
                "must not have a weight_decay; Ftrl recomputes the weights from sums of gradients in each step, so "
                "that it would have no effect: use l2_regularization_strength"
            )
            yield Conflict("groups", rule)
        if isinstance(self.learning_rate, ScheduleSpec) and (where := _where_zero(self.learning_rate)):
            rule = f"must not be 0 at any step, but is 0 at {where}; Ftrl divides by it, so all weights become NaN"
            yield Conflict("learning_rate", rule)


# Whether a schedule reaches 0 does not depend on the run: any run that is long enough for all its parts will do.
_SOME_RUN = RunLength(steps_per_epoch=2**20, epochs=2**10)


# In longer periods, 1 + cos(pi * t) is 0 at the last step, because Keras computes the cosine in float32.
_LONG_PERIOD = 12_800


def _where_zero(schedule: ScheduleSpec) -> str | None:
    """Where the rate is 0, also after rounding to float32. Schedules reach 0 only at their start and at their bends."""
    if isinstance(schedule, CosineDecayRestartsSpec) and schedule.alpha == 0:
        first = schedule.first_decay_steps
        if schedule.t_mul > 1 or (isinstance(first, int) and first >= _LONG_PERIOD):
            return f"the last step of each period of {_LONG_PERIOD:,} steps or more"
    try:
        resolved = resolve(schedule, _SOME_RUN)
        for step, what in [(0, "the start"), *resolved.landmarks()]:
            if float(resolved.value(step)) < SMALLEST:
                return f"{what!r}" if step else what
    except Exception:  # it does not fit this run, or a user's own formula raises: nothing is known
        return None
    return None
