"""Pages about the project come after the pages about its use when a reader searches."""

from typing import Any


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Lower the rank of the pages of the section Background. MkDocs calls this for every page."""
    if page.parent and page.parent.title == "Background":
        page.meta["search"] = {"boost": 0.01}
    return markdown
