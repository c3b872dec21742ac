"""Type names and their classes: converts data to specs, also of your own classes."""

import inspect
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypeVar, cast

from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from keras_optkit.specs.spelling import spellings, type_word
from keras_optkit.specs.value import Value


class TypedValue(Value):
    """A value whose ``type`` names its class: the class's name without ``Spec``.

    A class defined with ``kind=True`` is abstract: it reads any of its registered subclasses.
    """

    # Each subclass gets its own default in __init_subclass__; this one is for type checkers.
    type: str = ""

    is_kind: ClassVar[bool] = True
    """Whether this is a kind of spec, such as ``OptimizerSpec``, and not a spec itself."""
    _noun: ClassVar[str]
    """The noun for a value of this kind in errors."""
    _type: ClassVar[str]
    """The canonical value of ``type``."""

    def __init_subclass__(cls, *, kind: bool = False, **kwargs: Any) -> None:
        """Sets ``type`` to the class name without ``Spec``, before pydantic collects the fields."""
        cls.is_kind = kind
        written = inspect.get_annotations(cls)
        if not kind and "type" not in written:
            cls.type = cls.__name__.removesuffix("Spec")
            cls.__annotations__ = {"type": Literal[cls.type], **written}
        if "type" in written and not isinstance(cls.__dict__.get("type"), str):
            raise TypeError(
                f"the type of {cls.__name__} needs a default; remove it, or write type: Literal['Name'] = 'Name'"
            )
        super().__init_subclass__(**kwargs)

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        cls._type = cls.model_fields["type"].default

    if not TYPE_CHECKING:  # otherwise type checkers would not compare arguments with the fields

        def __new__(cls, *arguments: object, **fields: object) -> Self:
            # __init__ would be too late: for a class with abstract methods, Python raises its own error here.
            if cls.is_kind:
                known = [spec.__name__ for spec in registered(cls).values()]
                names = f" ({', '.join(known)})" if 0 < len(known) <= _MOST_LISTED else ""
                raise TypeError(f"{cls.__name__} is abstract; create one of its subclasses{names}, or use parse_spec")
            return super().__new__(cls)

    @classmethod
    def _as_written(cls, data: Any) -> Any:
        """``data`` with its ``type`` in the canonical spelling."""
        written = data.get("type") if isinstance(data, dict) else None
        if (type(written) is str and written == cls._type) or not isinstance(written, str):
            return data
        return {**data, "type": cls._type} if type_word(written) == type_word(cls._type) else data

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler, /) -> JsonSchemaValue:
        """The schema with all accepted spellings of ``type``, or with the canonical one for serialization."""
        described = super().__get_pydantic_json_schema__(schema, handler)
        node = described["properties"]["type"]
        if handler.mode == "validation":
            # The canonical spelling is listed separately, so that an editor proposes it.
            readable = [{"const": cls._type}, {"type": "string", "pattern": spellings(cls._type)}]
            node = {"default": cls._type, "anyOf": readable}
        else:
            described["required"] = ["type", *(name for name in described.get("required", []) if name != "type")]
        described["properties"]["type"] = node
        if "description" in described:
            node["description"] = described["description"]
        return described

    @classmethod
    def _remedy(cls, data: object) -> str:
        """The remedy in the error if ``data`` cannot be a value of this kind."""
        return ""


T = TypeVar("T", bound=TypedValue)

_classes: dict[str, type[TypedValue]] = {}
_MOST_LISTED = 20


def register(cls: type[TypedValue]) -> None:
    """Registers ``cls`` under its type name.

    Raises:
        ValueError: another class has this name. (The same class can be registered again, as happens in a notebook.)
    """
    name = type_word(cls._type)
    known = _classes.get(name)
    if known is not None and (known.__module__, known.__qualname__) != (cls.__module__, cls.__qualname__):
        raise ValueError(f"the type {cls._type!r} is already registered by {known.__module__}.{known.__qualname__}")
    # Under both spellings, so that the canonical one is found without conversion.
    _classes[name] = _classes[cls._type] = cls


def registered(kind: type[T]) -> dict[str, type[T]]:
    """The registered subclasses of ``kind`` by type name, in alphabetical order."""
    found = {cls._type: cls for cls in _classes.values() if issubclass(cls, kind)}
    return dict(sorted(found.items(), key=lambda item: item[0].lower()))


def find(kind: type[T], name: str) -> type[T] | None:
    """The subclass of ``kind`` called ``name``, if there is one. ``"adam-w"`` and ``"AdamWSpec"`` are the same."""
    cls = (_classes.get(name) if type(name) is str else None) or _classes.get(type_word(name))
    # issubclass would go through ABCMeta, which takes as long as the validation itself.
    return cast("type[T]", cls) if cls is not None and kind in cls.__mro__ else None


def needed(cls: type[TypedValue]) -> str:
    """The shortest valid mapping for ``cls``, if it has fields without defaults."""
    required = [name for name, field in cls.model_fields.items() if field.is_required()]
    return f"{{'type': {cls._type!r}, {', '.join(f'{name!r}: ...' for name in required)}}}" if required else ""
