"""Short tracebacks: the traceback of a user's mistake ends at the line that calls the package."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from types import TracebackType
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])

#: The exceptions that a user's mistake raises. Anything else is a defect of this package, and is shown in full.
MISTAKES = (ValueError, TypeError, RuntimeError, OSError, ImportError)

# The frames of pydantic and of the standard library do not help to find a mistake in a field or a file.
_INSIDE = {__name__.partition(".")[0], "pydantic", *sys.stdlib_module_names}


def short_traceback(function: F) -> F:
    """End the tracebacks of a public ``function`` at the line that calls it, if they are the user's mistakes.

    The error for a missing ``steps_per_epoch`` would otherwise follow 30 lines from inside the package. See
    ``shorten``.
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
    """Remove the frames of this package from ``error``. The caller raises it again with a bare ``raise``.

    All frames stay if one of them belongs to other code, such as the ``value`` of a user's own schedule, or Keras.
    """
    traceback: TracebackType | None = error.__traceback__
    while traceback:
        if traceback.tb_frame.f_globals.get("__name__", "").partition(".")[0] not in _INSIDE:
            return
        traceback = traceback.tb_next
    error.__traceback__ = None
