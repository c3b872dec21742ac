"""The optimizer in a model saved by Keras: JSON in a zip (.keras) or in an attribute of an HDF5 file (.h5).

However large the file is, only the few kB around the JSON are read. Nothing is extracted, and links are not followed.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from typing import Any, BinaryIO, NoReturn

from keras_optkit.formats.document import BadFileError, Document, check, too_many
from keras_optkit.formats.json import parse
from keras_optkit.specs.errors import in_short, why
from keras_optkit.specs.keras_form import optimizer_of, read_keras

_ZIP = b"PK\x03\x04"
_HDF5 = b"\x89HDF\r\n\x1a\n"

#: The JSON of a model with a thousand layers takes a megabyte.
_MOST_JSON = 16_000_000
#: Objects, lists and their entries; Python needs some 100 bytes for each.
_MOST_ENTRIES = 1_000_000
#: The limit for all reads: the JSON, and the directory of the file.
_MOST_READ = 20_000_000

#: A valid file takes one second on a busy machine.
_MOST_SECONDS = 30
_IS_BAD = 3

_CONFIG = "config.json"
_ATTRIBUTE = "training_config"
_ENCRYPTED = 0x1
#: bz2 and lzma can expand 4 kB to megabytes before the size can be checked. Keras uses neither.
_COMPRESSIONS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


def read(file: BinaryIO) -> Document:
    """The spec of the optimizer in a saved model, as data.

    Raises:
        BadFileError: the file is not a saved model, has no optimizer, or exceeds the limits.
        pydantic.ValidationError: no spec describes the optimizer.
        ModuleNotFoundError: an HDF5 file needs h5py, which Keras installs.
    """
    start = file.read(len(_HDF5)) or b""
    file.seek(0)
    # Keras before 2.12 wrote .keras files in HDF5.
    if start == _HDF5:
        if importlib.util.find_spec("h5py") is None:
            raise ModuleNotFoundError("reading .h5 files needs h5py: pip install h5py")
        form = _in_hdf5(file)
    elif start.startswith(_ZIP):
        form = _in_zip(_Bounded(file))
    else:
        raise BadFileError("is not a model saved by Keras, which is a zip or an HDF5 file")
    check(form)
    return Document(read_keras(form).model_dump(mode="json"))


def write(data: dict[str, Any]) -> NoReturn:
    """Always raises, because only Keras writes saved models."""
    raise BadFileError("cannot be written into a saved model: use a .json, .yaml or .toml file")


class _Bounded:
    """A file that allows no more than ``_MOST_READ`` bytes to be read, whatever sizes and positions it claims."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._left = file, _MOST_READ
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        content = self._file.read(self._left + 1 if size < 0 else min(size, self._left + 1))
        self._count(len(content))
        return content

    def readinto(self, buffer: Any) -> int:
        self._count(len(buffer))
        return self._file.readinto(buffer)  # type: ignore[attr-defined, no-any-return]

    def _count(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise BadFileError(
                f"is not a model saved by Keras: finding its config takes more than {_MOST_READ:,} bytes"
            )


def _in_zip(file: Any) -> Mapping[Any, Any]:
    try:
        with zipfile.ZipFile(file) as archive:
            _check_members(archive.infolist())
            if _CONFIG not in archive.namelist():
                raise BadFileError(f"has no {_CONFIG}: it is not a model saved by Keras")
            with archive.open(_CONFIG) as member:
                content = member.read(_MOST_JSON + 1)
    except BadFileError:
        raise
    except Exception as error:  # zipfile raises a dozen kinds of errors for damaged files
        raise BadFileError(f"is a zip file that cannot be read ({why(error)})") from None
    return _optimizer(optimizer_of(_data(content, _CONFIG)))


def _check_members(members: list[zipfile.ZipInfo]) -> None:
    names = {member.filename for member in members}
    if len(names) < len(members):
        raise BadFileError("is a zip file with two members of the same name")
    for member in members:
        if member.filename.startswith(("/", "\\")) or ".." in member.filename.replace("\\", "/").split("/"):
            raise BadFileError(f"is a zip file with a member outside of it: {in_short(member.filename)}")
        if member.flag_bits & _ENCRYPTED:
            raise BadFileError(f"is encrypted: {in_short(member.filename)}")
        if member.filename == _CONFIG and member.compress_type not in _COMPRESSIONS:
            raise BadFileError(f"{_CONFIG}: is compressed with a method that Keras does not use")
        if member.filename == _CONFIG and member.file_size > _MOST_JSON:
            raise _too_large(_CONFIG)


def _in_hdf5(file: BinaryIO) -> Mapping[Any, Any]:
    """The optimizer in an HDF5 file, read in a separate process, because damaged files can make the library hang.

    The HDF5 library loops endlessly over a heap object of size 0, without calling any code that could stop it.
    """
    command = [sys.executable, "-c", f"from {__name__} import print_attribute; print_attribute()"]
    try:
        done = subprocess.run(command, stdin=file, capture_output=True, timeout=_MOST_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise BadFileError(f"is an HDF5 file that cannot be read within {_MOST_SECONDS} seconds") from None
    if done.returncode == _IS_BAD:
        raise BadFileError(done.stderr.decode("utf-8", "replace").strip())
    if done.returncode:
        raise BadFileError(f"is an HDF5 file that cannot be read (exit status {done.returncode} of the HDF5 library)")
    return _optimizer(_data(done.stdout, _ATTRIBUTE).get("optimizer_config"))


def print_attribute() -> None:
    """Print the training config of the HDF5 file on standard input, or the mistake in it on standard error."""
    with open(0, "rb") as file:
        try:
            sys.stdout.buffer.write(_attribute(_Bounded(file)))
        except BadFileError as error:
            sys.stderr.write(str(error))
            raise SystemExit(_IS_BAD) from None


def _attribute(file: Any) -> bytes:
    import h5py

    try:
        with h5py.File(file, "r") as root:
            if _ATTRIBUTE not in root.attrs:
                what = "the model was not compiled" if "model_config" in root.attrs else "it has only weights"
                raise BadFileError(f"has no optimizer: {what}")
            kind = root.attrs.get_id(_ATTRIBUTE)
            text = h5py.check_string_dtype(kind.dtype)
            if text is None or kind.shape != ():
                raise BadFileError(f"{_ATTRIBUTE}: is not text")
            if (text.length or 0) > _MOST_JSON:
                raise _too_large(_ATTRIBUTE)
            content = root.attrs[_ATTRIBUTE]
    except BadFileError:
        raise
    except Exception as error:  # h5py raises HDF5's errors as many different classes
        raise BadFileError(f"is an HDF5 file that cannot be read ({why(error)})") from None
    return content if isinstance(content, bytes) else str(content).encode("utf-8", "surrogateescape")


def _data(content: bytes, what: str) -> dict[str, Any]:
    """The mapping in ``content``, the JSON called ``what``."""
    if len(content) > _MOST_JSON:
        raise _too_large(what)
    if sum(content.count(mark) for mark in (b"[", b"{", b",")) > _MOST_ENTRIES:
        raise too_many()
    try:
        data = parse(content.decode())
    except UnicodeDecodeError as error:
        raise BadFileError(f"{what}: is not UTF-8 ({error.reason} at byte {error.start})") from None
    except BadFileError as error:
        raise BadFileError(f"{what}: {error}") from None
    if not isinstance(data, dict):
        raise BadFileError(f"{what}: must be a mapping, received {in_short(data)}")
    return data


def _optimizer(form: object) -> Mapping[Any, Any]:
    if not isinstance(form, Mapping):
        raise BadFileError(
            "has no optimizer: the model was not compiled, or was saved without it "
            "(Keras 3 also leaves it out of a .keras file if it has saved the same model as .h5 before)"
        )
    return form


def _too_large(what: str) -> BadFileError:
    return BadFileError(f"{what}: is too large: the limit is {_MOST_JSON:,} bytes")
