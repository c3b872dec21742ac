"""``OptimizerWarning``, and the warnings about a spec that does not fit its run."""

from __future__ import annotations

import sys
import warnings

from keras_optkit.specs.base import Spec
from keras_optkit.specs.resolving import RunLength
from keras_optkit.specs.run_fit import misfits


class OptimizerWarning(UserWarning):
    """An optimizer that will train, but perhaps not as its spec reads.

    Examples:
        >>> import warnings
        >>> cosine = CosineDecaySpec(initial_learning_rate=0.1, decay_steps=20)
        >>> with warnings.catch_warnings(category=OptimizerWarning, action="always", record=True) as caught:
        ...     schedule = build_schedule(cosine, steps_per_epoch=100, epochs=20)
        >>> print(caught[0].message)
        decay_steps: 20 is 20 batches, 1% of the run: did you mean '20 epochs'?
    """


def warn_of_misfits(spec: Spec, run: RunLength) -> None:
    """Warns of what in ``spec`` does not fit the run."""
    for misfit in misfits(spec, run):
        warn(str(misfit))


def warn(text: str) -> None:
    """Warns at the line of the caller: the nearest one that is neither in this package nor in Keras."""
    frame, level = sys._getframe(), 1
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] in _NOT_THE_CALLER:
        frame, level = frame.f_back, level + 1
    warnings.warn(text, OptimizerWarning, stacklevel=level)


_NOT_THE_CALLER = {__name__.partition(".")[0], "keras"}
