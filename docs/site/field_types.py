"""The types of fields in the reference link to the rows of the table on its first page, which say what they accept."""

import re
from typing import Any

TYPE = re.compile(r"`(\w+)(\[\.\.\.\])?`")
# Where they are defined, if not in specs/fields.py.
HOMES = {
    "KerasPattern": "patterns",
    "LearningRate": "learning_rate",
    "Pattern": "patterns",
    "Patterns": "groups",
    "Shape": "schedules.ramp",
}


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Return the page with an anchor at each type. MkDocs calls this for every page."""
    if page.file.src_uri != "reference/index.md":
        return markdown
    before, heading, table = markdown.partition("| type | accepts |\n")
    return before + heading + re.sub(r"^\|[^|]+", _anchored, table, flags=re.MULTILINE)


def _anchored(names: re.Match[str]) -> str:
    return TYPE.sub(_with_anchor, names[0])


def _with_anchor(name: re.Match[str]) -> str:
    return f"[](){{ #keras_optkit.specs.{HOMES.get(name[1], 'fields')}.{name[1]} }}{name[0]}"
