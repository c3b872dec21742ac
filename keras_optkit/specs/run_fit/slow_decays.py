"""An endless decay that hardly changes the rate in its run, or does not reach its first stair."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from keras_optkit.specs.numbers import MOST_STEPS
from keras_optkit.specs.resolving import RunLength
from keras_optkit.specs.run_fit.curve import Curve
from keras_optkit.specs.run_fit.misfit import Misfit, counted
from keras_optkit.specs.run_fit.phases import pace, phases
from keras_optkit.specs.run_fit.stretches import Stretch, at
from keras_optkit.specs.schedules.phase import Kind

_HARDLY = 0.01
# Of the run. A schedule that is used for less of it is not checked.
_SHORT = 1 / 20


def slow_decays(played: Sequence[Stretch], curve: Curve, run: RunLength) -> Iterator[Misfit]:
    """The decays that change the rate by less than 1% while they are used, but would change it by more later."""
    for stretch in played:
        ends = phases(stretch.schedule)
        if not stretch.is_simple or any(phase.kind is not Kind.WARMUP for phase in ends):
            continue
        begin = max(stretch.first, stretch.start + max((phase.end for phase in ends), default=0))
        if stretch.end - begin < max(2, _SHORT * curve.length):
            continue
        # The rates without a StaircaseSpec around it: with stairs as long as the run, no rate changes.
        rates = stretch.rates(curve.steps[(curve.steps >= begin) & (curve.steps < stretch.end)] - stretch.start)
        later = stretch.rate(min(1000 * (stretch.end - stretch.start), MOST_STEPS))
        if _span(rates.min(), rates.max()) < _HARDLY < _span(stretch.rate(begin - stretch.start), later):
            yield _misfit(stretch, begin, run)


def _span(one: float, other: float) -> float:
    """The difference of two rates, as a share of the higher."""
    low, high = sorted((one, other))
    return (high - low) / high if high > 0 else 0.0


def _misfit(stretch: Stretch, begin: int, run: RunLength) -> Misfit:
    first, last = (stretch.rate(step - stretch.start) for step in (begin, stretch.end - 1))
    change = "never changes" if first == last else f"changes by less than 1%, from {first:.4g} to {last:.4g},"
    text = f"the rate {change} {f'from step {begin:,} on' if begin else 'in the whole run'}"
    free = stretch._replace(lowest=0.0, highest=math.inf)
    if _span(*(free.rate(step - stretch.start) for step in (begin, stretch.end - 1))) > _HARDLY:
        return Misfit(stretch.path, f"{text}: a clamp keeps it there")
    field = pace(stretch.schedule)
    if field is None:
        return Misfit(stretch.path, text)
    steps = at(stretch.schedule, (field,))
    if begin + steps < stretch.end:
        cause = f"decay_rate {at(stretch.schedule, ('decay_rate',)):g} in {counted(steps, run)}, changes it too little"
        return Misfit((*stretch.path, "decay_rate"), f"{text}: {cause}")
    return Misfit((*stretch.path, field), f"{text}: {field} is {counted(steps, run)}; '10%' fits any run")
