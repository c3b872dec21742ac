"""Patterns over variable paths, searched so that no pattern can hang.

``re`` backtracks: ``(.+)+!`` never finishes on a path of 41 characters. Patterns are therefore searched by pydantic's
engine, Rust's ``regex``, whose time is linear in the path. It has neither lookaround nor backreferences. A pattern with
one of these is searched by ``re``, provided that it is sure to finish soon.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import SchemaError, SchemaValidator, core_schema

from keras_optkit.specs.errors import field_error
from keras_optkit.specs.regex import NotLinearError, most_steps, parsed, rewritten

#: The worst pattern of this length takes 0.3 s to compile. Longer ones are usually lists of names.
MOST_CHARACTERS = 1_000
#: The most steps that ``re`` may take at one place of a path of this length: 2 ms.
_MOST_STEPS, _LONG_PATH = 100_000, 200

Search: TypeAlias = Callable[[str], bool]


def matches(pattern: str, path: str) -> bool:
    """Whether ``pattern`` matches in ``path``, starting at one of its components."""
    return search_of(pattern)(path)


@lru_cache(maxsize=1_000)
def search_of(pattern: str) -> Search:
    """The function that tests whether ``pattern`` matches in a path, starting at one of its components.

    Raises:
        ValueError: ``pattern`` is not a regular expression, or may take too long.
    """
    _check_length(pattern)
    try:
        linear = rewritten(parsed(pattern))
    except NotLinearError:
        return _searched_by_re(compiled_by_re(pattern))
    try:
        return SchemaValidator(core_schema.str_schema(pattern=rf"(?:\A|/){linear}")).isinstance_python
    except (SchemaError, UnicodeError):
        raise ValueError(
            "must be a regular expression that compiles; this one is too large, or has a lone surrogate"
        ) from None


def _searched_by_re(compiled: re.Pattern[str]) -> Search:
    def search(path: str) -> bool:
        starts = [0, *(slash.end() for slash in re.finditer("/", path))]
        return any(compiled.match(path, start) for start in starts)

    return search


def _check_length(pattern: str) -> None:
    if len(pattern) > MOST_CHARACTERS:
        raise ValueError(
            f"must be a regular expression of at most {MOST_CHARACTERS:,} characters, not {len(pattern):,}; "
            "split it into several"
        )


def compiled_by_re(pattern: str) -> re.Pattern[str]:
    """``pattern`` compiled by Python's ``re``, for use where its groups are needed or Keras itself searches.

    Raises:
        ValueError: ``pattern`` is not a regular expression, or may take too long.
    """
    _check_length(pattern)
    if most_steps(parsed(pattern), _LONG_PATH) > _MOST_STEPS:
        raise ValueError(
            "must be a regular expression that Python's re searches quickly; with lookaround or a backreference, and "
            "in exclude_layers and by, do not repeat what contains a repeat or a choice, and do not write more than "
            "two repeats such as .* in a row"
        )
    try:
        return re.compile(pattern)
    except (re.error, RecursionError) as error:
        raise ValueError(f"must be a regular expression; {error}") from None


def _checked_by(compile_pattern: Callable[[str], object]) -> AfterValidator:
    def checked(pattern: str) -> str:
        try:
            compile_pattern(pattern)
        except ValueError as error:
            raise field_error("wrong_type", str(error), pattern) from None
        return pattern

    return AfterValidator(checked)


def _one_pattern(value: object) -> object:
    if isinstance(value, (list, tuple)):
        rule = "must be one regular expression; a|b matches what a or b matches"
        raise field_error("wrong_type", rule, value)
    return value


#: A regular expression that is searched in variable paths, starting at a component.
Pattern = Annotated[str, Field(min_length=1), _checked_by(search_of), BeforeValidator(_one_pattern)]
#: A regular expression that Keras itself searches in variable paths, using ``re``.
KerasPattern = Annotated[str, Field(min_length=1), _checked_by(compiled_by_re)]
