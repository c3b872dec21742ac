"""``Spec``, the base of every spec, and ``register_spec``, which makes your own readable by its type."""

import inspect
from typing import Any, ClassVar, Self, TypeVar

from pydantic import (
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    model_serializer,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from keras_optkit.specs.errors import in_short
from keras_optkit.specs.reading import read
from keras_optkit.specs.registry import TypedValue, needed, register, registered
from keras_optkit.specs.resolving import RunLength, resolve
from keras_optkit.specs.spelling import spellings
from keras_optkit.specs.tracebacks import short_traceback

S = TypeVar("S", bound="Spec")


class Spec(TypedValue, kind=True):
    """The base of all specs: plain data that describes an optimizer or a schedule.

    You can share a spec, store it, send it to other processes and build from it many times. ``OptimizerSpec`` and
    ``ScheduleSpec`` are kinds of spec: as the type of a field, or through ``model_validate``, they read any registered
    spec of their kind by its ``type``.

    Raises:
        pydantic.ValidationError: a ``ValueError`` with one line for each mistake: path, rule, value received.
    """

    _noun: ClassVar[str] = "optimizer or schedule"
    since_keras: ClassVar[str]
    """The first Keras version that has the class and can train with it, if it is later than 3.0."""

    @short_traceback
    def resolve(self, *, steps_per_epoch: int | None = None, epochs: int | None = None) -> Self:
        """Return the same spec with every duration converted to steps.

        Args:
            steps_per_epoch: the number of batches in an epoch; needed for durations in epochs and in percent.
            epochs: the number of epochs of the run; needed for durations in percent.

        Raises:
            ValueError: a number is missing, or is not a whole number > 0.
            pydantic.ValidationError: the spec is invalid for this run, for example because two boundaries meet.

        Examples:
            >>> CosineDecaySpec(initial_learning_rate=0.1, decay_steps="90%").resolve(steps_per_epoch=100, epochs=20)
            CosineDecaySpec(initial_learning_rate=0.1, decay_steps=1800)
        """
        return resolve(self, RunLength.of(steps_per_epoch, epochs))

    @model_serializer(mode="wrap")
    def _with_type(self, serialize: SerializerFunctionWrapHandler, info: SerializationInfo):  # type: ignore[no-untyped-def]
        """The fields with the ``type``, even if defaults are left out: it is needed to read the spec again.

        This method has no return type, because pydantic would put that in place of the fields in a JSON Schema.
        """
        fields: dict[str, object] = serialize(self)
        asked_for = (info.include is None or "type" in info.include) and "type" not in (info.exclude or ())
        return {"type": self.type, **fields} if asked_for else fields

    def _repr_html_(self) -> str | None:
        """What a notebook shows: only the text, unless the package replaces this method."""
        return None

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler, /) -> CoreSchema:
        if cls.is_kind:
            return core_schema.no_info_plain_validator_function(cls._read_any, ref=_reference(cls))
        return handler(source)

    @classmethod
    def _read_any(cls, data: object) -> Self:
        return read(cls, data)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler, /) -> JsonSchemaValue:
        if not cls.is_kind:
            return super().__get_pydantic_json_schema__(schema, handler)
        # First a placeholder, so that specs with specs of this kind inside can refer to it.
        handler(core_schema.definitions_schema(core_schema.any_schema(ref=_reference(cls)), []))
        known = registered(cls)
        specs = core_schema.tagged_union_schema({name: _complete(spec) for name, spec in known.items()}, "type")
        described = {"type": "object", "required": ["type"], **handler(specs)}
        names = [name for name, spec in known.items() if not needed(spec)]
        if handler.mode == "serialization" or not names:
            return described
        # The canonical names are listed separately, so that an editor proposes them.
        return {"anyOf": [described, {"enum": names}, {"type": "string", "pattern": "|".join(map(spellings, names))}]}


def _reference(kind: type[Spec]) -> str:
    """The name under which pydantic's schemas refer to the class."""
    return f"{kind.__module__}.{kind.__qualname__}:{id(kind)}"


def _complete(spec: type[Spec]) -> CoreSchema:
    spec.model_rebuild()  # does nothing if it has been used already
    return spec.__pydantic_core_schema__


@short_traceback
def register_spec(cls: type[S]) -> type[S]:
    """Make a spec class readable by its type name, from mappings and from files. Use it as a decorator.

    The type name is the class name without ``Spec``.

    Raises:
        TypeError: ``cls`` is not a subclass of ``OptimizerSpec`` or ``ScheduleSpec``, or lacks an abstract method.
        ValueError: another class has this name. (You can register the same class again, as happens in a notebook.)

    Examples:
        >>> from keras_optkit.fields import Rate
        >>> @register_spec
        ... class HalfSpec(ScheduleSpec):
        ...     learning_rate: Rate
        ...
        ...     def value(self, step, xp=np):
        ...         return self.learning_rate / 2
        >>> parse_spec({"type": "half", "learning_rate": 0.1}).value(0)
        0.05
    """
    bases = inspect.getmro(cls)[1:] if isinstance(cls, type) else ()
    is_of_a_kind = any(issubclass(base, Spec) and base.is_kind and base is not Spec for base in bases)
    if not is_of_a_kind or cls.is_kind:
        raise TypeError(f"register_spec takes a subclass of OptimizerSpec or ScheduleSpec, received {in_short(cls)}")
    if inspect.isabstract(cls):
        raise TypeError(f"{cls.__name__} lacks {', '.join(sorted(cls.__abstractmethods__))}")
    register(cls)
    return cls
