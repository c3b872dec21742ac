"""A grammar of optimizers as Keras serializes them: right as the Kerases write them, or broken."""

from __future__ import annotations

from random import Random
from typing import Any

from fuzzing.documents import SCHEDULES, damaged
from fuzzing.values import HOSTILE

#: The fields that none of Keras's own optimizers has.
OF_GROUPED = ("exclude_from_weight_decay", "groups")


def keras_form(random: Random, data: Any) -> Any:
    """The ``data`` of a spec as one of the Kerases serializes an object."""
    if not isinstance(data, dict) or not isinstance(data.get("type"), str):
        return data
    name = data["type"]
    config = {key: keras_form(random, marked(random, value)) for key, value in data.items() if key != "type"}
    if name not in SCHEDULES:
        ours = {key: config.pop(key) for key in OF_GROUPED if key in config}
        if any(isinstance(data[key], list) and data[key] for key in ours):
            return of_this_package("grouped", f"Grouped{name}", config | ours | {"treatments": []})
    elif not SCHEDULES[name].mirrors_keras:
        return of_this_package("schedule", "SpecSchedule", {"spec": data})
    module = "keras.optimizers.schedules" if name in SCHEDULES else "keras.optimizers"
    return random.choice(
        [
            {"module": module, "class_name": name, "config": config, "registered_name": None},
            {"class_name": name, "config": config},
            {"class_name": name, "config": config, "shared_object_id": 1},
        ]
    )


def of_this_package(module: str, name: str, config: dict[str, Any]) -> dict[str, Any]:
    """What Keras writes of a class of this package."""
    return {
        "module": f"keras_optkit.runtime.{module}",
        "class_name": name,
        "config": config,
        "registered_name": f"keras_optkit>{name}",
    }


def marked(random: Random, value: Any) -> Any:
    """The value; now and then as Keras writes a tuple, a tensor or an array."""
    if random.random() < 0.9:
        return value
    if isinstance(value, list):
        return {"class_name": "__tuple__", "items": value}
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {"class_name": random.choice(["__tensor__", "__numpy__"]), "config": {"value": value, "dtype": "x"}}
    return value


def broken_form(random: Random, form: Any) -> Any:
    """The form as another class's or an older Keras's, with something around it, or damaged."""
    if not isinstance(form, dict):
        return form
    name, fields = form.get("class_name"), form.get("config")
    config = fields if isinstance(fields, dict) else {}
    legacy = {"lr": 0.1, "decay": random.choice([0, 0.0, 0.004, 1, "x", None])}
    modern = {"is_legacy_optimizer": random.choice([True, False]), "jit_compile": True}
    scale = {"initial_scale": random.choice([2.0**15, 128.0, "x"]), "dynamic_growth_steps": random.choice([2000, None])}
    package = random.choice(["Addons", "Custom", "keras_optkit", "my", ""])
    return random.choice(
        [
            damaged(random, form),
            name,
            str(name).lower(),
            random.choice(HOSTILE),
            {"class_name": name, "config": config | legacy},
            {"class_name": f"Custom>{name}", "config": config | modern},
            {"class_name": f"{package}>{name}", "config": config},
            {"class_name": "LossScaleOptimizer", "config": {"inner_optimizer": form, **scale}},
            {"class_name": "LossScaleOptimizer", "config": {"optimizer": form, "loss_scale": {"config": scale}}},
            {"class_name": "MultiOptimizer", "config": {"optimizers": [form, form]}},
            {"class_name": name, "config": damaged(random, config)},
            {"class_name": name, "config": {key: damaged(random, value) for key, value in config.items()}},
        ]
    )
