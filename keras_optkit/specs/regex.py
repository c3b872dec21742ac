"""Regular expressions as Python parses them: written again for a linear engine, and how long ``re`` may take for them.

``re`` keeps its parser private, but has had these node names since Python 2; ``tests/specs/test_regex.py`` notices a
change.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from typing import Any


class NotLinearError(Exception):
    """The expression has something that only a backtracking engine can search."""


#: So many inside each other stay within the stack, here and in Python's own parser.
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
            # Python warns of what it will read differently one day, such as "[[a]".
            warnings.simplefilter("error", FutureWarning)
            return re._parser.parse(pattern)  # type: ignore[attr-defined]
    except (re.error, OverflowError, RecursionError, FutureWarning) as error:
        # As in "*bias" of a shell, in which the star alone is any text.
        remedy = f"; any text is '.*', as in {'.' + pattern!r}" if pattern.startswith("*") else ""
        raise ValueError(f"must be a regular expression ({error}){remedy}") from None


def rewritten(tree: Any) -> str:
    """``tree`` in the syntax of Rust's ``regex``, with the meaning that it has in Python.

    Raises:
        NotLinearError: it has lookaround, a backreference, a possessive repeat or the flag ``a``.
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


#: What counts as endless. Without a bound, the numbers below would grow as the effort of ``re`` does.
_FOREVER = 10**9


def most_steps(tree: Any, length: int) -> int:
    """An upper bound of the steps that ``re`` takes to match ``tree`` at one place in ``length`` characters."""
    ways, steps = _effort(tree, length)
    return ways + steps


def _effort(nodes: Any, length: int) -> tuple[int, int]:
    """The ways in which ``nodes`` can match, one after the other, and the steps that trying them all takes.

    Each way to match what comes before is a way in which backtracking may come to a node again.
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
            # With the flag i, compiling a range visits each character of it.
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
