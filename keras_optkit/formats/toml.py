"""TOML, read by the standard library, and written by tomli-w, which is an extra."""

from __future__ import annotations

import re
import tomllib
from typing import Any, BinaryIO

from keras_optkit.formats.document import DEEPEST, BadFileError, Document, check, text_of, too_deep, too_long
from keras_optkit.formats.toml_places import places
from keras_optkit.specs.errors import in_short

# TOML has no null. In every field but these, the string "null" means None.
_NULL = "null"
_TEXT_FIELDS = {"name", "match"}

# Strings with three quotes come first, because they begin like an empty string.
_STRING_OR_COMMENT = re.compile(
    r'"""(?:[^\\]|\\.)*?"""|' r"'''.*?'''|" r'"(?:[^"\\\n]|\\.)*"|' r"'[^'\n]*'|" r"\#[^\n]*", re.DOTALL
)
_REMEDIES = {
    "Invalid value": "; strings need quotes, and booleans are true or false",
    "Cannot overwrite a value": "; the key is written twice",
}
_AT_LINE = re.compile(r" \(at line (\d+), column \d+\)$")


def read(file: BinaryIO) -> Document:
    """The data of a TOML file, in which the string ``"null"`` is None."""
    text = text_of(file)
    _check_keys(text)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problem = str(error)
        at_line = _AT_LINE.search(problem)
        line = int(at_line[1]) if at_line else None
        problem = _AT_LINE.sub("", problem)
        raise BadFileError(f"is not TOML: {problem}{_REMEDIES.get(problem, '')}", line) from None
    except ValueError:
        raise too_long() from None
    except RecursionError:
        raise too_deep() from None
    check(data)
    return Document(_with_nulls(data), lambda: places(text))


def write(data: dict[str, Any]) -> str:
    """``data`` as TOML, in which None is the string ``"null"``."""
    try:
        import tomli_w
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("writing TOML files needs tomli-w: pip install 'keras_optkit[toml]'") from error
    return tomli_w.dumps(_without_nulls(data))


def _check_keys(text: str) -> None:
    """Refuse a dotted key of many parts: tomllib stores every prefix of it, 6 GB for 40,000 parts."""
    bare = _STRING_OR_COMMENT.sub(lambda found: '"' + "\n" * found[0].count("\n"), text)
    for part in re.finditer(r"[^\n=,\[\]{}]+", bare):
        if part[0].count(".") >= DEEPEST:
            raise too_deep(bare.count("\n", 0, part.start()) + 1)


def _with_nulls(node: Any) -> Any:
    if isinstance(node, dict):
        return {
            name: None if value == _NULL and name not in _TEXT_FIELDS else _with_nulls(value)
            for name, value in node.items()
        }
    return [_with_nulls(entry) for entry in node] if isinstance(node, list) else node


def _without_nulls(node: Any) -> Any:
    if isinstance(node, dict):
        if lost := [name for name, value in node.items() if value == _NULL and name not in _TEXT_FIELDS]:
            raise BadFileError(f"has the string 'null' in {in_short(lost[0])}, but in a TOML file that means None")
        return {name: _NULL if value is None else _without_nulls(value) for name, value in node.items()}
    if isinstance(node, list):
        if None in node:
            raise BadFileError("has a None in a list, which TOML cannot represent")
        return [_without_nulls(entry) for entry in node]
    return node
