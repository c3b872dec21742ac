"""Registers the classes that a saved model may contain, without importing Keras.

Keras loads a custom object only if its class is registered in that process. With this, ``import keras_optkit`` is
enough, before or after ``import keras`` and ``import tensorflow``.
"""

from __future__ import annotations

import importlib

from keras_optkit.runtime.import_hook import after_import
from keras_optkit.runtime.monitor import LearningRateMonitor


def register_when_keras_is_imported() -> None:
    """Register the serializable classes: now if keras is imported, otherwise right after its import."""
    after_import("keras", _register)


def _register() -> None:
    for module in ("schedule", "grouped"):
        importlib.import_module(f"keras_optkit.runtime.{module}")
    LearningRateMonitor.become_callback()
