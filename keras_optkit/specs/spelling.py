"""The forms in which names are compared, whatever their spelling."""

import re


def canonical(name: str) -> str:
    """The form in which names are compared, without case, underscores and hyphens."""
    return str.__str__(name).replace("_", "").replace("-", "").lower()


def type_word(name: str) -> str:
    """The form in which names of types are compared: ``"AdamWSpec"``, ``"adam_w"`` and ``"AdamW"`` are the same."""
    return canonical(name).removesuffix("spec")


def spellings(name: str) -> str:
    """A regular expression for JSON Schema that matches every spelling of the type ``name``."""
    word, spec = (_UNCOUNTED.join(map(in_any_case, text)) for text in (type_word(name), "spec"))
    return f"^{_UNCOUNTED}{word}{_UNCOUNTED}({spec}{_UNCOUNTED})?$"


_UNCOUNTED = "[_-]*"


def in_any_case(text: str) -> str:
    """A regular expression that matches ``text`` in any case. JSON Schema has no flag for that."""
    return "".join(f"[{letter}{letter.upper()}]" if letter.isalpha() else re.escape(letter) for letter in text)
