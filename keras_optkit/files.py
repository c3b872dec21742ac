"""``load_spec`` and ``save_spec``: specs in JSON, YAML and TOML files."""

from __future__ import annotations

import errno
import json
import os
import shutil
import tomllib
import uuid
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from keras_optkit.specs.base import Spec
from keras_optkit.specs.optimizers import OptimizerSpec
from keras_optkit.specs.parsing import parse_spec
from keras_optkit.specs.schedules import ScheduleSpec

# More values than any training config has; YAML's anchors can make billions of a few lines.
_MOST_VALUES = 100_000
# Parsers take longer than in proportion; a spec of thousands of boundaries is far smaller.
_MOST_BYTES = 1_000_000
# TOML has no null, and no field but these means anything else by the text.
_TOML_NULL = "null"
_TEXT_FIELDS = {"name", "match"}


class SpecFileError(ValueError):
    """What is wrong with a file: one line for each mistake, with the file, the line where it is known, and the path.

    Attributes:
        lines: the mistakes, such as ``"train.yaml:7: learning_rate.decay_stepz: unknown field, ..."``.
    """

    def __init__(self, lines: list[str]) -> None:
        # A line break or a control character in a value would break up the line that reports it.
        self.lines = ["".join(c if c.isprintable() else repr(c)[1:-1] for c in line) for line in lines]
        super().__init__("\n".join(self.lines))


def load_spec(path: str | os.PathLike[str], *, key: str | None = None) -> OptimizerSpec | ScheduleSpec:
    """Reads an optimizer or schedule spec from a .json, .yaml, .yml or .toml file.

    YAML is read as YAML 1.2, in which ``1e-3`` is a number and ``yes`` is a word. Nothing in a file can import or run
    code.

    Args:
        path: the file, in UTF-8.
        key: the dotted path of the node that holds the spec, such as ``"train.optimizer"``; None for the whole file.

    Raises:
        SpecFileError: a ``ValueError``; the file is not of its format, has no such node or no right spec there.
        OSError: the file cannot be read.
        ModuleNotFoundError: YAML needs the package ruamel.yaml, an extra of this package.
    """
    path = Path(path)
    read = _READERS.get(path.suffix.lower())
    if read is None:
        raise SpecFileError([f"{path}: a spec file ends in {', '.join(_READERS)}, not {path.suffix!r}"])
    if (size := path.stat().st_size) > _MOST_BYTES:
        raise SpecFileError([f"{path}: has {size:,} bytes, more than any config should ({_MOST_BYTES:,})"])
    try:
        data, line_of = read(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise SpecFileError([f"{path}: must be UTF-8 ({error.reason} at byte {error.start})"]) from None
    except RecursionError:
        raise SpecFileError([f"{path}: is nested too deeply"]) from None
    except _BadFileError as error:
        where = f"{path}:{error.line}" if error.line else f"{path}"
        raise SpecFileError([f"{where}: {error}"]) from None
    keys = key.split(".") if key else []
    for depth, name in enumerate(keys):
        if not isinstance(data, Mapping) or name not in data:
            known = f"; there are {', '.join(map(str, data))}" if isinstance(data, Mapping) else ""
            raise SpecFileError([f"{path}: there is no {'.'.join(keys[: depth + 1])!r}{known}"])
        data = data[name]
    try:
        spec: OptimizerSpec | ScheduleSpec = parse_spec(data)
    except ValidationError as error:
        lines = []
        for mistake in error.errors(include_url=False):
            line = line_of((*keys, *mistake["loc"]))
            where = f"{path}:{line}" if line else f"{path}"
            field = ".".join(map(str, (*keys, *mistake["loc"])))
            lines.append(": ".join(part for part in (where, field, mistake["msg"]) if part))
        raise SpecFileError(lines) from None
    return spec


def save_spec(spec: OptimizerSpec | ScheduleSpec, path: str | os.PathLike[str]) -> None:
    """Writes ``spec`` to a .json, .yaml, .yml or .toml file, without the fields that have their defaults.

    The file is replaced as a whole: if writing fails, what was there before is still there.

    Args:
        spec: an optimizer or schedule spec.
        path: the file; its suffix says the format.

    Raises:
        SpecFileError: the suffix is none of these.
        TypeError: ``spec`` is not a spec.
        OSError: the file cannot be written.
        ModuleNotFoundError: YAML needs ruamel.yaml, TOML needs tomli-w; both are extras of this package.
    """
    if not isinstance(spec, Spec):
        raise TypeError(f"save_spec writes a spec, received {spec!r}")
    path = Path(path)
    write = _WRITERS.get(path.suffix.lower())
    if write is None:
        raise SpecFileError([f"{path}: a spec file ends in {', '.join(_WRITERS)}, not {path.suffix!r}"])
    text = write(spec.model_dump(mode="json", exclude_defaults=True))
    try:
        target = path.resolve()
    except RuntimeError:
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path)) from None
    temporary = target.with_name(f".{target.name}.{uuid.uuid4().hex}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8")
        if target.exists():
            shutil.copymode(target, temporary)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


class _BadFileError(Exception):
    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


def _no_lines(path: tuple[int | str, ...]) -> int | None:
    return None


def _read_json(text: str) -> Any:
    def without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        for name, value in pairs:
            if name in fields:
                raise _BadFileError(f"{name!r} is written twice in one object")
            fields[name] = value
        return fields

    try:
        data = json.loads(text, object_pairs_hook=without_duplicates)
    except json.JSONDecodeError as error:
        raise _BadFileError(f"is not JSON: {error.msg}", error.lineno) from None
    except ValueError as error:  # an int of thousands of digits
        raise _BadFileError(f"is not JSON that can be read: {error}") from None
    if isinstance(data, dict):
        data.pop("$schema", None)  # by which an editor knows what may stand here
    return data, _no_lines


def _read_toml(text: str) -> Any:
    try:
        return _with_nulls(tomllib.loads(text)), _no_lines
    except ValueError as error:
        raise _BadFileError(f"is not TOML: {error}") from None


def _with_nulls(node: Any) -> Any:
    if isinstance(node, dict):
        return {
            name: None if value == _TOML_NULL and name not in _TEXT_FIELDS else _with_nulls(value)
            for name, value in node.items()
        }
    return [_with_nulls(entry) for entry in node] if isinstance(node, list) else node


def _read_yaml(text: str) -> Any:
    yaml = _yaml("safe")
    from ruamel.yaml.error import MarkedYAMLError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an anchor may be used again
            root = yaml.compose(text)
            _check_size(root)
            data = _yaml("safe").load(text)
    except (_BadFileError, RecursionError):
        raise
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _BadFileError(f"is not YAML: {error.problem or error.context}", mark and mark.line + 1) from None
    except Exception as error:  # of its tags and numbers the parser lets through whatever Python raises
        raise _BadFileError(f"is not YAML: {error}") from None
    return data, lambda path: _line_in(root, path)


def _check_size(root: Any) -> None:
    """Counts the values that ``root`` stands for, each as often as an alias repeats it, without repeating it."""
    sizes: dict[int, int] = {}
    open_nodes: set[int] = set()

    def size(node: Any) -> int:
        if id(node) in open_nodes:
            raise _BadFileError("a value contains itself, by an alias", node.start_mark.line + 1)
        if id(node) not in sizes:
            open_nodes.add(id(node))
            children = node.value if isinstance(node.value, list) else []
            inner = [part for child in children for part in (child if isinstance(child, tuple) else (child,))]
            sizes[id(node)] = 1 + sum(map(size, inner))
            open_nodes.discard(id(node))
        return sizes[id(node)]

    if root is not None and size(root) > _MOST_VALUES:
        raise _BadFileError(f"stands for more than {_MOST_VALUES:,} values, by aliases or as it is")


def _line_in(root: Any, path: tuple[int | str, ...]) -> int | None:
    """The line of the node at ``path``, or of the nearest one above it that is there."""
    node: Any = root
    line: int | None = None
    for name in path:
        if node.id == "sequence" and isinstance(name, int) and name < len(node.value):
            node = node.value[name]
            line = node.start_mark.line + 1
            continue
        pairs = node.value if node.id == "mapping" else []
        found = next(((key, value) for key, value in pairs if str(key.value).lower() == str(name).lower()), None)
        if found is None:
            return line or int(node.start_mark.line) + 1
        line, node = found[0].start_mark.line + 1, found[1]
    return line


def _yaml(kind: str) -> Any:
    try:
        from ruamel.yaml import YAML
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("YAML files need ruamel.yaml: pip install 'keras_optkit[yaml]'") from error
    return YAML(typ=kind, pure=True)


def _write_json(data: dict[str, Any]) -> str:
    return json.dumps(data, indent=2) + "\n"


def _write_yaml(data: dict[str, Any]) -> str:
    import io

    stream = io.StringIO()
    _yaml("rt").dump(_with_escapes(data), stream)
    return stream.getvalue()


def _with_escapes(node: Any) -> Any:
    """``node`` with quotes around texts of which some characters would be read back as others."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    if isinstance(node, dict):
        return {name: _with_escapes(value) for name, value in node.items()}
    if isinstance(node, list):
        return [_with_escapes(entry) for entry in node]
    return DoubleQuotedScalarString(node) if isinstance(node, str) and not node.isprintable() else node


def _write_toml(data: dict[str, Any]) -> str:
    try:
        import tomli_w
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("writing TOML files needs tomli-w: pip install 'keras_optkit[toml]'") from error
    return tomli_w.dumps(_without_nulls(data))


def _without_nulls(node: Any) -> Any:
    if isinstance(node, dict):
        return {name: _TOML_NULL if value is None else _without_nulls(value) for name, value in node.items()}
    return [_without_nulls(entry) for entry in node] if isinstance(node, list) else node


_READERS = {".json": _read_json, ".yaml": _read_yaml, ".yml": _read_yaml, ".toml": _read_toml}
_WRITERS = {".json": _write_json, ".yaml": _write_yaml, ".yml": _write_yaml, ".toml": _write_toml}
