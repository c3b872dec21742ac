"""``compile_with``: a model and a spec in, the model ready to train out."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, TypeVar

from keras_optkit.runtime.carrying import carry, first_updates, has_trained, optimizer_to_continue
from keras_optkit.runtime.factory import native_optimizer
from keras_optkit.runtime.keras_internals import compiled_with
from keras_optkit.runtime.made_for import note_run
from keras_optkit.runtime.places import check_is_model, has_weights
from keras_optkit.runtime.plan import plan_of
from keras_optkit.runtime.preflight import check
from keras_optkit.runtime.warning import warn_of_misfits
from keras_optkit.runtime.watching import watch, watch_step
from keras_optkit.specs.errors import in_short
from keras_optkit.specs.hints import nearest
from keras_optkit.specs.optimizers import OptimizerSpec
from keras_optkit.specs.reading import read
from keras_optkit.specs.resolving import RunLength, resolve
from keras_optkit.specs.tracebacks import short_traceback

if TYPE_CHECKING:
    import keras

    M = TypeVar("M", bound=keras.Model)


@short_traceback
def compile_with(
    model: M,
    spec: OptimizerSpec | Mapping[str, Any] | str,
    *,
    steps_per_epoch: int | None = None,
    epochs: int | None = None,
    keep_state: bool = False,
    **compile_arguments: Any,
) -> M:
    """Compile ``model`` with the optimizer that ``spec`` describes, and return the model.

    The spec is validated before the model is touched. The optimizer is created under the model's distribution strategy.
    If the model has its weights already, the optimizer's variables are created too, so that a later
    ``model.load_weights`` restores them; Keras skips state that has no variable yet. After you freeze, unfreeze or add
    layers, call this again: ``fit`` raises a ValueError if the optimizer does not fit the model.

    Args:
        model: a Keras 3 model.
        spec: an optimizer spec, a mapping with a ``type``, or the name of a type.
        steps_per_epoch: the number of batches in an epoch; needed if a duration is in epochs or percent.
        epochs: the number of epochs of the run; needed if a duration is in percent.
        keep_state: whether the new optimizer continues with what the model's present optimizer knows: its step count
            and, for each variable, all that both optimizers keep (moments, accumulators, averages, accumulated
            gradients), and the loss scale of mixed precision. The rate is always that of ``spec``. A schedule continues
            at the step count; it does not start again. Variables that are new, for example after unfreezing, start with
            fresh moments. Where the optimizer corrects these by the number of updates, as Adam does, such variables
            have a count of their own.
        **compile_arguments: the other arguments of ``model.compile``: ``loss``, ``metrics``, ``jit_compile``...
            Without a ``loss``, a model that was compiled before keeps all that it was compiled with, except for its
            optimizer and the arguments given here.

    Raises:
        pydantic.ValidationError: ``spec`` is invalid, or becomes invalid once its durations are converted to steps.
        ValueError: ``steps_per_epoch`` or ``epochs`` is needed and missing, or not a whole number > 0.
        ValueError: with ``keep_state``, the model has no optimizer yet.
        ValueError: the model cannot be trained this way: for example, it has nothing trainable, or its strategy has
            several replicas and the spec accumulates gradients.
        TypeError: ``model`` is not a Keras 3 model, or its ``compile`` has no such argument.
        RuntimeError: the installed Keras has no such optimizer or argument.

    Warns:
        OptimizerWarning: the model will train, but not as the spec suggests; or the spec does not fit the run; or
            ``keep_state`` could not carry over all that the old optimizer knows, which is then listed.

    Examples:
        >>> model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1)])
        >>> model = compile_with(model, AdamSpec(learning_rate=0.01), loss="mse")
        >>> history = model.fit(np.ones((64, 2)), np.ones(64), verbose=0)
        >>> model = compile_with(model, AdamSpec(learning_rate=0.001), keep_state=True)
        >>> int(model.optimizer.iterations), round(float(model.optimizer.learning_rate), 6)
        (2, 0.001)
    """
    written, run = read(OptimizerSpec, spec), RunLength.of(steps_per_epoch, epochs)
    spec = resolve(written, run)
    check_is_model(model)
    _check_arguments(model, spec, compile_arguments)
    if not isinstance(keep_state, bool):
        raise TypeError(f"keep_state must be True or False, received {in_short(keep_state)}")
    old = optimizer_to_continue(model) if keep_state else None
    if compile_arguments.get("loss") is None:
        compile_arguments.pop("loss", None)
        compile_arguments = _compiled_before(model, compile_arguments) | compile_arguments
    with _strategy_scope(model):
        optimizer: Any = native_optimizer(spec)
    # A layer that is never called has no weights, and stops nobody who has trained without it.
    ready = has_weights(model) or (old is not None and has_trained(old))
    plan = plan_of(model, spec.exclude_from_weight_decay, spec.groups) if ready else None
    if plan and old is not None and (began := first_updates(old, optimizer, model.trainable_variables)):
        plan = plan.beginning(began)
        with _strategy_scope(model):
            optimizer = native_optimizer(spec, grouped=True)
    check(model, spec, compile_arguments, optimizer, plan)
    note_run(optimizer, written, run)
    warn_of_misfits(written, run)
    with _strategy_scope(model):
        if hasattr(optimizer, "follow"):
            optimizer.follow(plan, model)
        model.compile(optimizer=optimizer, **compile_arguments)
        watch_step(optimizer, model)
        # Under mixed precision Keras has wrapped ours. A model with its own compile may have stored ours elsewhere.
        used = getattr(model, "optimizer", None)
        if used is not None and ready:
            used.build(model.trainable_variables)
            if optimizer.built:
                watch(optimizer, model)
            if old is not None:
                carry(old, used, spec, run)
    return model


def _check_arguments(model: keras.Model, spec: OptimizerSpec, arguments: Mapping[str, Any]) -> None:
    if "optimizer" in arguments:
        raise TypeError("compile_with makes the optimizer from the spec: leave out optimizer=")
    for name in arguments:
        if not _takes(model, name):
            raise TypeError(f"model.compile has no argument {name!r}{_instead_of(name, model, spec)}")


def _takes(model: keras.Model, name: str) -> bool:
    """Whether ``model.compile``, which may be a user's own, has an argument called ``name``."""
    known = inspect.signature(model.compile).parameters
    return name in known or any(parameter.kind is parameter.VAR_KEYWORD for parameter in known.values())


def _instead_of(name: str, model: keras.Model, spec: OptimizerSpec) -> str:
    """Where the argument ``name`` belongs, if that can be told."""
    if name in type(spec).model_fields:
        return f": it is a field of the spec, spec.replace({name}=...)"
    if name in inspect.signature(model.fit).parameters:
        return ": it belongs to model.fit"
    known = inspect.signature(model.compile).parameters
    meant = nearest(name, {*known, "steps_per_epoch", "epochs"} - {"optimizer"})
    return f", did you mean {meant!r}?" if meant else ""


def _compiled_before(model: keras.Model, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that ``model`` was compiled with, without those that ``arguments`` replaces; none if it was not."""
    import keras

    if not model.compiled:
        return {}
    kept = compiled_with(model)
    if model.dtype_policy.name == "mixed_float16":
        kept["auto_scale_loss"] = isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
    if arguments.get("run_eagerly"):
        del kept["jit_compile"]
    return {name: value for name, value in kept.items() if name != "optimizer" and _takes(model, name)}


def _strategy_scope(model: keras.Model) -> Any:
    # Only models of the TensorFlow backend have a strategy.
    strategy = getattr(model, "distribute_strategy", None)
    return strategy.scope() if strategy else nullcontext()
