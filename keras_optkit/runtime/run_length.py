"""``run_of``: how many batches an epoch has, from the data that is trained on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from types import GeneratorType
from typing import Any, TypedDict, cast

from keras_optkit.specs.errors import in_short
from keras_optkit.specs.numbers import real
from keras_optkit.specs.resolving import positive_count
from keras_optkit.specs.tracebacks import short_traceback

# The default of fit.
_KERAS_BATCH_SIZE = 32


class WholeRun(TypedDict):
    """How long a run is."""

    steps_per_epoch: int
    epochs: int


@short_traceback
def run_of(data: Any, *, epochs: int, batch_size: int | None = None, validation_split: float = 0.0) -> WholeRun:
    """The length of a run on ``data``, counted as ``fit`` counts it. Pass it on with ``**``.

    For example, ``compile_with(model, spec, **run_of(train_ds, epochs=20))``. It reads no batch of ``data`` and imports
    no framework.

    Args:
        data: what you pass to ``fit`` as ``x``: arrays or tensors of any framework, also pandas, h5py and
            scipy.sparse, and tuples, lists and dicts of them; a ``tf.data.Dataset``, also a distributed one; a
            ``keras.utils.PyDataset``; a PyTorch ``DataLoader``; or another loader of batches that has a length.
        epochs: what you pass to ``fit``, > 0.
        batch_size: what you pass to ``fit``, > 0, for arrays; ``fit`` takes 32 where it is None. All other data is in
            batches already.
        validation_split: what you pass to ``fit``, in [0, 1), for arrays: the share that is not trained on.

    Returns:
        ``steps_per_epoch``, a short last batch included, and ``epochs``.

    Raises:
        ValueError: ``data`` does not know its length, is empty, or has arrays of different lengths; a number is out of
            its range; ``batch_size`` or ``validation_split`` is given for data that is in batches already.
        TypeError: ``fit`` cannot train on ``data``.

    Examples:
        >>> import numpy as np
        >>> run_of(np.zeros((1797, 64)), epochs=20)
        {'steps_per_epoch': 57, 'epochs': 20}
    """
    whole_epochs = positive_count("epochs", epochs)
    leaves = list(_leaves(data))
    if leaves and all(hasattr(leaf, "shape") for leaf in leaves):
        samples = _trained_on(_samples(leaves), validation_split)
        size = _KERAS_BATCH_SIZE if batch_size is None else positive_count("batch_size", batch_size)
        return {"steps_per_epoch": math.ceil(samples / size), "epochs": whole_epochs}
    batches = _batches(data)
    kind = type(data).__name__
    if batch_size is not None:
        raise ValueError(
            f"batch_size is for arrays, and fit ignores it for a {kind}, which is in batches: leave it out"
        )
    if validation_split:
        raise ValueError(f"validation_split is for arrays, and fit cannot split a {kind}: pass the part to train on")
    if batches == 0:
        raise ValueError(f"data is empty: the {kind} has no batches")
    return {"steps_per_epoch": positive_count("steps_per_epoch", batches), "epochs": whole_epochs}


def _leaves(data: Any) -> Iterator[Any]:
    """The arrays in ``data``, nested as Keras allows; None is skipped."""
    if isinstance(data, Mapping):
        for entry in data.values():
            yield from _leaves(entry)
    elif isinstance(data, (list, tuple)):
        for entry in data:
            yield from _leaves(entry)
    elif data is not None:
        yield data


def _samples(arrays: list[Any]) -> int:
    """The length of the first dimension, which is the same in all ``arrays``."""
    shapes = [tuple(array.shape) for array in arrays]
    lengths = {int(shape[0]) if shape and shape[0] is not None else None for shape in shapes}
    if None in lengths:
        raise ValueError(f"data has an array without a number of samples: its shapes are {in_short(shapes)}")
    if len(lengths) > 1:
        raise ValueError(f"data has arrays of different numbers of samples: its shapes are {in_short(shapes)}")
    (samples,) = lengths
    if not samples:
        raise ValueError("data is empty: it has 0 samples")
    return samples


def _trained_on(samples: int, validation_split: Any) -> int:
    """The number of ``samples`` left for training, rounded as Keras does."""
    share = real(validation_split)
    if share is None or not 0 <= share < 1:
        raise ValueError(f"validation_split must be in [0, 1), received {in_short(validation_split)}")
    left = math.floor(samples * (1.0 - share))
    if share and left in {0, samples}:
        kind = "training" if left == 0 else "validation"
        raise ValueError(f"validation_split={share:g} of {samples} samples leaves none for {kind}")
    return left


def _batches(data: Any) -> int:
    """How many batches ``data`` says it has."""
    kind = type(data).__name__
    remedy = "in place of run_of, pass steps_per_epoch=... and epochs=..., and the same to fit"
    if hasattr(data, "cardinality"):
        cardinality = int(cast("Any", data.cardinality() if callable(data.cardinality) else data.cardinality))
        if cardinality >= 0:
            return cardinality
        if cardinality == -1:
            raise ValueError(f"data repeats without an end (cardinality -1): {remedy}")
        raise ValueError(
            f"data does not know how many batches it has (cardinality {cardinality}): say it with "
            f"data.apply(tf.data.experimental.assert_cardinality(batches)), or {remedy}"
        )
    if isinstance(data, GeneratorType):
        raise ValueError(f"data is a generator, which does not know its length: {remedy}")
    try:
        # A PyDataset may have a length, and no batches where it has no end.
        batches = data.num_batches if hasattr(type(data), "num_batches") else len(data)
    except (TypeError, NotImplementedError, AttributeError):
        batches = None
    if batches is None and (hasattr(data, "__iter__") or hasattr(data, "__getitem__")):
        raise ValueError(f"data is a {kind}, which does not know its length: {remedy}")
    if batches is None or isinstance(data, (str, bytes, set, frozenset, Mapping, list, tuple)):
        if isinstance(data, (list, tuple, Mapping)) and data:
            hint = "; make arrays of lists with numpy.asarray"
        else:
            hint = f"; if it is the number of batches, write steps_per_epoch={data}" if isinstance(data, int) else ""
        raise TypeError(
            "data must be what fit takes as x: arrays or tensors, a tf.data.Dataset, a PyDataset or another loader of "
            f"batches, received {in_short(data)}{hint}"
        )
    return int(batches)
