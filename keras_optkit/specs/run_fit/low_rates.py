"""A rate of 0 or nearly 0 for more than 5% of the run, and a decay that ends in the first 5%."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from keras_optkit.specs.array_namespace import np
from keras_optkit.specs.resolving import RunLength
from keras_optkit.specs.run_fit.curve import Curve
from keras_optkit.specs.run_fit.misfit import Misfit, as_duration, counted, shown_share
from keras_optkit.specs.run_fit.phases import pace, phases
from keras_optkit.specs.run_fit.stretches import Stretch, at
from keras_optkit.specs.run_fit.written import Written
from keras_optkit.specs.schedules.phase import Kind, Phase

if TYPE_CHECKING:
    from numpy.typing import NDArray


_TWENTIETH = 1 / 20
# Shares of the highest rate. A decay that has ended, or never ends, trains nothing below the first. For a decay that is
# still on its way, only the second counts: a cubic decay is below the first for the last tenth of its way.
_LOW, _NOTHING = 1e-3, 1e-6


def low_rates(written: Sequence[Written], played: Sequence[Stretch], curve: Curve, run: RunLength) -> Iterator[Misfit]:
    """The schedule whose rate is too low for too long, if there is one."""
    simple = [stretch for stretch in played if stretch.is_simple]
    in_steps = {path for path, duration in written if isinstance(duration, int)}
    low = [_is_low(stretch, in_steps, curve) for stretch in simple]
    shares = [float(steps.mean()) for steps in low]
    if sum(shares) > _TWENTIETH:
        longest = int(np.argmax(shares))
        yield _misfit(simple[longest], low[longest], curve, run)


def _is_low(stretch: Stretch, in_steps: set[tuple[int | str, ...]], curve: Curve) -> NDArray[np.bool_]:
    """For each step of the curve, whether the rate of ``stretch`` is too low there."""
    inside = (curve.steps >= stretch.first) & (curve.steps < stretch.end)
    low_enough = _NOTHING if stretch.lowest else _LOW  # with a clamp, the user has chosen how low it may be
    limit = np.full(len(curve.steps), _NOTHING if pace(stretch.schedule) is None else low_enough)
    if decay := _decay(stretch):
        end = stretch.start + decay.end
        # Such a short decay is a mistake even if the rate stays high, unless a percentage made it short.
        is_short = end < _TWENTIETH * curve.length and (*stretch.path, *decay.field) in in_steps
        limit[curve.steps >= end] = 1 if is_short else low_enough
    rates = np.where(inside, curve.rates, 0)
    peak = rates.max()
    fallen = np.arange(len(rates)) > rates.argmax()  # while it rises, a rate may be low
    # 1e-9 allows for rounding: 0.1 / 1000 may be a little above 0.0001.
    low: NDArray[np.bool_] = (curve.rates == 0) | (fallen & (curve.rates < limit * peak * (1 - 1e-9)))
    low &= inside & (peak < np.inf)
    # A single step does not count: a warm-up from 0 has one, which is a large share of a short run.
    beside = np.pad(low, 1)
    low &= beside[:-2] | beside[2:]
    return low


def _decay(stretch: Stretch) -> Phase | None:
    return next((phase for phase in phases(stretch.schedule) if phase.kind is Kind.DECAY), None)


def _misfit(stretch: Stretch, low: NDArray[np.bool_], curve: Curve, run: RunLength) -> Misfit:
    # With the first rate, because the first step may not be among the sampled ones.
    peak = max(curve.at(stretch.first), *curve.rates[(curve.steps >= stretch.first) & (curve.steps < stretch.end)])
    rate, share = _in_words(curve.rates[low], peak), shown_share(float(low.mean()), 1)
    decay, schedule = _decay(stretch), stretch.schedule
    if decay and (end := stretch.start + decay.end) < stretch.end:
        follows = "the run ends" if stretch.end == curve.length else "the next schedule begins"
        text = (
            f"the {decay.name} ends at step {end:,}, and {follows} at step {stretch.end:,}: {rate} for {share} of the "
            "run"
        )
        if decay.field:
            fitting = at(schedule, decay.field) + stretch.end - end
            text += f"; {decay.field[0]}={as_duration(fitting, run)} closes the gap"
        return Misfit((*stretch.path, *decay.field), text)
    first, last = curve.steps[low][[0, -1]].tolist()
    text = f"{rate} for {share} of the run, from step {first:,} {'on' if low[-1] else f'to step {last:,}'}"
    if field := pace(schedule):
        text += f"; {field} is {counted(at(schedule, (field,)), run)}: make it longer"
    return Misfit((*stretch.path, *([field] if field else [])), text)


def _in_words(rates: NDArray[np.float64], peak: float) -> str:
    if np.median(rates) == 0:
        return "the rate is 0"
    highest = rates.max()
    if highest >= _LOW * peak:
        return f"the rate is {highest:.4g}"
    return f"the rate is below a {'millionth' if highest < _NOTHING * peak else 'thousandth'} of its peak of {peak:.4g}"
