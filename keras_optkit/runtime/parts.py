"""The optimizers inside the wrappers that Keras has for them."""

from __future__ import annotations

from typing import Any


def parts_of(optimizer: Any) -> list[Any]:
    """The optimizers that train the variables: ``optimizer`` itself, or those in it."""
    import keras

    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        return parts_of(optimizer.inner_optimizer)
    multi: Any = getattr(keras.optimizers, "MultiOptimizer", ())  # Keras 3.13 has none
    return list(optimizer.optimizers) if isinstance(optimizer, multi) else [optimizer]
