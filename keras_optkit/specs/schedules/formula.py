"""What to say about a formula of somebody's own that fails."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

_NOTE = (
    "A schedule's value(self, step, xp) computes many steps at once: use functions of xp, such as xp.exp, not of math "
    "or numpy, and xp.where instead of if."
)


@contextmanager
def computing() -> Generator[None, None, None]:
    """Add what a formula may use to an error in one. NumPy and TensorFlow name only what failed inside of them."""
    try:
        yield
    except Exception as error:
        error.add_note(_NOTE)
        raise
