"""The forms in which names are compared: how people write them does not count."""

import re


def canonical(name: str) -> str:
    """The form in which names are compared: case, underscores and hyphens do not count."""
    return str.__str__(name).replace("_", "").replace("-", "").lower()


def type_word(name: str) -> str:
    """The form in which the names of types are compared: ``"AdamWSpec"``, ``"adam_w"`` and ``"AdamW"`` are one."""
    return canonical(name).removesuffix("spec")


def spellings(name: str) -> str:
    """The regular expression, of JSON Schema, of all texts that have the ``type_word`` of ``name``."""
    word, spec = (_UNCOUNTED.join(map(in_any_case, text)) for text in (type_word(name), "spec"))
    return f"^{_UNCOUNTED}{word}{_UNCOUNTED}({spec}{_UNCOUNTED})?$"


_UNCOUNTED = "[_-]*"


def in_any_case(text: str) -> str:
    """The regular expression of ``text``, where case does not count: JSON Schema has no flag for it."""
    return "".join(f"[{letter}{letter.upper()}]" if letter.isalpha() else re.escape(letter) for letter in text)
