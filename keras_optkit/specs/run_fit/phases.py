"""The parts of a schedule that end, even if its class does not list them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from keras_optkit.specs.run_fit.curve import rate_of
from keras_optkit.specs.schedules import ScheduleSpec
from keras_optkit.specs.schedules.phase import Kind, Phase


def phases(schedule: ScheduleSpec) -> list[Phase]:
    """The phases of ``schedule`` that end, in order, without those of the schedules inside it."""
    told = list(schedule._phases()) or list(_ends_seen(schedule))
    return [phase for phase in told if phase.end]


def pace(schedule: ScheduleSpec) -> str | None:
    """The field that sets the speed of a decay that never ends. None for other schedules."""
    fields = (phase.field[0] for phase in schedule._phases() if phase.kind is Kind.ENDLESS)
    return next(map(str, fields), None)


def _ends_seen(schedule: ScheduleSpec) -> Iterator[Phase]:
    """For a user's own schedule: the last landmark, if the rate changes before it and no longer after it."""
    last: list[tuple[int, str]] = []
    with contextlib.suppress(Exception):  # these checks must never prevent a build
        last = [(int(end), str(text)) for end, text in sorted(schedule.landmarks())[-1:]]
    for end, text in last:
        before, *after = (rate_of(schedule, step) for step in (end // 2, end, end + 1, 2 * end + 1, 10 * end))
        if before != after[0] and len(set(after)) == 1:
            yield Phase(Kind.DECAY, text, (), end)
