"""``ScheduleSpec`` and Keras's own six learning-rate schedules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Annotated

from pydantic import Field, PlainValidator
from pydantic_core import PydanticCustomError

from keras_optkit.specs.base import Conflict, Spec
from keras_optkit.specs.errors import refusal
from keras_optkit.specs.fields import (
    Flag,
    Fraction,
    Name,
    NonNegative,
    Number,
    Ordered,
    Positive,
    Rate,
    RateOrZero,
    Steps,
    StepsOrZero,
    to_number,
)
from keras_optkit.specs.hints import nearest_first
from keras_optkit.specs.registry import find, read, register_spec, registered


class ScheduleSpec(Spec):
    """The base of all learning-rate schedules: a rate for each step. A step is one batch, counted from 0."""


@register_spec
class ExponentialDecaySpec(ScheduleSpec):
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
    decay_rate: Annotated[Number, Field(gt=0, le=1)]
    staircase: Flag = False
    name: Name = "ExponentialDecay"


@register_spec
class PiecewiseConstantDecaySpec(ScheduleSpec):
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
        for before, after in pairwise(self.boundaries):
            if after <= before:
                yield Conflict("boundaries", f"must rise strictly, but {after} follows {before}")
                break
        pieces = len(self.boundaries) + 1
        if len(self.values) != pieces:
            yield Conflict(
                "values",
                f"must be one more than boundaries: {pieces - 1} boundaries make {pieces} pieces, "
                f"not {len(self.values)}",
            )
        elif not any(self.values):
            yield Conflict("values", "must not be all 0, which never trains")


@register_spec
class PolynomialDecaySpec(ScheduleSpec):
    """Polynomial decay, as ``keras.optimizers.schedules.PolynomialDecay``.

    ``rate(step) = (initial_learning_rate - end_learning_rate) * (1 - t) ** power + end_learning_rate`` with
    ``t = min(step, decay_steps) / decay_steps``; with ``cycle``, ``t = step / n`` where n is the first multiple of
    ``decay_steps`` that is not below ``step`` (and not 0).

    Attributes:
        initial_learning_rate: the rate at step 0, > 0; it may be 0 where an ``end_learning_rate`` > 0 is written,
            which makes the schedule a ramp.
        decay_steps: the length of the decay in steps, > 0.
        end_learning_rate: the rate at the end of the decay, >= 0.
        power: > 0; 1 is linear.
        cycle: whether the rate rises again after the end.
        name: the name of the operation in Keras's graph.
    """

    initial_learning_rate: RateOrZero
    decay_steps: Steps
    end_learning_rate: RateOrZero = 0.0001
    power: Positive = 1.0
    cycle: Flag = False
    name: Name = "PolynomialDecay"

    def conflicts(self) -> Iterator[Conflict]:
        # A ramp is written with its end. Where the end is Keras's default, a 0 is a slip.
        ramps = self.end_learning_rate > 0 and "end_learning_rate" in self.model_fields_set
        if self.initial_learning_rate == 0 and not ramps:
            yield Conflict("initial_learning_rate", "must be > 0 (0 only for a ramp to an end_learning_rate > 0)")


@register_spec
class InverseTimeDecaySpec(ScheduleSpec):
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


@register_spec
class CosineDecaySpec(ScheduleSpec):
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


@register_spec
class CosineDecayRestartsSpec(ScheduleSpec):
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
    t_mul: Annotated[Number, Field(ge=1)] = 2.0
    m_mul: Positive = 1.0
    alpha: Fraction = 0.0
    name: Name = "SGDRDecay"


def _learning_rate(value: object) -> float | ScheduleSpec:
    """A rate or a schedule, told apart by what was written: a mistake in one is never reported as the other."""
    # The dict goes first because it is what files hold, and isinstance of an abstract class is slow.
    if type(value) is dict or isinstance(value, (ScheduleSpec, Mapping)):
        return read(ScheduleSpec, value)
    if isinstance(value, str) and find(ScheduleSpec, value):
        return read(ScheduleSpec, value)
    try:
        rate = to_number(value)
    except PydanticCustomError as error:
        if error.type == "wrong_type":
            raise refusal("wrong_type", f"must be a number or a schedule{_remedy(value)}", value) from None
        raise
    if rate <= 0:
        raise refusal("out_of_range", "must be > 0", value)
    return rate


def _remedy(value: object) -> str:
    if mirror := find(ScheduleSpec, type(value).__name__):
        return f"; the spec of this Keras schedule is {mirror.__name__}"
    if isinstance(value, str):
        return f" (one of {', '.join(nearest_first(value, registered(ScheduleSpec)))})"
    return ""


LearningRate = Annotated[float | ScheduleSpec, PlainValidator(_learning_rate)]
