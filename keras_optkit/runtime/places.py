"""The place of each weight of a model. Imports keras only in functions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from keras_optkit.runtime.keras_internals import layers_within, sublayers, thawable
from keras_optkit.specs.errors import in_short
from keras_optkit.specs.groups import BIAS_AND_NORM, EMBEDDINGS, word_for

if TYPE_CHECKING:
    import keras


class Place(NamedTuple):
    """Where a variable is in its model, and which word selects it."""

    path: str
    """The path within the model, without the model's own name."""
    root: str = ""
    """The model's own name."""
    word: str | None = ""
    """The word that selects it, such as ``"bias_and_norm"``; "" if none does, None if that is unknown."""
    is_frozen: bool = False
    """Whether it, or a layer that it is in, has ``trainable=False`` now."""


def places_in(model: keras.Model) -> dict[int, Place]:
    """The places of the weights of ``model`` that are trainable or can be unfrozen, by ``id``, in the model's order.

    The paths are the names of nested layers. Keras's own ``variable.path`` depends on the container in which a layer
    was built first, and changes when the model is saved and loaded.
    """
    trained = {id(variable) for variable in model.trainable_variables}
    places: dict[int, Place] = {}
    for layer, path in _layers_with_paths(model, ""):
        of_layer = _word_for_weights_of(layer)
        for variable in _own_weights(layer):
            name = f"{path}{variable.name}"
            of_name = word_for(name)
            word = of_layer if of_name is None else of_name
            places.setdefault(id(variable), Place(name, model.name, word, id(variable) not in trained))
    return {id(variable): places[id(variable)] for variable in model.variables if id(variable) in places}


def place_of(variable: Any) -> Place:
    """The place of a ``variable``, as far as its own path tells."""
    # A bare tf.Variable has no path, and a name that ends in an output number.
    path = getattr(variable, "path", variable.name.partition(":")[0])
    return Place(path, "", word_for(path))


def check_is_model(model: object) -> None:
    """Raise a TypeError with the reason unless ``model`` is a Keras 3 model."""
    import keras

    if isinstance(model, keras.Model):
        return
    if any(base.__module__.partition(".")[0] == "tf_keras" for base in type(model).__mro__):
        raise TypeError(
            "this is a model of tf_keras (Keras 2), and keras_optkit makes optimizers of Keras 3: build the model "
            "with `import keras`, or, where it comes from tf.keras, unset TF_USE_LEGACY_KERAS"
        )
    remedy = ": pass a run by name, as in **run_of(x, epochs=20)" if isinstance(model, dict) else ""
    raise TypeError(f"model must be a keras.Model, received {in_short(model)} of type {type(model).__name__}{remedy}")


def has_weights(model: keras.Model) -> bool:
    """Whether ``model`` has all its weights. If it is built only in part, its first call creates the others."""
    return bool(model.built) and all(layer.built for layer in layers_within(model))


def _layers_with_paths(layer: Any, path: str) -> Iterator[tuple[Any, str]]:
    yield layer, path
    for sublayer in sublayers(layer):
        yield from _layers_with_paths(sublayer, f"{path}{sublayer.name}/")


def _own_weights(layer: Any) -> list[Any]:
    of_sublayers = {id(variable) for sublayer in sublayers(layer) for variable in sublayer.variables}
    made_to_train = set(map(id, thawable(layer)))
    return [
        variable
        for variable in layer.variables
        if id(variable) not in of_sublayers and (variable.trainable or id(variable) in made_to_train)
    ]


def _word_for_weights_of(layer: Any) -> str:
    """The word for weights of ``layer`` whose names do not tell."""
    name = type(layer).__name__
    # A wrapper such as SpectralNormalization holds another layer, whose weights are not normalization's.
    if sublayers(layer):
        return ""
    return BIAS_AND_NORM if _NORM.search(name) else EMBEDDINGS if "Embedding" in name else ""


# LayerNormalization, RMSNorm, BatchNorm2d, but not NormalDense.
_NORM = re.compile(r"(?i:norm)(?![a-z])|(?i:normaliz)")
