"""The first mention of a public name on a page links to the reference."""

import re
from typing import Any

import keras_optkit

# Not in a heading or another link.
MENTION = re.compile(r"<(h\d|a)\b.*?</\1>|<code>(\w+)</code>", re.DOTALL)


def on_page_content(html: str, *, page: Any, **_: Any) -> str:
    """Return the page with these links. MkDocs calls this for every page."""
    if page.file.src_uri.startswith("reference/"):
        return html
    left = set(keras_optkit.__all__)

    def linked(found: re.Match[str]) -> str:
        if found[2] not in left:
            return found[0]
        left.remove(found[2])
        return f'<autoref identifier="keras_optkit.{found[2]}">{found[0]}</autoref>'

    return MENTION.sub(linked, html)
