"""What an optimizer does once every so many batches, in a run that has fewer, and weights that grow by their decay."""

from __future__ import annotations

from collections.abc import Iterator

from keras_optkit.specs.durations import in_steps
from keras_optkit.specs.optimizers import OptimizerSpec
from keras_optkit.specs.optimizers.extremes import overshoots
from keras_optkit.specs.optimizers.schedule_free_adamw import ScheduleFreeAdamWSpec
from keras_optkit.specs.run_fit.curve import Curve
from keras_optkit.specs.run_fit.misfit import Misfit


def wrong_updates(spec: OptimizerSpec, curve: Curve) -> Iterator[Misfit]:
    """Updates, overwrites and a warm-up by updates that the run has no time for, and those that make weights grow."""
    length = curve.length
    batches = spec.gradient_accumulation_steps or 1
    if batches > length:
        text = f"one update needs {batches:,} batches, the run has {length:,}: nothing is ever trained"
        yield Misfit(("gradient_accumulation_steps",), text)
        return
    every = spec.ema_overwrite_frequency or 1
    if (every - 1) * batches >= length:  # Keras looks after each batch whether so many updates are done
        text = f"the average would be written into the model after {every:,} updates, the run has {length // batches:,}"
        yield Misfit(("ema_overwrite_frequency",), f"{text}; without it fit writes the average when it ends")
    for path, happens in overshoots(spec, float(curve.rates.max())):
        yield Misfit(path, f"where the rate is highest, {happens}")
    if isinstance(spec, ScheduleFreeAdamWSpec):
        updates, warmup = length // batches, in_steps(spec.warmup_steps)
        if warmup >= updates:
            text = f"the warm-up lasts {warmup:,} updates, the run has {updates:,}: the rate never gets to its peak"
            yield Misfit(("warmup_steps",), text)
