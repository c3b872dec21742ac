"""A short word of code, such as an option with its hyphens, stays on one line."""

import re
from typing import Any


def on_page_content(html: str, **_: Any) -> str:
    """Return the page with a class at these words. MkDocs calls this for every page."""
    return re.sub(r"<code>(?=[^<\s]{1,30}</code>)", '<code class="unbroken">', html)
