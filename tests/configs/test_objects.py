"""What is configured is saved, restored, copied and retired; what is wrong changes nothing."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from accounts.enums import Role
from accounts.models import Team
from accounts.principal import Principal
from configs.content import (
    AgentContent,
    Content,
    InstructionContent,
    ModelContent,
    PromptContent,
    ToolRule,
    ToolRulesContent,
    hash_content,
)
from configs.domain.objects import (
    copy_object,
    read_fields,
    restore_version,
    retire_object,
    unretire_object,
)
from configs.kinds import KINDS, list_columns
from configs.models import Agent, ConfigVersion, Prompt, ToolRules
from configs.queries import list_labels, list_versions, read_content
from events.errors import Conflict, DomainError, Invalid, NotFound
from events.models import AuditEntry, Event
from tests.configs.acts import add_to, read_state, refuse, save
from tests.configs.test_content import WHOLE
from tests.factories import (
    change_config,
    make_config,
    make_owner,
    make_principal,
    make_team,
    make_user,
    put_label,
)
from tests.support.concurrency import run_together

SECRET_WORD = "zanzibar"
PROMPT = PromptContent(name="Review", body=f"Say {SECRET_WORD}.")


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def editor(team: Team) -> Principal:
    return make_principal(make_user(team, Role.EDITOR))


pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_everything_is_saved_with_its_first_version(team: Team, editor: Principal, kind: str) -> None:
    fields = {**WHOLE[kind]}
    if kind == "agent":
        fields["prompt"] = make_config(team, PromptContent(name="P")).pk
        fields["model"] = make_config(None, ModelContent(provider="p", identifier="m")).pk
    content = read_fields(kind, fields)
    saved = save(editor, team, content, note="  The first. ")
    row, version = saved.row, saved.version
    assert (saved.is_new, saved.is_changed) == (True, True)
    row.refresh_from_db()
    assert (row.version, row.latest, row.created_by, row.team) == (1, version, editor.user, team)
    assert {name: getattr(row, name) for name in list_columns(content)} == list_columns(content)
    assert read_content(row) == content
    assert ConfigVersion.objects.filter(object_id=row.pk).values().get() == {
        "id": version.pk,
        "kind": kind,
        "object_id": row.pk,
        "team_id": team.pk,
        "number": 1,
        "content": content.write(),
        "content_hash": hash_content(content),
        "note": "The first.",
        "author_kind": "user",
        "author_id": editor.user.pk,
        "author_label": str(editor.user),
        "door": "api",
        "based_on": None,
        "created_at": row.created_at,
    }


def test_a_save_makes_the_next_version_and_the_columns_follow(team: Team, editor: Principal) -> None:
    first = save(editor, team, AgentContent(name="a", mode="primary"))
    changed = AgentContent(name="b", mode="subagent", is_hidden=True, description="Reads.")
    second = save(editor, team, changed, first.row, note="Renamed.")
    assert (second.is_new, second.is_changed, second.version.number) == (False, True, 2)
    row = Agent.objects.get()
    assert (row.name, row.key, row.mode, row.is_hidden, row.version) == ("b", "b", "subagent", True, 2)
    assert row.changed_at > row.created_at
    assert list(list_versions(row).values_list("number", "note", "based_on")) == [
        (2, "Renamed.", 1),
        (1, "", None),
    ]
    assert read_content(row, 1) == AgentContent(name="a", mode="primary")


def test_the_same_content_again_makes_no_version(team: Team, editor: Principal) -> None:
    row = save(editor, team, PROMPT).row
    logged = AuditEntry.objects.count(), Event.objects.count()
    before = read_state()
    again = save(editor, team, replace(PROMPT, body=PROMPT.body), row, note="Again.")
    assert (again.row, again.version, again.is_new, again.is_changed) == (row, row.latest, False, False)
    assert read_state() == before
    assert (AuditEntry.objects.count(), Event.objects.count()) == logged


def test_the_log_names_versions_and_hashes_and_never_says_what_they_hold(
    team: Team, editor: Principal
) -> None:
    row = save(editor, team, PROMPT).row
    row = save(editor, team, replace(PROMPT, body=f"{SECRET_WORD}!"), row, note=f"{SECRET_WORD}?").row
    restore_version(principal=editor, kind="prompt", object_id=row.pk, number=1, expected_version=2)
    retire_object(principal=editor, kind="prompt", object_id=row.pk)
    unretire_object(principal=editor, kind="prompt", object_id=row.pk)
    hashes = list(list_versions(row).order_by("number").values_list("content_hash", flat=True))
    entries = AuditEntry.objects.filter(subject_id=row.pk).order_by("n")
    said = {"team": team.pk, "name": "Review"}
    assert list(entries.values_list("verb", "before", "after")) == [
        ("config.save", {}, {**said, "version": 1, "content_hash": hashes[0]}),
        (
            "config.save",
            {"version": 1, "content_hash": hashes[0]},
            {**said, "version": 2, "content_hash": hashes[1]},
        ),
        (
            "config.save",
            {"version": 2, "content_hash": hashes[1]},
            {**said, "version": 3, "content_hash": hashes[0]},
        ),
        (
            "config.retire",
            {"labels": {}},
            {**said, "version": 3, "content_hash": hashes[2], "reason": ""},
        ),
        ("config.restore", {}, {**said, "version": 3, "content_hash": hashes[2]}),
    ]
    events = Event.objects.filter(subject_id=row.pk).order_by("seq")
    words = {"kind": "prompt", "name": "Review"}
    assert list(events.values_list("kind", "topic", "audience", "subject_kind", "words")) == [
        (f"config.{kind}", "configs", f"team:{team.pk}", "prompt", {**words, "version": version})
        for kind, version in [("saved", 1), ("saved", 2), ("saved", 3), ("retired", 3), ("restored", 3)]
    ]
    log = json.dumps([list(AuditEntry.objects.values("text")), list(Event.objects.values("words"))])
    assert SECRET_WORD not in log


def test_what_is_everybodys_is_told_to_owners() -> None:
    owner = make_principal(make_owner())
    row = save(owner, None, PROMPT).row
    assert list(Event.objects.filter(subject_id=row.pk).values_list("audience", flat=True)) == ["owners"]


# Conflicts ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("expected", [None, 0, 1, 3])
def test_of_two_editors_the_second_is_shown_that_it_was_changed(
    team: Team, editor: Principal, expected: int | None
) -> None:
    row = make_config(team, PROMPT)
    change_config(row, replace(PROMPT, body="second"))
    mine = replace(PROMPT, body="mine")
    error = refuse("stale_version", partial(save, editor, team, mine, row, expected_version=expected))
    assert isinstance(error, Conflict)
    assert error.facts == {"version": 2}


@pytest.mark.django_db(transaction=True)
def test_many_saves_at_once_make_one_version(team: Team) -> None:
    row = make_config(team, PROMPT)
    editors = [make_principal(make_user(team, Role.EDITOR)) for _ in range(4)]

    def attempt(editor: Principal) -> str:
        try:
            save(editor, team, replace(PROMPT, body=editor.user.pk), row)
        except Conflict as error:
            return error.code
        return "saved"

    results = run_together([partial(attempt, editor) for editor in editors])
    assert Counter(results) == {"saved": 1, "stale_version": 3}
    row.refresh_from_db()
    assert (row.version, ConfigVersion.objects.filter(object_id=row.pk).count()) == (2, 2)


@pytest.mark.django_db(transaction=True)
def test_a_name_is_taken_once_however_many_want_it_at_once(team: Team) -> None:
    owner, other = make_principal(make_owner()), make_team()
    editors = [(make_principal(make_user(whose, Role.EDITOR)), whose) for whose in (team, team, other)]

    def attempt(principal: Principal, whose: Team | None) -> str:
        try:
            save(principal, whose, AgentContent(name="wanted"))
        except Conflict as error:
            return error.code
        return "saved"

    results = run_together([partial(attempt, *pair) for pair in [*editors, (owner, None)]])
    owners = set(Agent.objects.values_list("team_id", flat=True))
    # Everybody's, or that of either team: never both, and never twice in one team.
    assert owners in ({None}, {team.pk}, {other.pk}, {team.pk, other.pk})
    assert Counter(results)["saved"] == len(owners) == Agent.objects.count()


def test_names_are_unique_among_live_ones_of_a_team_and_everybodys(team: Team, editor: Principal) -> None:
    owner, other = make_principal(make_owner()), make_team()
    agent = AgentContent(name="reviewer")
    row = save(editor, team, agent).row
    refuse("name_taken", partial(save, editor, team, agent))
    refuse("name_taken", partial(save, owner, None, agent))
    second = save(editor, team, AgentContent(name="writer")).row
    refuse("name_taken", partial(save, editor, team, agent, second))
    make_config(other, agent)
    make_config(team, InstructionContent(name="reviewer"))
    retire_object(principal=editor, kind="agent", object_id=row.pk)
    save(editor, team, agent)
    refuse("name_taken", partial(unretire_object, principal=editor, kind="agent", object_id=row.pk))


def test_a_model_is_known_by_its_provider_and_identifier(team: Team, editor: Principal) -> None:
    model = ModelContent(provider="p", identifier="m", name="One")
    save(editor, team, model)
    save(editor, team, replace(model, provider="q"))
    refuse("name_taken", partial(save, editor, team, replace(model, name="Other")))


def test_a_team_has_rules_of_its_own_beside_everybodys(team: Team, editor: Principal) -> None:
    make_config(None, ToolRulesContent())
    save(editor, team, ToolRulesContent(rules=(ToolRule("bash", "*", "ask"),)))
    assert sorted(ToolRules.objects.values_list("rule_count", flat=True)) == [0, 1]
    refuse("name_taken", partial(save, editor, team, ToolRulesContent()))


# Bad input ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (PromptContent(name="P", body="x" * 5_000_000), "body"),
        (PromptContent(name="P", body="a\x00b"), "body"),
        (AgentContent(name="../etc/passwd"), "name"),
        (AgentContent(name="a.b"), "name"),
        (AgentContent(name="a", mode="sandbox_agent"), "mode"),
        (AgentContent(name="a", rules=(ToolRule("bash", "*", "maybe"),)), "rules.0.action"),
    ],
)
def test_what_is_wrong_is_refused_whoever_made_the_content(
    team: Team, editor: Principal, content: Content, field: str
) -> None:
    error = refuse("invalid", partial(save, editor, team, content))
    assert isinstance(error, Invalid)
    assert error.facts == {"field": field}


def test_fields_of_a_wrong_kind_are_refused() -> None:
    with pytest.raises(NotFound):
        read_fields("robot", {})
    with pytest.raises(Invalid) as caught:
        read_fields("agent", {"name": "a", "robot": 1})
    assert (caught.value.message, caught.value.facts) == (
        "robot: there is no such field.",
        {"field": "robot"},
    )


def test_a_note_that_can_not_be_stored_is_refused(team: Team, editor: Principal) -> None:
    for note in ("x" * 4001, "a\x00"):
        refuse("invalid", partial(save, editor, team, PROMPT, note=note))


def test_agents_use_what_is_live_of_their_team_or_everybodys(team: Team, editor: Principal) -> None:
    own, shared = make_config(team, PROMPT), make_config(None, PromptContent(name="Shared"))
    foreign = make_config(make_team(), PROMPT)
    retired = make_config(team, PromptContent(name="Old"))
    retire_object(principal=editor, kind="prompt", object_id=retired.pk)
    model = make_config(None, ModelContent(provider="p", identifier="m"))
    agent = AgentContent(name="a")
    row = save(editor, team, replace(agent, prompt=own.pk, model=model.pk)).row
    row = save(editor, team, replace(agent, prompt=shared.pk), row).row
    for wrong in (foreign.pk, retired.pk, model.pk, "0" * 15):
        error = refuse("invalid", partial(save, editor, team, replace(agent, prompt=wrong), row))
        assert error.facts == {"field": "prompt"}
    owner = make_principal(make_owner())
    error = refuse("invalid", partial(save, owner, None, AgentContent(name="b", prompt=own.pk)))
    assert error.facts == {"field": "prompt"}
    row.refresh_from_db()
    assert (row.prompt, row.model) == (shared, None)


# Restore, copy, retire ------------------------------------------------------------------------------------


def test_a_restored_version_is_a_new_one(team: Team, editor: Principal) -> None:
    row = make_config(team, PROMPT)
    row = change_config(row, replace(PROMPT, body="second", name="Other"))
    saved = restore_version(principal=editor, kind="prompt", object_id=row.pk, number=1, expected_version=2)
    assert (saved.version.number, saved.version.based_on, saved.version.note) == (3, 1, "Restored version 1.")
    assert (read_content(saved.row), saved.row.name) == (PROMPT, "Review")
    act = partial(restore_version, principal=editor, kind="prompt", object_id=row.pk)
    refuse("stale_version", partial(act, number=2, expected_version=2))
    refuse("not_found", partial(act, number=9, expected_version=3))
    refuse("not_found", partial(act, number=-1, expected_version=3))
    refuse("not_found", partial(act, number=10**20, expected_version=3))


def test_a_copy_says_the_same_under_a_free_name(team: Team, editor: Principal) -> None:
    shared = make_config(None, AgentContent(name="reviewer", description="Reads."))
    first = copy_object(principal=editor, kind="agent", object_id=shared.pk, team=team)
    second = copy_object(principal=editor, kind="agent", object_id=shared.pk, team=team)
    named = copy_object(principal=editor, kind="agent", object_id=first.row.pk, team=team, name="mine")
    assert [saved.row.name for saved in (first, second, named)] == ["reviewer-2", "reviewer-3", "mine"]
    assert read_content(named.row) == AgentContent(name="mine", description="Reads.")
    assert named.version.note == "Copied from reviewer-2, version 1."


def test_a_copy_for_another_team_leaves_what_is_the_first_teams(team: Team, editor: Principal) -> None:
    prompt = make_config(team, PROMPT)
    row = make_config(team, AgentContent(name="a", prompt=prompt.pk, prompt_values={"x": "y"}))
    make_config(team, AgentContent(name="b", prompt=prompt.pk))
    other = make_team()
    both = Principal(editor.user, "api")
    add_to(other, editor.user)
    copied = copy_object(principal=both, kind="agent", object_id=row.pk, team=other)
    assert read_content(copied.row) == AgentContent(name="a")
    within = copy_object(principal=both, kind="agent", object_id=row.pk, team=team)
    assert read_content(within.row) == AgentContent(name="a-2", prompt=prompt.pk, prompt_values={"x": "y"})


def test_nobody_copies_what_they_may_not_read(team: Team) -> None:
    owner = make_principal(make_owner())
    row = make_config(team, PROMPT)
    refuse("refused", partial(copy_object, principal=owner, kind="prompt", object_id=row.pk, team=None))
    stranger = make_principal(make_user(make_team(), Role.EDITOR))
    refuse("not_found", partial(copy_object, principal=stranger, kind="prompt", object_id=row.pk, team=None))


def test_a_retired_one_keeps_its_history_and_loses_its_labels(team: Team, editor: Principal) -> None:
    row = make_config(team, PROMPT, "staging", "mine")
    retire_object(principal=editor, kind="prompt", object_id=row.pk, reason="Not needed.")
    row.refresh_from_db()
    assert (row.is_retired, list_labels(row), list_versions(row).count()) == (True, {"draft": 1}, 1)
    [entry] = AuditEntry.objects.filter(verb="config.retire")
    assert (entry.before, entry.after["reason"]) == ({"labels": {"mine": 1, "staging": 1}}, "Not needed.")
    refuse("retired", partial(save, editor, team, replace(PROMPT, body="x"), row))
    refuse("retired", partial(retire_object, principal=editor, kind="prompt", object_id=row.pk))
    unretire_object(principal=editor, kind="prompt", object_id=row.pk)
    row.refresh_from_db()
    assert (row.is_retired, row.version) == (False, 1)
    refuse("already", partial(unretire_object, principal=editor, kind="prompt", object_id=row.pk))


def test_what_wears_a_protected_label_is_not_retired(team: Team, editor: Principal) -> None:
    row = make_config(team, PROMPT, "production", "staging")
    refuse("labelled", partial(retire_object, principal=editor, kind="prompt", object_id=row.pk))


def test_what_agents_use_is_not_retired(team: Team, editor: Principal) -> None:
    prompt, other = make_config(team, PROMPT), make_config(team, PromptContent(name="Other"))
    agent = make_config(team, AgentContent(name="a", prompt=prompt.pk), "staging")
    retire = partial(retire_object, principal=editor, kind="prompt", object_id=prompt.pk)
    assert refuse("in_use", retire).message == "It is used by a."
    agent = change_config(agent, AgentContent(name="a", prompt=other.pk))
    # The staged version still does.
    refuse("in_use", retire)
    put_label(agent, "staging")
    retire()
    assert Prompt.objects.get(pk=prompt.pk).is_retired


@pytest.mark.django_db(transaction=True)
def test_nothing_comes_to_use_what_is_retired_at_the_same_moment(team: Team) -> None:
    editors = [make_principal(make_user(team, Role.EDITOR)) for _ in range(2)]
    for round_ in range(5):
        prompt = make_config(team, PromptContent(name=f"P{round_}"))

        def attempt(act: Any) -> str:
            try:
                act()
            except DomainError as error:
                return error.code
            return "done"

        agent = AgentContent(name=f"a{round_}", prompt=prompt.pk)
        results = run_together(
            [
                partial(attempt, partial(save, editors[0], team, agent)),
                partial(
                    attempt,
                    partial(retire_object, principal=editors[1], kind="prompt", object_id=prompt.pk),
                ),
            ]
        )
        assert results in (["done", "in_use"], ["invalid", "done"])
