"""The values of YAML scalars, by the core schema of YAML 1.2 (https://yaml.org/spec/1.2.2/#103-core-schema).

``1e-3`` is a number, ``010`` is 10, and ``yes``, ``2001-01-01`` and ``12:30`` are strings. Underscores can group
digits, as in Python.
"""

from __future__ import annotations

import math
import re

from keras_optkit.formats.document import BadFileError
from keras_optkit.specs.errors import in_short

_CORE = "tag:yaml.org,2002:"

_WORDS: dict[str, object] = {"": None, "~": None}
for _word, _value in (("null", None), ("true", True), ("false", False)):
    _WORDS |= dict.fromkeys((_word, _word.title(), _word.upper()), _value)
for _word in ("inf", "Inf", "INF"):
    _WORDS |= {f".{_word}": math.inf, f"+.{_word}": math.inf, f"-.{_word}": -math.inf}
_WORDS |= dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan)

_DIGITS = "[0-9]+(?:_[0-9]+)*"
_DECIMAL = re.compile(f"[-+]?{_DIGITS}")
_OCTAL = re.compile("0o[0-7]+")
_HEXADECIMAL = re.compile("0x[0-9a-fA-F]+")
_FLOAT = re.compile(rf"[-+]?(?:\.{_DIGITS}|{_DIGITS}(?:\.(?:{_DIGITS})?)?)(?:[eE][-+]?[0-9]+)?")

_TYPES: dict[str, set[type]] = {"null": {type(None)}, "bool": {bool}, "int": {int}, "float": {float, int}}


def resolved(text: str) -> object:
    """The value of ``text`` without quotes and without a tag; ``text`` itself if it is a string.

    Raises:
        ValueError: ``text`` is an integer with more digits than Python reads.
    """
    if text in _WORDS:
        return _WORDS[text]
    if _DECIMAL.fullmatch(text):
        return int(text)
    if _OCTAL.fullmatch(text):
        return int(text[2:], 8)
    if _HEXADECIMAL.fullmatch(text):
        return int(text[2:], 16)
    return float(text) if _FLOAT.fullmatch(text) else text


def tagged(text: str, tag: str) -> object:
    """The value of ``text`` with a ``tag`` in front of it, such as ``!!int``.

    Raises:
        BadFileError: the tag is not in the core schema, or ``text`` is not a valid value of its type.
        ValueError: ``text`` is an integer with more digits than Python reads.
    """
    if tag in ("!", f"{_CORE}str"):
        return text
    types = _TYPES.get(tag.removeprefix(_CORE))
    if types is None or not tag.startswith(_CORE):
        raise BadFileError(f"the tag {written(tag)} is not supported")
    value = resolved(text)
    if type(value) not in types:
        raise BadFileError(f"{in_short(text)} is not a valid {written(tag)}")
    return float(value) if tag == f"{_CORE}float" and isinstance(value, int) else value


def written(tag: str) -> str:
    """A ``tag`` as users write it: ``!!int`` for ``tag:yaml.org,2002:int``."""
    return f"!!{tag.removeprefix(_CORE)}"[:80] if tag.startswith(_CORE) else tag[:80]
