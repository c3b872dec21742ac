"""NumPy, the default array namespace, imported on first use.

Its import takes nearly as long as pydantic's, and reading or validating a spec does not need it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__all__ = ["is_numpy", "np"]

if TYPE_CHECKING:
    import numpy as np
else:

    class _NumPy:
        """Behaves like the module ``numpy``."""

        def __getattr__(self, name: str) -> Any:
            found = getattr(importlib.import_module("numpy"), name)
            setattr(self, name, found)  # so that the next access does not come here
            return found

        def __repr__(self) -> str:
            return "numpy"  # in the signature of a formula

    np = _NumPy()


def is_numpy(xp: Any) -> bool:
    """Whether the array namespace ``xp`` is NumPy: the module itself, or the one of this file."""
    return getattr(xp, "__name__", "") == "numpy"
