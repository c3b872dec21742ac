"""How many examples Hypothesis draws: more in ``make fuzz``, fewer in ``make quick``."""

from __future__ import annotations

import os

from hypothesis import settings

#: For a test that draws 100 as a rule.
EXAMPLES = int(os.environ.get("EXAMPLES", "100"))


def examples(number: int) -> settings:
    """The settings of a test that draws ``number`` of examples as a rule, and in proportion otherwise."""
    return settings(max_examples=max(number * EXAMPLES // 100, 1))
