"""``init``: writes a commented file to start from, with all fields of an optimizer and of a schedule."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import wrap
from typing import Any, NamedTuple

from pydantic import ValidationError

from keras_optkit.command_line.output import OK, report, say
from keras_optkit.formats.findings import one_line
from keras_optkit.formats.yaml_scalars import resolved
from keras_optkit.schema import json_schema
from keras_optkit.specs.errors import in_short
from keras_optkit.specs.optimizers import OptimizerSpec
from keras_optkit.specs.registry import registered
from keras_optkit.specs.schedules import ScheduleSpec
from keras_optkit.specs.spelling import canonical
from keras_optkit.specs.value import Value

_WIDTH = 100
_HEAD = """\
# Every field, with its default if it has one. Change what you need, and delete the rest.
# A step is a batch. A duration is a number of steps (1000), of epochs (20 epochs), or a percentage of the run (5%).

"""
_WARMUP = "5%"
_AFTER_WARMUP = "95%"


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command and its arguments."""
    parser = commands.add_parser(
        "init",
        help="write a commented file to start from",
        description="Writes a YAML file with all fields of an optimizer, their defaults, units and ranges.",
    )
    parser.add_argument("optimizer", type=_optimizer, metavar="OPTIMIZER", help="such as adamw")
    parser.add_argument(
        "--schedule",
        type=_schedule,
        metavar="SCHEDULE",
        help="such as cosine; add warmup- in front for a warm-up, as in warmup-cosine",
    )
    parser.add_argument("-o", "--output", type=_yaml_file, metavar="FILE", help="a new .yaml or .yml file")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the file, and return the exit status."""
    text = commented(starting_spec(options.optimizer, options.schedule))
    if options.output is None:
        say(text.rstrip(), sys.stdout)
        return OK
    try:
        with Path(options.output).open("x", encoding="utf-8") as file:  # never overwrite a file
            file.write(text)
    except OSError as error:
        return report(options.output, error)
    say(one_line(options.output), sys.stdout)
    return OK


class Schedule(NamedTuple):
    """A type of schedule, and whether there is a warm-up around it."""

    type: str
    has_warmup: bool = False


def starting_spec(optimizer: str, schedule: Schedule | None) -> OptimizerSpec:
    """The ``optimizer`` with its defaults; a ``schedule`` starts from, or peaks at, the default rate."""
    plain = OptimizerSpec.model_validate({"type": optimizer})
    if schedule is None:
        return plain
    rate = float(str(plain.learning_rate))
    whole = _AFTER_WARMUP if schedule.has_warmup else "100%"
    learning_rate = {"type": schedule.type, **_required(rate, whole)[schedule.type]}
    if schedule.has_warmup:
        learning_rate = {"type": "Warmup", "warmup_steps": _WARMUP, "schedule": learning_rate}
    try:
        return plain.override({"learning_rate": learning_rate})
    except ValidationError:  # Ftrl's rate must not be 0, where most schedules begin or end
        limited = {"type": "Clamp", "schedule": learning_rate, "minimum": rate / 100}
        return plain.override({"learning_rate": limited})


def _required(rate: float, whole: str) -> dict[str, dict[str, Any]]:
    """The required fields by type, for rates up to ``rate``, over the ``whole`` of the run or what is left of it."""
    start = {"initial_learning_rate": rate}
    cosine = {"type": "CosineDecay", **start, "decay_steps": whole}
    return {
        "Clamp": {"schedule": cosine, "minimum": rate / 100},
        "Constant": {"learning_rate": rate},
        "CosineDecay": {**start, "decay_steps": whole},
        "CosineDecayRestarts": {**start, "first_decay_steps": "10%"},
        "Cyclical": {"initial_learning_rate": rate / 10, "maximal_learning_rate": rate, "step_size": "10%"},
        "ExponentialDecay": {**start, "decay_steps": "10%", "decay_rate": 0.7},
        "InverseSqrtDecay": {"peak_learning_rate": rate, "warmup_steps": _WARMUP},
        "InverseTimeDecay": {**start, "decay_steps": "10%", "decay_rate": 0.5},
        "Join": {
            "schedules": [{"type": "Constant", "learning_rate": rate}, {**cosine, "decay_steps": "50%"}],
            "boundaries": ["45%" if whole == _AFTER_WARMUP else "50%"],
        },
        "OneCycle": {"max_learning_rate": rate, "total_steps": whole},
        "PiecewiseConstantDecay": {"boundaries": ["50%", "75%"], "values": [rate, rate / 10, rate / 100]},
        "PolynomialDecay": {**start, "decay_steps": whole},
        "Ramp": {**start, "end_learning_rate": rate / 100, "steps": whole},
        "Staircase": {"schedule": cosine},
        "Warmup": {"warmup_steps": _WARMUP, "schedule": {**cosine, "decay_steps": _AFTER_WARMUP}},
        "WarmupStableDecay": {
            "peak_learning_rate": rate, "warmup_steps": _WARMUP, "decay_steps": "20%", "total_steps": whole,
        },
    }  # fmt: skip


def commented(spec: OptimizerSpec) -> str:
    """``spec`` as YAML, each field under a comment that describes it."""
    definitions = json_schema()["$defs"]
    return _HEAD + "\n".join(_lines(spec, definitions)) + "\n"


def _lines(spec: Value, definitions: dict[str, Any]) -> Iterator[str]:
    definition = definitions[type(spec).__name__]
    for name in type(spec).model_fields:
        text = definition if name == "type" else definition["properties"][name]
        # Only the first paragraph about a type; editors show the rest.
        comment = text.get("description", "").partition("\n\n")[0] if name == "type" else text.get("description", "")
        yield from (f"# {line}" for line in wrap(comment, _WIDTH))
        value = getattr(spec, name)
        if isinstance(value, Value):
            yield f"{name}:"
            yield from (f"  {line}" for line in _lines(value, definitions))
        elif isinstance(value, tuple) and any(isinstance(entry, Value) for entry in value):
            yield f"{name}:"
            for entry in value:
                lines = list(_lines(entry, definitions))
                first = next(number for number, line in enumerate(lines) if not line.startswith("#"))
                yield from (f"  {line}" for line in lines[:first])
                yield f"  - {lines[first]}"
                yield from (f"    {line}" for line in lines[first + 1 :])
        else:
            yield f"{name}: {_scalar(value)}"


def _scalar(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_scalar, value))}]"
    if isinstance(value, str) and re.fullmatch(r"[\w.%][\w.% -]*", value) and resolved(value) is value:
        return value
    return json.dumps(value)


def _optimizer(name: str) -> str:
    return _validated(OptimizerSpec, name)


def _schedule(name: str) -> Schedule:
    """The schedule called ``name``, with or without the word decay; a prefix ``warmup-`` adds a warm-up."""
    types = {canonical(each): each for each in registered(ScheduleSpec)}
    types = {word.replace("decay", ""): each for word, each in types.items()} | types
    if found := types.get(canonical(name)):
        return Schedule(found)
    rest = re.sub(r"^warm[_-]?up[_-]", "", name, flags=re.IGNORECASE)
    found = types.get(canonical(rest)) or _validated(ScheduleSpec, rest)
    return Schedule(found, has_warmup=rest != name and "warmup_steps" not in _required(1, "100%")[found])


def _validated(kind: type[OptimizerSpec] | type[ScheduleSpec], name: str) -> str:
    """The type that ``name`` spells; the error for an unknown name lists all types."""
    try:
        return kind.model_validate({"type": name}).type
    except ValidationError as error:
        raise argparse.ArgumentTypeError(error.errors()[0]["msg"]) from None


def _yaml_file(name: str) -> str:
    if Path(name).suffix.lower() not in (".yaml", ".yml"):
        raise argparse.ArgumentTypeError(f"must end in .yaml or .yml, received {in_short(name)}")
    return name
