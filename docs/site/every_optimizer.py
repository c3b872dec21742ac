"""The line ``<!-- every optimizer -->`` of a page becomes the reference of every optimizer."""

from typing import Any

from keras_optkit import OptimizerSpec
from keras_optkit.specs.registry import registered

ENTRIES = "\n".join(
    f"::: keras_optkit.{cls.__name__}" for cls in registered(OptimizerSpec).values()
)


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Return the page with these entries. MkDocs calls this for every page."""
    return markdown.replace("<!-- every optimizer -->", ENTRIES)
