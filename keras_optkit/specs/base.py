"""``Spec``: what every spec is, and ``register_spec``, which makes one of your own readable by its type."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self, TypeVar

from pydantic import (
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    model_serializer,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from keras_optkit.specs.hints import canonical
from keras_optkit.specs.registry import read, register
from keras_optkit.specs.resolving import RunLength, resolve
from keras_optkit.specs.value import Value

S = TypeVar("S", bound="Spec")


class Spec(Value):
    """The base of all specs: says what is wanted, and holds nothing of Keras.

    A spec can be shared, stored, sent to other processes and built from many times. Its direct subclasses
    (``OptimizerSpec``, ``ScheduleSpec``) are kinds of spec: as the type of a field or through ``model_validate``
    they read any registered spec of their kind, by its ``type``.

    Raises:
        pydantic.ValidationError: a ``ValueError`` with one line for each mistake: path, rule, value received.
    """

    # Each subclass has its own default, see __init_subclass__; this one tells type checkers that there is one.
    type: str = ""

    _type: ClassVar[str]
    """The canonical value of ``type``."""

    def __init__(self, /, *positional: object, **fields: Any) -> None:
        if self.is_kind():
            name = type(self).__name__
            raise TypeError(f"{name} is a kind of spec: make one of its subclasses, or read one with parse_spec")
        super().__init__(*positional, **fields)

    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]  # as above

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Makes the class name without ``Spec`` the type, before pydantic reads the class for its fields."""
        written = inspect.get_annotations(cls)
        if not cls.is_kind() and "type" not in written:
            cls.type = cls.__name__.removesuffix("Spec")
            cls.__annotations__ = {"type": Literal[cls.type], **written}
        if "type" in written and not isinstance(cls.__dict__.get("type"), str):
            raise TypeError(f"the type of {cls.__name__} needs a default: leave it out, or write its name behind it")
        super().__init_subclass__(**kwargs)

    def resolve(self, *, steps_per_epoch: int | None = None, epochs: int | None = None) -> Self:
        """The same spec with every duration in it as a number of steps.

        Args:
            steps_per_epoch: the number of batches in an epoch; needed for durations in epochs and in percent.
            epochs: the number of epochs of the run; needed for durations in percent.

        Raises:
            ValueError: a number is needed and missing, or is not a whole number > 0.
            pydantic.ValidationError: with these numbers the spec is wrong, for example because two boundaries meet.
        """
        return resolve(self, RunLength.of(steps_per_epoch, epochs))

    @model_serializer(mode="wrap")
    def _with_type(self, serialize: SerializerFunctionWrapHandler, info: SerializationInfo) -> dict[str, object]:
        """With its ``type`` also where defaults are left out, because it is read by that."""
        fields: dict[str, object] = serialize(self)
        asked_for = (info.include is None or "type" in info.include) and "type" not in (info.exclude or ())
        return {"type": self.type, **fields} if asked_for else fields

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        cls._type = cls.model_fields["type"].default

    @classmethod
    def is_kind(cls) -> bool:
        """Whether this is a kind of spec, such as ``OptimizerSpec``, and not a spec itself."""
        return cls.__mro__.index(Value) <= 2  # Spec itself and its direct subclasses

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler, /) -> CoreSchema:
        if cls.is_kind():
            return core_schema.no_info_plain_validator_function(cls._read_any)
        return handler(source)

    @classmethod
    def _read_any(cls, data: object) -> Self:
        return read(cls, data)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler, /) -> JsonSchemaValue:
        if cls.is_kind():
            # True of any spec of the kind; `json_schema` puts their own schemas in its place.
            return {"type": "object", "required": ["type"], "x-kind": cls.__name__}
        return handler(schema)

    @classmethod
    def _as_written(cls, data: Any) -> Any:
        """``data`` with its ``type`` in the canonical spelling, if it differs in case and underscores only."""
        if type(data) is dict or isinstance(data, Mapping):
            written = data.get("type")
            if written != cls._type and isinstance(written, str) and canonical(written) == canonical(cls._type):
                return {**data, "type": cls._type}
        return data


def register_spec(cls: type[S]) -> type[S]:
    """Makes a spec class readable by its type name, from mappings and from files; use it as a decorator.

    The type name is the class name without ``Spec``.

    Raises:
        TypeError: ``cls`` is not a subclass of ``OptimizerSpec`` or ``ScheduleSpec``.
        ValueError: another class has the name. (The same class may be registered again, as a notebook does.)
    """
    if not (isinstance(cls, type) and issubclass(cls, Spec)) or cls.is_kind():
        raise TypeError(f"register_spec takes a subclass of OptimizerSpec or ScheduleSpec, received {cls!r}")
    if inspect.isabstract(cls):
        raise TypeError(f"{cls.__name__} lacks {', '.join(sorted(cls.__abstractmethods__))}")
    register(cls)
    return cls
