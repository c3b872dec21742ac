"""The run that an optimizer was built for, kept with it until ``fit`` shows the real one."""

from __future__ import annotations

from typing import Any

from keras_optkit.runtime.warning import warn
from keras_optkit.specs.base import Spec
from keras_optkit.specs.resolving import RunLength, is_resolved

_ATTRIBUTE = "_made_for"


def note_run(optimizer: Any, spec: Spec, run: RunLength) -> None:
    """Keep the run with ``optimizer`` if durations of ``spec`` became steps for it."""
    if not is_resolved(spec):
        setattr(optimizer, _ATTRIBUTE, tuple(run))


def warn_of_another_run(optimizer: Any, steps_per_epoch: int | None, epochs: int | None) -> None:
    """Warns if ``fit`` has other numbers than the run for which the durations of ``optimizer`` became steps."""
    noted = getattr(optimizer, _ATTRIBUTE, (None, None))
    parts = zip(("step{} per epoch", "epoch{}"), noted, (steps_per_epoch, epochs), strict=True)
    other = [(name, there, here) for name, there, here in parts if there and here and there != here]
    if other:
        made = " of ".join(_counted(there, name) for name, there, _ in reversed(other))
        trains = " of ".join(_counted(here, name) for name, _, here in reversed(other))
        warn(f"the durations became steps for {made}, but fit trains {trains}: build the optimizer for this run")


def _counted(number: int, name: str) -> str:
    return f"{number:,} {name.format('' if number == 1 else 's')}"
