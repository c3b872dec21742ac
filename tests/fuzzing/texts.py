"""Documents as the text of JSON, YAML and TOML files, right and damaged."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

from fuzzing.documents import document


def text(random: Random, format_name: str) -> str:
    """Draw the text of a file in the format, right or damaged."""
    data = document(random)
    written = WRITERS[format_name](random, data)
    for _ in range(random.choice([0, 0, 0, 1, 1, 2, 5])):
        written = mutated(random, written)
    return written


def json_text(random: Random, data: Any) -> str:
    """Write the data as JSON; what JSON lacks becomes its text."""
    try:
        return json.dumps(data, default=repr, indent=random.choice([None, 2]), skipkeys=random.random() < 0.5)
    except (TypeError, ValueError):  # keys that are no text, ints that are too long
        return yaml_text(random, data)


def yaml_text(random: Random, data: Any, indent: int = 0) -> str:
    """Write the data as people write YAML: in blocks, with values that need no quotes left bare."""
    space = "  " * indent
    if isinstance(data, dict) and data and indent < 60:
        lines = []
        for key, value in data.items():
            inner = isinstance(value, dict | list) and value
            rest = "\n" + yaml_text(random, value, indent + 1) if inner else " " + scalar(value)
            lines.append(f"{space}{scalar(key)}:{rest}")
        return "\n".join(lines)
    if isinstance(data, list) and data and indent < 60:
        return "\n".join(f"{space}- {yaml_text(random, value, indent + 1).lstrip()}" for value in data)
    return space + scalar(data)


def toml_text(random: Random, data: Any, path: str = "") -> str:
    """Write the data as TOML: tables, with values on one line."""
    if not isinstance(data, dict):
        return f"x = {scalar(data)}"
    lines = [f"{key} = {inline(value)}" for key, value in data.items() if not isinstance(value, dict)]
    for key, value in data.items():
        if isinstance(value, dict):
            name = f"{path}.{key}" if path else str(key)
            if len(name) < 2000:
                lines += [f"[{name}]", toml_text(random, value, name)]
    return "\n".join(lines)


def inline(value: Any) -> str:
    """Write a value as TOML does in one line."""
    if isinstance(value, list):
        return "[" + ", ".join(inline(each) for each in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {inline(each)}" for key, each in value.items()) + "}"
    return json.dumps(value) if isinstance(value, str | bool) else scalar(value)


def scalar(value: Any) -> str:
    """Write a value as its text; an int of any length."""
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return "null"
    try:
        return str(value)[:6000]
    except ValueError:  # Python writes no int of more than 4,300 digits
        return hex(value) if isinstance(value, int) else "too long"


WRITERS: dict[str, Callable[[Random, Any], str]] = {"json": json_text, "yaml": yaml_text, "toml": toml_text}
TOKENS = [
    "\n", "\t", ":", ": ", "- ", "---\n", "...\n", "{", "}", "[", "]", ",", "'", '"', "#", "&a ", "*a", "!!float ",
    "<<: ", "!!python/object:x ",
    "%YAML 1.1\n", "=", ".", "0x", "1e", "e9999", "%", "\x00", "\ufeff", "\u2028", "\r\n", "?", "|\n",
    ">\n", "//", "/*", "\\", "\\u0000", "true", "null", "NaN", "-Infinity", "type", "epochs", "'''", '"""', "[[x]]\n",
]  # fmt: skip


def mutated(random: Random, written: str) -> str:
    """Insert, delete, repeat or exchange a part of the text."""
    start = random.randrange(len(written) + 1)
    end = min(len(written), start + random.choice([1, 1, 3, 20]))
    part = written[start:end]
    times = random.choice([2, 2, 50, 2000])
    return random.choice(
        [
            written[:start] + random.choice(TOKENS) + written[start:],
            written[:start] + random.choice(TOKENS) + written[end:],
            written[:start] + written[end:],
            written[:start],
            written[:start] + part * times + written[end:],
            written[:start] + random.choice(TOKENS) * times + written[start:],
        ]
    )
