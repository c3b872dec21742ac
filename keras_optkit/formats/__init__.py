"""One module per format, each with ``read``, which gives data and line numbers, and ``write``, which gives text.

To add a format, add a module here and a line in ``FORMATS``. A module is imported when a file of its format is read or
written: importing all of them would add a tenth to this package's import.
"""

from __future__ import annotations

import importlib
from typing import Any, BinaryIO, Protocol, cast

from keras_optkit.formats.document import Document


class Format(Protocol):
    """The functions of each module in this package."""

    def read(self, file: BinaryIO, /) -> Document:
        """Return the data in ``file``; raise ``BadFileError`` if it is not in this format, or exceeds the limits."""
        ...

    def write(self, data: dict[str, Any], /) -> str:
        """Return the text that ``read`` converts back to ``data``; raise ``BadFileError`` if there is none."""
        ...


#: The suffix of a spec file, in lower case -> the module of its format.
FORMATS = {".json": "json", ".yaml": "yaml", ".yml": "yaml", ".toml": "toml"}
#: The same for models saved by Keras, which are read only.
SAVED_MODELS = {".keras": "keras", ".h5": "keras", ".hdf5": "keras"}


def format_of(suffix: str) -> Format | None:
    """The format of files with ``suffix``, if there is one."""
    module = (FORMATS | SAVED_MODELS).get(suffix.lower())
    return cast("Format", importlib.import_module(f"{__name__}.{module}")) if module else None
