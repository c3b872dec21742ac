"""Counting steps in an array namespace: exactly, also where XLA compiles the formula.

XLA divides floats by multiplying with a reciprocal, by which 49 / 49 can be less than 1. What decides on which side of
a jump a step lies is therefore computed in integers.
"""

import math
from typing import Any

from keras_optkit.specs.array_namespace import is_numpy, np


def periods(step: Any, length: int, xp: Any) -> Any:
    """How many whole times ``length`` is over at ``step``, as a float."""
    return _as_float(xp.floor_divide(_as_int(step, xp), length), xp)


def rest(step: Any, length: int, xp: Any) -> Any:
    """The steps since ``length`` was over the last time, as a float."""
    return _as_float(xp.mod(_as_int(step, xp), length), xp)


def last_multiple(step: Any, length: int, xp: Any) -> Any:
    """The last multiple of ``length`` that is not after ``step``: a step like it."""
    whole = _as_int(step, xp)
    return _as_step(whole - xp.mod(whole, length), xp)


def share(step: Any, length: Any, xp: Any) -> Any:
    """The share of ``length`` that is over at ``step``; from ``length`` on it is exactly 1."""
    if is_numpy(xp):  # which divides exactly, and takes half the time for this
        return np.minimum(step / length, 1.0)
    return xp.where(step < length, step / length, 1.0)


def half_cosine(step: Any, length: int, xp: Any) -> Any:
    """``(1 + cos(pi * t)) / 2`` for the share t of ``length`` that is over: from exactly 1 down to exactly 0."""
    # A cosine is flat at its ends: there a rounding of the angle is not seen, and one division less is 10% less time.
    return 0.5 * (1.0 + xp.cos(xp.minimum(step, float(length)) * (math.pi / length)))


def between(start: float, end: float, t: Any, xp: Any) -> Any:
    """``start + (end - start) * t`` for t in [0, 1]: exactly both rates at its ends, and monotone.

    It is computed upwards from the lower rate. Downwards, ``1e-3 + (1e-12 - 1e-3) * 1`` is 4e-9 off 1e-12.
    """
    low, high = (start, end) if start <= end else (end, start)
    height = t if start <= end else 1.0 - t
    if low == 0:
        return high * height
    span = high - low
    if low + span == high:
        return low + span * height
    # One float more, which reaches the upper rate, and is cut there.
    return xp.minimum(low + math.nextafter(span, math.inf) * height, high)


def _as_int(step: Any, xp: Any) -> Any:
    return step if is_numpy(xp) else xp.cast(step, "int64")


def _as_step(count: Any, xp: Any) -> Any:
    return count if is_numpy(xp) else xp.cast(count, "float64")


def _as_float(count: Any, xp: Any) -> Any:
    return count * 1.0 if is_numpy(xp) else xp.cast(count, "float64")
