"""Warm-ups, decays, first periods and pieces that end after the run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from keras_optkit.specs.resolving import RunLength
from keras_optkit.specs.run_fit.curve import Curve
from keras_optkit.specs.run_fit.misfit import Misfit, as_duration
from keras_optkit.specs.run_fit.phases import phases
from keras_optkit.specs.run_fit.stretches import Stretch, at
from keras_optkit.specs.schedules.phase import Kind, Phase


class _End(NamedTuple):
    step: int
    stretch: Stretch
    phase: Phase


def after_the_run(played: Sequence[Stretch], curve: Curve, run: RunLength) -> Iterator[Misfit]:
    """The first phase that ends too late. Those after it are late for the same reason."""
    late = [
        end
        for end in _ends(played, curve.length)
        if end.step > _latest(end.phase, curve.length) and not _is_at_its_limit(end, curve)
    ]
    if late:
        # If several end together, the innermost was meant to fill the run.
        end = min(late, key=lambda end: (end.step, -len(end.stretch.path)))
        yield Misfit((*end.stretch.path, *end.phase.field), _in_words(end, curve, run))


def _ends(played: Sequence[Stretch], length: int) -> Iterator[_End]:
    for stretch in played:
        if stretch.end == length:  # a schedule that the next one cuts off was joined that way, whatever the run
            for phase in phases(stretch.schedule):
                yield _End(stretch.start + phase.end, stretch, phase)


def _is_at_its_limit(end: _End, curve: Curve) -> bool:
    """Whether a decay has reached the limit of a clamp when the run ends."""
    return end.phase.kind is Kind.DECAY and end.stretch.rate(end.phase.end) == curve.at(curve.length - 1)


def _latest(phase: Phase, length: int) -> int:
    """The last step at which a phase may end without a warning."""
    if phase.kind is Kind.WARMUP:
        return length - 1
    if phase.kind is Kind.PIECE:
        return length + 1  # rounding two percentages that add up to 100% can add a step
    # About the difference that dropping the last batch of each epoch makes. It cannot be seen in the curve.
    return length + max(1, length // 100)


def _in_words(end: _End, curve: Curve, run: RunLength) -> str:
    length, stretch, phase = curve.length, end.stretch, end.phase
    if phase.kind is Kind.PIECE:
        return (
            f"the boundary is at step {end.step:,}, but the run ends at step {length:,}: the next piece is never used; "
            "a boundary of '50%' fits any run"
        )
    words = f"the {phase.name} ends at step {end.step:,}, but the run ends at step {length:,}"
    last = f"its last rate is {curve.at(length - 1):.4g}"
    if phase.kind is Kind.STAIR:
        return f"{words}: the rate never changes; every='1 epoch' fits any run"
    reached = f"{stretch.rate(phase.end):.4g}"
    if phase.kind is Kind.WARMUP:
        return f"{words}: {last}, not {reached}; a warm-up of '5%' fits any run"
    words += f": {last}, not {reached}" if phase.kind is Kind.DECAY else ": it is never completed"
    if not phase.field:
        return words
    fitting = at(stretch.schedule, phase.field) - (end.step - length) // phase.times
    return f"{words}; with {phase.field[0]}={as_duration(fitting, run)} both end together"
