"""Counts steps exactly in any array namespace, even if XLA compiles the formula.

XLA divides floats by multiplying by the reciprocal, so 49 / 49 can be less than 1. Integers therefore decide on which
side of a jump a step is.
"""

import math
from typing import Any

from keras_optkit.specs.array_namespace import is_numpy, np


def periods(step: Any, length: int, xp: Any) -> Any:
    """The number of complete periods of ``length`` before ``step``, as a float."""
    return _as_float(xp.floor_divide(_as_int(step, xp), length), xp)


def rest(step: Any, length: int, xp: Any) -> Any:
    """The number of steps since the last complete period of ``length``, as a float."""
    return _as_float(xp.mod(_as_int(step, xp), length), xp)


def last_multiple(step: Any, length: int, xp: Any) -> Any:
    """The last multiple of ``length`` that is not after ``step``, with its type."""
    whole = _as_int(step, xp)
    return _as_step(whole - xp.mod(whole, length), xp)


def share(step: Any, length: Any, xp: Any) -> Any:
    """The share of ``length`` that has passed at ``step``; from ``length`` on it is exactly 1."""
    if is_numpy(xp):  # NumPy divides exactly, and this takes half the time
        return np.minimum(step / length, 1.0)
    return xp.where(step < length, step / length, 1.0)


def half_cosine(step: Any, length: int, xp: Any) -> Any:
    """``(1 + cos(pi * t)) / 2`` for the share t of ``length`` that has passed: from exactly 1 down to exactly 0."""
    # A cosine is flat at its ends, so rounding the angle does no harm there. One division less saves 10% of the time.
    return 0.5 * (1.0 + xp.cos(xp.minimum(step, float(length)) * (math.pi / length)))


def between(start: float, end: float, t: Any, xp: Any) -> Any:
    """``start + (end - start) * t`` for t in [0, 1]: monotone, and exact at both ends.

    It is computed upwards from the lower rate. Downwards, ``1e-3 + (1e-12 - 1e-3) * 1`` is off by 4e-9.
    """
    low, high = (start, end) if start <= end else (end, start)
    height = t if start <= end else 1.0 - t
    if low == 0:
        return high * height
    span = high - low
    if low + span == high:
        return low + span * height
    # With the next float as the span, the sum reaches the upper rate; the minimum keeps it there.
    return xp.minimum(low + math.nextafter(span, math.inf) * height, high)


def _as_int(step: Any, xp: Any) -> Any:
    return step if is_numpy(xp) else xp.cast(step, "int64")


def _as_step(count: Any, xp: Any) -> Any:
    return count if is_numpy(xp) else xp.cast(count, "float64")


def _as_float(count: Any, xp: Any) -> Any:
    return count * 1.0 if is_numpy(xp) else xp.cast(count, "float64")
