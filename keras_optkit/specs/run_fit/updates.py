"""Updates that need more batches than the run has, and weight decay that makes weights grow."""

from __future__ import annotations

from collections.abc import Iterator

from keras_optkit.specs.durations import in_steps
from keras_optkit.specs.optimizers import OptimizerSpec
from keras_optkit.specs.optimizers.extremes import overshoots
from keras_optkit.specs.optimizers.schedule_free_adamw import ScheduleFreeAdamWSpec
from keras_optkit.specs.run_fit.curve import Curve
from keras_optkit.specs.run_fit.misfit import Misfit


def wrong_updates(spec: OptimizerSpec, curve: Curve) -> Iterator[Misfit]:
    """Updates, overwrites and warm-ups that the run is too short for, and updates that make weights grow."""
    length = curve.length
    batches = spec.gradient_accumulation_steps or 1
    if batches > length:
        text = f"one update needs {batches:,} batches, but the run has {length:,}: nothing is trained"
        yield Misfit(("gradient_accumulation_steps",), text)
        return
    every = spec.ema_overwrite_frequency or 1
    if (every - 1) * batches >= length:  # Keras checks the number of updates after each batch
        text = f"the average is copied into the model after {every:,} updates, but the run has {length // batches:,}"
        yield Misfit(("ema_overwrite_frequency",), f"{text}; without it, fit copies the average when it ends")
    for path, happens in overshoots(spec, float(curve.rates.max())):
        yield Misfit(path, f"at the highest rate, {happens}")
    if isinstance(spec, ScheduleFreeAdamWSpec):
        updates, warmup = length // batches, in_steps(spec.warmup_steps)
        if warmup >= updates:
            text = f"the warm-up lasts {warmup:,} updates, but the run has {updates:,}: the rate never reaches its peak"
            yield Misfit(("warmup_steps",), text)
