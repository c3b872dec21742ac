"""One file a format, the same two verbs: ``read`` a file into data and line numbers, ``write`` data as text.

A new format is a new module here and a line in ``FORMATS``. It is imported when a file of it is read or written: all of
them together would take a tenth of this package's import.
"""

from __future__ import annotations

import importlib
from typing import Any, BinaryIO, Protocol, cast

from keras_optkit.formats.document import Document


class Format(Protocol):
    """What a module of this package offers."""

    def read(self, file: BinaryIO, /) -> Document:
        """The data in ``file``; raises ``BadFileError`` if it is not of this format, or beyond the limits."""
        ...

    def write(self, data: dict[str, Any], /) -> str:
        """The text that ``read`` turns back into ``data``; raises ``BadFileError`` if the format has no such text."""
        ...


#: The modules of the formats of spec files by the suffix of the file's name, in lower case.
FORMATS = {".json": "json", ".yaml": "yaml", ".yml": "yaml", ".toml": "toml"}
#: Those of models that Keras saved, which are only read.
SAVED_MODELS = {".keras": "keras", ".h5": "keras", ".hdf5": "keras"}


def format_of(suffix: str) -> Format | None:
    """The format of files with ``suffix``, if there is one."""
    module = (FORMATS | SAVED_MODELS).get(suffix.lower())
    return cast("Format", importlib.import_module(f"{__name__}.{module}")) if module else None
