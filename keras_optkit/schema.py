"""``json_schema``: the schema of a config file, for editors and validators."""

from __future__ import annotations

from typing import Any

from keras_optkit.specs.optimizers import OptimizerSpec


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a config file that holds an optimizer spec.

    It has the ranges, units and duration patterns of all registered specs, including your own, and their docstrings
    as descriptions. It is the schema that pydantic generates for a field of type ``OptimizerSpec`` in your own model.
    A schema cannot express rules between fields or the syntax of patterns; ``load_spec`` and ``check`` validate those.
    It accepts every spelling of ``type``, but numbers only as numbers, while ``load_spec`` also reads strings such as
    ``"1."`` or ``"1e0"``.

    Examples:
        >>> schema = json_schema()
        >>> print(schema["title"])
        An optimizer spec of keras_optkit
        >>> schema["$defs"]["SGDSpec"]["properties"]["nesterov"]["type"]
        'boolean'
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An optimizer spec of keras_optkit",
        **OptimizerSpec.model_json_schema(),
    }
