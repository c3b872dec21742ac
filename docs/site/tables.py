"""Each cell of a table carries its heading, which a phone shows: there, the cells of a row are below each other."""

import re
from itertools import cycle
from typing import Any

TABLE = re.compile(r"<table>.*?</table>", re.DOTALL)
HEADING = re.compile(r"<th\b[^>]*>(.*?)</th>", re.DOTALL)


def on_page_content(html: str, **_: Any) -> str:
    """Return the page with these cells. MkDocs calls this for every page."""
    return TABLE.sub(lambda found: _labelled(found[0]), html)


def _labelled(table: str) -> str:
    table = table.replace("\\|", "|")  # a pipe in code, which Markdown shows with its backslash
    headings = cycle(re.sub("<[^>]+>", "", heading) for heading in HEADING.findall(table))
    return re.sub(r"<td\b", lambda _: f'<td data-label="{next(headings)}"', table)
