"""Numbers with which no update survives float32, though float32 holds the number itself."""

from collections.abc import Iterator

from keras_optkit.specs.optimizers.base import OptimizerSpec

# Measured with Keras 3.15 and gradients of 0.01. Real ones may be a million times as large or as small, and losses as
# well, so each bound leaves that much room. By type and field; an empty type stands for every optimizer.
_TOO_SMALL = {
    ("", "loss_scale_factor"): (1e-30, "float32 makes the scaled loss 0"),
    ("Adamax", "epsilon"): (1e-36, "a weight without a gradient becomes NaN"),
    ("Adafactor", "epsilon_1"): (1e-36, "all weights become NaN"),
}
_TOO_LARGE = {
    ("", "loss_scale_factor"): (1e30, "float32 makes the scaled loss infinite"),
    ("Ftrl", "l1_regularization_strength"): (1e12, "all weights become 0 and stay it"),
    **{
        (name, "epsilon"): (1e12, "an update is too small to change a weight")
        for name in ("Adagrad", "Adam", "AdamW", "Adamax", "Nadam", "RMSprop", "ScheduleFreeAdamW")
    },
}


def extremes(spec: OptimizerSpec) -> Iterator[str]:
    """What in ``spec`` is so small or so large that it does not train, in words."""
    for bounds, sign in ((_TOO_SMALL, -1), (_TOO_LARGE, 1)):
        for (name, field), (bound, happens) in bounds.items():
            value = getattr(spec, field, None) if name in {"", spec.type} else None
            if value and sign * value > sign * bound:
                yield f"{field} must be at {'most' if sign > 0 else 'least'} {bound:g}, received {value:g}: {happens}"
