"""The forms in which names are compared: how people write them does not count."""


def canonical(name: str) -> str:
    """The form in which names are compared: case, underscores and hyphens do not count."""
    return str.__str__(name).replace("_", "").replace("-", "").lower()


def type_word(name: str) -> str:
    """The form in which the names of types are compared: ``"AdamWSpec"``, ``"adam_w"`` and ``"AdamW"`` are one."""
    return canonical(name).removesuffix("spec")
