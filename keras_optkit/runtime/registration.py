"""Registers the classes that a saved model may contain, without importing Keras.

Keras loads a custom object only if its class is registered in that process. With this, ``import keras_optkit`` is
enough, before or after ``import keras`` and ``import tensorflow``.
"""

from __future__ import annotations

from keras_optkit.runtime.import_hook import after_import


def register_when_keras_is_imported() -> None:
    """Register the serializable classes: now if keras is imported, otherwise right after its import."""
    after_import("keras", _register)


def _register() -> None:
    from keras_optkit.runtime import grouped, monitor, schedule  # noqa: F401

    monitor.LearningRateMonitor.become_callback()
