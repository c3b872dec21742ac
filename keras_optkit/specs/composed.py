"""Schedules of our own: one primitive (``Ramp``), one way to join schedules (``Join``), and recipes made of them."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any, Literal

import numpy as np

from keras_optkit.specs.base import Conflict
from keras_optkit.specs.counting import share
from keras_optkit.specs.durations import Duration, first_not_rising, in_one_unit, in_steps, is_resolved
from keras_optkit.specs.fields import (
    LARGEST,
    SMALLEST,
    Factor,
    Listed,
    OpenFraction,
    Ordered,
    Positive,
    Rate,
    RateOrZero,
    Steps,
    StepsOrZero,
)
from keras_optkit.specs.registry import register_spec
from keras_optkit.specs.schedules import ScheduleSpec

Shape = Literal["linear", "cosine", "exponential", "polynomial"]


@register_spec
class ConstantSpec(ScheduleSpec):
    """One rate for ever; a piece for ``JoinSpec``.

    Attributes:
        learning_rate: the rate, > 0.
    """

    learning_rate: Rate

    def value(self, step: Any, xp: Any = np) -> Any:
        return self.learning_rate


@register_spec
class RampSpec(ScheduleSpec):
    """From one rate to another in a number of steps, and there for ever.

    With a and b the two rates and ``t = min(step / steps, 1)``: linear ``a + (b - a) * t``; cosine
    ``a + (b - a) * (1 - cos(pi * t)) / 2``; exponential ``a * (b / a) ** t``; polynomial ``a + (b - a) * t ** power``.

    Attributes:
        initial_learning_rate: the rate at step 0, >= 0.
        end_learning_rate: the rate from step ``steps`` on, >= 0; not both rates are 0.
        steps: the length of the ramp, > 0.
        shape: one of the four above. An exponential ramp has no rate of 0.
        power: > 0, for ``shape="polynomial"``; 0.5 makes the "1-sqrt" cool-down.
    """

    initial_learning_rate: RateOrZero
    end_learning_rate: RateOrZero
    steps: Steps
    shape: Shape = "linear"
    power: Positive = 1.0

    def conflicts(self) -> Iterator[Conflict]:
        yield from _power_without_polynomial(self.shape, self.power)
        a, b = self.initial_learning_rate, self.end_learning_rate
        if a == b == 0:
            yield Conflict("end_learning_rate", "must be > 0 where the ramp starts at 0")
        elif self.shape == "exponential" and a * b == 0:
            zero = "initial_learning_rate" if a == 0 else "end_learning_rate"
            yield Conflict(zero, "must be > 0 for an exponential ramp, which never reaches or leaves 0")

    def value(self, step: Any, xp: Any = np) -> Any:
        steps = in_steps(self.steps)
        a, b = self.initial_learning_rate, self.end_learning_rate
        t = share(step, steps, xp)
        if self.shape == "exponential":
            return a * xp.power(b / a, t)
        if self.shape == "cosine":
            t = 0.5 * (1.0 - xp.cos(math.pi * t))
        elif self.shape == "polynomial":
            t = xp.power(t, self.power)
        return a + (b - a) * t

    def landmarks(self) -> Iterable[tuple[int, str]]:
        yield in_steps(self.steps), "end of the ramp"


@register_spec
class JoinSpec(ScheduleSpec):
    """One schedule after another, each counting its own steps from 0.

    From boundary i on, the rate is that of schedule i + 1 at ``step - boundaries[i]``; at the boundary itself the new
    schedule is at its step 0. The pieces can be any schedules, joins included.

    Attributes:
        schedules: the pieces, in order.
        boundaries: the steps, > 0 and strictly rising, at which the next piece begins; one fewer than schedules.
    """

    schedules: Ordered[ScheduleSpec]
    boundaries: Listed[Steps]

    def conflicts(self) -> Iterator[Conflict]:
        pieces = len(self.schedules)
        if len(self.boundaries) != pieces - 1:
            rule = f"must be one fewer than schedules: {pieces} schedules need {pieces - 1}, not {len(self.boundaries)}"
            yield Conflict("boundaries", rule)
        elif fault := first_not_rising(self.boundaries):
            yield Conflict("boundaries", f"must rise strictly, but {fault}")

    def value(self, step: Any, xp: Any = np) -> Any:
        rate = self.schedules[0].value(step, xp)
        for schedule, written in zip(self.schedules[1:], self.boundaries, strict=True):
            boundary = in_steps(written)
            # Before its boundary a piece is asked for its step 0, where every schedule has a rate.
            rate = xp.where(step < boundary, rate, schedule.value(xp.maximum(step - boundary, 0), xp))
        return rate

    def landmarks(self) -> Iterable[tuple[int, str]]:
        starts = [0, *map(in_steps, self.boundaries)]
        for schedule, start, end in zip(self.schedules, starts, [*starts[1:], math.inf], strict=True):
            if start:
                yield start, f"{schedule.type} begins"
            for step, text in schedule.landmarks():
                if start + step < end:
                    yield start + step, text


class Recipe(ScheduleSpec):
    """A word for a join: a schedule that is written shorter than what it stands for."""

    @abstractmethod
    def expand(self) -> ScheduleSpec:
        """The schedules that this recipe stands for.

        Raises:
            ValueError: a duration is not in steps yet; ``resolve`` it first.
        """

    def value(self, step: Any, xp: Any = np) -> Any:
        return self.expand().value(step, xp)


@register_spec
class WarmupSpec(Recipe):
    """Any schedule after a warm-up: a ramp to the schedule's first rate, then the schedule from its own step 0.

    Source: Goyal et al. 2017, arXiv:1706.02677.

    Attributes:
        schedule: what follows the warm-up.
        warmup_steps: the length of the warm-up, > 0.
        initial_learning_rate: the rate at step 0, >= 0 and not above the schedule's first rate.
        shape: as in ``RampSpec``; ``"exponential"`` needs an ``initial_learning_rate`` > 0.
        power: > 0, for ``shape="polynomial"``.
    """

    schedule: ScheduleSpec
    warmup_steps: Steps
    initial_learning_rate: RateOrZero = 0.0
    shape: Shape = "linear"
    power: Positive = 1.0

    def conflicts(self) -> Iterator[Conflict]:
        yield from _power_without_polynomial(self.shape, self.power)
        try:
            first = float(self.schedule.value(0)) if is_resolved(self.schedule) else None
        except Exception as error:  # anything may be wrong in a value() of somebody's own
            yield Conflict("schedule", f"has no rate at step 0 ({type(error).__name__}: {error})")
            return
        if first is not None and not 0 <= first <= LARGEST:
            yield Conflict("schedule", f"must begin with a rate that float32 can hold, and begins with {first:g}")
        elif first == 0:
            yield Conflict("schedule", "must begin with a rate > 0, which the warm-up can reach")
        elif first is not None and first < self.initial_learning_rate:
            rule = f"must not be above the first rate of the schedule ({first:g})"
            yield Conflict("initial_learning_rate", rule)
        elif self.shape == "exponential" and self.initial_learning_rate == 0:
            yield Conflict("initial_learning_rate", "must be > 0 for an exponential warm-up, which never leaves 0")

    def landmarks(self) -> Iterable[tuple[int, str]]:
        warmup = in_steps(self.warmup_steps)
        yield warmup, "end of the warm-up"
        for step, text in self.schedule.landmarks():
            yield warmup + step, text

    def expand(self) -> JoinSpec:
        warmup = in_steps(self.warmup_steps)
        ramp = RampSpec(
            initial_learning_rate=self.initial_learning_rate,
            end_learning_rate=float(self.schedule.value(0)),
            steps=warmup,
            shape=self.shape,
            power=self.power,
        )
        return JoinSpec(schedules=(ramp, self.schedule), boundaries=(warmup,))


@register_spec
class OneCycleSpec(Recipe):
    """The 1cycle policy: up to the largest rate, then down to far below the first, and there for ever.

    From ``max_learning_rate / div_factor`` up to ``max_learning_rate`` at step ``round(pct_start * total_steps)``,
    then down to ``max_learning_rate / (div_factor * final_div_factor)`` at ``total_steps``.
    Source: Smith and Topin 2017, arXiv:1708.07120; names and defaults as in PyTorch and optax.

    Attributes:
        max_learning_rate: the peak, > 0.
        total_steps: the length of both phases together, > 0.
        pct_start: the share of the steps, in (0, 1), that go up.
        shape: of both phases.
        div_factor: the peak divided by the first rate, >= 1.
        final_div_factor: the first rate divided by the last, > 0; the last is not above the peak.
    """

    max_learning_rate: Rate
    total_steps: Steps = Duration("100%")
    pct_start: OpenFraction = 0.3
    shape: Literal["linear", "cosine", "exponential"] = "cosine"
    div_factor: Factor = 25.0
    final_div_factor: Positive = 1e4

    def conflicts(self) -> Iterator[Conflict]:
        if self.div_factor * self.final_div_factor < 1:
            rule = f"must be >= 1 / div_factor ({1 / self.div_factor:g}), or the last rate is above the peak"
            yield Conflict("final_div_factor", rule)
        elif (last := self.max_learning_rate / self.div_factor / self.final_div_factor) < SMALLEST:
            yield Conflict("final_div_factor", f"makes the last rate {last:g}, which float32 cannot hold")
        if isinstance(self.total_steps, int) and not 0 < (peak := self._peak()) < self.total_steps:
            rule = f"leaves no step for a phase: the peak would be at step {peak} of {self.total_steps}"
            yield Conflict("total_steps", rule)

    def landmarks(self) -> Iterable[tuple[int, str]]:
        yield self._peak(), "peak"
        yield in_steps(self.total_steps), "end of the cycle"

    def _peak(self) -> int:
        return round(self.pct_start * in_steps(self.total_steps))

    def expand(self) -> JoinSpec:
        peak, total = self._peak(), in_steps(self.total_steps)
        first = self.max_learning_rate / self.div_factor
        up = RampSpec(
            initial_learning_rate=first, end_learning_rate=self.max_learning_rate, steps=peak, shape=self.shape
        )
        down = RampSpec(
            initial_learning_rate=self.max_learning_rate,
            end_learning_rate=first / self.final_div_factor,
            steps=total - peak,
            shape=self.shape,
        )
        return JoinSpec(schedules=(up, down), boundaries=(peak,))


@register_spec
class WarmupStableDecaySpec(Recipe):
    """Linear warm-up, a stable phase at the peak, and a decay at the end of the run.

    Source: Hu et al. 2024, arXiv:2404.06395 (MiniCPM); the "1-sqrt" decay, ``shape="polynomial", power=0.5``:
    Haegele et al. 2024, arXiv:2405.18392.

    Attributes:
        peak_learning_rate: the rate of the stable phase, > 0.
        warmup_steps: the length of the warm-up, >= 0.
        decay_steps: the length of the decay, > 0.
        total_steps: the length of the three phases together; the stable phase is what the others leave, at least 1.
        initial_learning_rate: the rate at step 0, >= 0 and not above the peak.
        end_learning_rate: the rate from ``total_steps`` on, >= 0 and not above the peak.
        shape: of the decay, as in ``RampSpec``.
        power: > 0, for ``shape="polynomial"``.
    """

    peak_learning_rate: Rate
    warmup_steps: StepsOrZero
    decay_steps: Steps
    total_steps: Steps = Duration("100%")
    initial_learning_rate: RateOrZero = 0.0
    end_learning_rate: RateOrZero = 0.0
    shape: Shape = "linear"
    power: Positive = 1.0

    def conflicts(self) -> Iterator[Conflict]:
        yield from _power_without_polynomial(self.shape, self.power)
        for field in ("initial_learning_rate", "end_learning_rate"):
            if getattr(self, field) > self.peak_learning_rate:
                yield Conflict(field, f"must not be above peak_learning_rate ({self.peak_learning_rate:g})")
        if self.shape == "exponential" and self.end_learning_rate == 0:
            yield Conflict("end_learning_rate", "must be > 0 for an exponential decay, which never reaches 0")
        amounts = in_one_unit(self.total_steps, self.warmup_steps, self.decay_steps)
        if amounts and amounts[0] <= amounts[1] + amounts[2]:
            rule = (
                f"leaves no stable phase: {self.total_steps} in all, of which {self.warmup_steps} are warm-up "
                f"and {self.decay_steps} decay"
            )
            yield Conflict("total_steps", rule)

    def landmarks(self) -> Iterable[tuple[int, str]]:
        warmup, decay, total = map(in_steps, (self.warmup_steps, self.decay_steps, self.total_steps))
        if warmup:
            yield warmup, "end of the warm-up"
        yield total - decay, "decay begins"
        yield total, "end of the decay"

    def expand(self) -> JoinSpec:
        warmup, decay, total = map(in_steps, (self.warmup_steps, self.decay_steps, self.total_steps))
        peak = self.peak_learning_rate
        down = RampSpec(
            initial_learning_rate=peak,
            end_learning_rate=self.end_learning_rate,
            steps=decay,
            shape=self.shape,
            power=self.power,
        )
        stable = ConstantSpec(learning_rate=peak)
        if not warmup:
            return JoinSpec(schedules=(stable, down), boundaries=(total - decay,))
        up = RampSpec(initial_learning_rate=self.initial_learning_rate, end_learning_rate=peak, steps=warmup)
        return JoinSpec(schedules=(up, stable, down), boundaries=(warmup, total - decay))


def _power_without_polynomial(shape: str, power: float) -> Iterator[Conflict]:
    if power != 1 and shape != "polynomial":
        yield Conflict("power", "has no effect without shape='polynomial'")
