"""``load_spec`` and ``save_spec``: read and write spec files."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from pydantic import ValidationError

from keras_optkit.formats import FORMATS, Format, format_of
from keras_optkit.formats.document import BadFileError, Document, check, check_size
from keras_optkit.formats.findings import Finding, SpecFileError
from keras_optkit.formats.node import node_at
from keras_optkit.specs.base import Spec
from keras_optkit.specs.errors import cut, in_short
from keras_optkit.specs.optimizers import OptimizerSpec
from keras_optkit.specs.parsing import parse_spec
from keras_optkit.specs.schedules import ScheduleSpec
from keras_optkit.specs.tracebacks import short_traceback


@short_traceback
def load_spec(path: str | os.PathLike[str], *, key: str | None = None) -> OptimizerSpec | ScheduleSpec:
    """Read an optimizer or schedule spec from a .json, .yaml, .yml or .toml file, or from a saved model.

    YAML is read as YAML 1.2, in which ``1e-3`` is a number and ``yes`` is a word. Nothing in a file can import or run
    code. A text file can have at most 1,000,000 bytes, 100,000 values and 100 levels.

    From a model that Keras 2 or 3 saved as .keras, .h5 or .hdf5, the spec of the optimizer is read. It is the one that
    ``spec_of`` returns for the loaded model, but neither Keras nor the weights are needed.

    Args:
        path: the file; a text file must be in UTF-8.
        key: the dotted path of the node with the spec, such as ``"train.optimizer"``. For an entry of a list, use its
            index: ``"optimizers.0"``. None means the whole file.

    Raises:
        SpecFileError: a ``ValueError``; the file is not in its format, or has no such node or no valid spec there; or
            the saved model has no optimizer, or one that no spec describes.
        OSError: the file cannot be read, or is not a regular file.
        ModuleNotFoundError: YAML needs the package ruamel.yaml, an extra of this package.
        TypeError: ``path`` is not a path, or ``key`` is not a string.

    Examples:
        >>> Path("train.yaml").write_text("optimizer: {type: Adam, learning_rate: 2e-3}")
        44
        >>> load_spec("train.yaml", key="optimizer")
        AdamSpec(learning_rate=0.002)
    """
    return read_spec(path, key=key).spec


class ReadSpec(NamedTuple):
    """A spec and the file that it was read from."""

    spec: OptimizerSpec | ScheduleSpec
    file: str
    document: Document
    names: tuple[str, ...]

    def warning(self, path: Sequence[int | str], message: str) -> Finding:
        """A warning about the field at ``path`` of the spec."""
        return _finding(self.file, self.document, (*self.names, *path), message, "warning")


def read_spec(path: str | os.PathLike[str], *, key: str | None = None, suffix: str | None = None) -> ReadSpec:
    """``load_spec``, with the lines of the fields; ``suffix`` takes precedence over that of the path."""
    name = _name_of(path)
    if key is not None and not isinstance(key, str):
        raise TypeError(f"key must be a dotted path such as 'train.optimizer', received {in_short(key)}")
    suffix = Path(name).suffix if suffix is None else suffix
    _format_of(name, suffix)
    with opened(name) as file:
        return read_stream(file, name, suffix, key=key)


def read_stream(file: BinaryIO, name: str, suffix: str, *, key: str | None = None) -> ReadSpec:
    """The spec in an open ``file``, called ``name`` in errors, in the format for ``suffix``."""
    read = _format_of(name, suffix).read
    document, names = Document(None), tuple[str, ...]()
    try:
        document = read(file)
        names, node = node_at(document, key)
        spec: OptimizerSpec | ScheduleSpec = parse_spec(node)
    except BadFileError as error:
        raise SpecFileError([Finding(name, error.line, "", str(error))]) from None
    except ValidationError as error:
        mistakes = error.errors(include_url=False)
        findings = [_finding(name, document, (*names, *mistake["loc"]), mistake["msg"]) for mistake in mistakes]
        # The number of further mistakes has no path, and comes last.
        findings.sort(key=lambda finding: (not finding.path, finding.line or 0))
        raise SpecFileError(findings) from None
    return ReadSpec(spec, name, document, names)


def _finding(
    file: str, document: Document, path: tuple[int | str, ...], message: str, severity: str = "error"
) -> Finding:
    return Finding(file, document.line_of(path), ".".join(map(str, path)), message, severity)


@short_traceback
def save_spec(spec: OptimizerSpec | ScheduleSpec, path: str | os.PathLike[str]) -> None:
    """Write ``spec`` to a .json, .yaml, .yml or .toml file, without fields that have their default.

    The file is replaced as a whole: if writing fails, the old file is still there. A link stays a link.

    Args:
        spec: an optimizer or schedule spec.
        path: the file; its suffix selects the format.

    Raises:
        SpecFileError: a ``ValueError``; the suffix is none of these (saved models are read only), or the spec exceeds
            the limits of ``load_spec``.
        TypeError: ``spec`` is not a spec, or ``path`` is not a path.
        OSError: the file cannot be written, or the path exists and is not a regular file.
        ModuleNotFoundError: YAML needs ruamel.yaml, TOML needs tomli-w; both are extras of this package.

    Examples:
        >>> save_spec(AdamSpec(learning_rate=0.002), "adam.toml")
        >>> print(Path("adam.toml").read_text(), end="")
        type = "Adam"
        learning_rate = 0.002
    """
    if not isinstance(spec, Spec):
        remedy = "; parse_spec turns a mapping into a spec" if isinstance(spec, Mapping) else ""
        raise TypeError(f"spec must be an optimizer or schedule spec, received {in_short(spec)}{remedy}")
    name = _name_of(path)
    write = _format_of(name, Path(name).suffix).write
    data = spec.model_dump(mode="json", exclude_defaults=True)
    try:
        check(data)
        content = write(data).encode()
        check_size(content)
    except BadFileError as error:
        raise SpecFileError([Finding(name, None, "", f"the spec {error}")]) from None
    old: os.stat_result | None = None
    with contextlib.suppress(FileNotFoundError):
        old = Path(name).stat()
        _check_regular(old, name)
    target = Path(os.path.realpath(name))
    # Not named after the target, because that name may already have the maximum length.
    temporary = target.with_name(f".{os.urandom(16).hex()}.tmp")
    try:
        temporary.write_bytes(content)
        if old is not None:
            temporary.chmod(stat.S_IMODE(old.st_mode))
        temporary.replace(target)
    except OSError as error:
        if error.filename == str(temporary):
            error.filename = name  # the name that the user knows
        raise
    finally:
        temporary.unlink(missing_ok=True)


def _name_of(path: object) -> str:
    name = os.fspath(path) if isinstance(path, os.PathLike) else path
    if not isinstance(name, str):
        remedy = "; parse_spec reads a mapping" if isinstance(path, Mapping) else ""
        raise TypeError(f"path must be a string or a pathlib.Path, received {in_short(path)}{remedy}")
    if "\0" in name:
        raise SpecFileError([Finding(in_short(name), None, "", "a path cannot have a NUL character")])
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        raise SpecFileError([Finding(in_short(name), None, "", "a path cannot have a lone surrogate")]) from None
    return name


def _format_of(name: str, suffix: str) -> Format:
    found = format_of(suffix)
    if found is None:
        message = f"a spec file must end in {', '.join(FORMATS)}, not {in_short(suffix)}"
        with contextlib.suppress(OSError):  # the name may be too long
            if name and Path(name).is_dir():  # such as a SavedModel
                message = f"is a directory; a spec file ends in {', '.join(FORMATS)}, a saved model in .keras or .h5"
        raise SpecFileError([Finding(cut(name, 300) or repr(name), None, "", message)])
    return found


@contextlib.contextmanager
def opened(name: str) -> Generator[BinaryIO]:
    """The regular file called ``name``, opened for reading."""
    with open(name, "rb", opener=_without_waiting) as file:
        _check_regular(os.fstat(file.fileno()), name)
        yield file


def _without_waiting(name: str, flags: int) -> int:
    # Otherwise, opening a FIFO waits until somebody writes to it. Windows has no such flag.
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))


def _check_regular(status: os.stat_result, name: str) -> None:
    """Raise for a directory, a FIFO, a socket or a device: reading it may never end, and saving would replace it."""
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), name)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "Not a regular file", name)
