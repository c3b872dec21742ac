"""Every Python block of the README and the guides runs, block after block as a reader would type them."""

from pathlib import Path

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]


# Some register a spec.
@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_python_block_runs(path: Path) -> None:
    document = Sybil([PythonCodeBlockParser()], path=str(path.parent)).parse(path)
    blocks = list(document.examples())
    assert len(blocks) == path.read_text().count("```python")
    for block in blocks:
        block.evaluate()
