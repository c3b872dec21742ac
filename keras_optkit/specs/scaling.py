"""``scale_learning_rate``: multiplies every rate in a spec."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar, overload

from pydantic import BaseModel
from pydantic_core import PydanticCustomError

from keras_optkit.specs.base import Spec
from keras_optkit.specs.containers import entries, with_entries
from keras_optkit.specs.fields import IsRate, Range, marks
from keras_optkit.specs.optimizers.base import OptimizerSpec
from keras_optkit.specs.reading import read
from keras_optkit.specs.schedules.base import ScheduleSpec
from keras_optkit.specs.tracebacks import short_traceback

S = TypeVar("S", bound=Spec)


@overload
def scale_learning_rate(spec: S, factor: float) -> S: ...
@overload
def scale_learning_rate(spec: Mapping[str, Any] | str, factor: float) -> OptimizerSpec | ScheduleSpec: ...
@short_traceback
def scale_learning_rate(spec: Spec | Mapping[str, Any] | str, factor: float) -> Spec:
    """Return ``spec`` with every learning rate multiplied by ``factor``, including those of nested schedules.

    For the linear rule (Goyal et al. 2017, arXiv:1706.02677) ``factor`` is the new batch size divided by the old, or
    the number of replicas; for the square-root rule (Krizhevsky 2014, arXiv:1404.5997) it is the square root of that.
    Fractions of a rate, such as ``alpha``, stay as they are. In your own spec classes, declare rates as ``Rate``,
    ``RateOrZero`` or ``LearningRate``; other fields are not multiplied.

    Args:
        spec: an optimizer or schedule spec, a mapping with a ``type``, or the name of a type; it is not changed.
        factor: a number > 0, in any form that a field accepts: ``numpy.float32(0.1)`` is 0.1.

    Raises:
        ValueError: ``factor`` is not a finite number > 0, or ``spec`` has no field that is a rate.
        pydantic.ValidationError: ``spec`` is invalid, or float32 cannot represent a scaled rate.

    Examples:
        >>> scale_learning_rate({"type": "SGD", "learning_rate": {"type": "Constant", "learning_rate": 0.1}}, 2)
        SGDSpec(learning_rate=ConstantSpec(learning_rate=0.2))
    """
    try:
        amount = Range("> 0").number(factor)
    except PydanticCustomError as error:
        raise ValueError(f"factor {error.message()}") from None
    return _scaled_spec(read(Spec, spec), amount)


def _scaled_spec(spec: S, factor: float) -> S:
    rates = _rate_fields(type(spec))
    nested = [name for name in type(spec).model_fields if _holds_specs(getattr(spec, name))]
    if not rates and not nested:
        raise ValueError(
            f"{type(spec).__name__} has no field that is declared as a rate, so nothing would be scaled: declare its "
            "rates as keras_optkit.fields.Rate"
        )
    return spec.replace(**{name: _scaled(getattr(spec, name), factor) for name in {*rates, *nested}})


def _scaled(value: Any, factor: float) -> Any:
    if isinstance(value, Spec):
        return _scaled_spec(value, factor)
    # Only floats are rates: a list of pairs can have steps beside them.
    if isinstance(value, float):
        return value * factor
    return with_entries(value, lambda _, entry: _scaled(entry, factor))


def _holds_specs(value: object) -> bool:
    return isinstance(value, Spec) or any(_holds_specs(entry) for _, entry in entries(value))


@cache
def _rate_fields(cls: type[BaseModel]) -> frozenset[str]:
    return frozenset(
        name for name, field in cls.model_fields.items() if any(isinstance(mark, IsRate) for mark in marks(field))
    )
