"""The checks before the first step that need the model or its strategy.

Keras accepts each of these mistakes, or reports it late and from deep inside.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from keras_optkit.runtime.keras_internals import layers_within, takes_adam_step
from keras_optkit.runtime.plan import Plan, in_lines
from keras_optkit.runtime.selection import few
from keras_optkit.runtime.warning import warn
from keras_optkit.specs.optimizers import OptimizerSpec
from keras_optkit.specs.optimizers.extremes import extremes, overshoots
from keras_optkit.specs.optimizers.float16 import InFloat16, in_float16
from keras_optkit.specs.optimizers.muon import MuonSpec

if TYPE_CHECKING:
    import keras


def check(
    model: keras.Model, spec: OptimizerSpec, arguments: Mapping[str, Any], optimizer: Any, plan: Plan | None
) -> None:
    """Raise for what cannot train, and warn about what would not train as the spec suggests.

    Args:
        model: the model that will be compiled.
        spec: the resolved spec.
        arguments: those of ``compile``.
        optimizer: what was built from ``spec``.
        plan: how it will train the variables of ``model``; None if they do not exist yet.

    Raises:
        ValueError: ``model`` cannot be trained this way; the message has all reasons.
    """
    if errors := list(_errors(model, spec, arguments, optimizer, plan)):
        raise ValueError(in_lines(errors))
    for warning in _warnings(model, spec, arguments, optimizer, plan):
        warn(warning)


def _errors(
    model: keras.Model, spec: OptimizerSpec, arguments: Mapping[str, Any], optimizer: Any, plan: Plan | None
) -> Iterator[str]:
    replicas = _replicas(model)
    if replicas > 1:
        for field in ("gradient_accumulation_steps", "ema_overwrite_frequency"):
            if getattr(spec, field) is not None:
                yield (
                    f"{field} does not work under a strategy of several replicas (here {replicas}), "
                    "where Keras fails while it traces the first step: leave it out, or train on one replica"
                )
        if arguments.get("jit_compile") is True:
            yield f"jit_compile=True does not work under a strategy of several replicas (here {replicas})"
    embeddings = _with_sparse_gradients(model) if spec.loss_scale_factor is not None else []
    if embeddings and not _scales_by_itself(model, arguments):
        yield (
            f"loss_scale_factor does not work with Embedding layers (here {', '.join(embeddings[:3])}): Keras cannot "
            "divide their sparse gradients by it. Leave it out"
        )
    yield from extremes(spec)
    if isinstance(spec.learning_rate, float):
        for path, happens in overshoots(spec, spec.learning_rate):
            yield f"{'.'.join(map(str, path))}: {happens}"
    if plan is None:
        return
    if not model.trainable_variables:
        yield "the model has nothing to train: it has no weights, or all its layers have trainable=False"
    elif _all_frozen(model, plan):
        yield "the model has nothing to train: the groups freeze all its weights (learning_rate_multiplier=0)"
    elif (small := _too_small_in_float16(spec, optimizer, plan)) and not small.trains:
        yield small.text
    yield from plan.mistakes


def _all_frozen(model: keras.Model, plan: Plan) -> bool:
    trainable = {id(variable) for variable in model.trainable_variables}
    return not any(planned.treatment.multiplier for planned in plan.planned if id(planned.variable) in trainable)


def _with_sparse_gradients(model: keras.Model) -> list[str]:
    import keras

    if keras.config.backend() != "tensorflow":  # the others have dense gradients
        return []
    return [
        layer.name for layer in layers_within(model) if isinstance(layer, keras.layers.Embedding) and layer.trainable
    ]


def _warnings(
    model: keras.Model, spec: OptimizerSpec, arguments: Mapping[str, Any], optimizer: Any, plan: Plan | None
) -> Iterator[str]:
    replicas = _replicas(model)
    clip = next((name for name in ("clipnorm", "clipvalue", "global_clipnorm") if getattr(spec, name)), None)
    if clip and replicas > 1:
        yield (
            f"{clip} is applied on each of the {replicas} replicas, before their gradients are added up: "
            "the sum can be larger"
        )
    if spec.use_ema and spec.gradient_accumulation_steps:
        yield (
            "use_ema averages the weights after every batch, also after those that only accumulate gradients: "
            "ema_momentum counts batches, not updates"
        )
    if spec.loss_scale_factor is not None and _scales_by_itself(model, arguments):
        yield "loss_scale_factor has no effect under mixed_float16, where Keras scales the loss by itself"
    if plan and (small := _too_small_in_float16(spec, optimizer, plan)):
        yield small.text
    if decayed_twice := _decayed_and_regularized(optimizer, plan):
        yield (
            f"weight decay and an L2 regularizer both shrink {', '.join(decayed_twice)}: "
            "leave out one of them, or exclude these from weight decay"
        )


def _too_small_in_float16(spec: OptimizerSpec, optimizer: Any, plan: Plan) -> InFloat16 | None:
    """What in ``spec`` is too small for the weights that are trained in float16, with the paths of these."""
    small = in_float16(spec)
    if small is None:
        return None
    half = [
        planned.place.path
        for planned in plan.planned
        if planned.is_trained
        and planned.variable.dtype == "float16"
        # Muon's own step has no epsilon.
        and (not isinstance(spec, MuonSpec) or takes_adam_step(optimizer, planned.variable))
    ]
    return small._replace(text=f"{few(half)}: {small.text}") if half else None


def _decayed_and_regularized(optimizer: Any, plan: Plan | None) -> list[str]:
    return [
        planned.place.path
        for planned in (plan.planned if plan else ())
        if planned.is_trained and planned.weight_decay_in(optimizer) and _has_l2(planned.variable.regularizer)
    ]


def _scales_by_itself(model: keras.Model, arguments: Mapping[str, Any]) -> bool:
    return model.dtype_policy.name == "mixed_float16" and bool(arguments.get("auto_scale_loss", True))


def _has_l2(regularizer: Any) -> bool:
    return bool(getattr(regularizer, "l2", 0))


def _replicas(model: keras.Model) -> int:
    strategy = getattr(model, "distribute_strategy", None)
    return 1 if strategy is None else int(strategy.num_replicas_in_sync)
