"""Right values, and values that nobody should pass."""

from __future__ import annotations

import datetime
import decimal
import fractions
import math
from typing import Any

import numpy as np

NUMBERS: list[Any] = [0.1, 1e-3, 0.9, 0.5, 1.0, 2, 3, 0, 10, 1000, 1e-7, "1e-3", "0.9", 1e4, 25]
DURATIONS: list[Any] = [1, 10, 1000, "20 epochs", "5%", "95%", "100%", "2.5 epochs", "1 epoch", 0, "0%", 2.0, "7 steps"]
PATTERNS: list[Any] = ["bias_and_norm", "embeddings", "head", "bias$", r"block_(\d+)", "a|b", "^x/"]
HOSTILE: list[Any] = [
    None, True, False, -1, -0.0, 1.5, math.nan, math.inf, -math.inf, 5e-324, 1e308, 10**400, -(10**5000),
    2**53 + 1, "", " ", "nan", "inf", "None", "null", "auto", "1" * 5000, "1e999999999",
    "9" * 400 + " epochs", "-5%", "5 %%", "5 min", "1_000", "0x10", "\ud800", "\x00", "ü" * 300, "(" * 500,
    "(a+)+$", "[" * 50, "x{100000}", "(?P<a>x)(?P=a)", [], {}, (), [[[[[]]]]], [0.1, 0.01], [30, 60],
    {"type": "Adam"}, {"type": "CosineDecay"}, {"type": None}, {"class_name": "Adam", "config": {}}, {1: 2},
    {None: None}, b"Adam", bytearray(b"x"), {1, 2}, frozenset(), decimal.Decimal("1e-400"),
    decimal.Decimal("NaN"), decimal.Decimal("0.1"), fractions.Fraction(1, 3), 1j, np.float32(0.1),
    np.float64("nan"), np.int64(7), np.bool_(True), np.array(0.1), np.array([0.1, 0.2]), np.zeros((2, 2)),
    datetime.date(2020, 1, 1), datetime.timedelta(days=1), Ellipsis, NotImplemented, object(), int, len,
    range(3), dict,
]  # fmt: skip
FOREIGN = [
    "lr",
    "betas",
    "eps",
    "decay",
    "warmup_steps",
    "class_name",
    "config",
    "name",
    "params",
    "T_max",
    "steps",
    "_target_",
]
