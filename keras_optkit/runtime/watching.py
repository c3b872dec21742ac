"""The check that a model still has the variables for which ``compile_with`` built its optimizer."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from keras_optkit.runtime.keras_internals import built_for, knows
from keras_optkit.runtime.places import has_weights
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

    its_model, count = weakref.ref(model), len(model.trainable_variables)
    may_have_fewer = not optimizer.use_ema or _has_own_step(model)
    apply, stateless_apply = optimizer.apply, optimizer.stateless_apply

    def check(variables: Iterable[Any], may_have_fewer: bool) -> None:
        new = [variable.path for variable in variables if not knows(optimizer, variable)]
        model = its_model()
        fewer = not may_have_fewer and model is not None and len(model.trainable_variables) != count
        if new or fewer:
            raise _changed("compile_with", new, count)

    def checked(grads: Sequence[Any], trainable_variables: Sequence[Any] | None = None) -> None:
        variables = None if trainable_variables is None else list(trainable_variables)
        check(variables or (), may_have_fewer)
        if optimizer.loss_scale_factor is not None and variables is not None:
            pairs = zip(grads, variables, strict=True)
            if sparse := [variable.path for gradient, variable in pairs if _is_sparse(gradient)]:
                raise ValueError(
                    f"loss_scale_factor does not work with the sparse gradients of {few(sparse)}: Keras cannot divide "
                    "them by it. Leave it out"
                )
        apply(grads, variables)

    def check_model(model: keras.Model, is_new_step: bool = True) -> None:
        # JAX trains values: those of the model's variables, in the order of the optimizer's. So none may be missing.
        check(model.trainable_variables, may_have_fewer=False)

    def checked_stateless(optimizer_variables: Any, grads: Any, trainable_variables: Any) -> Any:
        if (model := its_model()) is not None:
            check_model(model)
        return stateless_apply(optimizer_variables, grads, trainable_variables)

    # They stay after the first step: a layer that is called later for the first time has new variables then.
    optimizer.apply = checked
    if keras.config.backend() == "jax":
        optimizer.stateless_apply = checked_stateless
        _check_before_fit(model, optimizer, check_model)


def watch_step(optimizer: Any, model: keras.Model) -> None:
    """Let ``fit`` raise a ValueError if TensorFlow would train other variables than those that are trainable now.

    TensorFlow traces the step once, with the variables that are trainable then. Keras keeps it until ``compile``.
    """
    import keras

    if keras.config.backend() != "tensorflow" or _has_own_step(model):
        return
    traced: list[Any] | None = None

    def check(model: keras.Model, is_new_step: bool) -> None:
        nonlocal traced
        now = model.trainable_variables
        if is_new_step:
            traced = now if has_weights(model) else None
        elif not model.run_eagerly:
            # The first step of a model without weights creates them, and the optimizer's.
            before = {id(variable) for variable in (built_for(optimizer) if traced is None else traced)}
            if before != set(map(id, now)):
                raise _changed("the first fit", [each.path for each in now if id(each) not in before], len(before))

    _check_before_fit(model, optimizer, check)


def _has_own_step(model: keras.Model) -> bool:
    """Whether ``model`` has a ``train_step`` of its own. It may freeze layers for a while, as those of GANs do."""
    import keras

    return type(model).train_step is not keras.Model.train_step


def _changed(since: str, new: Sequence[str], before: int) -> ValueError:
    what = f"new are {', '.join(new[:3])}" if new else f"they were {before}"
    return ValueError(
        f"the model's trainable variables have changed since {since} ({what}): after you freeze, unfreeze "
        "or add layers, call compile_with again; keep_state=True keeps the moments of the others"
    )


def _check_before_fit(model: Any, optimizer: Any, check: Callable[[Any, bool], None]) -> None:
    """Call ``check`` with ``model`` before ``fit``, and whether its step is made for this call.

    JAX's ``fit`` takes the weights out of the model: a step that raises would lose them.
    """
    its_model, make = weakref.ref(model), type(model).make_train_function

    def checked(force: bool = False) -> None:
        model: Any = its_model()
        if getattr(model.optimizer, "inner_optimizer", model.optimizer) is optimizer:
            check(model, force or model.train_function is None)
        make(model, force)

    model.make_train_function = checked


def _is_sparse(gradient: Any) -> bool:
    # TensorFlow's has indices. A dense one of PyTorch has a method of that name.
    return hasattr(gradient, "indices") and not callable(gradient.indices)
