"""From patterns to variables: which variable of a model is trained how. Imports keras only in functions."""

from __future__ import annotations

import numbers
import re
from collections.abc import Iterator, Sequence
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Any, NamedTuple

from keras_optkit.specs.groups import BIAS_AND_NORM, ParamGroup, is_bias_or_norm, matches

if TYPE_CHECKING:
    import keras


class Treatment(NamedTuple):
    """How one variable is trained, in terms of the optimizer's own settings."""

    multiplier: float = 1.0
    decayed: bool = True
    weight_decay: float | None = None
    """The group's; None is the optimizer's."""

    def weight_decay_under(self, optimizers: float | None) -> float | None:
        """The weight decay of the variable, where the optimizer's is ``optimizers``."""
        if not self.decayed:
            return None
        return optimizers if self.weight_decay is None else self.weight_decay


class Place(NamedTuple):
    """Where a variable stands: its path within the model, what the model is called, and what it is to its layer."""

    path: str
    root: str = ""
    is_bias_or_norm: bool = False


def places_in(model: keras.Model) -> dict[int, Place]:
    """The places of the trainable variables of ``model``, by ``id`` of the variable.

    The paths are made of the names of layers within layers. Keras's own ``variable.path`` says which container a
    layer happened to be built in, and says something else after the model was saved and loaded.
    """
    places: dict[int, Place] = {}
    for layer, path in _layers_with_paths(model, ""):
        # A wrapper such as SpectralNormalization holds another layer, whose weights are not normalization's.
        is_norm = _NORM.search(type(layer).__name__) is not None and not list(_sublayers(layer))
        for variable in _own_variables(layer):
            name = f"{path}{variable.name}"
            places.setdefault(id(variable), Place(name, model.name, is_norm or is_bias_or_norm(name)))
    return places


# LayerNormalization, RMSNorm, BatchNorm2d, but not NormalDense.
_NORM = re.compile(r"(?i:norm)(?![a-z])|(?i:normaliz)")


def has_weights(model: keras.Model) -> bool:
    """Whether ``model`` has all its weights. One that is built only in part makes the others when it is called."""
    return bool(model.built) and all(layer.built for layer in model._flatten_layers(include_self=False))


def place_of(variable: Any) -> Place:
    """The place of a ``variable`` as far as it knows it itself."""
    # A bare tf.Variable has no path, and a name that ends in an output number.
    path = getattr(variable, "path", variable.name.partition(":")[0])
    return Place(path, "", is_bias_or_norm(path))


def _layers_with_paths(layer: Any, path: str) -> Iterator[tuple[Any, str]]:
    yield layer, path
    for sublayer in _sublayers(layer):
        yield from _layers_with_paths(sublayer, f"{path}{sublayer.name}/")


def _sublayers(layer: Any) -> Iterator[Any]:
    # Keras has no public way to the layers directly inside of any layer; `layers` is for models only.
    yield from layer._flatten_layers(include_self=False, recursive=False)


def _own_variables(layer: Any) -> list[Any]:
    of_sublayers = {id(variable) for sublayer in _sublayers(layer) for variable in sublayer.variables}
    return [variable for variable in layer.trainable_variables if id(variable) not in of_sublayers]


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

    for layer in _sublayers(model):
        inner = f"{path}{layer.name}/"
        if isinstance(layer, keras.Model):
            yield from _paths_of_weighted_layers(layer, inner)
        elif layer.trainable_variables:
            yield inner


def select(places: Sequence[Place], exclude: Sequence[str], groups: Sequence[ParamGroup]) -> list[Treatment]:
    """How the variable at each of ``places`` is trained.

    Raises:
        ValueError: a pattern matches no variable, or a group only variables of earlier groups.
    """
    excluded: set[int] = set()
    for pattern in exclude:
        excluded |= _found("exclude_from_weight_decay", pattern, places)
    treatments = [Treatment(decayed=i not in excluded) for i in range(len(places))]
    taken: set[int] = set()
    for number, group in enumerate(groups):
        found = _found(f"groups.{number}.match", group.match, places)
        if found and found <= taken:
            raise ValueError(f"groups.{number}: all variables that {group.match!r} matches are in earlier groups")
        for i in found - taken:
            treatments[i] = Treatment(group.learning_rate_multiplier, treatments[i].decayed, group.weight_decay)
        taken |= found
    return treatments


def _begins_with_root(pattern: str, place: Place) -> bool:
    found = re.match(pattern, f"{place.root}/{place.path}") if place.root else None
    return found is not None and found.end() >= len(place.root)


def _found(field: str, pattern: str, places: Sequence[Place]) -> set[int]:
    if pattern == BIAS_AND_NORM:
        return {i for i, place in enumerate(places) if place.is_bias_or_norm}
    found = {i for i, place in enumerate(places) if matches(pattern, place.path)}
    # Keras's own paths may begin with the model's name. A pattern that has it as a whole is understood.
    found = found or {i for i, place in enumerate(places) if _begins_with_root(pattern, place)}
    if not found:
        paths = ", ".join(place.path for place in places)
        raise ValueError(f"{field}: {pattern!r} matches no variable; the paths are {paths}")
    return found
