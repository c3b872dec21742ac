"""A grammar of right and wrong specs, as Python objects.

A document is drawn by a ``random.Random``, so that its seed draws it again. Most of its fields are right: one that is
all wrong never gets past the first check.
"""

from __future__ import annotations

import contextlib
import string
from collections.abc import Callable
from random import Random
from typing import Any

from fuzzing.values import DURATIONS, FOREIGN, HOSTILE, NUMBERS, PATTERNS
from pydantic import ValidationError

from keras_optkit import parse_spec
from keras_optkit.specs.base import Spec
from keras_optkit.specs.groups import ParamGroup
from keras_optkit.specs.optimizers import OptimizerSpec
from keras_optkit.specs.registry import registered
from keras_optkit.specs.schedules import ScheduleSpec

SCHEDULES = registered(ScheduleSpec)
OPTIMIZERS = registered(OptimizerSpec)
CLASSES = {**OPTIMIZERS, **SCHEDULES}


def document(random: Random) -> Any:
    """Draw what somebody may pass to ``parse_spec``."""
    if random.random() < 0.03:
        return random.choice(HOSTILE)
    data = spec_data(random, CLASSES)
    return damaged(random, data) if random.random() < 0.3 else data


def spec_data(random: Random, classes: dict[str, Any], depth: int = 0) -> Any:
    """Draw the mapping of a spec of one of the ``classes``."""
    name = random.choice(list(classes))
    cls = classes[name]
    if random.random() < 0.1:
        name = random.choice(
            [name.lower(), name.upper(), name[:-1], name + "x", f"{name}Spec", name.replace("D", "_d")]
        )
    data: dict[Any, Any] = {"type": name}
    for field, info in cls.model_fields.items():
        if field != "type" and (info.is_required() or random.random() < 0.2) and random.random() < 0.97:
            data[field] = value_of(random, field, depth)
    return data


def right_spec(random: Random, classes: dict[str, Any]) -> Spec:
    """Draw a right spec of one of the ``classes``. Most documents that are drawn at once have a mistake somewhere."""
    for _ in range(10):
        with contextlib.suppress(ValidationError):
            return parse_spec(spec_data(random, classes))
    return parse_spec("Adam")


def value_of(random: Random, field: str, depth: int = 0) -> Any:
    """Draw a value for the field: mostly of the right kind."""
    if random.random() < 0.02:
        return random.choice(HOSTILE)
    if field in ("schedule", "learning_rate") and (field == "schedule" or random.random() < 0.4):
        return spec_data(random, SCHEDULES, depth + 1) if depth < 4 else {"type": "Constant", "learning_rate": 0.1}
    if field == "schedules":
        return [value_of(random, "schedule", depth) for _ in range(random.randint(1, 4))]
    if field in ("boundaries", "values"):
        drawn = [random.choice(DURATIONS if field == "boundaries" else NUMBERS) for _ in range(random.randint(0, 4))]
        return sorted(drawn, key=str) if random.random() < 0.5 else drawn
    if field == "groups":
        return [group(random) for _ in range(random.randint(0, 2))]
    if field in ("exclude_from_weight_decay", "exclude_layers"):
        return random.sample(PATTERNS, random.randint(0, 3))
    if field == "shape":
        return random.choice(["linear", "cosine", "exponential", "polynomial"])
    if field == "mode":
        return random.choice(["triangular", "triangular2", "exp_range"])
    if "steps" in field or field in ("every", "step_size", "timescale", "ema_overwrite_frequency"):
        return random.choice(DURATIONS)
    if field in ("nesterov", "amsgrad", "use_ema", "staircase", "cycle", "centered", "overlay", "shared_clock"):
        return random.choice([True, False])
    if field == "name":
        return random.choice(["adam", "my_optimizer", "a b"])
    return random.choice(NUMBERS)


def group(random: Random) -> dict[str, Any]:
    """Draw a group of variables."""
    fields = [field for field in ParamGroup.model_fields if random.random() < 0.6]
    return {field: random.choice(PATTERNS if field == "match" else NUMBERS) for field in fields}


def damaged(random: Random, data: Any) -> Any:
    """Change something in the data: a key, a value, or what is around it."""
    if not isinstance(data, dict) or not data:
        return random.choice(HOSTILE)
    key = random.choice(list(data))
    changes: list[Callable[[], Any]] = [
        lambda: data | {key: random.choice(HOSTILE)},
        lambda: data | {key: damaged(random, data[key])},
        lambda: {(misspelled(random, k) if k == key else k): v for k, v in data.items()},
        lambda: {k: v for k, v in data.items() if k != key},
        lambda: data | {random.choice(FOREIGN): random.choice(NUMBERS)},
        lambda: data | {random.choice([1, None, b"x", 1.5, (), "\ud800"]): random.choice(HOSTILE)},
        lambda: {"optimizer": data},
        lambda: [data],
        lambda: {"class_name": data.get("type"), "config": {k: v for k, v in data.items() if k != "type"}},
        lambda: nested(data, random.randint(1, 150)),
        lambda: data | {f"x{i}": i for i in range(random.choice([1, 300]))},
    ]
    return random.choice(changes)()


def misspelled(random: Random, key: Any) -> Any:
    """Exchange, drop or add a letter of the key."""
    if not isinstance(key, str) or not key:
        return key
    i = random.randrange(len(key))
    return random.choice([key[:i] + key[i + 1 :], key[:i] + random.choice(string.printable) + key[i:], key.title()])


def nested(data: Any, depth: int) -> Any:
    """Put the data into ``depth`` warm-ups or lists."""
    for _ in range(depth):
        data = {"type": "Warmup", "warmup_steps": 1, "schedule": data}
    return data


def overrides(random: Random) -> Any:
    """Draw what somebody may pass to ``override``."""
    fields = sorted({field for cls in CLASSES.values() for field in cls.model_fields})
    paths: list[Any] = []
    for _ in range(random.randint(0, 3)):
        parts = [random.choice(fields) for _ in range(random.randint(1, 3))]
        if random.random() < 0.2:
            parts.insert(random.randrange(3), random.choice(["0", "-1", "9", "", "x", "type", "schedules"]))
        paths.append(".".join(parts))
    if random.random() < 0.05:
        return random.choice(HOSTILE)
    return {
        (random.choice(HOSTILE[:3]) if random.random() < 0.02 else path): (
            spec_data(random, SCHEDULES) if random.random() < 0.2 else value_of(random, path.rpartition(".")[2])
        )
        for path in paths
    }
