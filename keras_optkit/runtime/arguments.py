"""What the installed Keras may lack, and the version that has it."""

from __future__ import annotations

#: (class, argument) or argument -> the first Keras whose constructors have it, read off Keras's releases.
_SINCE: dict[str | tuple[str, str], str] = {
    "Lamb": "3.5",
    "Muon": "3.10",
    "ScheduleFreeAdamW": "3.14",
    ("Muon", "adam_weight_decay"): "3.13",
    ("Muon", "rms_rate"): "3.13",
    "loss_scale_factor": "3.3",
    "gradient_accumulation_steps": "3.3",
}


def needs_keras(keras_class: str, argument: str | None = None) -> RuntimeError:
    """The error for a class, or one argument of it, that the installed Keras does not have."""
    import keras

    missing = f"keras.optimizers.{keras_class}" if argument is None else f"{argument!r} of {keras_class}"
    version = _SINCE.get((keras_class, argument) if argument else keras_class) or _SINCE.get(argument or "")
    remedy = f"it needs Keras >= {version}" if version else "it is not a part of Keras that this package knows"
    return RuntimeError(f"Keras {keras.__version__} is installed, which has no {missing}: {remedy}")
