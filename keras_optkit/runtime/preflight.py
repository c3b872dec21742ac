"""What only a model and a strategy in hand can show to be wrong, looked at before the first step.

Each of these Keras lets through, or reports late and from deep inside.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from keras_optkit.runtime.places import has_weights, places_in
from keras_optkit.runtime.selection import select
from keras_optkit.runtime.warning import OptimizerWarning
from keras_optkit.specs.optimizers import OptimizerSpec, ScheduleFreeAdamWSpec

if TYPE_CHECKING:
    import keras


def check(model: keras.Model, spec: OptimizerSpec, arguments: Mapping[str, Any]) -> None:
    """Refuses what cannot train and warns of what trains otherwise than it reads.

    Raises:
        ValueError: ``model`` cannot be trained with ``spec`` and these ``arguments`` of ``compile``.
    """
    for error in _errors(model, spec, arguments):
        raise ValueError(error)
    for warning in _warnings(model, spec, arguments):
        # At the line that calls compile_with.
        warnings.warn(warning, OptimizerWarning, stacklevel=3)


def _errors(model: keras.Model, spec: OptimizerSpec, arguments: Mapping[str, Any]) -> Iterator[str]:
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
    if not has_weights(model):
        if isinstance(spec, ScheduleFreeAdamWSpec):
            yield (
                "ScheduleFreeAdamW begins from the weights that the model has when it is compiled, and this model has "
                "none yet: build it before, for example with an Input"
            )
        return
    if not model.trainable_variables:
        yield "the model has nothing to train: it has no weights, or all its layers have trainable=False"
    # The optimizer selects by itself; here a pattern that matches nothing is found before the model is touched.
    select(list(places_in(model).values()), spec.exclude_from_weight_decay, spec.groups)


def _warnings(model: keras.Model, spec: OptimizerSpec, arguments: Mapping[str, Any]) -> Iterator[str]:
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
    scales_by_itself = model.dtype_policy.name == "mixed_float16" and arguments.get("auto_scale_loss", True)
    if spec.loss_scale_factor is not None and scales_by_itself:
        yield "loss_scale_factor has no effect under mixed_float16, where Keras scales the loss by itself"
    decayed_twice = _decayed_and_regularized(model, spec)
    if decayed_twice:
        yield (
            f"weight decay and an L2 regularizer both shrink {', '.join(decayed_twice)}: "
            "leave out one of them, or exclude these from weight decay"
        )


def _decayed_and_regularized(model: keras.Model, spec: OptimizerSpec) -> list[str]:
    from keras_optkit.runtime.grouped import planned

    if not has_weights(model) or not any(_has_l2(variable.regularizer) for variable in model.trainable_variables):
        return []
    return [
        plan.path
        for plan in planned(model, spec)
        if plan.multiplier and plan.weight_decay and _has_l2(plan.variable.regularizer)
    ]


def _has_l2(regularizer: Any) -> bool:
    return bool(getattr(regularizer, "l2", 0))


def _replicas(model: keras.Model) -> int:
    strategy = getattr(model, "distribute_strategy", None)
    return 1 if strategy is None else int(strategy.num_replicas_in_sync)
