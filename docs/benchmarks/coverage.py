"""How much of what Keras itself writes can be said in specs, counted over the files of the installed Keras.

Run it with ``make coverage-of-keras``. It reads every call of an optimizer or a schedule: in the library, in the
examples of its docstrings (``>>>`` and fenced blocks) and in its tests. Where the values of the arguments can be read
too, it makes the spec, and compares what that builds with what the call itself builds.
"""

from __future__ import annotations

import ast
import textwrap
from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

import keras
from calls import (
    CLASSES,
    MENTIONED,
    Call,
    UnreadError,
    arguments_of,
    calls_in,
    examples_in,
    values_of,
)
from pydantic import ValidationError

from keras_optkit import (
    OptimizerSpec,
    ScheduleSpec,
    build_optimizer,
    build_schedule,
    parse_spec,
)
from keras_optkit.specs.base import Spec
from keras_optkit.specs.registry import find


class Verdict(StrEnum):
    """What became of a call."""

    SAME = "accepted, and builds the same"
    DIFFERENT = "accepted, but builds something else"
    REFUSED = "refused"
    BY_BOTH = "refused, by Keras too"
    INEXPRESSIBLE = "not expressible"
    UNREAD = "values not in the text"


class Judged(NamedTuple):
    """A call in a part of Keras, what became of it, and why."""

    part: str
    where: str
    call: Call
    verdict: Verdict
    reason: str


def judged(call: Call) -> tuple[Verdict, str]:
    """What becomes of ``call``, and why."""
    cls = find(Spec, call.name)
    if cls is None:
        return Verdict.INEXPRESSIBLE, f"no spec for {call.name}"
    try:
        if unknown := arguments_of(call).keys() - cls.model_fields:
            return Verdict.INEXPRESSIBLE, f"no field for {', '.join(sorted(unknown))}"
        spec = spec_of_call(call)
    except UnreadError as error:
        return Verdict.UNREAD, str(error)
    except TypeError as error:
        return Verdict.BY_BOTH, str(error)
    except ValidationError as error:
        reasons = [
            f"{'.'.join(map(str, line['loc']))} {line['msg']}" for line in error.errors()
        ]
        return (Verdict.REFUSED if _is_accepted(call) else Verdict.BY_BOTH), "; ".join(reasons)
    ours = build_schedule(spec) if isinstance(spec, ScheduleSpec) else build_optimizer(spec)
    asked = native(call).get_config()
    if "name" not in values_of(call, native):
        del asked["name"]  # Keras numbers the names that it makes
    built = ours.get_config()
    differing = [key for key in asked if built.get(key) != asked[key]]
    return (Verdict.DIFFERENT if differing else Verdict.SAME), ", ".join(differing)


def spec_of_call(call: Call) -> OptimizerSpec | ScheduleSpec:
    """The spec that says the same as ``call``."""
    return parse_spec({"type": call.name, **values_of(call, spec_of_call)})


def native(call: Call) -> Any:
    """What ``call`` itself makes."""
    return CLASSES[call.name](**values_of(call, native))


def _is_accepted(call: Call) -> bool:
    """Whether Keras accepts ``call``."""
    try:
        native(call)
    except (TypeError, ValueError):
        return False
    return True


def coverage_of(package: Path) -> Iterator[Judged]:
    """Every call in the files of ``package``."""
    for path in sorted(package.rglob("*.py")):
        source, where = path.read_text(encoding="utf-8"), path.relative_to(package)
        if not MENTIONED.search(source):
            continue
        part = "tests" if path.stem.endswith("_test") else "library"
        for call in calls_in(source):
            yield Judged(part, f"{where}:{call.node.lineno}", call, *judged(call))
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and (
                text := ast.get_docstring(node)
            ):
                for call in [
                    call for example in examples_in(text) for call in calls_in(example)
                ]:
                    yield Judged(
                        "docstrings",
                        f"{where}:{getattr(node, 'lineno', 1)}",
                        call,
                        *judged(call),
                    )


PARTS = ("docstrings", "library", "tests")


def table(found: list[Judged]) -> str:
    """The counts, as they stand in docs/comparison.md."""
    counts = Counter((each.verdict, each.part) for each in found)
    rows = [["", *PARTS], ["---"] * (1 + len(PARTS))]
    rows += [[verdict, *(str(counts[verdict, part]) for part in PARTS)] for verdict in Verdict]
    return "\n".join(
        "|" + "|".join(f" {cell} " if cell.strip("-") else cell or " " for cell in row) + "|"
        for row in rows
    )


def main() -> None:
    """Print the counts, and each reason for which calls are not accepted, with the first of these calls."""
    found = list(coverage_of(Path(keras.__file__).parent / "src"))
    print(
        f"Keras {keras.__version__}, {len(found)} calls of optimizers and schedules:\n\n{table(found)}\n"
    )
    others: dict[tuple[Verdict, str], list[Judged]] = {}
    for each in found:
        if each.verdict is not Verdict.SAME:
            others.setdefault((each.verdict, each.reason), []).append(each)
    for (verdict, reason), calls in sorted(others.items()):
        shown = textwrap.shorten(ast.unparse(calls[0].call.node), 90)
        print(f"{len(calls):3} x {verdict}: {reason}\n      {calls[0].where}: {shown}")


if __name__ == "__main__":
    main()
