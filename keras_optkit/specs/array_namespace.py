"""NumPy, the array namespace unless another is given, imported when it is first used.

Its import takes nearly as long as pydantic's, and reading or checking a spec needs none of it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__all__ = ["is_numpy", "np"]

if TYPE_CHECKING:
    import numpy as np
else:

    class _NumPy:
        """The module ``numpy``, as far as one sees from outside."""

        def __getattr__(self, name: str) -> Any:
            found = getattr(importlib.import_module("numpy"), name)
            setattr(self, name, found)  # asked for once
            return found

        def __repr__(self) -> str:
            return "numpy"  # in the signature of a formula

    np = _NumPy()


def is_numpy(xp: Any) -> bool:
    """Whether the array namespace ``xp`` is NumPy, imported by whomever."""
    return getattr(xp, "__name__", "") == "numpy"
