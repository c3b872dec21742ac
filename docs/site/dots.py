"""Curves drawn in a terminal keep their shape: few fonts give the dots of Braille the width of other characters."""

import re
from typing import Any


def on_page_content(html: str, **_: Any) -> str:
    """Return the page with the dots in boxes of that width. MkDocs calls this for every page."""
    return re.sub(
        "[\u2800-\u28ff]+",
        lambda found: f'<span class="dots" style="width: {len(found[0])}ch">{found[0]}</span>',
        html,
    )
