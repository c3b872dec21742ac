"""``Value``: immutable, without unknown fields, validated on creation, and compared by content.

Modules with fields do not use ``from __future__ import annotations``: pydantic would compile the text of each
annotation, which takes 4 of the 17 ms needed to create all classes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, Self

from pydantic import ConfigDict, GetJsonSchemaHandler, ValidationError, model_validator
from pydantic.functional_validators import ModelWrapValidatorHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from keras_optkit.specs.containers import check_size
from keras_optkit.specs.documentation import as_markdown, text_of, texts_of_fields
from keras_optkit.specs.errors import Mistake, explained, field_error, in_short, validation_error
from keras_optkit.specs.introspection import DocumentedModel
from keras_optkit.specs.layout import representation
from keras_optkit.specs.tracebacks import MISTAKES, short_traceback, shorten


class Conflict(NamedTuple):
    """A broken rule between fields: the field to report it at, and the rule, with a remedy after ``"; "``."""

    field: str
    rule: str


class Value(DocumentedModel):
    """An immutable model, validated on creation, with errors that name the remedy.

    Two values are equal if they have the same class and equal fields. Equal values have the same hash.
    """

    # Validators are built when a class is first used: for all 30 classes they take 25 ms; importing pydantic takes 110.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)

    def __init__(self, /, *positional: object, **fields: Any) -> None:
        if positional:
            name = type(self).__name__
            first = next((field for field in type(self).model_fields if field != "type"), "field")
            raise TypeError(f"{name} takes its fields by name: {name}({first}={in_short(positional[0])}, ...)")
        try:
            super().__init__(**fields)
        except MISTAKES as error:
            shorten(error)
            raise

    # Pydantic calls a custom __init__ for each nested value too: validating a spec with a schedule would take 10 us
    # instead of 5.5. This one adds nothing to validation, so it is marked like pydantic's own.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    @short_traceback
    def replace(self, **changes: Any) -> Self:
        """Return a copy with some fields changed, validated like a new spec.

        Raises:
            pydantic.ValidationError: the copy would be invalid.

        Examples:
            >>> SGDSpec(momentum=0.9).replace(nesterov=True)
            SGDSpec(momentum=0.9, nesterov=True)
        """
        written = {name: getattr(self, name) for name in self.model_fields_set}
        return type(self).model_validate(written | changes)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return pydantic's copy, but validate ``update``."""
        return self.replace(**update) if update else super().model_copy(deep=deep)

    def conflicts(self) -> Iterable[Conflict]:
        """Return the broken rules between fields. In a subclass, add your own to ``super().conflicts()``.

        Examples:
            >>> from keras_optkit.fields import Conflict
            >>> class LateAdamSpec(AdamSpec):
            ...     def conflicts(self):
            ...         yield from super().conflicts()
            ...         if self.amsgrad and self.use_ema:
            ...             yield Conflict("use_ema", "cannot be combined with amsgrad")
            >>> try:
            ...     LateAdamSpec(amsgrad=True, use_ema=True)
            ... except ValueError as error:
            ...     print(error)
            1 validation error for LateAdamSpec
            use_ema
              cannot be combined with amsgrad, received True [type=conflict]
        """
        return ()

    @model_validator(mode="wrap")
    @classmethod
    def _checked(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if type(data) is not dict and isinstance(data, Mapping):
            data = dict(data)  # errors of its own methods, such as OmegaConf's MissingMandatoryValue, explain more
        try:
            value = handler(cls._as_written(data))
        except ValidationError as error:
            raise explained(error, data, cls) from None
        check_size(value)
        if conflicts := list(value.conflicts()):
            raise validation_error(cls.__name__, [value._in_conflict(conflict) for conflict in conflicts])
        return value

    @classmethod
    def _as_written(cls, data: Any) -> Any:
        """The data that pydantic reads in place of ``data``."""
        return data

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler, /) -> JsonSchemaValue:
        """Pydantic's schema, with descriptions from the docstrings."""
        described = handler(schema)
        described.pop("description", None)  # pydantic uses the whole docstring
        if text := text_of(cls):
            described["description"] = as_markdown(text)
        texts, nodes = texts_of_fields(cls), described.get("properties", {})
        for name, field in cls.model_fields.items():
            names = (name, field.alias, field.validation_alias, field.serialization_alias)
            node: JsonSchemaValue = next((nodes[key] for key in names if key in nodes), {})
            if field.title is None:
                node.pop("title", None)  # it repeats the name
            if texts[name]:
                node["description"] = as_markdown(texts[name])
        return described

    def _in_conflict(self, conflict: Conflict) -> Mistake:
        received = getattr(self, conflict.field, None)
        return Mistake((conflict.field,), received, field_error("conflict", conflict.rule, received))

    if not TYPE_CHECKING:  # to type checkers, a class with __setattr__ has every attribute

        def __setattr__(self, name: str, value: Any) -> None:
            try:
                super().__setattr__(name, value)
            except ValidationError:
                self._is_frozen(name, f"{name}={in_short(value)}")

        def __delattr__(self, name: str) -> None:
            try:
                super().__delattr__(name)
            except ValidationError:
                self._is_frozen(name, f"{name}=...")

    def _is_frozen(self, name: str, change: str) -> NoReturn:
        rule = f"{type(self).__name__} is immutable; replace({change}) returns a changed copy"
        raise validation_error(
            type(self).__name__, [Mistake((name,), None, field_error("frozen_instance", rule))]
        ) from None

    __repr__ = representation

    def __str__(self) -> str:
        return repr(self)

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """The fields that differ from their defaults, the way a user would write them."""
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            if field.is_required() or value != field.default:
                yield name, value
