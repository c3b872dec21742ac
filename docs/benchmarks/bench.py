"""What the package costs, as ratios to other ways, measured side by side in one run.

Run it with ``make bench``. It prints the table and writes it into docs/speed.md. Absolute times depend on the machine;
the ratios are what the package aims at.
"""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import curves
import starting
import training
import validating
from timing import Figure

PAGE = Path(__file__).parents[1] / "speed.md"
BLOCK = re.compile(r"(?<=<!-- written by make bench -->\n).*?(?=<!-- end -->)", re.DOTALL)
FIGURES = [*starting.FIGURES, *validating.FIGURES, *curves.FIGURES, *training.FIGURES]
PACKAGES = [
    "keras",
    "tensorflow",
    "numpy",
    "pydantic",
    "msgspec",
    "attrs",
    "cattrs",
    "chz",
    "jax",
    "optax",
]


def rows(figure: Figure) -> Iterator[str]:
    """The rows of the table for ``figure``, which is measured now."""
    measured = figure.measure()
    for number, (peer, aim) in enumerate(figure.peers.items()):
        what, ours = ("", "") if number else (figure.what, measured.ours)
        ratio = measured.ratios.get(peer, "not installed")
        yield f"| {what} | {ours} | {peer} | {ratio} | {'' if aim is None else aim} |"


def where() -> str:
    """The machine and the versions."""
    text = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    model = re.search(r"model name\s*: (.+)", text)
    versions = ", ".join(f"{name} {installed(name)}" for name in PACKAGES)
    processor = model[1] if model else platform.processor() or platform.machine()
    return (
        f"{processor}, {os.cpu_count()} cores; Python {platform.python_version()}, {versions}."
    )


def installed(package: str) -> str:
    """The version of ``package``."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def main() -> None:
    """Measure everything, and write the table as it grows."""
    table = ["| what | here | beside | ratio | aim |", "|---|---|---|---|---|"]
    print("\n".join(table), flush=True)
    for figure in FIGURES:
        for row in rows(figure):
            print(row, flush=True)
            table.append(row)
    block = "\n".join([f"Measured on {where()}", "", *table, ""])
    PAGE.write_text(
        BLOCK.sub(lambda _: block, PAGE.read_text(encoding="utf-8")), encoding="utf-8"
    )


if __name__ == "__main__":
    main()
