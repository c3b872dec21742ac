"""The types of fields in the reference link to the rows of the table on its first page, which say what they accept."""

import re
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parents[2] / "keras_optkit"
DEFINITION = re.compile(r"^ *(\w+) = (?:Annotated|Listed|Literal)\[", re.MULTILINE)
TYPE = re.compile(r"`(\w+)(\[\.\.\.\])?`")

#: The full name of each type.
FULL = {
    name: ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts) + f".{name}"
    for path in PACKAGE.glob("specs/**/*.py")
    for name in DEFINITION.findall(path.read_text(encoding="utf-8"))
}


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Return the page with an anchor at each type. MkDocs calls this for every page."""
    if page.file.src_uri != "reference/index.md":
        return markdown
    before, heading, table = markdown.partition("| type | accepts |\n")
    return before + heading + re.sub(r"^\|[^|]+", _anchored, table, flags=re.MULTILINE)


def _anchored(names: re.Match[str]) -> str:
    return TYPE.sub(
        lambda name: f"[](){{ #{FULL[name[1]]} }}{name[0]}" if name[1] in FULL else name[0],
        names[0],
    )


def on_page_content(html: str, **_: Any) -> str:
    """Return the page with its anchors as places alone, at which no key stops."""
    return html.replace('<a href="" id=', "<a id=")
