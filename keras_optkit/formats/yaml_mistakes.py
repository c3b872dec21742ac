"""Explains mistakes in YAML, at the line that must be changed.

Ruamel.yaml reports the place where parsing stopped, which is often a line too late, and in terms of the grammar. Most
mistakes are of a few kinds: tabs, indentation, a colon, a quote, a bracket.
"""

from __future__ import annotations

import re
from typing import Any

from keras_optkit.formats.document import BadFileError
from keras_optkit.specs.errors import in_short


def explained(error: Exception, text: str) -> BadFileError:
    """The mistake in ``text`` at which ruamel.yaml raised ``error``."""
    if isinstance(error, (ValueError, OverflowError)):  # of Python's chr
        return BadFileError("is not YAML: an escape such as \\U00110000 that is not a character")
    position = getattr(error, "position", None)
    if position is not None:
        line = text.count("\n", 0, position) + 1
        return BadFileError(f"is not YAML: the character {text[position]!r} is not allowed", line)
    problem = str(getattr(error, "problem", None) or getattr(error, "context", None) or error)
    mark, begun = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    mark = mark or begun
    if mark is None:
        return BadFileError(f"is not YAML: {problem}")
    lines = text.splitlines()
    rule, line = _in_words(problem, mark, begun or mark, lines) or (problem, mark.line)
    # Ruamel.yaml counts the end of the file as a separate line.
    return BadFileError(f"is not YAML: {rule}", min(line + 1, len(lines)))


def _in_words(problem: str, mark: Any, begun: Any, lines: list[str]) -> tuple[str, int] | None:
    """The message for a ``problem`` at ``mark``, in a value ``begun`` earlier, and the index of the line to change."""
    first_in_line = mark.line < len(lines) and not lines[mark.line][: mark.column].strip()
    if "'\\t' that cannot start" in problem:
        return "a tab is not allowed here; use spaces", mark.line
    if cannot := re.search(r"found character (\S+) that cannot start any token", problem):
        return f"a value that begins with {cannot[1]} needs quotes", mark.line
    if "mapping values are not allowed" in problem:
        return _second_colon(mark, lines)
    if "could not find expected ':'" in problem:
        word = "".join(lines[begun.line : begun.line + 1]).strip()
        return f"no colon followed by a space in {in_short(word)}", begun.line
    if "expected <block end>" in problem and not first_in_line:
        return "text after the end of a value; if it belongs to the value, put all of it in quotes", mark.line
    if first_in_line and ("expected <block end>" in problem or "expected '<document start>'" in problem):
        return "this line is not indented like the lines that it belongs to", mark.line
    if opened := re.match(r"expected ',' or '([]}])'", problem):
        return f"no ',' between two entries, or no '{opened[1]}' after the last", begun.line
    if "found unexpected end of stream" in problem:
        return "a quote is not closed", begun.line
    if "unknown escape character" in problem:
        return "a backslash in double quotes begins an escape; use single quotes", mark.line
    return None


def _second_colon(mark: Any, lines: list[str]) -> tuple[str, int] | None:
    """The message for a second colon: in the same line, or in an indented line below one that already has a value."""
    line: int = mark.line
    if ": " in "".join(lines[line : line + 1])[: mark.column]:
        return "a value with a colon and a space in it needs quotes", line
    above = next((number for number in range(min(line, len(lines)) - 1, -1, -1) if lines[number].strip()), None)
    if above is None:
        return None
    if ":" in lines[above]:
        return "this line is indented more than the line above, which already has a value", line
    return f"no colon followed by a space in {in_short(lines[above].strip())}", above
