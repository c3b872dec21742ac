"""Layer-wise learning-rate decay: the groups of a model. Imports keras only in functions."""

from __future__ import annotations

import numbers
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Any

from keras_optkit.runtime.keras_internals import sublayers
from keras_optkit.runtime.places import places_in
from keras_optkit.specs.groups import ParamGroup
from keras_optkit.specs.patterns import matches

if TYPE_CHECKING:
    import keras


def layerwise_groups(model: keras.Model, decay: float) -> list[ParamGroup]:
    """The groups of layer-wise learning-rate decay: full rate at the head, less for each layer towards the input.

    The last layer with weights has the multiplier 1, the one before it ``decay``, then ``decay**2`` and so on. Layers
    are counted in the order in which the model holds them; those of a model within the model are counted one by one,
    any other layer made of layers (attention, a recurrent cell) counts as one.
    Sources: Howard and Ruder 2018, arXiv:1801.06146; Clark et al. 2020, arXiv:2003.10555.

    Args:
        model: a Sequential, Functional or subclassed model that has its weights.
        decay: in (0, 1].

    Raises:
        ValueError: ``decay`` is out of its range, or ``model`` has no weights to train yet.
    """
    if isinstance(decay, bool) or not isinstance(decay, numbers.Real) or not 0 < float(decay) <= 1:
        raise ValueError(f"decay must be in (0, 1], received {decay!r}")
    paths = list(dict.fromkeys(_paths_of_weighted_layers(model, "")))
    if not paths:
        raise ValueError("the model has no weights to train: build it, for example with an Input, before this")
    multipliers = {path: float(decay) ** depth for depth, path in enumerate(reversed(paths))}
    return [
        ParamGroup(match=re.escape(path), learning_rate_multiplier=multipliers[path])
        for path in _most_particular_first(paths, [place.path for place in places_in(model).values()])
    ]


def _most_particular_first(layers: list[str], variables: list[str]) -> list[str]:
    """``layers`` in such an order that the first one found in the path of a variable is that variable's own layer.

    The path ``"dense/"`` is found in ``block/dense/kernel`` too, so that ``"block/dense/"`` has to come before it.
    """
    of_layer = {layer: [path for path in variables if path.startswith(layer)] for layer in layers}
    before = {
        layer: {
            other
            for other in layers
            if other != layer and any(matches(re.escape(layer), path) for path in of_layer[other])
        }
        for layer in layers
    }
    return list(TopologicalSorter(before).static_order())


def _paths_of_weighted_layers(model: Any, path: str) -> Iterator[str]:
    import keras

    for layer in sublayers(model):
        inner = f"{path}{layer.name}/"
        if isinstance(layer, keras.Model):
            yield from _paths_of_weighted_layers(layer, inner)
        elif layer.trainable_variables:
            yield inner
