"""What a notebook shows of a spec: what differs from the defaults, and the curve or the reason why there is none."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from strategies import specs

from keras_optkit import (
    AdamSpec,
    AdamWSpec,
    ClampSpec,
    ConstantSpec,
    CosineDecaySpec,
    ExponentialDecaySpec,
    JoinSpec,
    ParamGroup,
    PiecewiseConstantDecaySpec,
    RampSpec,
    ScheduleSpec,
    SGDSpec,
    StaircaseSpec,
    WarmupSpec,
)

COSINE = CosineDecaySpec(initial_learning_rate=0.1, decay_steps="90%")


def texts(spec: Any) -> list[str]:
    """All texts in the HTML of ``spec``, which is well-formed."""
    return [text for text in ElementTree.fromstring(spec._repr_html_()).itertext() if text]


def curve(spec: Any) -> list[tuple[float, float]]:
    """The points of the picture: 320 wide, and 90 high from the top down."""
    (points,) = re.findall(r'points="(.*?)"', spec._repr_html_())
    return [(float(x), float(y)) for x, y in (point.split(",") for point in points.split())]


def test_it_shows_the_fields_that_differ_from_their_defaults():
    spec = AdamWSpec(
        learning_rate=WarmupSpec(schedule=COSINE, warmup_steps="10%"),
        exclude_from_weight_decay=["bias_and_norm"],
        groups=[ParamGroup(match="head", learning_rate_multiplier=10)],
    )
    assert texts(spec)[:19] == [
        *("AdamWSpec", "learning_rate", "WarmupSpec", "schedule", "CosineDecaySpec", "initial_learning_rate", "0.1"),
        *("decay_steps", "'90%'", "warmup_steps", "'10%'", "exclude_from_weight_decay", "('bias_and_norm',)"),
        *("groups[0]", "ParamGroup", "match", "'head'", "learning_rate_multiplier", "10.0"),
    ]
    assert texts(AdamSpec()) == ["AdamSpec", "all fields have their defaults"]


def test_a_row_is_indented_as_deep_as_it_is():
    spec = SGDSpec(learning_rate=ConstantSpec(learning_rate=0.1), groups=[ParamGroup(match="a", weight_decay=0)])
    assert re.findall(r"padding-left:(.*?)em.*?>(.*?)<", spec._repr_html_()) == [
        *(("0.0", "learning_rate"), ("1.5", "learning_rate")),
        *(("0.0", "groups[0]"), ("1.5", "match"), ("1.5", "weight_decay")),
    ]
    assert "padding-left:0.0em" in AdamSpec()._repr_html_()


def test_the_curve_of_steps_goes_a_bit_beyond_its_last_bend():
    ramp = RampSpec(initial_learning_rate=0.2, end_learning_rate=0, steps=100)
    assert curve(ramp)[0] == (0, 0)
    assert curve(ramp)[-1] == (320, 90)
    assert texts(ramp)[-4:] == ["0.2", "0", "0", "step 125"]


def test_the_picture_has_the_curve_its_axes_and_their_ends():
    halved = RampSpec(initial_learning_rate=0.2, end_learning_rate=0.1, steps=2)
    svg = halved._repr_html_().partition("<svg")[2]
    assert '" width="400" height="124" viewBox="-60 -12 400 124" ' in svg  # 320 by 90, and room for the numbers
    assert '<path d="M0 0V90H320" ' in svg
    assert 'points="0,0 160,22.5 320,45"' in svg  # half of the height is half of the highest rate
    assert curve(halved.replace(steps=7))[:3] == [(0, 0), (40, 6.4), (80, 12.9)]  # in tenths
    assert re.findall(r'<text x="(.*?)" y="(.*?)".*?>(.*?)</text>', svg) == [
        *(("-5", "4", "0.2"), ("-5", "90", "0")),
        *(("0", "104", "0"), ("320", "104", "step 3")),
    ]


def test_what_falls_in_one_column_is_drawn_in_its_order():
    dip = PiecewiseConstantDecaySpec(boundaries=[3999, 4000], values=[0.2, 0.02, 0.1])
    column = [y for x, y in curve(dip) if x == 256]
    assert column == [0, 81, 45]


@pytest.mark.parametrize(
    ("spec", "end"),
    [
        (WarmupSpec(schedule=COSINE, warmup_steps="10%"), "end of the run"),
        (StaircaseSpec(schedule=COSINE.replace(decay_steps="20 epochs")), "25 epochs"),
        (PiecewiseConstantDecaySpec(boundaries=["30%", "60%"], values=[0.1, 0.01, 0.001]), "end of the run"),
    ],
)
def test_durations_of_one_unit_are_drawn_for_every_run(spec, end):
    assert texts(spec)[-1] == end
    assert max(x for x, _ in curve(spec)) == 320
    assert min(y for _, y in curve(spec)) == 0


@pytest.mark.parametrize("warmup", [500, "5 epochs"])
def test_durations_of_two_units_are_drawn_once_the_run_is_known(warmup):
    spec = WarmupSpec(schedule=COSINE, warmup_steps=warmup)
    reason = "it depends on the run; call resolve(steps_per_epoch=..., epochs=...) to see it"
    assert texts(spec)[-1] == f"(no curve: {reason})"
    resolved = spec.resolve(steps_per_epoch=100, epochs=30)
    top = min(curve(resolved), key=lambda point: point[1])
    assert top[0] == pytest.approx(320 * 500 / (1.25 * 3200), abs=1)


class FailingSpec(ScheduleSpec):
    """A formula that fails, or overflows."""

    rate: float | None = None

    def value(self, step: Any, xp: Any = np) -> Any:
        if self.rate is None:
            raise RuntimeError("<no> rate")
        return self.rate + 0.0 * step


class SwingSpec(ScheduleSpec):
    """0, then 2, and -2 from step 500 on."""

    def value(self, step: Any, xp: Any = np) -> Any:
        return xp.where(step == 0, 0.0, xp.where(step < 500, 2.0, -2.0))


def test_what_cannot_be_drawn_says_why():
    assert texts(FailingSpec())[-1] == "(no curve: RuntimeError: <no> rate)"
    assert texts(FailingSpec(rate=float("inf")))[-1] == "(no curve: the rate overflows)"


def test_a_rate_of_0_and_a_negative_one_are_drawn():
    assert {y for _, y in curve(FailingSpec(rate=0.0))} == {90}
    assert {y for _, y in curve(FailingSpec(rate=-1.0))} == {90}
    assert [*dict.fromkeys(y for _, y in curve(SwingSpec()))] == [45, 0, 90]  # 0 is in the middle between 2 and -2


def test_text_is_escaped():
    page = AdamSpec(groups=[ParamGroup(match="<script>&")])._repr_html_()
    assert "<script>" not in page
    assert "'&lt;script&gt;&amp;'" in page or "&#x27;&lt;script&gt;&amp;&#x27;" in page


def test_what_is_huge_stays_small():
    rates = np.random.default_rng(0).random(10_001).tolist()
    many = PiecewiseConstantDecaySpec(boundaries=[*range(1, 10_001)], values=rates)
    groups = SGDSpec(groups=[ParamGroup(match=f"layer_{number}", weight_decay=0) for number in range(1000)])
    joined = JoinSpec(schedules=[ConstantSpec(learning_rate=0.1)] * 40, boundaries=[*range(1, 40)])
    for spec in (many, groups, SGDSpec(learning_rate=clamped(40)), joined):
        assert len(spec._repr_html_()) < 20_000


def clamped(times: int) -> ScheduleSpec:
    schedule: ScheduleSpec = ConstantSpec(learning_rate=0.1)
    for _ in range(times):
        schedule = ClampSpec(schedule=schedule, minimum=1e-6)
    return schedule


def test_six_entries_of_a_list_are_shown():
    groups = [ParamGroup(match=str(number)) for number in range(8)]
    names = [f"groups[{number}]" for number in range(6)]
    assert [text for text in texts(SGDSpec(groups=groups[:6])) if "groups" in text] == names
    assert texts(SGDSpec(groups=groups[:6]))[-2:] == ["match", "'5'"]
    assert [text for text in texts(SGDSpec(groups=groups)) if "groups" in text] == [*names, "groups"]
    assert texts(SGDSpec(groups=groups))[-2:] == ["groups", "2 more"]


def test_what_is_nine_deep_is_written_in_one_row():
    assert texts(clamped(8))[16:18] == ["ConstantSpec", "learning_rate"]
    assert texts(clamped(9))[18] == "ConstantSpec(learning_rate=0.1)"


def test_thirty_rows_are_shown():
    groups = [ParamGroup(match=str(number), learning_rate_multiplier=2, weight_decay=0) for number in range(6)]
    spec = AdamWSpec(groups=groups, learning_rate=0.1, weight_decay=0.1, clipnorm=1, beta_1=0.8, epsilon=1e-6)
    page = ElementTree.fromstring(spec.replace(beta_2=0.8)._repr_html_())
    assert len(page.findall(".//tr")) == 30
    assert texts(spec.replace(beta_2=0.8))[-2:] == ["epsilon", "1e-06"]
    one_more = spec.replace(beta_2=0.8, amsgrad=True)._repr_html_()
    assert len(ElementTree.fromstring(one_more).findall(".//tr")) == 31
    assert re.findall(r"padding-left:(.*?)em.*?>(.*?)<", one_more)[-1] == ("0.0", "...")
    assert texts(spec.replace(beta_2=0.8, amsgrad=True))[-2:] == ["...", "1 more"]


def test_it_has_the_colour_of_its_page():
    page = ExponentialDecaySpec(initial_learning_rate=0.1, decay_steps=9, decay_rate=0.5)._repr_html_()
    assert {*re.findall(r'(?:fill|stroke)="(\w+)"', page)} == {"currentColor", "none"}
    assert not re.search(r"(?<!-)color:|#[0-9a-f]{3}", page.replace("&#x27;", ""))


@settings(max_examples=60)
@given(specs())
def test_every_spec_can_be_shown(spec):
    assert texts(spec)[0] == type(spec).__name__
    assert len(spec._repr_html_()) < 20_000
