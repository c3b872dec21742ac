"""Errors for values that are not durations, with the duration that was probably meant."""

from __future__ import annotations

import re

from pydantic_core import PydanticCustomError

from keras_optkit.specs.errors import field_error

FORMS = "must be a whole number of steps, or a duration such as '20 epochs' or '5%'"

_LONGEST = 40
_ALMOST = re.compile(
    r"(?P<sign>-?)(?P<number>[0-9]+(,[0-9]{3})*(\.[0-9]+)?)\s*(?P<word>[a-z%]*)", re.ASCII | re.IGNORECASE
)
#: The first letters of units that people write -> how to write a number of these.
_UNITS = {
    "": "{number}",
    "st": "{number}",
    "e": "'{number} epochs'",
    "p": "'{number}%'",
    "%": "'{number}%'",
    "k": "{number}000",
    "b": "{number} (a step is one batch)",
    "it": "{number} (a step is one batch)",
    "u": "{number} (a step is one batch)",
}


def no_duration(text: str) -> PydanticCustomError:
    """The error for a text that is not a duration."""
    if text.strip().lower() in {"epoch", "epochs"}:
        return field_error("wrong_type", f"{FORMS}; did you mean '1 epoch'?", text)
    match = _ALMOST.fullmatch(text.strip()) if len(text) < _LONGEST else None
    if match is None:
        return field_error("wrong_type", FORMS, text)
    if match["sign"]:
        return field_error("out_of_range", "must not be negative", text)
    number, word = match["number"].replace(",", ""), match["word"].lower()
    units = [form for beginning, form in _UNITS.items() if beginning and word.startswith(beginning)]
    form = units[0] if units else "" if word else _UNITS[""]
    if not form or float(number) == 0 or ("." in number and "'" not in form):
        return field_error("wrong_type", FORMS, text)
    return field_error("wrong_type", f"{FORMS}; did you mean {form.format(number=number)}?", text)


def bare_float(amount: float, value: object) -> PydanticCustomError:
    """The error for a float that is not a number of steps. 1.0 may mean one step or the whole run."""
    if amount == 0:
        rule = "must not be a bare float; write 0"
    elif amount == 1:
        rule = "must not be a bare float; write 1 for one step, '1 epoch' or '100%'"
    elif amount < 1:
        rule = f"must not be a bare float; write '{amount!r} epochs', or '{amount * 100:g}%' of the run"
    else:
        rule = f"must be a whole number of steps; write round({amount!r}), or '{amount!r} epochs'"
    return field_error("wrong_type", rule, value)
