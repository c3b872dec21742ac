"""Formulas between ``$$`` become MathML, which browsers show without a script."""

import re
from typing import Any

from latex2mathml.converter import convert

FORMULA = re.compile(r"^\$\$ (.+) \$\$$", re.MULTILINE)


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Return the page with its formulas in MathML. MkDocs calls this for every page."""
    return FORMULA.sub(
        lambda found: f'<div class="formula">{convert(found[1], display="block")}</div>',
        markdown,
    )
