"""The type of an optimizer's ``learning_rate``: a number or a schedule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from keras_optkit.specs.errors import refusal
from keras_optkit.specs.fields import IsRate
from keras_optkit.specs.hints import nearest_first
from keras_optkit.specs.numbers import to_number
from keras_optkit.specs.registry import find, read, registered
from keras_optkit.specs.schedules.base import ScheduleSpec


def _learning_rate(value: object) -> float | ScheduleSpec:
    """A rate or a schedule, told apart by what was written: a mistake in one is never reported as the other."""
    # The dict goes first because it is what files hold, and isinstance of an abstract class is slow.
    if type(value) is dict or isinstance(value, (ScheduleSpec, Mapping)):
        return read(ScheduleSpec, value)
    if isinstance(value, str) and find(ScheduleSpec, value):
        return read(ScheduleSpec, value)
    try:
        rate = to_number(value)
    except PydanticCustomError as error:
        if error.type == "wrong_type":
            raise refusal("wrong_type", f"must be a number or a schedule{_remedy(value)}", value) from None
        raise
    if rate <= 0:
        raise refusal("out_of_range", "must be > 0", value)
    return rate


def _remedy(value: object) -> str:
    if mirror := find(ScheduleSpec, type(value).__name__):
        return f"; the spec of this Keras schedule is {mirror.__name__}"
    if isinstance(value, str):
        return f" (one of {', '.join(nearest_first(value, registered(ScheduleSpec)))})"
    return ""


_SCHEMA = {
    "anyOf": [
        {"type": "number", "exclusiveMinimum": 0},
        {"type": "object", "required": ["type"], "x-kind": ScheduleSpec.__name__},
    ]
}

LearningRate = Annotated[float | ScheduleSpec, PlainValidator(_learning_rate), WithJsonSchema(_SCHEMA), IsRate()]
