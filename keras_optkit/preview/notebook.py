"""What a notebook shows for a spec: the fields that differ from their defaults, and the curve as a small SVG."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic import BaseModel

from keras_optkit.preview.plot import steps_to_draw
from keras_optkit.preview.rates import rates_at, schedule_of
from keras_optkit.specs.array_namespace import np
from keras_optkit.specs.base import Spec
from keras_optkit.specs.containers import entries
from keras_optkit.specs.errors import in_short, why
from keras_optkit.specs.resolving import RunLength, is_resolved, resolve
from keras_optkit.specs.schedules import ScheduleSpec


def as_html(spec: Spec) -> str:
    """``spec`` as HTML for light and dark pages: everything has the colour of the surrounding text."""
    import html  # 2 ms, which only a notebook needs

    rows = list(_rows(spec, 0))
    if len(rows) > _MOST_ROWS:
        rows[_MOST_ROWS:] = [_Row("...", f"{len(rows) - _MOST_ROWS:,} more", 0)]
    cells = "".join(
        f'<tr style="background:none"><td style="{_CELL};padding-left:{1.5 * row.depth}em">{html.escape(row.name)}</td>'
        f'<td style="{_CELL};font-family:monospace">{html.escape(row.text)}</td></tr>'
        for row in rows or [_Row("all fields have their defaults", "", 0)]
    )
    table = f'<table style="border:none;border-collapse:collapse;margin:0">{cells}</table>'
    schedule = schedule_of(spec)
    picture = _picture(schedule) if isinstance(schedule, ScheduleSpec) else ""
    return f"<div><strong>{html.escape(type(spec).__name__)}</strong>{table}{picture}</div>"


_CELL = "text-align:left;vertical-align:top;border:none;padding:0 1em 0 0"
# A longer table would be hard to read; use print for those.
_MOST_ROWS, _MOST_ENTRIES, _DEEPEST = 30, 6, 8


class _Row(NamedTuple):
    name: str
    text: str
    depth: int


def _rows(spec: BaseModel, depth: int) -> Iterator[_Row]:
    for name, value in spec.__repr_args__():
        models = [(key, entry) for key, entry in entries(value) if isinstance(entry, BaseModel)][:_MOST_ENTRIES]
        if depth == _DEEPEST or not (isinstance(value, BaseModel) or models):
            yield _Row(str(name), in_short(value), depth)
        elif isinstance(value, BaseModel):
            yield _Row(str(name), type(value).__name__, depth)
            yield from _rows(value, depth + 1)
        else:
            for key, entry in models:
                yield _Row(f"{name}[{key!r}]", type(entry).__name__, depth)
                yield from _rows(entry, depth + 1)
            if len(value) > len(models):
                yield _Row(str(name), f"{len(value) - len(models):,} more", depth)


def _picture(schedule: ScheduleSpec) -> str:
    """The curve of ``schedule``, or the reason that there is none."""
    try:
        curve = _curve(schedule)
        if isinstance(curve, _Curve) and np.isfinite(curve.rates).all():
            return _svg(curve)
        reason = "the rate overflows" if isinstance(curve, _Curve) else curve
    except Exception as error:  # from a user's own formula
        reason = why(error)
    import html

    return f"<small>(no curve: {html.escape(reason)})</small>"


class _Curve(NamedTuple):
    places: Any
    """The position of each rate on the horizontal axis, from 0 to 1."""
    rates: Any
    end: str
    """The label at the end of that axis."""


def _curve(schedule: ScheduleSpec) -> _Curve | str:
    if is_resolved(schedule):
        steps = steps_to_draw(schedule, RunLength.of(None, None), _MOST_POINTS)
        return _Curve(steps / steps[-1], rates_at(schedule, steps), f"step {steps[-1] + 1:,}")
    # If the curve is the same for two runs, all durations have one unit, in which it can be drawn for every run.
    for runs in (((4_000, None), (1_000, None)), ((4_000, 1), (250, 4))):
        try:
            (steps, unit), (others, other_unit) = (_whole(schedule, RunLength.of(*run)) for run in runs)
            places = steps / steps[-1]
            rates = rates_at(resolve(schedule, RunLength.of(*runs[0])), steps)
            again = rates_at(resolve(schedule, RunLength.of(*runs[1])), np.rint(places * others[-1]).astype(np.int64))
        except ValueError:  # also pydantic's: a duration has another unit, or does not fit
            continue
        differ = ~np.isclose(rates, again, rtol=0.01, atol=0.01 * np.max(rates))
        if unit == other_unit and np.mean(differ) < _ROUNDED:
            return _Curve(places, rates, unit)
    return "it depends on the run; call resolve(steps_per_epoch=..., epochs=...) to see it"


# The share of points that may differ by rounding, such as those next to a jump.
_ROUNDED = 0.03


def _whole(schedule: ScheduleSpec, run: RunLength) -> tuple[Any, str]:
    """The steps of the whole ``run``, or up to a bit beyond the last bend, and the label at their end."""
    resolved = resolve(schedule, run)
    steps = steps_to_draw(resolved, run, _MOST_POINTS)
    return steps, "end of the run" if run.steps else f"{(steps[-1] + 1) / (run.steps_per_epoch or 1):.3g} epochs"


_MOST_POINTS = 320  # one for each column of the picture
_WIDTH, _HEIGHT = 320, 90


def _svg(curve: _Curve) -> str:
    """The curve in a box of 320 by 90, from 0 to its highest rate."""
    top, bottom = float(np.max(curve.rates)), min(0.0, float(np.min(curve.rates)))
    columns = np.round(curve.places * _WIDTH)
    rows = np.round(_HEIGHT * (1 - (curve.rates - bottom) / ((top - bottom) or 1)), 1)
    points: dict[float, list[float]] = {}
    for column, row in zip(columns.tolist(), rows.tolist(), strict=True):
        points.setdefault(column, []).append(row)
    # Only the points of each column that can be seen.
    line = " ".join(
        f"{column:g},{row:g}"
        for column, all_rows in points.items()
        for row in dict.fromkeys([all_rows[0], min(all_rows), max(all_rows), all_rows[-1]])
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="learning rate" '
        f'width="{_WIDTH + 80}" height="{_HEIGHT + 34}" viewBox="-60 -12 {_WIDTH + 80} {_HEIGHT + 34}" '
        'font-size="10" fill="currentColor" style="display:block;max-width:100%">'
        f'<path d="M0 0V{_HEIGHT}H{_WIDTH}" fill="none" stroke="currentColor" stroke-opacity="0.4"/>'
        f'<polyline points="{line}" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linejoin="round"/>'
        f'<text x="-5" y="4" text-anchor="end">{top:.3g}</text>'
        f'<text x="-5" y="{_HEIGHT}" text-anchor="end">{bottom:.3g}</text>'
        f'<text x="0" y="{_HEIGHT + 14}">0</text>'
        f'<text x="{_WIDTH}" y="{_HEIGHT + 14}" text-anchor="end">{curve.end}</text></svg>'
    )
