"""Watches for changes of a model after ``compile_with``, which built the optimizer for the variables of then."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from keras_optkit.runtime.keras_internals import knows

if TYPE_CHECKING:
    import keras


def watch(optimizer: Any, model: keras.Model) -> None:
    """Makes the first step an error if the trainable variables of ``model`` are not those of its built ``optimizer``.

    Keras would raise "Unknown variable" for new ones, and for fewer, with ``use_ema``, an error about shapes when all
    the training is done.
    """
    apply, count, its_model = optimizer.apply, len(model.trainable_variables), weakref.ref(model)

    def checked(grads: Sequence[Any], trainable_variables: Sequence[Any] | None = None) -> None:
        variables = None if trainable_variables is None else list(trainable_variables)
        new = [variable.path for variable in variables or () if not knows(optimizer, variable)]
        model = its_model()
        fewer = optimizer.use_ema and model is not None and len(model.trainable_variables) != count
        if new or fewer:
            what = f"new are {', '.join(new[:3])}" if new else f"they were {count}"
            raise ValueError(
                f"the model's trainable variables have changed since compile_with ({what}): after you freeze, unfreeze "
                "or add layers, call compile_with again"
            )
        apply(grads, variables)

    optimizer.apply = checked
