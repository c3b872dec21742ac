"""What ``help``, a notebook or an editor shows for a spec class: a readable signature, and all fields.

Both are computed on request, so that ``import keras_optkit`` stays fast.
"""

from __future__ import annotations

import inspect
import textwrap
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo
from typing_extensions import TypeAliasType

from keras_optkit.specs.documentation import SECTION, docstring, texts_of_fields

__all__ = ["DocumentedModel", "documentation_of", "signature_of", "spelled"]

if TYPE_CHECKING:
    from pydantic import BaseModel as DocumentedModel  # pydantic's plug-in for mypy knows it by this import alone
else:

    class _Documented(type(BaseModel)):
        @property
        def __signature__(cls) -> inspect.Signature:
            return signature_of(cls)

        @__signature__.setter
        def __signature__(cls, signature: object) -> None:
            """Ignored: pydantic sets its own signature whenever it builds a class."""

        @property
        def __doc__(cls) -> str | None:
            return documentation_of(cls)

        @__doc__.setter
        def __doc__(cls, text: str | None) -> None:
            type.__dict__["__doc__"].__set__(cls, text)

    class DocumentedModel(BaseModel, metaclass=_Documented):
        """A model whose class documents all its fields, inherited ones included."""

        # Building one model on import takes 20 ms, because pydantic then looks for its plug-ins.
        model_config = ConfigDict(defer_build=True)


def signature_of(cls: type[BaseModel]) -> inspect.Signature:
    """The signature of ``cls``, with keyword arguments only: its own fields, then the inherited ones."""
    if not hasattr(cls.__init__, "__pydantic_base_init__"):  # the class has its own __init__
        _, *parameters = inspect.signature(cls.__init__).parameters.values()
        return inspect.Signature(parameters)
    return inspect.Signature([_parameter(name, field) for name, field in _fields(cls).items()])


def _parameter(name: str, field: FieldInfo) -> inspect.Parameter:
    alias = field.validation_alias
    default = inspect.Parameter.empty if field.is_required() else field.default
    # It prints as its name, but programs that read signatures still see the type.
    annotation = TypeAliasType(spelled(field.annotation), field.annotation)  # type: ignore[misc]
    return inspect.Parameter(
        alias if isinstance(alias, str) and alias.isidentifier() else name,
        inspect.Parameter.KEYWORD_ONLY,
        default=... if field.default_factory else default,
        annotation=annotation,
    )


def documentation_of(cls: type[BaseModel]) -> str | None:
    """The docstring of ``cls``, with all its fields in the section ``Attributes``."""
    written = docstring(cls)
    if not (fields := _fields(cls)):
        return written or None
    before, _, after = written.partition(SECTION)
    texts = texts_of_fields(cls)
    lines = [
        textwrap.fill(
            f"{name}: {texts[name] or spelled(field.annotation)}",
            _WIDTH,
            initial_indent=" " * 4,
            subsequent_indent=" " * 8,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for name, field in fields.items()
    ]
    sections = after.partition("\n\n")[2]
    return "\n\n".join(filter(None, [before.rstrip(), SECTION + "\n".join(lines), sections])) + "\n"


_WIDTH = 100


def _fields(cls: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields of ``cls``, its own first, without the type, which is clear from the name."""
    names = [name for base in cls.__mro__ for name in inspect.get_annotations(base)]
    known = cls.model_fields
    return {name: known[name] for name in [*dict.fromkeys(names), *known] if name in known and name != "type"}


def spelled(annotation: Any) -> str:
    """A type as people write it: ``float | ScheduleSpec``, without annotations and modules."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return spelled(parts[0])
    if origin in (Union, UnionType):
        return " | ".join(dict.fromkeys(map(spelled, parts)))
    if origin is Literal:
        return f"Literal[{', '.join(map(repr, parts))}]"
    if annotation in (None, NoneType, ...):
        return "..." if annotation is ... else "None"
    if isinstance(annotation, list):  # the arguments of a Callable
        return f"[{', '.join(map(spelled, annotation))}]"
    if origin is tuple and parts[1:] == (...,):
        return f"Sequence[{spelled(parts[0])}]"  # the field accepts any sequence
    name = getattr(origin or annotation, "__name__", None) or str(annotation)
    return f"{name}[{', '.join(map(spelled, parts))}]" if parts else name
