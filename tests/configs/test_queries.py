"""What people see of what is configured, what uses what, and what a release is made of."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from accounts.enums import Role, Scope
from accounts.models import ApiToken, Team, User
from accounts.principal import Principal
from configs.content import (
    AgentContent,
    ConfigSet,
    InstructionContent,
    ModelContent,
    PromptContent,
    ProviderContent,
    ToolRule,
    ToolRulesContent,
)
from configs.kinds import KINDS
from configs.models import Configured
from configs.policies import can_list_configs, can_read_config, can_see_config
from configs.queries import (
    find_uses,
    get_object,
    get_version,
    list_objects,
    list_readable_objects,
    list_usable,
    list_writable_teams,
    load_labelled,
    read_content,
    read_versions,
)
from events.errors import NotFound
from tests.configs.acts import add_to
from tests.factories import (
    change_config,
    make_config,
    make_owner,
    make_principal,
    make_service,
    make_team,
    make_user,
    put_label,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return make_team()


def ids(rows: Any) -> set[str]:
    return {row.pk for row in rows}


# Who sees what --------------------------------------------------------------------------------------------


def test_members_see_their_teams_and_everybodys_and_owners_all_but_what_it_says(team: Team) -> None:
    own, foreign, shared = (
        make_config(whose, AgentContent(name=name))
        for whose, name in ((team, "own"), (make_team(), "foreign"), (None, "shared"))
    )
    mine, everything = {own.pk, shared.pk}, {own.pk, foreign.pk, shared.pk}
    owner = make_owner()
    member_owner = make_owner()
    add_to(team, member_owner)
    nobody = make_user()
    service = make_service(make_user(team), team)
    cases: list[tuple[User, set[str], set[str]]] = [
        (make_user(team, Role.VIEWER), mine, mine),
        (make_user(team, Role.ADMIN), mine, mine),
        (service, mine, mine),
        (owner, everything, {shared.pk}),
        (member_owner, everything, mine),
        (nobody, set(), set()),
    ]
    for user, seen, read in cases:
        principal = make_principal(user)
        assert ids(list_objects(principal, "agent")) == seen
        assert ids(list_readable_objects(principal, "agent")) == read
        for row in (own, foreign, shared):
            assert can_see_config(principal, row) == (row.pk in seen)
            assert can_read_config(principal, row) == (row.pk in read)
            if row.pk in seen:
                assert get_object(principal, "agent", row.pk) == row
            else:
                with pytest.raises(NotFound):
                    get_object(principal, "agent", row.pk)
    with pytest.raises(NotFound):
        get_object(make_principal(owner), "prompt", own.pk)
    for wrong in ("", "x", "0" * 15, "\x00" * 15):
        with pytest.raises(NotFound):
            get_object(make_principal(owner), "agent", wrong)
    with pytest.raises(NotFound):
        list_objects(make_principal(owner), "robot")


def test_a_token_without_the_scope_sees_nothing(team: Team) -> None:
    row = make_config(team, AgentContent(name="a"))
    token = ApiToken(scopes=[scope for scope in Scope.values if scope != Scope.CONFIGS_READ])
    principal = replace(make_principal(make_user(team, Role.ADMIN)), token=token)
    assert (can_list_configs(principal), can_see_config(principal, row)) == (False, False)
    assert list(list_objects(principal, "agent")) == []


def test_people_write_for_the_teams_they_edit_for(team: Team) -> None:
    other = make_team()
    user = make_user(team, Role.APPROVER)
    add_to(other, user)
    assert list(list_writable_teams(make_principal(user))) == [other]


def test_references_are_of_the_team_and_everybodys_and_live(team: Team) -> None:
    own = make_config(team, PromptContent(name="Own"))
    shared = make_config(None, PromptContent(name="Shared"))
    make_config(make_team(), PromptContent(name="Foreign"))
    retired = make_config(team, PromptContent(name="Old"))
    type(retired).objects.filter(pk=retired.pk).update(retired_at="2026-01-01T00:00:00Z")
    assert list(list_usable("prompt", team.pk)) == [own, shared]
    assert list(list_usable("prompt", None)) == [shared]


# Contents -------------------------------------------------------------------------------------------------


def test_any_version_can_be_read_and_no_other_number(team: Team) -> None:
    row = make_config(team, PromptContent(name="P", body="first"))
    row = change_config(row, PromptContent(name="P", body="second"))
    assert [read_content(row, number) for number in (1, 2, None)] == [
        PromptContent(name="P", body=body) for body in ("first", "second", "second")
    ]
    for number in (0, 3, -1, 2**31, 10**30):
        with pytest.raises(NotFound):
            get_version(row, number)


@pytest.mark.parametrize("count", [1, 3])
def test_contents_of_a_list_take_one_query(team: Team, count: int, django_assert_num_queries: Any) -> None:
    rows = [make_config(team, PromptContent(name=f"P{index}", body="x")) for index in range(count)]
    with django_assert_num_queries(1):
        found = read_versions(rows)
    assert found == {row.pk: PromptContent(name=row.name, body="x") for row in rows}


# Uses -----------------------------------------------------------------------------------------------------


def test_agents_use_prompts_and_models_in_their_latest_or_a_labelled_version(team: Team) -> None:
    prompt = make_config(team, PromptContent(name="P"))
    model = make_config(None, ModelContent(provider="p", identifier="m"))
    uses = AgentContent(name="b", prompt=prompt.pk, model=model.pk)
    now = make_config(team, uses)
    staged = make_config(team, replace(uses, name="a"), "staging")
    staged = change_config(staged, AgentContent(name="a"))
    before = make_config(team, replace(uses, name="before"))
    change_config(before, AgentContent(name="before"))
    gone = make_config(team, replace(uses, name="gone"))
    type(gone).objects.filter(pk=gone.pk).update(retired_at="2026-01-01T00:00:00Z")
    make_config(team, AgentContent(name="other"))
    assert find_uses(prompt) == find_uses(model) == [staged, now]


def test_uses_of_what_is_everybodys_are_shown_to_who_sees_them(team: Team) -> None:
    model = make_config(None, ModelContent(provider="p", identifier="m"))
    own = make_config(team, AgentContent(name="own", model=model.pk))
    foreign = make_config(make_team(), AgentContent(name="foreign", model=model.pk))
    assert find_uses(model) == [foreign, own]
    assert find_uses(model, make_principal(make_user(team, Role.VIEWER))) == [own]


def test_models_use_providers_and_agents_their_subagents(team: Team) -> None:
    provider = make_config(team, ProviderContent(name="p"))
    model = make_config(team, ModelContent(provider="p", identifier="m"))
    make_config(team, ModelContent(provider="q", identifier="m"))
    make_config(make_team(), ModelContent(provider="p", identifier="m"))
    assert find_uses(provider) == [model]
    called = make_config(team, AgentContent(name="called"))
    caller = make_config(team, AgentContent(name="caller", subagents=("called", "explore")))
    make_config(team, AgentContent(name="open"))
    assert find_uses(called) == [caller]
    assert find_uses(make_config(team, InstructionContent(name="i"))) == []


@pytest.mark.parametrize("count", [1, 150])
def test_uses_take_as_many_queries_however_many_there_are(
    team: Team, count: int, django_assert_num_queries: Any
) -> None:
    prompt = make_config(team, PromptContent(name="P"))
    author = make_user(team, Role.EDITOR)
    for index in range(count):
        make_config(team, AgentContent(name=f"a{index:03}", prompt=prompt.pk), author=author)
    with django_assert_num_queries(1):
        assert len(find_uses(prompt)) == count


# What a release is made of --------------------------------------------------------------------------------


def test_a_release_takes_what_is_labelled_of_the_team_and_of_everybody(team: Team) -> None:
    foreign = make_team()
    rows: dict[str, Configured] = {}
    contents: dict[str, Any] = {
        "prompt": PromptContent(name="P", body="live"),
        "instruction": InstructionContent(name="i", body="live"),
        "provider": ProviderContent(name="p"),
        "model": ModelContent(provider="p", identifier="m", name="M"),
        "agent": AgentContent(name="a"),
        "tool_rules": ToolRulesContent(rules=(ToolRule("bash", "*", "ask"),)),
    }
    for kind, content in contents.items():
        rows[kind] = make_config(team, content, "production")
        make_config(foreign, content, "production")
    change_config(rows["prompt"], PromptContent(name="P", body="not yet"))
    make_config(team, AgentContent(name="unlabelled"), "staging")
    shared = make_config(None, ToolRulesContent(), "production")
    loaded = load_labelled(team)
    assert loaded == ConfigSet(
        **{
            KINDS[kind].plural: {rows[kind].pk: content}
            for kind, content in contents.items()
            if kind != "tool_rules"
        },
        tool_rules={shared.pk: ToolRulesContent(), rows["tool_rules"].pk: contents["tool_rules"]},
        versions={
            (row.kind, row.pk): (1, get_version(row, 1).content_hash) for row in [*rows.values(), shared]
        },
        shared=frozenset({shared.pk}),
    )
    assert list(loaded.tool_rules) == [shared.pk, rows["tool_rules"].pk]


def test_everybodys_come_first_and_then_by_key(team: Team) -> None:
    names = [(team, "b"), (None, "z"), (team, "a"), (None, "c"), (team, "a-b"), (team, "a_b")]
    for whose, name in names:
        make_config(whose, AgentContent(name=name), "production")
    assert [agent.name for agent in load_labelled(team).agents.values()] == ["c", "z", "a", "a-b", "a_b", "b"]


def test_draft_is_the_latest_of_everything_live(team: Team) -> None:
    row = make_config(team, AgentContent(name="a"), "production")
    change_config(row, AgentContent(name="b"))
    gone = make_config(team, AgentContent(name="gone"))
    type(gone).objects.filter(pk=gone.pk).update(retired_at="2026-01-01T00:00:00Z")
    assert load_labelled(team, "draft").agents == {row.pk: AgentContent(name="b")}
    assert load_labelled(team, "nothing") == ConfigSet()


@pytest.mark.parametrize("count", [1, 10])
def test_a_release_is_loaded_in_one_query(team: Team, count: int, django_assert_num_queries: Any) -> None:
    author = make_user(team, Role.EDITOR)
    for index in range(count):
        row = make_config(team, AgentContent(name=f"a{index}"), author=author)
        put_label(row, "production")
    with django_assert_num_queries(1):
        assert len(load_labelled(team).agents) == count
    with django_assert_num_queries(len(KINDS)):
        assert len(load_labelled(team, "draft").agents) == count


def test_a_list_takes_as_many_queries_however_long_it_is(team: Team, django_assert_num_queries: Any) -> None:
    principal = make_principal(make_user(team, Role.VIEWER))
    assert principal.team_ids
    for count in (1, 3):
        while list_objects(principal, "agent").count() < count:
            make_config(team, AgentContent(name=f"a{list_objects(principal, 'agent').count()}"))
        with django_assert_num_queries(1):
            assert (
                len([(str(row.team), str(row.created_by)) for row in list_objects(principal, "agent")])
                == count
            )


def test_nothing_of_a_retired_team_is_seen_by_who_was_in_it(team: Team) -> None:
    make_config(team, AgentContent(name="a"))
    user = make_user(team, Role.EDITOR)
    Team.objects.filter(pk=team.pk).update(retired_at="2026-01-01T00:00:00Z")
    assert list(list_objects(Principal(user, "api"), "agent")) == []
