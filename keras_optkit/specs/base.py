"""``Spec``: what every spec is. Frozen, closed to unknown fields, finite, equal by content."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Literal, NamedTuple, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)
from pydantic.functional_validators import ModelWrapValidatorHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from keras_optkit.specs.errors import Mistake, explained, refusal, refuse
from keras_optkit.specs.hints import canonical
from keras_optkit.specs.registry import read
from keras_optkit.specs.resolving import RunLength, resolve


class Conflict(NamedTuple):
    """Fields that are right alone and wrong together: the field to report it at, and the rule."""

    field: str
    rule: str


class Value(BaseModel):
    """A frozen model that is checked whenever it is made and that says its mistakes in words.

    Two are equal when they are of one class and all their fields are equal; equal ones hash alike.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    def __init__(self, /, *positional: object, **fields: Any) -> None:
        if positional:
            name = type(self).__name__
            first = next((field for field in type(self).model_fields if field != "type"), "field")
            raise TypeError(f"{name} takes its fields by name: {name}({first}={positional[0]!r}, ...)")
        super().__init__(**fields)

    # Says to pydantic that this __init__ only validates, as its own does, so that validation need not call it.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    def replace(self, **changes: Any) -> Self:
        """A copy with some fields changed, checked like a new one."""
        written = {name: getattr(self, name) for name in self.model_fields_set}
        return type(self).model_validate(written | changes)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Pydantic's copy, except that an ``update`` is checked."""
        return self.replace(**update) if update else super().model_copy(deep=deep)

    def conflicts(self) -> Iterable[Conflict]:
        """The rules between fields that this one breaks. A subclass adds its own to ``super().conflicts()``."""
        return ()

    @model_validator(mode="wrap")
    @classmethod
    def _checked(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            value = handler(cls._as_written(data))
        except ValidationError as error:
            raise explained(error, data, cls) from None
        if conflicts := list(value.conflicts()):
            raise refuse(cls.__name__, [value._mistake(conflict) for conflict in conflicts])
        return value

    @classmethod
    def _as_written(cls, data: Any) -> Any:
        return data

    def _mistake(self, conflict: Conflict) -> Mistake:
        received = getattr(self, conflict.field, None)
        return Mistake((conflict.field,), received, refusal("conflict", conflict.rule, received))

    def __str__(self) -> str:
        return repr(self)

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """Shows what differs from the defaults, as one would write it."""
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            if field.is_required() or value != field.default:
                yield name, value


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
