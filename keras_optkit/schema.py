"""``json_schema``: the schema of a config file, for editors and other checkers."""

from __future__ import annotations

import inspect
import re
from typing import Any

from pydantic import BaseModel

from keras_optkit.specs.groups import ParamGroup
from keras_optkit.specs.optimizers import OptimizerSpec
from keras_optkit.specs.registry import registered
from keras_optkit.specs.schedules import ScheduleSpec


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a config file that holds an optimizer spec.

    It has the ranges, units and duration patterns of all registered specs, including your own, and their docstrings
    as descriptions. Each node must have a ``type``, so that an editor knows its other fields. A schema cannot express
    rules between fields or the syntax of patterns; ``load_spec`` and ``check`` check those.
    """
    definitions: dict[str, Any] = {}
    for kind in (OptimizerSpec, ScheduleSpec):
        specs = registered(kind)
        for cls in specs.values():
            definitions |= _definitions(cls)
        definitions[kind.__name__] = {"oneOf": [_reference(cls) for cls in specs.values()]}
    definitions |= _definitions(ParamGroup)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An optimizer spec of keras_optkit",
        "$ref": f"#/$defs/{OptimizerSpec.__name__}",
        "$defs": definitions,
    }


def _reference(cls: type[BaseModel]) -> dict[str, str]:
    return {"$ref": f"#/$defs/{cls.__name__}"}


def _definitions(cls: type[BaseModel]) -> dict[str, Any]:
    """The schema of ``cls``, and those of other models in its fields, by name."""
    schema: dict[str, Any] = cls.model_json_schema()
    definitions = schema.pop("$defs", {})
    if "type" in schema["properties"]:
        schema["required"] = ["type", *(name for name in schema.get("required", []) if name != "type")]
    schema["description"] = (inspect.getdoc(cls) or "").partition("\n\nAttributes:")[0]
    for name, text in _attributes(cls).items():
        if name in schema["properties"]:
            schema["properties"][name]["description"] = text
    referenced: dict[str, Any] = _with_references(definitions | {cls.__name__: schema})
    return referenced


def _attributes(cls: type[BaseModel]) -> dict[str, str]:
    """The texts of the ``Attributes`` sections of ``cls`` and its bases, by field."""
    texts: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        section = inspect.cleandoc(base.__dict__.get("__doc__") or "").partition("Attributes:\n")[2]
        for name, text in re.findall(r"^    (\w+): (.+(?:\n        .+)*)", section, re.MULTILINE):
            texts[name] = re.sub(r"\s+", " ", text)
    return texts


def _with_references(node: Any) -> Any:
    """``node`` with a reference to all specs of a kind in place of pydantic's marker for the kind."""
    if isinstance(node, dict):
        if "x-kind" in node:
            return {"$ref": f"#/$defs/{node['x-kind']}"} | {key: node[key] for key in ("description",) if key in node}
        return {
            name: _with_references(value)
            for name, value in node.items()
            if not (name == "title" and isinstance(value, str))
        }
    return [_with_references(entry) for entry in node] if isinstance(node, list) else node
