"""Short tracebacks: what a user's mistake raises is raised at the line that calls the package."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from types import TracebackType
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])

#: What a user's mistake is raised as. Anything else is a defect of this package, and is shown whole.
MISTAKES = (ValueError, TypeError, RuntimeError, OSError, ImportError)

# Pydantic's frames say nothing about a field, nor do those of the standard library about a file.
_INSIDE = {__name__.partition(".")[0], "pydantic", *sys.stdlib_module_names}


def short_traceback(function: F) -> F:
    """Make a public ``function`` raise its user's mistakes at the line that calls it.

    A forgotten ``steps_per_epoch`` is otherwise the last line under 30 from inside the package. See ``shorten``.
    """

    @wraps(function)
    def called(*arguments: Any, **named: Any) -> Any:
        try:
            return function(*arguments, **named)
        except MISTAKES as error:
            shorten(error)
            raise

    return cast("F", called)


def shorten(error: BaseException) -> None:
    """Cut the frames of this package from ``error``, which is caught and about to be raised again by a bare ``raise``.

    Nothing is cut if a frame is somebody else's: a ``value`` of your own schedule, or Keras.
    """
    traceback: TracebackType | None = error.__traceback__
    while traceback:
        if traceback.tb_frame.f_globals.get("__name__", "").partition(".")[0] not in _INSIDE:
            return
        traceback = traceback.tb_next
    error.__traceback__ = None
