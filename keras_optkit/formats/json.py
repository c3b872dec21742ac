"""JSON, read and written by the standard library."""

from __future__ import annotations

import json
import re
from typing import Any, BinaryIO

from keras_optkit.formats.document import BadFileError, Document, check, text_of, too_deep, too_long
from keras_optkit.formats.json_places import places
from keras_optkit.specs.errors import in_short


class WrittenTwiceError(BadFileError):
    """A key is written twice in one object."""


def read(file: BinaryIO) -> Document:
    """The data of a JSON file. Like Python, this reads ``NaN`` and ``Infinity``, but no field accepts them."""
    text = text_of(file)
    try:
        data = parse(text)
    except WrittenTwiceError:
        places(text)  # raises it again, with the line
        raise
    check(data)
    if isinstance(data, dict):
        data.pop("$schema", None)  # tells an editor which schema to use
    return Document(data, lambda: places(text))


def parse(text: str) -> Any:
    """The data in the JSON ``text``, whose size has not been checked."""
    try:
        return json.loads(text, object_pairs_hook=_without_duplicates)
    except json.JSONDecodeError as error:
        raise BadFileError(f"is not JSON: {_remedy(text, error.pos) or error.msg}", error.lineno) from None
    except ValueError:
        raise too_long() from None
    except RecursionError:
        raise too_deep() from None


def write(data: dict[str, Any]) -> str:
    """``data`` as JSON, indented by two."""
    return json.dumps(data, indent=2) + "\n"


def _remedy(text: str, position: int) -> str:
    """The remedy for syntax that Python, JavaScript or YAML allow, but JSON does not."""
    if match := re.compile(r"\s*(//|/\*|#|'|True|False|None)").match(text, position):
        word = match[1]
        meant = {"'": "double quotes", "True": "true", "False": "false", "None": "null"}.get(word)
        return f"JSON has no comments such as {word}" if meant is None else f"write {meant} instead of {word}"
    before = text[:position].rstrip().endswith(",")  # Python before 3.13 stops after the comma, later versions at it
    is_last = re.compile(r"\s*[}\]]" if before else r",\s*[}\]]").match(text, position)
    return "remove the comma after the last entry" if is_last else ""


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in pairs:
        if name in fields:
            raise WrittenTwiceError(f"{in_short(name)} is written twice in one object")
        fields[name] = value
    return fields
