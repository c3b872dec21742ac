"""Type names and their classes: converts data to specs, also of your own classes."""

import inspect
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypeVar, cast

from pydantic import GetJsonSchemaHandler, ValidationError
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from keras_optkit.specs.errors import Mistake, field_error, in_short, validation_error
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
_FILE = re.compile(r"\.(json|ya?ml|toml|keras|hdf5|h5)$", re.IGNORECASE)


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


def read(kind: type[T], data: object) -> T:
    """The spec of this ``kind`` in ``data``: a mapping with a ``type``, a type name, or a spec.

    Raises:
        pydantic.ValidationError: with a line for each mistake.
    """
    if isinstance(data, str):
        return _read_name(kind, data)
    if type(data) is dict or isinstance(data, Mapping):
        fields = data if type(data) is dict else dict(data)
        if "type" not in fields:
            raise validation_error(kind.__name__, [_without_type(kind, fields)])
        return _read(kind, fields["type"], fields, at=("type",))
    if isinstance(data, kind):
        return data
    rule = f"must be {_article(kind._noun)} spec, a mapping with a 'type', or the name of a type"
    raise _refused(kind, (), data, "wrong_type", rule + suggestion(kind, data))


def _read_name(kind: type[T], name: str) -> T:
    try:
        return _read(kind, name, {"type": name}, at=())
    except ValidationError:
        if (cls := find(kind, name)) and (least := needed(cls)):
            raise _refused(kind, (), name, "required", f"needs more than its name; write {least}") from None
        raise


def _read(kind: type[T], name: object, fields: Mapping[Any, object], *, at: tuple[str, ...]) -> T:
    if not isinstance(name, str):
        raise _refused(kind, at, name, "wrong_type", "must be the name of a type")
    cls = find(kind, name)
    if cls is None:
        raise _refused(kind, at, name, "unknown_type", _unknown(kind, str.__str__(name)))
    try:
        validated: T = cls.__pydantic_validator__.validate_python(fields)
    except RecursionError:
        raise _refused(kind, at, name, "recursion", "is nested too deeply") from None
    return validated


def needed(cls: type[TypedValue]) -> str:
    """The shortest valid mapping for ``cls``, if it has fields without defaults."""
    required = [name for name, field in cls.model_fields.items() if field.is_required()]
    return f"{{'type': {cls._type!r}, {', '.join(f'{name!r}: ...' for name in required)}}}" if required else ""


def _refused(kind: type[TypedValue], at: tuple[str, ...], data: object, error: str, rule: str) -> ValidationError:
    return validation_error(kind.__name__, [Mistake(at, data, field_error(error, rule, data))])


def _unknown(kind: type[TypedValue], name: str) -> str:
    if name.lstrip().startswith("{"):
        return "must not be JSON text; read it with json.loads first"
    if _FILE.search(name):
        return "must not be the name of a file; load_spec reads files"
    if ": " in name or "\n" in name:
        return "must not be YAML text; read it with a YAML parser first"
    if other := find(TypedValue, name):
        return f"must be {_article(kind._noun)}; {other._type} is {_article(other._noun)}"
    return f"unknown {kind._noun}{suggestion(kind, name)}"


def suggestion(kind: type[TypedValue], data: object) -> str:
    """The remedy in the error for ``data`` that should have been a spec of this ``kind``."""
    if isinstance(data, TypedValue):
        return f"; {type(data).__name__} is {_article(data._noun)}"
    if isinstance(data, type):
        spec = find(kind, data.__name__)
        return f"; write {spec.__name__}(...), not the class {data.__name__}" if spec else ""
    if mirror := find(TypedValue, type(data).__name__):
        remedy = f"spec_of(...) returns the {mirror.__name__} of a Keras {mirror._noun}"
        return f"; {remedy}" if kind in mirror.__mro__ else f"; this is a Keras {mirror._noun}"
    if hasattr(data, "compile") and hasattr(data, "fit"):
        return "; pass a model first, as in compile_with(model, spec); spec_of(model) returns the spec of its optimizer"
    if isinstance(data, (list, tuple)) and any(isinstance(entry, Mapping) for entry in data):
        return "; pass one entry of the list"
    if not isinstance(data, str):
        return kind._remedy(data)
    from keras_optkit.specs.hints import meant_type

    known = registered(kind)
    meant, hint = meant_type(str.__str__(data), known)
    if hint and not meant:
        return f"; {hint}"
    # Only the types of the kind that was meant.
    same = {name for name, cls in known.items() if not meant or cls._noun == known[meant]._noun}
    before = f"{hint} The" if meant else "the"
    return f"; {before} known types are {', '.join(sorted(same, key=str.lower))}"


def _without_type(kind: type[TypedValue], data: Mapping[Any, object]) -> Mistake:
    nodes = [in_short(key) for key, value in data.items() if isinstance(value, Mapping) and "type" in value]
    if "class_name" in data:
        rule = (
            "required; a spec is {'type': name, **fields}, and spec_of(...) reads Keras's {'class_name': name, "
            "'config': fields}"
        )
    elif nodes:
        remedy = ": pass only that part" if len(nodes) == 1 else ""
        rule = f"required; there is one under {' and '.join(nodes[:5])}{remedy}"
    elif meant := _type_elsewhere(kind, data):
        rule = f"required; {meant}"
    else:
        known = list(registered(kind))
        # A list of all 28 would not help somebody who does not know yet what a type is.
        names = f"one of {', '.join(known)}" if len(known) <= _MOST_LISTED else "such as 'Adam' or 'CosineDecay'"
        rule = f"required; it is the name of the {kind._noun}, {names}"
    return Mistake(("type",), data, field_error("required", rule))


def _type_elsewhere(kind: type[TypedValue], data: Mapping[Any, object]) -> str | None:
    """The remedy if the name of a type is in another field, or is the name of a field."""
    names = [(key, value) for key, value in data.items() if isinstance(key, str)]
    for key, value in names:
        cls = find(kind, value.rpartition(".")[2]) if isinstance(value, str) and len(value) < 100 else None
        if cls is not None:
            return f"write 'type': {cls._type!r} instead of {in_short(key)}: {value!r}"
    for key, value in names:
        if isinstance(value, Mapping) and (cls := find(kind, key)):
            return f"write 'type': {cls._type!r}, with the fields beside it, not under {in_short(key)}"
    return None


def _article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
