"""``OptimizerWarning``, and the warnings about a spec that does not fit its run."""

from __future__ import annotations

import warnings

from keras_optkit.specs.base import Spec
from keras_optkit.specs.resolving import RunLength
from keras_optkit.specs.run_fit import misfits


class OptimizerWarning(UserWarning):
    """An optimizer that will train, but perhaps not as its spec reads."""


def warn_of_misfits(spec: Spec, run: RunLength) -> None:
    """Warns of what in ``spec`` does not fit the run, at the line that called the function that calls this."""
    for misfit in misfits(spec, run):
        warnings.warn(str(misfit), OptimizerWarning, stacklevel=3)
