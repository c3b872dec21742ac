"""Converts Keras's serialized form, ``{"class_name": name, "config": fields}``, to a spec without importing Keras.

Every Keras version writes these two keys. Keras 3, and Keras 2 since 2.12 in a .keras file, add the ``module`` of the
class. In .h5 files, the name of a registered class starts with its package: ``"my_package>MyAdam"``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from pydantic import ValidationError

from keras_optkit.specs.base import Spec
from keras_optkit.specs.errors import Mistake, field_error, in_short, validation_error
from keras_optkit.specs.keras_2 import loss_scale, modernized, of_name_alone
from keras_optkit.specs.keras_classes import SPEC_SCHEDULE, ClassName
from keras_optkit.specs.optimizers import OptimizerSpec
from keras_optkit.specs.reading import read
from keras_optkit.specs.registry import find
from keras_optkit.specs.schedules import ScheduleSpec
from keras_optkit.specs.spelling import canonical

_KEYS = {"class_name", "config", "module", "registered_name", "build_config", "shared_object_id"}
_LOSS_SCALE_OPTIMIZERS = {"lossscaleoptimizer", "lossscaleoptimizerv1", "lossscaleoptimizerv3"}
# Fields of a spec that are not arguments of a Keras constructor.
_OURS = ("type", "exclude_from_weight_decay", "groups")


def read_keras(form: Mapping[Any, Any]) -> OptimizerSpec | ScheduleSpec:
    """The spec of the optimizer or schedule that Keras serialized as ``form``.

    Raises:
        pydantic.ValidationError: with a line for each value that a spec refuses or cannot represent.
    """
    mistakes: list[Mistake] = []
    fields = _fields(form, (), mistakes)
    spec_class: type[Spec] = find(Spec, fields["type"]) or Spec if isinstance(fields.get("type"), str) else Spec
    spec: Spec | None = None
    if fields:
        try:
            spec = read(Spec, fields)
        except ValidationError as error:
            reported = {mistake.path for mistake in mistakes}
            mistakes += [
                Mistake(line["loc"], line["input"], field_error(line["type"], line["msg"]))
                for line in error.errors(include_url=False)
                if line["loc"] not in reported
            ]
    if mistakes:
        raise validation_error(spec_class.__name__, mistakes)
    return cast("OptimizerSpec | ScheduleSpec", spec)


def optimizer_of(model: Mapping[Any, Any]) -> Mapping[Any, Any] | None:
    """The optimizer in the serialized form of a ``model``, if the model was compiled."""
    compiled = model.get("compile_config")
    optimizer = compiled.get("optimizer") if isinstance(compiled, Mapping) else None
    if isinstance(optimizer, str):
        return of_name_alone(optimizer)
    return optimizer if isinstance(optimizer, Mapping) else None


def in_whole_numbers(name: str, config: Mapping[Any, Any]) -> str | None:
    """The reason that no spec describes the schedule ``name``, if Keras computes it in integers."""
    rate = config.get("initial_learning_rate")
    if not isinstance(rate, int) or isinstance(rate, bool):
        return None
    return (
        f"Keras computes this {name} in integers, because its initial_learning_rate is an int. No spec does that; "
        f"create it with {in_short(rate)}.0"
    )


_Path = tuple[int | str, ...]


def _mistake(path: _Path, kind: str, rule: str, *received: object) -> Mistake:
    return Mistake(path, received[0] if received else None, field_error(kind, rule, *received))


def _fields(form: Mapping[Any, Any], path: _Path, mistakes: list[Mistake]) -> dict[Any, Any]:
    """The fields of the spec at ``path``, with its type; empty if there is no spec for the class."""
    name, config = ClassName.of(form), _config(form, path, mistakes)
    if name is None:
        mistakes.append(_mistake(path, "wrong_type", "'class_name' must be a string", form.get("class_name")))
    elif config is None:
        pass  # reported already
    elif name.is_of_keras and canonical(name.name) in _LOSS_SCALE_OPTIMIZERS and not path:
        return _scaled_fields(config, mistakes)
    elif name.is_ours and name.name == SPEC_SCHEDULE and isinstance(config.get("spec"), Mapping):
        return dict(config["spec"])
    elif (spec_class := name.spec_class()) and path and issubclass(spec_class, OptimizerSpec):
        return {"type": spec_class._type}  # an optimizer where a schedule must be; its fields do not matter
    elif spec_class:
        arguments = {key: _plain(value) for key, value in config.items()}
        to_fields = _optimizer_fields if issubclass(spec_class, OptimizerSpec) else _schedule_fields
        return {**to_fields(spec_class, name, arguments, path, mistakes), "type": spec_class._type}
    else:
        mistakes.append(_mistake(path, "unknown_type", name.has_no_spec(config, is_rate=bool(path))))
    return {}


def _config(form: Mapping[Any, Any], path: _Path, mistakes: list[Mistake]) -> Mapping[Any, Any] | None:
    """The constructor's arguments in ``form``."""
    config = form.get("config")
    for key, value in form.items():
        if key in _KEYS:
            continue
        if "config" not in form and isinstance(value, Mapping):
            config, remedy = None, "Keras calls it 'config'"
        else:
            remedy = "delete it, or write it inside 'config' if it is an argument"
        rule = f"{in_short(key)} is not part of Keras's serialized form: {remedy}"
        mistakes.append(_mistake(path, "unknown_field", rule))
    if isinstance(config, Mapping):
        return config
    if "config" in form:
        mistakes.append(_mistake(path, "wrong_type", "'config' must be a mapping", config))
    elif not form.keys() - _KEYS:
        mistakes.append(_mistake(path, "required", "has no 'config': write {} for the defaults"))
    return None


def _scaled_fields(config: Mapping[Any, Any], mistakes: list[Mistake]) -> dict[Any, Any]:
    """The fields of the optimizer inside a ``LossScaleOptimizer``."""
    scale = loss_scale(config)
    mistakes += [_mistake((), "not_kept", reason) for reason in scale.not_kept]
    if not isinstance(scale.inner, Mapping):
        mistakes.append(_mistake((), "wrong_type", "a LossScaleOptimizer must have an 'inner_optimizer'", scale.inner))
        return {}
    name = ClassName.of(scale.inner)
    if name is not None and canonical(name.name) in _LOSS_SCALE_OPTIMIZERS:
        mistakes.append(_mistake((), "unknown_type", "there is no spec for a LossScaleOptimizer inside another"))
        return {}
    fields = _fields(scale.inner, (), mistakes)
    return {**fields, "loss_scale_factor": scale.fixed} if fields and scale.fixed is not None else fields


def _optimizer_fields(
    cls: type[Spec], name: ClassName, config: dict[Any, Any], path: _Path, mistakes: list[Mistake]
) -> dict[Any, Any]:
    if name.is_ours:
        config.pop("treatments", None)  # how each variable of one model is trained
    for key in () if name.is_ours else _OURS:
        if key in config:
            del config[key]
            mistakes.append(_mistake((*path, key), "unknown_field", f"Keras's {cls._type} has no such argument"))
    if isinstance(config.get("name"), str) and _is_made_up(config["name"], name.name):
        del config["name"]
    for key in ("learning_rate", "lr"):
        rate = config.get(key)
        if isinstance(rate, Mapping) and "class_name" in rate:
            config[key] = _fields(rate, (*path, key), mistakes)
    fields, not_kept = modernized(cls, config)
    mistakes += [_mistake((*path, key), "not_kept", reason) for key, reason in not_kept]
    if fields.get("learning_rate") == {}:  # reported already
        del fields["learning_rate"]
    return fields


def _schedule_fields(
    cls: type[Spec], name: ClassName, config: dict[Any, Any], path: _Path, mistakes: list[Mistake]
) -> dict[Any, Any]:
    if "type" in config:
        mistakes.append(_mistake((*path, "type"), "unknown_field", f"Keras's {cls._type} has no such argument"))
    if config.get("name", "") is None:  # Keras 2 had no default
        del config["name"]
    if reason := in_whole_numbers(cls._type, config):
        mistakes.append(_mistake((*path, "initial_learning_rate"), "whole_numbers", reason))
    return config


def _is_made_up(name: str, class_name: str) -> bool:
    """Whether ``name`` is a default name that a Keras version derives from the name of the class."""
    return canonical(re.sub(r"_\d+$", "", name)) == canonical(class_name)


def _plain(value: Any, levels: int = 3) -> Any:
    """``value`` with plain lists and numbers in place of Keras's serialized tuples, tensors and arrays."""
    if isinstance(value, Mapping):
        mark, inner = value.get("class_name"), value.get("config")
        if mark == "__tuple__":
            value = value.get("items")
        elif mark in ("__tensor__", "__numpy__") and isinstance(inner, Mapping):
            value = inner.get("value")
        elif mark is None and levels:
            return {key: _plain(entry, levels - 1) for key, entry in value.items()}
    return [_plain(entry, levels - 1) for entry in value] if isinstance(value, list) and levels else value
