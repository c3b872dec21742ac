"""Values with which nothing trains: float32 loses every update, or each step makes the weights larger."""

from collections.abc import Iterator

from keras_optkit.specs.optimizers.base import OptimizerSpec
from keras_optkit.specs.resolving import Path

# Measured with Keras 3.15 and gradients of 0.01. Real gradients and losses may be a million times larger or smaller, so
# each bound leaves that much room. The keys are the type and the field; an empty type means every optimizer.
_TOO_SMALL = {
    ("", "loss_scale_factor"): (1e-30, "float32 makes the scaled loss 0"),
    ("Adamax", "epsilon"): (1e-36, "a weight without a gradient becomes NaN"),
    ("Adafactor", "epsilon_1"): (1e-36, "all weights become NaN"),
}
_TOO_LARGE = {
    ("", "loss_scale_factor"): (1e30, "float32 makes the scaled loss infinite"),
    ("Ftrl", "l1_regularization_strength"): (1e12, "all weights become 0 and stay 0"),
    **{
        (name, "epsilon"): (1e12, "an update is too small to change a weight")
        for name in ("Adagrad", "Adam", "AdamW", "Adamax", "Nadam", "RMSprop", "ScheduleFreeAdamW")
    },
}


#: The largest share of a weight that a step may subtract. With more, the weight changes sign and grows.
_MOST_DECAY = 2.0


def extremes(spec: OptimizerSpec) -> Iterator[str]:
    """A message for each value in ``spec`` that is too small or too large to train."""
    for bounds, sign in ((_TOO_SMALL, -1), (_TOO_LARGE, 1)):
        for (name, field), (bound, happens) in bounds.items():
            value = getattr(spec, field, None) if name in {"", spec.type} else None
            if value and sign * value > sign * bound:
                yield f"{field} must be at {'most' if sign > 0 else 'least'} {bound:g}, received {value:g}: {happens}"


def overshoots(spec: OptimizerSpec, rate: float) -> Iterator[tuple[Path, str]]:
    """The fields of ``spec`` whose weight decay is too large at this ``rate``, each with the consequence."""
    for path, decay in spec.decay_per_rate():
        if (shrink := rate * decay) > _MOST_DECAY:
            yield (
                path,
                f"learning_rate * weight_decay is {shrink:.4g}; above {_MOST_DECAY:g}, each step flips the sign of a "
                "weight and makes it larger",
            )
