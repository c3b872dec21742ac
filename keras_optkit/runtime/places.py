"""From a model to the place of each of its variables. Imports keras only in functions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from keras_optkit.runtime.keras_internals import layers_within, sublayers
from keras_optkit.specs.groups import is_bias_or_norm

if TYPE_CHECKING:
    import keras


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
        is_norm = _NORM.search(type(layer).__name__) is not None and not sublayers(layer)
        for variable in _own_variables(layer):
            name = f"{path}{variable.name}"
            places.setdefault(id(variable), Place(name, model.name, is_norm or is_bias_or_norm(name)))
    return places


# LayerNormalization, RMSNorm, BatchNorm2d, but not NormalDense.
_NORM = re.compile(r"(?i:norm)(?![a-z])|(?i:normaliz)")


def has_weights(model: keras.Model) -> bool:
    """Whether ``model`` has all its weights. One that is built only in part makes the others when it is called."""
    return bool(model.built) and all(layer.built for layer in layers_within(model))


def place_of(variable: Any) -> Place:
    """The place of a ``variable`` as far as it knows it itself."""
    # A bare tf.Variable has no path, and a name that ends in an output number.
    path = getattr(variable, "path", variable.name.partition(":")[0])
    return Place(path, "", is_bias_or_norm(path))


def _layers_with_paths(layer: Any, path: str) -> Iterator[tuple[Any, str]]:
    yield layer, path
    for sublayer in sublayers(layer):
        yield from _layers_with_paths(sublayer, f"{path}{sublayer.name}/")


def _own_variables(layer: Any) -> list[Any]:
    ofsublayers = {id(variable) for sublayer in sublayers(layer) for variable in sublayer.variables}
    return [variable for variable in layer.trainable_variables if id(variable) not in ofsublayers]
