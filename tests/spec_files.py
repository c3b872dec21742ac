"""What the tests of files share: a text becomes a file, and a file a spec or lines of mistakes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from keras_optkit import SpecFileError, load_spec


def written(name: str, content: str | bytes) -> str:
    """The ``name`` of a file with that ``content``, in the current folder."""
    Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return name


def loaded(name: str, content: str | bytes, **options: Any) -> Any:
    """The spec in a file with that ``content``."""
    return load_spec(written(name, content), **options)


def mistakes(name: str, content: str | bytes, **options: Any) -> list[str]:
    """The lines of the error that a file with that ``content`` must give, each whole and of a length one can read."""
    with pytest.raises(SpecFileError) as caught:
        loaded(name, content, **options)
    lines = caught.value.lines
    assert str(caught.value) == "\n".join(lines)
    assert all(line.startswith(name) and line.isprintable() and len(line) < 2_500 for line in lines)
    return lines
