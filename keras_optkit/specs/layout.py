"""How a spec is printed: as Python code, on one line if it fits, otherwise with one field or entry per line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

#: The longest line that a wide terminal or the cell of a notebook shows.
WIDTH = 110
_INDENT = " " * 4
_BRACKETS: dict[type, tuple[str, str]] = {tuple: ("(", ")"), list: ("[", "]"), dict: ("{", "}")}


def representation(self: BaseModel) -> str:
    """The ``__repr__`` of specs."""
    return laid_out(self)


def laid_out(value: Any, room: int = WIDTH, beside: int = 0) -> str:
    """``value`` as Python in lines of ``room`` characters; the first and the last line have ``beside`` fewer."""
    line = on_one_line(value, longest=room - beside)
    if len(line) + beside <= room:
        return line
    parts = list(_parts(value))
    if not parts:
        return on_one_line(value)
    opening, closing = _brackets(value)
    lines = [f"{name}{laid_out(part, room - len(_INDENT), len(name) + 1)}," for name, part in parts]
    return "\n".join([opening, *(_INDENT + line.replace("\n", "\n" + _INDENT) for line in lines), closing])


def on_one_line(value: Any, longest: int | None = None) -> str:
    """``value`` as Python on one line; if that has more than ``longest`` characters, only its beginning."""
    line = ""
    for piece in _pieces(value):
        line += piece
        if longest is not None and len(line) > longest:
            break  # a spec with 100,000 values would otherwise be written in full at each of its levels: 5 s
    return line


def _pieces(value: Any) -> Iterator[str]:
    if type(value) not in _BRACKETS and not is_model(value):
        yield repr(value)
        return
    opening, closing = _brackets(value)
    yield opening
    before = ""
    for name, part in _parts(value):
        yield f"{before}{name}"
        yield from _pieces(part)
        before = ", "
    single = "," if type(value) is tuple and len(value) == 1 else ""
    yield f"{single}{closing}"


class OnOneLine:
    """Has the representation of a spec, on one line."""

    def __init__(self, spec: BaseModel) -> None:
        self._spec = spec

    def __repr__(self) -> str:
        return on_one_line(self._spec)


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    """The parts of a spec or of a container, each with its prefix, such as ``"name="``."""
    if is_model(value):
        yield from ((f"{name}=" if name else "", part) for name, part in value.__repr_args__())
    elif type(value) is dict:
        yield from ((f"{key!r}: ", part) for key, part in value.items())
    elif type(value) in _BRACKETS:
        yield from (("", part) for part in value)


def is_model(value: Any) -> bool:
    """Whether ``value`` is a model whose class does not define its own ``repr``."""
    return isinstance(value, BaseModel) and type(value).__repr__ in (BaseModel.__repr__, representation)


def _brackets(value: Any) -> tuple[str, str]:
    if is_model(value):
        return f"{value.__repr_name__()}(", ")"
    return _BRACKETS[type(value)]
