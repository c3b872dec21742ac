"""The benchmarks measure beside what is installed, and the table in docs/speed.md is theirs."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "speed.md").read_text(encoding="utf-8")


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(DOCS / "benchmarks"))
    return importlib.import_module


def cells(block: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines() if line[:1] == "|"]


def test_the_table_in_the_docs_has_the_rows_that_are_measured(module: Any) -> None:
    bench = module("bench")
    (block,) = bench.BLOCK.findall(PAGE)
    header, _, *rows = cells(block)
    expected = [
        (what if not number else "", peer, "" if aim is None else str(aim))
        for what, peers, _ in bench.FIGURES
        for number, (peer, aim) in enumerate(peers.items())
    ]
    assert header == ["what", "here", "beside", "ratio", "aim"]
    assert [(what, peer, aim) for what, _, peer, _, aim in rows] == expected
    # Each was measured, in one run on one machine.
    assert all(re.match(r"[\d.,/]+", ratio) for *_, ratio, _ in rows)
    assert block.count("Measured on ") == 1


def test_the_command_writes_between_the_marks_and_nothing_else(
    module: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench, timing = module("bench"), module("timing")
    page = tmp_path / "speed.md"
    page.write_text("before\n<!-- written by make bench -->\nold\n<!-- end -->\nafter\n")
    measured = timing.Measured("3 ms", {"one": "1.5"})
    figure = timing.Figure("`it`", {"one": 1.25, "another": None}, lambda: measured)
    monkeypatch.setattr(bench, "PAGE", page)
    monkeypatch.setattr(bench, "FIGURES", [figure])
    for _ in range(2):
        bench.main()
        before, block, after = re.split(r"<!-- .* -->\n", page.read_text())
        assert (before, after) == ("before\n", "after\n")
        assert cells(block)[2:] == [
            ["`it`", "3 ms", "one", "1.5", "1.25"],
            ["", "", "another", "not installed", ""],
        ]


def test_what_is_not_installed_is_left_out_and_the_others_are_measured(
    module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    validating = module("validating")
    monkeypatch.setattr(validating, "TIMES", 20)
    monkeypatch.setitem(sys.modules, "msgspec", None)
    (figure,) = validating.FIGURES
    _, ratios = figure.measure()
    assert "pydantic, types only" in ratios
    assert "msgspec, types only" not in ratios
    assert ratios.keys() <= figure.peers.keys()


def test_actions_take_turns_and_the_ratio_is_that_of_a_unit_within_a_round(
    module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    timing, clock, calls = module("timing"), [0.0], []
    monkeypatch.setattr(timing, "cpu_seconds", lambda: clock[0])

    def action(name: str, seconds: float, units: int) -> Any:
        def run() -> None:
            calls.append(name)
            # The machine gets slower all the time, for both alike.
            clock[0] += seconds * (1 + len(calls) // 2)

        return timing.Action(run, units)

    measured = timing.compared(action("ours", 6.0, 2), {"peer": action("peer", 4.0, 4), "no": None}, rounds=4)
    assert calls == ["ours", "peer"] * 5
    assert measured.ratios.keys() == {"peer"}
    assert measured.ratios["peer"].startswith(("2", "3"))


@pytest.mark.parametrize(
    ("number", "text"), [(1.0349, "1.03"), (27.13, "27.1"), (0.5, "0.5"), (0.04, "1/25"), (1.77e-5, "1/56,500")]
)
def test_a_ratio_has_three_digits_and_a_small_one_is_a_fraction(module: Any, number: float, text: str) -> None:
    assert module("timing").short(number) == text
