"""Numbers with which nothing trains: no update survives float32, or each step makes the weights larger."""

from collections.abc import Iterator

from keras_optkit.specs.optimizers.base import OptimizerSpec
from keras_optkit.specs.resolving import Path

# Measured with Keras 3.15 and gradients of 0.01. Real ones may be a million times as large or as small, and losses as
# well, so each bound leaves that much room. By type and field; an empty type means every optimizer.
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


#: The largest share of a weight that a step may take away: with more it is turned round, and larger than before.
_MOST_DECAY = 2.0


def extremes(spec: OptimizerSpec) -> Iterator[str]:
    """What in ``spec`` is so small or so large that it does not train, one message each."""
    for bounds, sign in ((_TOO_SMALL, -1), (_TOO_LARGE, 1)):
        for (name, field), (bound, happens) in bounds.items():
            value = getattr(spec, field, None) if name in {"", spec.type} else None
            if value and sign * value > sign * bound:
                yield f"{field} must be at {'most' if sign > 0 else 'least'} {bound:g}, received {value:g}: {happens}"


def overshoots(spec: OptimizerSpec, rate: float) -> Iterator[tuple[Path, str]]:
    """The fields of ``spec`` whose weight decay is too large at this ``rate``, each with what happens."""
    for path, decay in spec.decay_per_rate():
        if (shrink := rate * decay) > _MOST_DECAY:
            yield (
                path,
                f"learning_rate * weight_decay is {shrink:.4g}, and above {_MOST_DECAY:g} each step turns a weight "
                "round and makes it larger",
            )
