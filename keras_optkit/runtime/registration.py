"""Makes Keras know our classes as soon as it is imported, without importing it.

Keras loads a custom object only if its class is registered in that process. With this, ``import keras_optkit`` is
enough, before or after ``import keras`` and ``import tensorflow``.
"""

from __future__ import annotations

import importlib

# A dependency of tensorflow.
import wrapt


def register_when_keras_is_imported() -> None:
    """Registers the serializable classes now, if keras is imported, or else right after it is."""
    wrapt.register_post_import_hook(_register, "keras")


def _register(keras: object) -> None:
    for module in ("schedule", "grouped"):
        importlib.import_module(f"keras_optkit.runtime.{module}")
