"""``override``: fields of a spec and of what it holds, changed by dotted path and checked like a new spec."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from how_many import examples
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from schedule_strategies import schedule_specs
from strategies import SPEC_STRATEGIES, optimizer_specs

from keras_optkit import (
    AdamSpec,
    AdamWSpec,
    ConstantSpec,
    CosineDecaySpec,
    JoinSpec,
    OneCycleSpec,
    OptimizerSpec,
    ParamGroup,
    PiecewiseConstantDecaySpec,
    SGDSpec,
    WarmupSpec,
)

COSINE = CosineDecaySpec(initial_learning_rate=0.1, decay_steps=1000)
PIECES = PiecewiseConstantDecaySpec(boundaries=[10, 20], values=[0.3, 0.2, 0.1])
GROUPS = [ParamGroup(match="head/"), ParamGroup(match="encoder/", learning_rate_multiplier=0.1)]
SPEC = SGDSpec(learning_rate=COSINE, momentum=0.9, groups=GROUPS)
JOIN = JoinSpec(schedules=[ConstantSpec(learning_rate=0.1), COSINE], boundaries=[500])


def leaves(spec: Any) -> dict[str, Any]:
    """Every value in the dump of ``spec`` by its dotted path; a list is one value."""

    def of(node: Any, path: str) -> dict[str, Any]:
        if not isinstance(node, dict):
            return {path: node}
        return {key: leaf for name in node for key, leaf in of(node[name], f"{path}.{name}".lstrip(".")).items()}

    return of(spec.model_dump(mode="json"), "")


# Fields


@pytest.mark.parametrize(
    ("spec", "changes", "expected"),
    [
        (SPEC, {}, SPEC),
        (SPEC, {"momentum": 0.8}, SPEC.replace(momentum=0.8)),
        (SPEC, {"learning_rate": 0.01}, SPEC.replace(learning_rate=0.01)),
        (SPEC, {"learning_rate.decay_steps": 5}, SPEC.replace(learning_rate=COSINE.replace(decay_steps=5))),
        (SPEC, {"learning_rate": {"type": "constant", "learning_rate": 1}},
         SPEC.replace(learning_rate=ConstantSpec(learning_rate=1))),
        (SPEC, {"learning_rate": ConstantSpec(learning_rate=1)},
         SPEC.replace(learning_rate=ConstantSpec(learning_rate=1))),
        (SPEC, {"groups": []}, SPEC.replace(groups=[])),
        (SPEC, {"groups.0.match": "tail/"}, SPEC.replace(groups=[ParamGroup(match="tail/"), GROUPS[1]])),
        (SPEC, {"groups.1": {"match": "a"}}, SPEC.replace(groups=[GROUPS[0], ParamGroup(match="a")])),
        (PIECES, {"values.0": 0.4, "boundaries.1": 30},
         PiecewiseConstantDecaySpec(boundaries=[10, 30], values=[0.4, 0.2, 0.1])),
        (JOIN, {"schedules.1.decay_steps": "5%", "boundaries.0": "2 epochs"},
         JoinSpec(schedules=[JOIN.schedules[0], COSINE.replace(decay_steps="5%")], boundaries=["2 epochs"])),
        (WarmupSpec(schedule=COSINE, warmup_steps=9), {"schedule.decay_steps": 5, "warmup_steps": "1%"},
         WarmupSpec(schedule=COSINE.replace(decay_steps=5), warmup_steps="1%")),
    ],
)  # fmt: skip
def test_a_path_changes_what_it_leads_to_and_nothing_else(spec, changes, expected):
    assert spec.override(changes) == expected


def test_values_are_read_as_in_a_new_spec():
    changes = {"momentum": "0.5", "learning_rate.decay_steps": "10 Epoch", "groups.0.learning_rate_multiplier": "2"}
    spec = SPEC.override(changes)
    assert spec.momentum == 0.5
    assert spec.learning_rate == COSINE.replace(decay_steps="10 epochs")
    assert spec.groups[0].learning_rate_multiplier == 2.0


@pytest.mark.parametrize("cls", SPEC_STRATEGIES)
def test_the_values_that_a_spec_has_change_nothing(cls):
    @examples(15)
    @given(SPEC_STRATEGIES[cls])
    def holds(spec):
        again = spec.override(leaves(spec))
        assert again == spec
        assert type(again) is cls

    holds()


def test_the_original_stays_as_it_was():
    before = SPEC.model_dump()
    assert SPEC.override({"learning_rate.type": "Constant", "learning_rate.learning_rate": 1, "groups": []}) != SPEC
    assert SPEC.model_dump() == before
    assert SPEC.learning_rate is COSINE


def test_the_changes_stay_as_they_were():
    changes = {"learning_rate": {"type": "constant", "learning_rate": 1}, "momentum": 0.5}
    SPEC.override(changes)
    assert changes == {"learning_rate": {"type": "constant", "learning_rate": 1}, "momentum": 0.5}


# Types


def test_another_type_drops_the_other_fields_of_its_node_and_of_no_other():
    spec = SPEC.override({"learning_rate.type": "OneCycle", "learning_rate.max_learning_rate": 1})
    assert spec == SPEC.replace(learning_rate=OneCycleSpec(max_learning_rate=1))
    assert SPEC.override({"type": "adam"}) == AdamSpec()
    assert SPEC.override({"type": "adamw", "beta_1": 0.8}) == AdamWSpec(beta_1=0.8)


@pytest.mark.parametrize("name", ["SGD", "sgd", "S_G_D"])
def test_the_same_type_drops_nothing(name):
    assert SPEC.override({"type": name, "momentum": 0.5}) == SPEC.replace(momentum=0.5)


def test_a_type_makes_a_node_out_of_a_number():
    changes = {"learning_rate.type": "cosine_decay", "learning_rate.initial_learning_rate": 0.1}
    assert SGDSpec().override({**changes, "learning_rate.decay_steps": 1000}) == SGDSpec(learning_rate=COSINE)


def test_a_type_in_a_list_changes_that_entry():
    changes = {"schedules.0.type": "Cosine_Decay", "schedules.0.initial_learning_rate": 0.1}
    assert JOIN.override({**changes, "schedules.0.decay_steps": 1000}) == JOIN.replace(schedules=[COSINE, COSINE])


NESTED = {
    "type": "AdamW",
    "learning_rate.type": "Warmup",
    "learning_rate.warmup_steps": 5,
    "learning_rate.schedule.type": "Constant",
    "learning_rate.schedule.learning_rate": 0.1,
}


@pytest.mark.parametrize("spec", [SPEC, AdamSpec(), AdamWSpec(learning_rate=COSINE)], ids=lambda spec: spec.type)
def test_the_order_of_the_changes_does_not_count(spec):
    expected = AdamWSpec(learning_rate=WarmupSpec(schedule=ConstantSpec(learning_rate=0.1), warmup_steps=5))
    results = {spec.override(dict(order)) for order in permutations(NESTED.items())}
    assert results == {expected}


@examples(100)
@given(st.data(), optimizer_specs(), optimizer_specs())
def test_the_values_of_another_spec_in_any_order_make_that_spec(data, spec, other):
    changes = data.draw(st.permutations(list(leaves(other).items())))
    assert spec.override(dict(changes)) == other


@examples(50)
@given(schedule_specs(), schedule_specs())
def test_a_schedule_becomes_any_other_schedule(spec, other):
    assert spec.override(leaves(other)) == other


def test_a_whole_node_and_a_field_of_it_can_be_changed_together_in_either_order():
    changes = {"learning_rate": {"type": "constant", "learning_rate": 1}, "learning_rate.learning_rate": 2}
    expected = SGDSpec(learning_rate=ConstantSpec(learning_rate=2))
    assert SGDSpec().override(changes) == expected
    assert SGDSpec().override(dict(reversed(changes.items()))) == expected


def test_a_node_that_is_given_as_a_spec_has_fields_too():
    changes = {"learning_rate": ConstantSpec(learning_rate=1), "learning_rate.learning_rate": 2}
    assert SGDSpec().override(changes) == SGDSpec(learning_rate=ConstantSpec(learning_rate=2))


# Mistakes

NO_FIELDS = "has no fields, received 5"
NO_SCHEDULE = "has no fields, received 5; for a schedule, set learning_rate.type too"
BARE = "must not be a bare float, received 0.5; write '0.5 epochs', or '50%' of the run"
UNCLOSED = "must be a regular expression, received '('; missing ), unterminated subpattern at position 0"


@pytest.mark.parametrize(
    ("spec", "path", "value", "message"),
    [
        (SPEC, "momentum", 5, "must be in [0, 1), received 5"),
        (SPEC, "momentun", 0.5, "unknown field; did you mean 'momentum'?"),
        (SPEC, "learning_rate.decay_stepz", 5, "unknown field; did you mean 'decay_steps'?"),
        (SPEC, "learning_rate.decay_steps", 0.5, BARE),
        (SPEC, "learning_rate.alpha", True, "must be a number, not a boolean, received True"),
        (SPEC, "groups.0.match", "", "must not be empty, received ''"),
        (SPEC, "groups.0.match", "(", UNCLOSED),
        (SPEC, "groups.0", "head/", "must be a ParamGroup, or a mapping of its fields, received 'head/'"),
        (SPEC, "groups.2.match", "a", "no such entry, received 'a'; groups has entries 0 to 1"),
        (SPEC, "groups.-1.match", "a", "no such entry, received 'a'; groups has entries 0 to 1"),
        (SPEC, "groups.head.match", "a", "no such entry, received 'a'; groups has entries 0 to 1"),
        (PIECES, "values.3", 1, "no such entry, received 1; values has entries 0 to 2"),
        (SGDSpec(), "learning_rate.decay_steps", 5, f"learning_rate is 0.01 and {NO_SCHEDULE}"),
        (SPEC, "groups.0.match.x", 5, f"groups.0.match is 'head/' and {NO_FIELDS}"),
        (SPEC, "name.x", 5, f"name is None and {NO_FIELDS}"),
        (PIECES, "boundaries.0.x", 5, f"boundaries.0 is 10 and {NO_FIELDS}"),
    ],
)  # fmt: skip
def test_a_wrong_change_is_reported_at_its_path(spec, path, value, message, refusal):
    line = refusal(spec.override, {path: value})
    assert (".".join(map(str, line.path)), line.message) == (path, message)


@pytest.mark.parametrize(
    ("spec", "path", "value", "start"),
    [
        (SPEC, "type", "CosineDecay", "must be an optimizer, received 'CosineDecay'; CosineDecay is a schedule"),
        (COSINE, "type", "SGD", "must be a schedule, received 'SGD'; SGD is an optimizer"),
        (SPEC, "type", None, "must be the name of a type, received None"),
        (SPEC, "learning_rate.type", "Cosine", "unknown schedule, received 'Cosine'; did you mean 'CosineDecay'? "),
        (SPEC, "", 5, "unknown field; SGDSpec has the fields "),
        (SPEC, "learning_rate.", 5, "unknown field; CosineDecaySpec has the fields "),
        (SPEC, "learning_rates.decay_steps", 5, "unknown field, received 5; did you mean 'learning_rate'?"),
        (SPEC, "momentums.x.y", 5, "unknown field, received 5; did you mean 'momentum'?"),
    ],
)
def test_a_path_or_type_that_does_not_exist_is_reported_with_those_there_are(spec, path, value, start, refusals):
    lines = refusals(spec.override, {path: value})
    assert any(line.message.startswith(start) for line in lines), lines
    assert all(".".join(map(str, line.path)) in (path, path.split(".")[0]) for line in lines)


def test_a_group_has_no_type(refusals):
    for name in ("ParamGroup", "None"):
        assert ("groups", 0, "type") in [line.path for line in refusals(SPEC.override, {"groups.0.type": name})]


def test_an_entry_of_an_empty_list_is_refused_in_words_that_make_sense(refusal):
    line = refusal(SGDSpec().override, {"groups.0.match": "a"})
    assert line.message == "no such entry, received 'a'; groups is empty"


def test_rules_between_fields_hold_after_all_changes_and_not_after_each():
    spec = SGDSpec(momentum=0.9, nesterov=True)
    assert spec.override({"momentum": 0, "nesterov": False}) == SGDSpec()
    with pytest.raises(ValidationError, match="has no effect without momentum"):
        spec.override({"momentum": 0})


def test_more_changes_than_anybody_makes_are_refused_at_once(refusals):
    [line] = refusals(SPEC.override, {str(number): 1 for number in range(200_000)})
    assert line.message.startswith("must have at most 1,000 changes, not 200,000")
    with pytest.raises(ValidationError, match="and 980 more mistakes"):
        SPEC.override({str(number): 1 for number in range(1_000)})
    with pytest.raises(ValidationError, match="and 10 more mistakes"):
        SPEC.override({f"momentum.{number}": 1 for number in range(60)})


def test_several_mistakes_are_all_reported(refusals):
    lines = refusals(SPEC.override, {"momentum": 5, "clipnorm": -1, "learning_rate.alpha": 2})
    assert sorted(".".join(map(str, line.path)) for line in lines) == ["clipnorm", "learning_rate.alpha", "momentum"]


@given(
    st.dictionaries(
        st.lists(st.sampled_from([*leaves(SPEC), "x", "0", "", "type", "9" * 5000]), max_size=3).map(".".join),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just([]) | st.just({}),
        max_size=3,
    )
)
def test_any_changes_give_a_spec_or_a_validation_error(changes):
    try:
        assert isinstance(SPEC.override(changes), OptimizerSpec)
    except ValidationError as error:
        lines = error.errors()
    else:
        lines = [{}]
    assert lines
