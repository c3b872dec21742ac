"""``Misfit``: one thing in a spec that does not fit its run."""

from __future__ import annotations

from typing import NamedTuple

from keras_optkit.specs.durations import Duration
from keras_optkit.specs.resolving import Path, RunLength


class Misfit(NamedTuple):
    """What does not fit, and the field it is about.

    Attributes:
        path: the names and indices that lead to the field, such as ``("learning_rate", "decay_steps")``.
        text: the mistake, with its numbers, and the remedy.
    """

    path: Path
    text: str

    def __str__(self) -> str:
        return ": ".join(part for part in (".".join(map(str, self.path)), self.text) if part)


def shown_share(part: float, whole: float) -> str:
    """``part`` of ``whole``: ``"0.05%"``, ``"2%"``, ``"88 times"``."""
    percent = 100 * part / whole
    if percent > 150:
        return f"{percent / 100:,.0f} times"
    return f"{percent:.1g}%" if percent < 0.95 else f"{percent:.0f}%"


def as_duration(steps: int, run: RunLength) -> str:
    """``steps`` > 0 as a duration that fits other runs too: a percentage or a number of epochs if it comes out even."""
    whole, per_epoch = run.steps or steps, run.steps_per_epoch or steps
    if 1000 * steps % whole == 0:  # a percentage of at most one decimal
        return repr(str(Duration(f"{100 * steps / whole:.1f}%")))
    return repr(str(Duration(f"{steps // per_epoch} epochs"))) if steps % per_epoch == 0 else str(steps)


def counted(steps: int, run: RunLength) -> str:
    """A number of steps and its share of the run: ``"20 batches, 2% of the run"``."""
    batches = "1 batch" if steps == 1 else f"{steps:,} batches"
    share = shown_share(steps, run.steps or steps)
    return f"{batches}, {share} {'the' if share.endswith('times') else 'of the'} run"
