"""``Value``: frozen, closed to unknown fields, checked when it is made, equal by content."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic.functional_validators import ModelWrapValidatorHandler

from keras_optkit.specs.errors import Mistake, explained, refusal, refuse


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
