"""Parses regular expressions, rewrites them for a linear engine, and bounds the time that ``re`` needs for them.

The parser of ``re`` is private, but its node names have not changed since Python 2. ``tests/specs/test_regex.py``
notices a change.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from typing import Any


class NotLinearError(Exception):
    """The expression has a part that only a backtracking engine can search."""


#: This many nested groups fit on the stack, here and in Python's own parser.
_MOST_GROUPS = 100


def parsed(pattern: str) -> Any:
    """The parse tree of ``pattern``.

    Raises:
        ValueError: ``pattern`` is not a regular expression.
    """
    if pattern.count("(") > _MOST_GROUPS:
        raise ValueError(f"must be a regular expression of at most {_MOST_GROUPS} groups")
    try:
        with warnings.catch_warnings():
            # Python warns about syntax that will change its meaning, such as "[[a]".
            warnings.simplefilter("error", FutureWarning)
            return re._parser.parse(pattern)  # type: ignore[attr-defined]
    except (re.error, OverflowError, RecursionError, FutureWarning) as error:
        # As in "*bias" in a shell, where a star alone matches any text.
        remedy = f": '.*' matches any text, as in {'.' + pattern!r}" if pattern.startswith("*") else ""
        raise ValueError(f"must be a regular expression; {error}{remedy}") from None


def rewritten(tree: Any) -> str:
    """``tree`` in the syntax of Rust's ``regex``, with the same meaning as in Python.

    Raises:
        NotLinearError: ``tree`` has lookaround, a backreference, a possessive repeat or the flag ``a``.
    """
    return _group(tree.state.flags & ~re.UNICODE, 0, tree)


def _sequence(nodes: Any) -> str:
    return "".join(_node(str(kind), value) for kind, value in nodes)


def _node(kind: str, value: Any) -> str:
    match kind:
        case "LITERAL":
            return _character(value)
        case "NOT_LITERAL":
            return f"[^{_character(value)}]"
        case "ANY":
            return "."
        case "IN":
            return f"[{''.join(_member(str(kind), value) for kind, value in value)}]"
        case "BRANCH":
            return f"(?:{'|'.join(map(_sequence, value[1]))})"
        case "SUBPATTERN":
            _, added, removed, inner = value
            return _group(added, removed, inner)
        case "MAX_REPEAT" | "MIN_REPEAT":
            least, most, inner = value
            return f"(?:{_sequence(inner)}){{{least},{_bound(most)}}}"
        case "AT" if str(value) in _POSITIONS:
            return _POSITIONS[str(value)]
    raise NotLinearError(kind)


def _character(code: int) -> str:
    return rf"\x{{{code:x}}}"


def _member(kind: str, value: Any) -> str:
    match kind:
        case "NEGATE":
            return "^"
        case "LITERAL":
            return _character(value)
        case "RANGE":
            return f"{_character(value[0])}-{_character(value[1])}"
        case "CATEGORY":
            return _CATEGORIES[str(value)]
    raise NotLinearError(kind)


def _group(added: int, removed: int, inner: Any) -> str:
    if (added | removed) & ~(re.IGNORECASE | re.MULTILINE | re.DOTALL | re.VERBOSE):
        raise NotLinearError("flags")
    on, off = ("".join(letter for flag, letter in _FLAGS.items() if flags & flag) for flags in (added, removed))
    return f"(?{on}{'-' if off else ''}{off}:{_sequence(inner)})"


def _bound(most: Any) -> str:
    return "" if most is re._parser.MAXREPEAT else str(int(most))  # type: ignore[attr-defined]


_FLAGS = {re.IGNORECASE: "i", re.MULTILINE: "m", re.DOTALL: "s"}
_CATEGORIES = {
    "CATEGORY_DIGIT": r"\d",
    "CATEGORY_NOT_DIGIT": r"\D",
    "CATEGORY_SPACE": r"\s",
    "CATEGORY_NOT_SPACE": r"\S",
    "CATEGORY_WORD": r"\w",
    "CATEGORY_NOT_WORD": r"\W",
}
_POSITIONS = {
    "AT_BEGINNING": "^",
    "AT_BEGINNING_STRING": r"\A",
    "AT_END": "$",
    "AT_END_STRING": r"\z",
    "AT_BOUNDARY": r"\b",
    "AT_NON_BOUNDARY": r"\B",
}


#: Counts as endless. Without this bound, the numbers below would grow as fast as the steps of ``re``.
_FOREVER = 10**9


def most_steps(tree: Any, length: int) -> int:
    """An upper bound on the steps that ``re`` takes to match ``tree`` at one place in ``length`` characters."""
    ways, steps = _effort(tree, length)
    return ways + steps


def _effort(nodes: Any, length: int) -> tuple[int, int]:
    """The number of ways in which a sequence of ``nodes`` can match, and of the steps needed to try them all.

    Backtracking may visit a node once for each way in which the nodes before it can match.
    """
    ways, steps = 1, 0
    for kind, value in nodes:
        of_node, steps_of_node = _effort_of_node(str(kind), value, length)
        steps = min(steps + ways * steps_of_node, _FOREVER)
        ways = min(ways * of_node, _FOREVER)
    return ways, steps


def _effort_of_node(kind: str, value: Any, length: int) -> tuple[int, int]:
    match kind:
        case "IN":
            # With the flag i, compiling a range visits each of its characters.
            return 1, sum(last - first for first, last in _ranges(value)) // 10
        case "BRANCH":
            return _either(value[1], length)
        case "GROUPREF_EXISTS":
            return _either([branch for branch in value[1:] if branch is not None], length)
        case "SUBPATTERN":
            return _effort(value[-1], length)
        case "ASSERT" | "ASSERT_NOT":
            return 1, most_steps(value[1], length)
        case "ATOMIC_GROUP":
            return 1, most_steps(value, length)
        case "MAX_REPEAT" | "MIN_REPEAT":
            return _repeated(value, length)
        case "POSSESSIVE_REPEAT":
            return 1, sum(_repeated(value, length))
    return 1, 0


def _ranges(members: Any) -> list[tuple[int, int]]:
    return [value for kind, value in members if str(kind) == "RANGE"]


def _either(branches: Sequence[Any], length: int) -> tuple[int, int]:
    efforts = [_effort(branch, length) for branch in branches]
    return sum(ways for ways, _ in efforts), sum(steps for _, steps in efforts) + len(branches)


def _repeated(repeat: tuple[int, int, Any], length: int) -> tuple[int, int]:
    least, most, inner = repeat
    ways, steps = _effort(inner, length)
    times = max(least, min(int(most), length))
    if ways == 1:
        return times - least + 1, times * (steps + 1)
    ways = ways**times if times < _FOREVER.bit_length() else _FOREVER
    return 2 * ways, 2 * ways * (steps + 1)
