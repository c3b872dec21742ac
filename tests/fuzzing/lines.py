"""A grammar of command lines, right and broken, in a folder with files of every kind."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from fuzzing.documents import CLASSES, OPTIMIZERS, SCHEDULES, misspelled, overrides
from fuzzing.folders import KEY, file_content, fill
from fuzzing.values import DURATIONS

STDIN = "-"


@dataclass
class Line:
    """A command line, and what it means if it is right."""

    command: str
    arguments: list[str] = field(default_factory=list)
    is_right: bool = True
    files: list[str] = field(default_factory=list)
    stdin: bytes = b""
    key: str | None = None
    input_format: str | None = None
    changes: dict[str, Any] = field(default_factory=dict)
    overrides: list[str] = field(default_factory=list)
    run: dict[str, int] = field(default_factory=dict)
    output_format: str = "text"
    output: str | None = None
    is_strict: bool = False


def line(random: Random, folder: Path) -> Line:
    """Draw a command line, and what is in the folder where it runs."""
    keys = fill(random, folder)
    draw = random.choices(list(COMMANDS), COMMANDS.values())[0]
    drawn = draw(random, keys)
    if random.random() < 0.3:
        drawn.is_right, drawn.arguments = False, broken(random, drawn.arguments)
    return drawn


def check(random: Random, keys: dict[str, str | None]) -> Line:
    """Draw a line that checks some files, or all in a directory."""
    drawn = Line("check", is_strict=random.random() < 0.1)
    options = (
        reading(random, drawn, keys, random.choice([1, 1, 1, 2, 3])) + changing(random, drawn) + lasting(random, drawn)
    )
    if random.random() < 0.2:
        drawn.files = [random.choice(["in", ".", "in/deep", "*.json", "in/*", "**/*.y*ml", "[a-c].*", "**", "in/**/*"])]
    if random.random() < 0.6:
        drawn.output_format = random.choice(["text", "json", "github"])
        options.append(option(random, "--output-format", drawn.output_format))
    if drawn.is_strict:
        options.append(["--strict"])
    if random.random() < 0.3:
        options.append([random.choice(["-q", "--quiet", "-v", "--verbose"])])
    return with_arguments(random, drawn, options)


def show(random: Random, keys: dict[str, str | None]) -> Line:
    """Draw a line that shows a file."""
    drawn = Line("show")
    options = reading(random, drawn, keys, 1) + changing(random, drawn) + lasting(random, drawn)
    return with_arguments(random, drawn, options)


def plot(random: Random, keys: dict[str, str | None]) -> Line:
    """Draw a line that plots a file."""
    drawn = Line(
        "plot", output=random.choice(["lr.png", "lr.svg", "in/lr.pdf", "none/lr.png", "lr.docx", "ü\x1b[31m.png"])
    )
    options = reading(random, drawn, keys, 1) + changing(random, drawn) + lasting(random, drawn)
    options.append(option(random, random.choice(["-o", "--output"]), drawn.output))
    return with_arguments(random, drawn, options)


def diff(random: Random, keys: dict[str, str | None]) -> Line:
    """Draw a line that compares two files."""
    drawn = Line("diff")
    key = random.choice(list(keys.values()))
    options = reading(random, drawn, {name: each for name, each in keys.items() if each == key}, 2)
    drawn.files = (drawn.files * 2)[:2]
    if drawn.files == [STDIN, STDIN]:
        drawn.files[0] = "a.json"
    return with_arguments(random, drawn, options)


def init(random: Random, keys: dict[str, str | None]) -> Line:
    """Draw a line that makes a file."""
    drawn = Line("init", files=[random.choice(list(OPTIMIZERS))])
    options = []
    if random.random() < 0.7:
        schedule = random.choice(["", "warmup-", "WarmUp_"]) + random.choice(list(SCHEDULES))
        options.append(option(random, "--schedule", schedule))
    if random.random() < 0.5:
        drawn.output = random.choice(
            ["new.yaml", "b.yaml", "new.YML", "none/new.yaml", "ü \udcff.yml", "new.json", *keys]
        )
        options.append(option(random, random.choice(["-o", "--output"]), drawn.output))
    return with_arguments(random, drawn, options)


def schema(random: Random, keys: dict[str, str | None]) -> Line:
    """The line that prints the schema."""
    return with_arguments(random, Line("schema"), [])


#: How often each is drawn. To plot takes 0.2 seconds; to make a file or the schema 0.1.
COMMANDS: dict[Callable[[Random, dict[str, str | None]], Line], int] = {
    check: 600, show: 200, diff: 150, init: 20, plot: 8, schema: 2,
}  # fmt: skip

Options = list[list[str]]


def option(random: Random, name: str, value: str) -> list[str]:
    """An option and its value, as one argument or as two."""
    if not value.startswith("-") and random.random() < 0.5:
        return [name, value]
    return [f"{name}={value}" if name.startswith("--") else f"{name}{value}"]


def reading(random: Random, drawn: Line, keys: dict[str, str | None], count: int) -> Options:
    """Draw which files are read, and how."""
    known = [
        *keys,
        *random.sample(["missing.yaml", "missing.h5", "in", "empty.json/x.json"], random.choice([0, 0, 0, 1])),
    ]
    drawn.files = random.sample(known, min(count, len(known)))
    drawn.key = keys.get(drawn.files[0])
    if random.random() < 0.15:
        drawn.input_format = random.choice(["json", "yaml", "toml"])
        drawn.stdin, key = file_content(random, drawn.input_format, CLASSES)
        if random.random() < 0.7:
            drawn.files[random.randrange(len(drawn.files))], drawn.key = STDIN, key
    if random.random() < 0.05:
        drawn.key = random.choice(["optimizer", "", "0", "a.b", "learning_rate", "train", KEY, "\udcff", "-", "type"])
    options = [] if drawn.input_format is None else [option(random, "--input-format", drawn.input_format)]
    return options if drawn.key is None else [*options, option(random, "--key", drawn.key)]


def changing(random: Random, drawn: Line) -> Options:
    """Draw what is changed in the spec."""
    changes = overrides(random) if random.random() < 0.25 else {}
    options = []
    for path, value in changes.items() if isinstance(changes, dict) else ():
        try:
            text = json.dumps(value)
        except (TypeError, ValueError):  # values that cannot be written
            continue
        if isinstance(path, str) and path and "=" not in path:
            drawn.changes[path] = json.loads(text)
            is_bare = isinstance(value, str) and value in DURATIONS and " " in value
            change = f"{path}={value if is_bare else text}"
            if drawn.command in ("show", "plot") and not path.startswith("-") and random.random() < 0.5:
                drawn.overrides.append(change)
            else:
                options.append(option(random, "--set", change))
    return options


def lasting(random: Random, drawn: Line) -> Options:
    """Draw how long the run is."""
    for name, values in (("steps_per_epoch", [1, 7, 100, 10**6]), ("epochs", [1, 3, 90, 10**4])):
        if random.random() < 0.6:
            drawn.run[name] = random.choice(values)
    return [option(random, f"--{name.replace('_', '-')}", str(value)) for name, value in drawn.run.items()]


def with_arguments(random: Random, drawn: Line, options: Options) -> Line:
    """The line with its ``options`` in any order, before and after its files."""
    random.shuffle(options)
    if drawn.files:
        # A name may begin like an option. What is behind -- is none, so it comes last.
        dashed = any(name.startswith("-") and name != STDIN for name in drawn.files)
        options.insert(len(options) if dashed else random.randint(0, len(options)), ["--"] * dashed + drawn.files)
    drawn.arguments = [drawn.command, *(argument for each in options for argument in each), *drawn.overrides]
    return drawn


ODD = [
    "", "-", "--", "---", "-x", "--nope", "--set", "--set=", "--set==1", "--key", "--steps-per-epoch=0", "--epochs=-1",
    "--epochs=1.5", "--epochs=\u0663", f"--steps-per-epoch={'9' * 5000}", "--epochs=9007199254740993", "--epochs=x",
    "--steps_per_epoch=3", "--input-format=xml", "--output-format", "-o", "-qv", "--help", "--version", "-h", "*.yaml",
    "**", "**/**/**", "[", "[!", "*a" * 20 + "b", "a" * 5000, "in", ".", "..", "\udcff", "ü" * 300, "\x1b[31m", "\n",
    "a=b", "=", "check", "@a.json", "%s", "{}", "../x.yaml", "../out.png", "x=" + "[" * 5000, "type=" + "1" * 5000,
    "x=1", "learning_rate=\udcff", "type=Adam", "learning_rate.x.y.z=1", "learning_rate=1e999999999", "--set=type",
]  # fmt: skip


def broken(random: Random, arguments: list[str]) -> list[str]:
    """The arguments with one too many or too few, exchanged, misspelled or twice."""
    for _ in range(random.choice([1, 1, 2, 4])):
        i = random.randrange(len(arguments) + 1)
        rest = arguments[i : i + 1]
        arguments = random.choice(
            [
                arguments[:i] + arguments[i + 1 :],
                arguments[:i] + rest * random.choice([2, 20]) + arguments[i + 1 :],
                [*arguments[:i], random.choice(ODD), *arguments[i:]],
                [*arguments[:i], random.choice(ODD), *arguments[i + 1 :]],
                arguments[:i] + [misspelled(random, each) for each in rest] + arguments[i + 1 :],
                random.sample(arguments, len(arguments)),
            ]
        )
    # The disk as a whole is not what a line is tried on.
    return [argument for argument in arguments if not argument.startswith("/")]
