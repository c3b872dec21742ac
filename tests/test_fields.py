"""``keras_optkit.fields``, the public door for a spec of one's own: all that the documents' own schedules need."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest

from keras_optkit import AdamSpec, ScheduleSpec, fields, parse_spec, register_spec, scale_learning_rate

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md")), *sorted(ROOT.glob("docs/examples/*.py"))]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_documents_import_only_public_modules(path):
    imported = re.findall(r"^\s*(?:from|import) (keras_optkit[\w.]*)", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(imported) <= {"keras_optkit", "keras_optkit.fields"}


def test_all_that_it_offers_is_there_once():
    assert sorted(set(fields.__all__)) == fields.__all__
    assert all(hasattr(fields, name) for name in fields.__all__)


def test_its_own_example_runs_and_gives_the_number_beside_it(registry, capsys):
    code = re.search(r"```python\n(.*?)```", fields.__doc__ or "", re.DOTALL)
    assert code
    exec(compile(code[1], "example", "exec", dont_inherit=True), {"__name__": "example"})
    assert capsys.readouterr().out.strip() == code[1].rpartition("# ")[2].strip() == "0.025"


def test_a_spec_of_ones_own_is_checked_scaled_and_read_like_any_other(registry, refusal, refusals):
    @register_spec
    class PlateausSpec(ScheduleSpec):
        rates: fields.Ordered[fields.Rate]
        every: fields.Steps
        floor: fields.RateOrZero = 0.0
        cut: Annotated[float, fields.Range("(0, 0.5]")] = 0.5
        repeats: Annotated[int, fields.Range("[1, 10]")] = 1
        smooth: fields.Flag = False

        def conflicts(self) -> Iterator[fields.Conflict]:
            if self.floor > min(self.rates):
                yield fields.Conflict("floor", "must not be above a rate")

        def value(self, step: Any, xp: Any = np) -> Any:
            index = xp.minimum(step // fields.in_steps(self.every), len(self.rates) - 1)
            return xp.maximum(xp.take(xp.array(self.rates), index), self.floor)

    spec = AdamSpec(learning_rate=PlateausSpec(rates=["0.1", 0.01], every="2 epochs", cut="0.1"))
    assert parse_spec(spec.model_dump()) == spec
    assert scale_learning_rate(spec, 2).learning_rate == PlateausSpec(rates=[0.2, 0.02], every="2 epochs", cut=0.1)
    lines = refusals(PlateausSpec, rates=[], every=0, cut=0.6, repeats=11, smooth=1)
    assert [line.message for line in lines] == [
        "must have at least one entry, received []",
        "must be > 0, received 0",
        "must be in (0, 0.5], received 0.6",
        "must be in [1, 10], received 11",
        "must be true or false, received 1",
    ]
    assert refusal(PlateausSpec, rates=[0.1], every=1, floor=1).path == ("floor",)
