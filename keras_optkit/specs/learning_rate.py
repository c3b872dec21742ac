"""The type of an optimizer's ``learning_rate``: a number or a schedule."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import PlainValidator
from pydantic_core import PydanticCustomError

from keras_optkit.specs.errors import IfZero, field_error, says_none
from keras_optkit.specs.fields import Range, Rate
from keras_optkit.specs.numbers import meant_number
from keras_optkit.specs.reading import read, suggestion
from keras_optkit.specs.registry import find
from keras_optkit.specs.schedules.base import ScheduleSpec


def _learning_rate(value: object) -> float | ScheduleSpec:
    """A rate or a schedule, depending on the type of ``value``: a mistake in one is never reported as the other."""
    # The dict comes first because files contain dicts, and isinstance with an abstract class is slow.
    if type(value) is dict or isinstance(value, (ScheduleSpec, Mapping)):
        return read(ScheduleSpec, value)
    if isinstance(value, str) and find(ScheduleSpec, value):
        return read(ScheduleSpec, value)
    try:
        return _RANGE.number(value)
    except PydanticCustomError as error:
        if error.type != "wrong_type":
            raise
        # The names of the schedules do not help if a number was meant, or if the text is long.
        text = str.__str__(value) if isinstance(value, str) else ""  # a subclass of str can have its own methods
        is_number = text and (says_none(text) or _IS_NO_NAME.search(text))
        hint = meant_number(text) or (", such as 0.001" if is_number else suggestion(ScheduleSpec, value))
        rule = f"must be a number or a schedule{hint}"
        raise field_error("wrong_type", rule, value) from None


_RANGE = Range("> 0")
_IS_NO_NAME = re.compile(r"[0-9]|.{50}", re.DOTALL)

LearningRate = Annotated[
    Rate | ScheduleSpec,
    PlainValidator(_learning_rate, json_schema_input_type=Rate | ScheduleSpec),
    IfZero("to freeze weights, set trainable=False"),
]
