"""The descriptions of a class and of its fields, from the docstrings of the class and of its bases."""

from __future__ import annotations

import inspect
import re

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from keras_optkit.specs.fields import Range, marks

SECTION = "Attributes:\n"


def text_of(cls: type[BaseModel]) -> str:
    """The docstring of ``cls`` itself, without examples and sections; "" if it has none."""
    before = re.split(r"^\w+:\n    ", docstring(cls), maxsplit=1, flags=re.MULTILINE)[0]
    return "\n\n".join(part for part in before.strip().split("\n\n") if not part.startswith(">>> "))


def as_markdown(text: str) -> str:
    """``text`` of a docstring as Markdown, for JSON Schemas: one line per paragraph, and code in single backticks."""
    return re.sub(r"(?<=\S)\n(?=[^\s*-])", " ", text).replace("``", "`")


def texts_of_fields(cls: type[BaseModel]) -> dict[str, str]:
    """The description of each field of ``cls``, with its range.

    It comes from the ``Attributes`` section of the class or of its nearest base, or from pydantic's ``description``.
    """
    written: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        section = docstring(base).partition(SECTION)[2]
        for name, text in re.findall(r"^    (\w+): (.+(?:\n        .+)*)", section, re.MULTILINE):
            written[name] = re.sub(r"\s+", " ", text)
    return {
        name: _with_ranges(written.get(name) or field.description or "", field)
        for name, field in cls.model_fields.items()
    }


def docstring(cls: type) -> str:
    """The docstring of ``cls`` itself, not an inherited one; "" if it has none."""
    return inspect.cleandoc(vars(cls).get("__doc__") or "")


def _with_ranges(text: str, field: FieldInfo) -> str:
    ranges = [mark.words for mark in marks(field) if isinstance(mark, Range) and mark.json_schema]
    return "; ".join([*(words for words in dict.fromkeys(ranges) if words not in text), *filter(None, [text])])
