"""The mutants that change nothing that anybody could see."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
LISTED = Path(__file__).with_name("unchanged.txt")


def code(line: str) -> str:
    """A line without its comment, and with single spaces."""
    return " ".join(re.sub(r"\s# .*", "", line).split())


def unchanged() -> dict[tuple[str, str, str], str]:
    """From a module, a line and what it is changed to, to why that changes nothing."""
    reasons = {}
    for block in LISTED.read_text(encoding="utf-8").split("\n\n")[1:]:
        path, old, new, reason = block.strip().split("\n", 3)
        reasons[path, old.removeprefix("- "), new.removeprefix("+ ")] = reason
    return reasons


def stale() -> list[tuple[str, str]]:
    """The lines listed that are in their module no more."""
    return [
        (path, old)
        for path, old, _ in unchanged()
        if old not in map(code, (ROOT / path).read_text(encoding="utf-8").splitlines())
    ]
