"""``ScheduleSpec`` and Keras's own six learning-rate schedules."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from keras_optkit.specs.base import Conflict, Spec
from keras_optkit.specs.counting import periods, rest, share
from keras_optkit.specs.durations import first_not_rising, in_steps
from keras_optkit.specs.fields import (
    DecayRate,
    Factor,
    Flag,
    Fraction,
    Name,
    NonNegative,
    Ordered,
    Positive,
    Rate,
    RateOrZero,
    Steps,
    StepsOrZero,
)
from keras_optkit.specs.overriding import overridden
from keras_optkit.specs.registry import register_spec


class ScheduleSpec(Spec, ABC):
    """The base of all learning-rate schedules: a rate for each step. A step is one batch, counted from 0.

    A schedule of your own is a subclass with fields and ``value``; ``register_spec`` makes it readable from files.
    """

    if TYPE_CHECKING:
        # Tells build_schedule's overloads for one class from that for any, which would take in a union of the former.
        _is_mirrored: ClassVar[Literal[False]]

    @abstractmethod
    def value(self, step: Any, xp: Any = np) -> Any:
        """The learning rate at ``step``: the schedule's formula, elementwise.

        Args:
            step: whole numbers >= 0, a scalar or an array of any shape: integers under NumPy, float64 in a graph, which
                holds them exactly up to ``2**53``. (Float32 would do so only up to ``2**24``.)
            xp: the array namespace to compute in: NumPy, or ``keras.ops`` while training. A formula uses only functions
                that both have.

        Returns:
            The rate, of the shape of ``step``, or one number if it is the same at all steps.

        Raises:
            ValueError: a duration is not in steps yet; ``resolve`` it first.
        """

    def override(self, changes: Mapping[str, Any]) -> ScheduleSpec:
        """A copy with ``changes`` made by dotted path, checked like a new spec.

        ``spec.override({"schedule.decay_steps": "10 epochs"})``; an entry of a list goes by its
        number. A change of a node's ``type`` drops that node's other fields.

        Raises:
            pydantic.ValidationError: a path leads nowhere, or the result is not a right spec.
        """
        return overridden(ScheduleSpec, self, changes)

    def landmarks(self) -> Iterable[tuple[int, str]]:
        """The steps at which the curve bends, each with what happens there. For ``describe`` and for plots."""
        return ()


if TYPE_CHECKING:

    class MirroredScheduleSpec(ScheduleSpec):
        """For type checkers, a spec for which ``build_schedule`` has an overload of its own."""

        _is_mirrored: ClassVar[Literal[True]]  # type: ignore[assignment]
else:
    MirroredScheduleSpec = ScheduleSpec


@register_spec
class ExponentialDecaySpec(MirroredScheduleSpec):
    """Exponential decay, as ``keras.optimizers.schedules.ExponentialDecay``.

    ``rate(step) = initial_learning_rate * decay_rate ** (step / decay_steps)``; with ``staircase`` the exponent is
    rounded down, so that the rate drops once every ``decay_steps``.

    Attributes:
        initial_learning_rate: the rate at step 0, > 0.
        decay_steps: the steps, > 0, in which the rate is multiplied by ``decay_rate`` once.
        decay_rate: in (0, 1].
        staircase: whether the rate falls in steps instead of continuously.
        name: the name of the operation in Keras's graph.
    """

    initial_learning_rate: Rate
    decay_steps: Steps
    decay_rate: DecayRate
    staircase: Flag = False
    name: Name = "ExponentialDecay"

    def value(self, step: Any, xp: Any = np) -> Any:
        length = in_steps(self.decay_steps)
        over = periods(step, length, xp) if self.staircase else step / length
        return self.initial_learning_rate * xp.power(self.decay_rate, over)

    def landmarks(self) -> Iterable[tuple[int, str]]:
        yield in_steps(self.decay_steps), f"decayed by {self.decay_rate:g} once"


@register_spec
class PiecewiseConstantDecaySpec(MirroredScheduleSpec):
    """Constant pieces, as ``keras.optimizers.schedules.PiecewiseConstantDecay``.

    ``rate(step) = values[i]``, where i is the number of boundaries below ``step``: at a boundary itself the rate is
    still the old one.

    Attributes:
        boundaries: steps, each > 0 and above the one before.
        values: rates >= 0, one more than there are boundaries, not all of them 0.
        name: the name of the operation in Keras's graph.
    """

    boundaries: Ordered[Steps]
    values: Ordered[RateOrZero]
    name: Name = "PiecewiseConstant"

    def conflicts(self) -> Iterator[Conflict]:
        if fault := first_not_rising(self.boundaries):
            yield Conflict("boundaries", f"must rise strictly, but {fault}")
        pieces = len(self.boundaries) + 1
        if len(self.values) != pieces:
            yield Conflict(
                "values",
                f"must be one more than boundaries: {pieces - 1} boundaries make {pieces} pieces, "
                f"not {len(self.values)}",
            )
        elif not any(self.values):
            yield Conflict("values", "must not be all 0, which never trains")

    def value(self, step: Any, xp: Any = np) -> Any:
        # One look-up, however many boundaries there are: a comparison for each would fill a graph with them.
        boundaries = xp.array([in_steps(boundary) for boundary in self.boundaries], dtype="float64")
        passed = xp.searchsorted(boundaries, xp.reshape(step, (-1,)), side="left")
        return xp.reshape(xp.take(xp.array(self.values, dtype="float64"), passed), xp.shape(step))

    def landmarks(self) -> Iterable[tuple[int, str]]:
        # Keras still has the old rate at the boundary itself.
        return ((in_steps(boundary) + 1, "boundary passed") for boundary in self.boundaries)


@register_spec
class PolynomialDecaySpec(MirroredScheduleSpec):
    """Polynomial decay, as ``keras.optimizers.schedules.PolynomialDecay``.

    ``rate(step) = (initial_learning_rate - end_learning_rate) * (1 - t) ** power + end_learning_rate`` with
    ``t = min(step, decay_steps) / decay_steps``; with ``cycle``, ``t = step / n`` where n is the first multiple of
    ``decay_steps`` that is not below ``step`` (and not 0).

    Attributes:
        initial_learning_rate: the rate at step 0, > 0. (A ramp up from 0 is a ``RampSpec``.)
        decay_steps: the length of the decay in steps, > 0.
        end_learning_rate: the rate at the end of the decay, >= 0.
        power: > 0; 1 is linear.
        cycle: whether the rate rises again after the end.
        name: the name of the operation in Keras's graph.
    """

    initial_learning_rate: Rate
    decay_steps: Steps
    end_learning_rate: RateOrZero = 0.0001
    power: Positive = 1.0
    cycle: Flag = False
    name: Name = "PolynomialDecay"

    def value(self, step: Any, xp: Any = np) -> Any:
        length: Any = in_steps(self.decay_steps)
        if self.cycle:
            length = length * xp.maximum(periods(step + (length - 1), length, xp), 1.0)
        t = share(step, length, xp)
        span = self.initial_learning_rate - self.end_learning_rate
        return span * xp.power(1.0 - t, self.power) + self.end_learning_rate

    def landmarks(self) -> Iterable[tuple[int, str]]:
        yield in_steps(self.decay_steps), "end of the first cycle" if self.cycle else "end of the decay"


@register_spec
class InverseTimeDecaySpec(MirroredScheduleSpec):
    """Inverse time decay, as ``keras.optimizers.schedules.InverseTimeDecay``.

    ``rate(step) = initial_learning_rate / (1 + decay_rate * step / decay_steps)``; with ``staircase`` the quotient
    ``step / decay_steps`` is rounded down. With ``decay_steps=1`` this is what Keras 2 called ``decay``.

    Attributes:
        initial_learning_rate: the rate at step 0, > 0.
        decay_steps: the steps, > 0, in which the denominator grows by ``decay_rate`` once.
        decay_rate: >= 0.
        staircase: whether the rate falls in steps instead of continuously.
        name: the name of the operation in Keras's graph.
    """

    initial_learning_rate: Rate
    decay_steps: Steps
    decay_rate: NonNegative
    staircase: Flag = False
    name: Name = "InverseTimeDecay"

    def value(self, step: Any, xp: Any = np) -> Any:
        length = in_steps(self.decay_steps)
        over = periods(step, length, xp) if self.staircase else step / length
        return self.initial_learning_rate / (1.0 + self.decay_rate * over)

    def landmarks(self) -> Iterable[tuple[int, str]]:
        yield in_steps(self.decay_steps), f"divided by {1 + self.decay_rate:g}"


@register_spec
class CosineDecaySpec(MirroredScheduleSpec):
    """Half a cosine, after an optional linear warm-up, as ``keras.optimizers.schedules.CosineDecay``.

    ``rate(step) = start * ((1 - alpha) * (1 + cos(pi * t)) / 2 + alpha)`` with ``t = min(step, decay_steps) /
    decay_steps`` and ``start = initial_learning_rate``. With a warm-up, the rate first goes straight from
    ``initial_learning_rate`` to ``warmup_target`` in ``warmup_steps``, and the cosine starts from there, counting its
    own steps from 0. Source: Loshchilov and Hutter 2016, arXiv:1608.03983.

    Attributes:
        initial_learning_rate: the rate at step 0, > 0; it may be 0 with a warm-up.
        decay_steps: the length of the cosine in steps, > 0, without the warm-up.
        alpha: the last rate as a fraction, in [0, 1], of the rate that the cosine starts from.
        name: the name of the operation in Keras's graph.
        warmup_target: the rate at the end of the warm-up, not below ``initial_learning_rate``.
        warmup_steps: the length of the warm-up in steps; goes together with ``warmup_target``.
    """

    initial_learning_rate: RateOrZero
    decay_steps: Steps
    alpha: Fraction = 0.0
    name: Name = "CosineDecay"
    warmup_target: Rate | None = None
    warmup_steps: StepsOrZero = 0

    def conflicts(self) -> Iterator[Conflict]:
        if self.warmup_target is None:
            if self.warmup_steps:
                yield Conflict("warmup_steps", "has no effect without warmup_target")
            elif self.initial_learning_rate == 0:
                yield Conflict("initial_learning_rate", "must be > 0 (0 only with warmup_target and warmup_steps)")
        elif not self.warmup_steps:
            yield Conflict("warmup_target", "needs warmup_steps > 0")
        elif self.warmup_target < self.initial_learning_rate:
            rule = f"must not be below initial_learning_rate ({self.initial_learning_rate!r})"
            yield Conflict("warmup_target", rule)

    def value(self, step: Any, xp: Any = np) -> Any:
        warmup, length = in_steps(self.warmup_steps), in_steps(self.decay_steps)
        if self.warmup_target is None:
            return _half_cosine(self.initial_learning_rate, share(step, length, xp), self.alpha, xp)
        ramp = self.initial_learning_rate + (self.warmup_target - self.initial_learning_rate) * (step / warmup)
        t = share(xp.maximum(step - warmup, 0), length, xp)
        return xp.where(step < warmup, ramp, _half_cosine(self.warmup_target, t, self.alpha, xp))

    def landmarks(self) -> Iterable[tuple[int, str]]:
        warmup = in_steps(self.warmup_steps)
        if warmup:
            yield warmup, "end of the warm-up"
        yield warmup + in_steps(self.decay_steps), "end of the decay"


@register_spec
class CosineDecayRestartsSpec(MirroredScheduleSpec):
    """Cosine decay with warm restarts, as ``keras.optimizers.schedules.CosineDecayRestarts``.

    Period i (from 0) lasts ``first_decay_steps * t_mul ** i`` steps. In it, with t the share of the period that is
    over, ``rate = initial_learning_rate * ((1 - alpha) * m_mul ** i * (1 + cos(pi * t)) / 2 + alpha)``.
    Source: Loshchilov and Hutter 2016, arXiv:1608.03983.

    Attributes:
        initial_learning_rate: the rate at step 0, > 0.
        first_decay_steps: the length of the first period in steps, > 0.
        t_mul: each period's length in terms of the one before, >= 1.
        m_mul: each period's first rate in terms of the one before, > 0.
        alpha: the lowest rate as a fraction, in [0, 1], of ``initial_learning_rate``.
        name: the name of the operation in Keras's graph.
    """

    initial_learning_rate: Rate
    first_decay_steps: Steps
    t_mul: Factor = 2.0
    m_mul: Positive = 1.0
    alpha: Fraction = 0.0
    name: Name = "SGDRDecay"

    def value(self, step: Any, xp: Any = np) -> Any:
        first, grow = in_steps(self.first_decay_steps), self.t_mul
        if np.float32(grow) == 1:  # Keras takes the logarithm of t_mul as a float32 otherwise
            period = periods(step, first, xp)
            t = rest(step, first, xp) / first
        else:

            def begin(period: Any) -> Any:
                return first * ((xp.power(grow, period) - 1.0) / (grow - 1.0))

            period = xp.floor(xp.log(1.0 + (step / first) * (grow - 1.0)) / math.log(grow))
            # The logarithm may be off by a rounding at a restart, which would be a whole period.
            period = xp.where(step < begin(period), period - 1.0, period)
            period = xp.where(step < begin(period + 1.0), period, period + 1.0)
            t = (step - begin(period)) / (first * xp.power(grow, period))
        start = self.initial_learning_rate
        wave = xp.power(self.m_mul, period) * (0.5 * (1.0 + xp.cos(math.pi * t)))
        return start * ((1.0 - self.alpha) * wave + self.alpha)

    def landmarks(self) -> Iterable[tuple[int, str]]:
        yield in_steps(self.first_decay_steps), "first restart"


def _half_cosine(start: float, t: Any, alpha: float, xp: Any) -> Any:
    """From ``start`` at t = 0 down to ``alpha * start`` at t = 1."""
    return start * ((1.0 - alpha) * (0.5 * (1.0 + xp.cos(math.pi * t))) + alpha)


#: The schedules that Keras has itself; all others become a ``SpecSchedule``.
KERAS_SCHEDULES: tuple[type[ScheduleSpec], ...] = (
    ExponentialDecaySpec,
    PiecewiseConstantDecaySpec,
    PolynomialDecaySpec,
    InverseTimeDecaySpec,
    CosineDecaySpec,
    CosineDecayRestartsSpec,
)
