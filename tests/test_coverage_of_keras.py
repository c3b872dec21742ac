"""The count of what Keras's own code writes: which calls it reads, how it judges them, and its numbers in the docs."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import pytest

DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(DOCS / "benchmarks"))
    return SimpleNamespace(calls=importlib.import_module("calls"), coverage=importlib.import_module("coverage"))


@pytest.mark.parametrize(
    ("source", "verdict"),
    [
        ("Adam()", "SAME"),
        ("keras.optimizers.SGD(0.1, momentum=-0.1 + 1, nesterov=True)", "SAME"),
        ("rate = 2e-1 / 2\ndef f():\n    return SGD(rate)", "SAME"),
        ("SGD(schedules.PiecewiseConstantDecay([1, 2], [0.3, 0.2, 0.1]), name='mine')", "SAME"),
        ("decay = ExponentialDecay(0.1, decay_steps=10 ** 3, decay_rate=0.9)\nRMSprop(learning_rate=decay)", "SAME"),
        ("SGD(nesterov=True)", "REFUSED"),
        ("SGD(CosineDecay(0.1, 1.0))", "REFUSED"),
        ("SGD(momentum=2.0)", "BY_BOTH"),
        ("SGD(0.1, lr=0.1)", "INEXPRESSIBLE"),
        ("LossScaleOptimizer(SGD())", "INEXPRESSIBLE"),
        ("SGD(rate)", "UNREAD"),
        ("SGD(**config)", "UNREAD"),
        ("SGD(MySchedule(0.1))", "UNREAD"),
        ("rate = 0.1\ndef f(rate):\n    return SGD(rate)", "UNREAD"),
        ("rate = 0.1\nfor rate in rates:\n    SGD(rate)", "UNREAD"),
        ("rate = 0.1\nrate, other = 0.2, 0.3\nSGD(rate)", "UNREAD"),
    ],
)
def test_a_call_is_judged_by_what_its_spec_builds(source: str, verdict: str, scripts: Any) -> None:
    last = max(scripts.calls.calls_in(source), key=lambda call: (call.node.lineno, -call.node.col_offset))
    assert scripts.coverage.judged(last)[0] is scripts.coverage.Verdict[verdict]


def test_the_examples_of_a_docstring_are_its_blocks_and_prompts_without_what_is_no_python(scripts: Any) -> None:
    docstring = """Text with Adam() in it.

    ```python
    ...
    rate = 0.1
    rate := initial /
           (1 + decay)
    SGD(
        rate,
    )
    ```

    >>> for n in range(2):
    ...     Adam(n)
    [Adam(), Adam()]
    """
    assert [example.strip().split("\n") for example in scripts.calls.examples_in(docstring)] == [
        ["...", "rate = 0.1", "SGD(", "    rate,", ")"],
        ["for n in range(2):", "    Adam(n)"],
    ]


def test_the_numbers_in_the_docs_are_those_of_the_keras_that_they_name(scripts: Any) -> None:
    text = (DOCS / "comparison.md").read_text(encoding="utf-8")
    if f"With Keras {keras.__version__} there are" not in text:
        pytest.skip("the docs tell the numbers of another Keras")
    found = list(scripts.coverage.coverage_of(Path(keras.__file__).parent / "src"))
    assert f"there are {len(found)} such calls:\n\n{scripts.coverage.table(found)}\n" in text
