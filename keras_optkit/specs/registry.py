"""Type names and the spec classes they stand for: how data becomes a spec, also one of a user's own class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar, cast

from pydantic import BaseModel

from keras_optkit.specs.errors import Mistake, refusal, refuse
from keras_optkit.specs.hints import canonical, nearest_first

M = TypeVar("M", bound=BaseModel)

_classes: dict[str, type[BaseModel]] = {}


def register(cls: type[BaseModel]) -> None:
    """Makes ``cls`` findable by its type name.

    Raises:
        ValueError: another class has the name. (The same class may be registered again, as a notebook does.)
    """
    field = cls.model_fields["type"]
    name = canonical(field.default)
    known = _classes.get(name)
    if known is not None and (known.__module__, known.__qualname__) != (cls.__module__, cls.__qualname__):
        raise ValueError(f"the type {field.default!r} is taken by {known.__module__}.{known.__qualname__}")
    # Under both spellings, so that the canonical one is found at once.
    _classes[name] = _classes[field.default] = cls


def registered(kind: type[M]) -> dict[str, type[M]]:
    """The registered subclasses of ``kind`` by type name, in the order of registration."""
    return {cls.model_fields["type"].default: cls for cls in _classes.values() if issubclass(cls, kind)}


def find(kind: type[M], name: str) -> type[M] | None:
    """The subclass of ``kind`` that ``name`` stands for, if there is one."""
    cls = _classes.get(name) or _classes.get(canonical(name))
    # isinstance and issubclass go through ABCMeta, which takes as long as validation itself.
    return cast("type[M]", cls) if cls is not None and kind in cls.__mro__ else None


def read(kind: type[M], data: object) -> M:
    """The spec of some ``kind`` that ``data`` says: a mapping with a ``type``, a type name, or a spec already.

    Raises:
        pydantic.ValidationError: with a line for each mistake.
    """
    if type(data) is dict or isinstance(data, Mapping):
        if "type" not in data:
            raise refuse(kind.__name__, [_without_type(kind, data)])
        return _read(kind, data["type"], data, at=("type",))
    if isinstance(data, kind):
        return data
    if isinstance(data, str):
        return _read(kind, data, {"type": data}, at=())
    rule = f"must be {_KINDS.get(kind.__name__, kind.__name__)}, a mapping with a 'type', or the name of a type"
    if isinstance(data, (int, float)) and kind.__name__ == "ScheduleSpec":
        rule += f" (one rate for ever is ConstantSpec(learning_rate={data!r}))"
    raise refuse(kind.__name__, [Mistake((), data, refusal("wrong_type", rule, data))])


def _read(kind: type[M], name: object, fields: Mapping[str, object], *, at: tuple[str, ...]) -> M:
    if not isinstance(name, str):
        error = refusal("wrong_type", "must be the name of a type", name)
        raise refuse(kind.__name__, [Mistake(at, name, error)])
    cls = find(kind, name)
    if cls is None:
        known = ", ".join(nearest_first(name, registered(kind)))
        rule = f"unknown type, the known ones (nearest first) are {known}"
        if name.lstrip().startswith("{"):
            rule = "must not be JSON text: load it first"
        error = refusal("unknown_type", rule, name)
        raise refuse(kind.__name__, [Mistake(at, name, error)])
    try:
        validated: M = cls.__pydantic_validator__.validate_python(fields)
    except RecursionError:
        raise refuse(kind.__name__, [Mistake(at, name, refusal("recursion", "is nested too deeply", name))]) from None
    return validated


_KINDS = {"Spec": "a spec", "OptimizerSpec": "an optimizer spec", "ScheduleSpec": "a schedule spec"}


def _without_type(kind: type[BaseModel], data: Mapping[str, object]) -> Mistake:
    if "class_name" in data:
        rule = "required: a spec is {'type': name, **fields}, not Keras's {'class_name': name, 'config': fields}"
    else:
        rule = f"required: one of {', '.join(registered(kind))}"
        nodes = [repr(key) for key, value in data.items() if isinstance(value, Mapping) and "type" in value]
        if nodes:
            rule = f"required; there is one under {' and '.join(nodes)}"
    return Mistake(("type",), data, refusal("required", rule, data))
