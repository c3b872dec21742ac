"""Mistakes and warnings about files, each with its place."""

from __future__ import annotations

from typing import NamedTuple


class Finding(NamedTuple):
    """A mistake in a file, or a warning about what it holds; as text, one line that begins with the file.

    Attributes:
        file: the name of the file.
        line: the line, counted from 1, if it is known.
        path: the dotted path of the field, or the empty string.
        message: the rule and the value received.
        severity: ``"error"`` or ``"warning"``.
    """

    file: str
    line: int | None
    path: str
    message: str
    severity: str = "error"

    @property
    def where(self) -> str:
        """The file and the line, as editors and terminals understand them."""
        return f"{self.file}:{self.line}" if self.line else self.file

    def __str__(self) -> str:
        kind = self.severity if self.severity != "error" else ""
        return one_line(": ".join(part for part in (self.where, kind, self.path, self.message) if part))


class SpecFileError(ValueError):
    """What is wrong with a file: one line for each mistake, with the file, the line where it is known, and the path.

    Attributes:
        findings: the mistakes, in the order of their lines, each with its ``file``, ``line``, ``path`` and ``message``.
        lines: the same as text.

    Examples:
        >>> _ = Path("train.yaml").write_text("{type: SGD, momentum: 9}")
        >>> try:
        ...     load_spec("train.yaml")
        ... except SpecFileError as error:
        ...     print(error.lines)
        ['train.yaml:1: momentum: must be in [0, 1), received 9']
    """

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = findings
        self.lines = [str(finding) for finding in findings]
        super().__init__(findings)  # copy and pickle make it again from this argument

    def __str__(self) -> str:
        return "\n".join(self.lines)


def one_line(text: str) -> str:
    """``text`` with escapes for line breaks and control characters, which would break up the line that reports it."""
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
