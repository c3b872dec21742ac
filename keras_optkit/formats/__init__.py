"""One file a format, the same two verbs: ``read`` a file into data and line numbers, ``write`` data as text.

A new format is a new module here and a line in ``FORMATS``.
"""

from __future__ import annotations

from typing import Any, BinaryIO, Protocol

from keras_optkit.formats import json, toml, yaml
from keras_optkit.formats.document import Document


class Format(Protocol):
    """What a module of this package offers."""

    def read(self, file: BinaryIO, /) -> Document:
        """The data in ``file``; raises ``BadFileError`` if it is not of this format, or beyond the limits."""
        ...

    def write(self, data: dict[str, Any], /) -> str:
        """The text that ``read`` turns back into ``data``; raises ``BadFileError`` if the format has no such text."""
        ...


#: The formats by the suffix of the file's name, in lower case.
FORMATS: dict[str, Format] = {".json": json, ".yaml": yaml, ".yml": yaml, ".toml": toml}
