"""A grammar of folders with files of every kind, which a command line may name."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random
from typing import Any

from fuzzing.documents import CLASSES, OPTIMIZERS, document, right_spec
from fuzzing.saved_models import saved_model
from fuzzing.texts import WRITERS, mutated

from keras_optkit.formats import FORMATS

#: As an operating system may hand them over: a byte that is not UTF-8 is half of a surrogate pair.
NAMES = [
    "a.json", "b.yaml", "c.toml", "same.json", "in/d.yml", "in/ü ö.YAML", "in/[x].json", ".hidden.yaml", "in/m.keras",
    "e.txt", "in/\udcff.toml", "in/deep/er/f.yaml", "x\x1b[31m.json", "line\nbreak.yaml", "-.json",
]  # fmt: skip
KEY = "train.optimizer"


def fill(random: Random, folder: Path) -> dict[str, str | None]:
    """Write some files into the ``folder``; the key of each."""
    keys: dict[str, str | None] = {}
    # Those of one type differ in some fields, which is what people compare.
    classes = random.choice([OPTIMIZERS, OPTIMIZERS, CLASSES, dict([random.choice(list(CLASSES.items()))])])
    for name in random.sample(NAMES, random.randint(1, 4)):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".keras":
            path.write_bytes(saved_model(random).content)
            keys[name] = None
        else:
            content, keys[name] = file_content(random, FORMATS.get(path.suffix.lower(), "yaml"), classes)
            path.write_bytes(content)
    if random.random() < 0.1:
        name = random.choice(list(ODD))
        ODD[name](folder / name)
        keys[name] = None
    return keys


def file_content(random: Random, format_name: str, classes: dict[str, Any]) -> tuple[bytes, str | None]:
    """Draw what a file of the format holds, and the key of the spec in it. It is right more often than not."""
    data: Any = document(random)
    if random.random() < 0.8:
        data = right_spec(random, classes).model_dump(mode="json", exclude_defaults=True)
    key = None
    if random.random() < 0.2:
        data, key = {"epochs": 3, "train": {"optimizer": data}}, KEY
    text = WRITERS[format_name](random, data)
    if random.random() < 0.1:
        text = mutated(random, text)
    return text.encode("utf-8", "surrogatepass"), key


#: What a name may lead to other than a file.
ODD = {
    "loop.yaml": lambda path: path.symlink_to(path.name),
    "up": lambda path: path.symlink_to(".", target_is_directory=True),
    "gone.json": lambda path: path.symlink_to("nowhere.json"),
    "endless.toml": lambda path: path.symlink_to("/dev/zero"),
    "pipe.json": os.mkfifo,
    "empty": Path.mkdir,
    "folder.yaml": Path.mkdir,
    "large.json": lambda path: path.write_bytes(b" " * 1_000_001),
}
