"""The parts of a schedule that end: warm-ups, decays, periods, pieces."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from enum import Enum, auto
from typing import NamedTuple

from keras_optkit.specs.durations import in_steps
from keras_optkit.specs.resolving import Path
from keras_optkit.specs.run_fit.curve import rate_of
from keras_optkit.specs.schedules import (
    CosineDecayRestartsSpec,
    CosineDecaySpec,
    CyclicalSpec,
    ExponentialDecaySpec,
    InverseSqrtDecaySpec,
    InverseTimeDecaySpec,
    JoinSpec,
    OneCycleSpec,
    PiecewiseConstantDecaySpec,
    PolynomialDecaySpec,
    RampSpec,
    ScheduleSpec,
    StaircaseSpec,
    WarmupSpec,
    WarmupStableDecaySpec,
)


class Kind(Enum):
    """What the end of a phase is."""

    WARMUP = auto()
    """The rate is at its peak, and another phase follows."""
    DECAY = auto()
    """The rate has come to rest."""
    PERIOD = auto()
    """The curve begins again."""
    PIECE = auto()
    """Another rate or another schedule takes over."""
    STAIR = auto()
    """The rate changes for the first time."""


class Phase(NamedTuple):
    """A part of a schedule that ends.

    Attributes:
        kind: what its end is.
        name: what it is called, such as ``"decay"``.
        field: where its length was written, from the schedule on.
        end: the schedule's own step at which it is over.
        times: how often the written length fits into the phase.
    """

    kind: Kind
    name: str
    field: Path
    end: int
    times: int = 1


def phases(schedule: ScheduleSpec) -> list[Phase]:
    """The phases of ``schedule``, those of schedules inside left out, in the order in which they end."""
    return [phase for phase in _phases(schedule) if phase.end]


def pace(schedule: ScheduleSpec) -> str | None:
    """The field with the steps after which a decay without an end has fallen by so much. None for others."""
    if isinstance(schedule, InverseSqrtDecaySpec):
        return "warmup_steps" if schedule.timescale is None else "timescale"
    return "decay_steps" if isinstance(schedule, (ExponentialDecaySpec, InverseTimeDecaySpec)) else None


def _phases(schedule: ScheduleSpec) -> Iterator[Phase]:
    if isinstance(schedule, CosineDecaySpec):
        warmup = in_steps(schedule.warmup_steps)
        yield Phase(Kind.WARMUP, "warm-up", ("warmup_steps",), warmup)
        yield Phase(Kind.DECAY, "decay", ("decay_steps",), warmup + in_steps(schedule.decay_steps))
    elif isinstance(schedule, PolynomialDecaySpec):
        kind, name = (Kind.PERIOD, "first cycle") if schedule.cycle else (Kind.DECAY, "decay")
        yield Phase(kind, name, ("decay_steps",), in_steps(schedule.decay_steps))
    elif isinstance(schedule, RampSpec):
        yield Phase(Kind.DECAY, "ramp", ("steps",), in_steps(schedule.steps))
    elif isinstance(schedule, OneCycleSpec):
        yield Phase(Kind.DECAY, "cycle", ("total_steps",), in_steps(schedule.total_steps))
    elif isinstance(schedule, WarmupStableDecaySpec):
        yield Phase(Kind.WARMUP, "warm-up", ("warmup_steps",), in_steps(schedule.warmup_steps))
        yield Phase(Kind.DECAY, "decay", ("total_steps",), in_steps(schedule.total_steps))
    elif isinstance(schedule, (WarmupSpec, InverseSqrtDecaySpec)):
        yield Phase(Kind.WARMUP, "warm-up", ("warmup_steps",), in_steps(schedule.warmup_steps))
    elif isinstance(schedule, CosineDecayRestartsSpec):
        yield Phase(Kind.PERIOD, "first period", ("first_decay_steps",), in_steps(schedule.first_decay_steps))
    elif isinstance(schedule, CyclicalSpec):
        yield Phase(Kind.PERIOD, "first cycle", ("step_size",), 2 * in_steps(schedule.step_size), times=2)
    elif isinstance(schedule, StaircaseSpec):
        yield Phase(Kind.STAIR, "first stair", ("every",), in_steps(schedule.every))
    elif isinstance(schedule, (PiecewiseConstantDecaySpec, JoinSpec)):
        for number, boundary in enumerate(schedule.boundaries):
            yield Phase(Kind.PIECE, "piece", ("boundaries", number), in_steps(boundary))
    elif pace(schedule) is None:
        yield from _ends_seen(schedule)


def _ends_seen(schedule: ScheduleSpec) -> Iterator[Phase]:
    """Of somebody's own schedule: the last landmark, if the rate is at rest from there on and was not before."""
    last: list[tuple[int, str]] = []
    with contextlib.suppress(Exception):  # what does not fit is no reason not to build
        last = [(int(end), str(text)) for end, text in sorted(schedule.landmarks())[-1:]]
    for end, text in last:
        before, *after = (rate_of(schedule, step) for step in (end // 2, end, end + 1, 2 * end + 1, 10 * end))
        if before != after[0] and len(set(after)) == 1:
            yield Phase(Kind.DECAY, text, (), end)
