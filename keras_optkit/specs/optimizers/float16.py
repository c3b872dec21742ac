"""An epsilon that is too small for weights in float16: Keras computes each step in the type of the weights."""

from typing import NamedTuple

from keras_optkit.specs.optimizers.adagrad import AdagradSpec
from keras_optkit.specs.optimizers.adamax import AdamaxSpec
from keras_optkit.specs.optimizers.base import OptimizerSpec

# The largest number that float16 rounds to 0.
_ZERO_IN_FLOAT16 = 2.0**-25
# They divide by epsilon plus the root of a mean square. Float16 rounds that root to 0 for a gradient below 0.008.
_OF_ADAMS_KIND = frozenset({"Adam", "AdamW", "Lamb", "Muon", "Nadam", "ScheduleFreeAdamW"})
_LARGEST_WITHOUT_SQUARE = 0.008


class InFloat16(NamedTuple):
    """A field that is too small, and the remedy."""

    text: str
    trains: bool
    """Whether the weights stay finite."""


def in_float16(spec: OptimizerSpec) -> InFloat16 | None:
    """The epsilon of ``spec`` if it is too small for weights in float16."""
    field = "epsilon_1" if spec.type == "Adafactor" else "epsilon"
    epsilon = getattr(spec, field, None)
    if epsilon is None:
        return None
    of_adams_kind = spec.type in _OF_ADAMS_KIND
    enough = 1e-3 if of_adams_kind else 1e-6
    remedy = f"use {field}={enough:g}, or the policy 'mixed_float16', under which weights are float32"
    # The divisor of the first step if a gradient is 0.
    least = epsilon * (1 - spec.beta_1) if isinstance(spec, AdamaxSpec) else epsilon
    if isinstance(spec, AdagradSpec):
        least = max(least, spec.initial_accumulator_value)
    if least <= _ZERO_IN_FLOAT16:
        return InFloat16(f"{field}={epsilon:g} is too small for float16, and weights become NaN: {remedy}", False)
    if of_adams_kind and (times := _LARGEST_WITHOUT_SQUARE / epsilon) > 100:
        text = (
            f"with {field}={epsilon:g}, the step for a small gradient in float16 is up to {times:,.0f} times the rate"
        )
        return InFloat16(f"{text}: {remedy}", True)
    return None
