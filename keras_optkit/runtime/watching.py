"""The check that a model still has the variables for which ``compile_with`` built its optimizer."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from keras_optkit.runtime.keras_internals import knows
from keras_optkit.runtime.selection import few

if TYPE_CHECKING:
    import keras


def watch(optimizer: Any, model: keras.Model) -> None:
    """Let a step raise a ValueError if ``optimizer`` was not built for the trainable variables of ``model``.

    For new variables Keras would raise "Unknown variable". For fewer, with ``use_ema``, it would raise an error about
    shapes after all the training. Sparse gradients are found here too: those of an ``Embedding`` are foreseen, those
    of a layer of one's own are not.
    """
    import keras

    # It stays after the first step: a layer that is called later for the first time has new variables then.
    apply, count, its_model = optimizer.apply, len(model.trainable_variables), weakref.ref(model)
    # A train_step of a model's own may freeze layers for a while, as those of GANs do.
    may_have_fewer = not optimizer.use_ema or type(model).train_step is not keras.Model.train_step

    def checked(grads: Sequence[Any], trainable_variables: Sequence[Any] | None = None) -> None:
        variables = None if trainable_variables is None else list(trainable_variables)
        new = [variable.path for variable in variables or () if not knows(optimizer, variable)]
        model = its_model()
        fewer = not may_have_fewer and model is not None and len(model.trainable_variables) != count
        if new or fewer:
            what = f"new are {', '.join(new[:3])}" if new else f"they were {count}"
            raise ValueError(
                f"the model's trainable variables have changed since compile_with ({what}): after you freeze, unfreeze "
                "or add layers, call compile_with again; keep_state=True keeps the moments of the others"
            )
        if optimizer.loss_scale_factor is not None and variables is not None:
            pairs = zip(grads, variables, strict=True)
            if sparse := [variable.path for gradient, variable in pairs if hasattr(gradient, "indices")]:
                raise ValueError(
                    f"loss_scale_factor does not work with the sparse gradients of {few(sparse)}: Keras cannot divide "
                    "them by it. Leave it out"
                )
        apply(grads, variables)

    optimizer.apply = checked
