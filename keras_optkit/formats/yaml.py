"""YAML 1.2, read and written by ruamel.yaml, which is an extra."""

from __future__ import annotations

import io
from typing import Any, BinaryIO

from keras_optkit.formats.document import BadFileError, Document, check, text_of
from keras_optkit.formats.yaml_scalars import resolved

_LONGEST_TAG = 10_000


def read(file: BinaryIO) -> Document:
    """The data of a YAML file, with the line of each value."""
    text = text_of(file)
    _check_version(text)
    _check_tags(text)
    events = _yaml("safe").parse(text)
    from keras_optkit.formats.yaml_composing import compose  # imports ruamel.yaml

    document = compose(events, text)
    check(document.data)
    return document


def write(data: dict[str, Any]) -> str:
    """``data`` as YAML in block style."""
    stream = io.StringIO()
    _yaml("rt").dump(_with_quotes(data), stream)
    return stream.getvalue()


def _yaml(kind: str) -> Any:
    try:
        from ruamel.yaml import YAML
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("YAML files need ruamel.yaml: pip install 'keras_optkit[yaml]'") from error
    return YAML(typ=kind, pure=True)


def _check_version(text: str) -> None:
    """Refuse a file that declares another version: in YAML 1.1, ``010`` is 8 and ``yes`` is true."""
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        if words[:1] == ["%YAML"] and words[1:2] != ["1.2"]:
            raise BadFileError("must be YAML 1.2, where yes is a word and 010 is 10: delete this line", number)
        if words and not line.startswith(("%", "#", "\ufeff")):
            break


def _check_tags(text: str) -> None:
    """Refuse a very long tag: ruamel.yaml's time is quadratic in its length, 10 s for 900 kB."""
    for word in text.split():
        if len(word) > _LONGEST_TAG and "!" in word:
            raise BadFileError("a tag this long is not supported", text.count("\n", 0, text.index(word)) + 1)


def _with_quotes(node: Any) -> Any:
    """``node`` with quotes around strings that would otherwise be read back as something else."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    if isinstance(node, dict):
        return {_with_quotes(name): _with_quotes(value) for name, value in node.items()}
    if isinstance(node, list):
        return [_with_quotes(entry) for entry in node]
    if isinstance(node, str) and not (node.isprintable() and resolved(node) is node):
        return DoubleQuotedScalarString(node)
    return node
