"""Papers that a docstring names by their number on arXiv become links, outside of code."""

import re
from typing import Any

PAPER = re.compile(r"(<code>.*?</code>|<a\b.*?</a>)|arXiv:(\d{4}\.\d{4,5})", re.DOTALL)


def on_page_content(html: str, **_: Any) -> str:
    """Return the page with these links. MkDocs calls this for every page."""
    return PAPER.sub(
        lambda found: found[1] or f'<a href="https://arxiv.org/abs/{found[2]}">{found[0]}</a>',
        html,
    )
