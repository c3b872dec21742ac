"""How data becomes a spec of the class that its ``type`` names, and what to say where it names none."""

import re
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from keras_optkit.specs.errors import Mistake, field_error, in_short, validation_error
from keras_optkit.specs.registry import TypedValue, find, needed, registered

T = TypeVar("T", bound=TypedValue)

_MOST_LISTED = 20
_FILE = re.compile(r"\.(json|ya?ml|toml|keras|hdf5|h5)$", re.IGNORECASE)


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
