"""A draft held against the past: what it counts, what it never sees, and how it goes on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.enums import Role
from accounts.models import Team, User
from engines.models import Engine
from events.encryption import reveal
from events.errors import Invalid, NotFound, Refused
from governance import replay_books
from governance.calls import judge_content
from governance.content import RequestContent
from governance.domain import replay as replays
from governance.domain.decide import approve_request, deny_request
from governance.domain.replay import (
    REPLAYED_FOR,
    begin_replay,
    find_replay,
    replay_history,
    step_replay,
    summarise,
)
from governance.domain.requests import Wish, create_request
from governance.domain.rules import save_rule
from governance.matching.rules import Effect
from governance.models import PermissionRequest, RuleReplay, RuleVersion, WhitelistAction, WhitelistTarget
from governance.replay_books import ReplayBooks
from governance.rule_drafts import RuleDraft, StoredRow, TargetDraft, read_draft
from governance.rulebooks import RuleContext, build_context
from governance.weighing import judge_by_stored_rules
from tests.factories import (
    make_engine,
    make_principal,
    make_request,
    make_rule,
    make_service,
    make_team,
    make_user,
)
from tests.governance.matching.corpus import read_corpus

pytestmark = pytest.mark.django_db

NONE: dict[str, Any] = {"count": 0, "approved": 0, "denied": 0, "examples": []}


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def engine(team: Team) -> Engine:
    return make_engine(team)


@pytest.fixture
def person(team: Team) -> User:
    return make_user(team)


def draft(value: str = "git status", effect: str = "allow", **values: Any) -> RuleDraft:
    return RuleDraft(name="draft", value=value, effect=effect, **{"directory": "/srv/demo", **values})


def run(person: User, team: Team, rule: RuleDraft, **values: Any) -> RuleReplay:
    replay = begin_replay(principal=make_principal(person), team=team, draft=rule, **values)
    while replay.is_running:
        step_replay(replay)
    replay.refresh_from_db()
    return replay


def changed(*requests: PermissionRequest, approved: int = 0, denied: int = 0) -> dict[str, Any]:
    """Newest first, as they are kept."""
    ids = [request.pk for request in reversed(requests)]
    return {"count": len(ids), "approved": approved, "denied": denied, "examples": ids}


def test_counts_what_would_be_newly_allowed_and_what_people_decided_on_it(
    team: Team, engine: Engine, person: User
) -> None:
    approved, denied = (
        make_request(engine, "git status"),
        make_request(engine, "git status", session_id="ses_2"),
    )
    make_request(engine, "ls -la")
    principal = make_principal(person)
    approve_request(principal=principal, request_id=approved.pk, fingerprint=approved.fingerprint)
    deny_request(principal=principal, request_id=denied.pk, fingerprint=denied.fingerprint)
    assert run(person, team, draft()).result == {
        "looked_at": 3,
        "unchanged": 2 - 1,
        "unread": 0,
        "newly_allowed": changed(approved, denied, approved=1, denied=1),
        "newly_denied": NONE,
        "newly_asked": NONE,
    }


def test_counts_what_would_be_newly_denied_over_the_teams_rules(
    team: Team, engine: Engine, person: User
) -> None:
    make_rule(team, "git *")
    status = make_request(engine, "git status")
    make_request(engine, "git log")
    result = run(person, team, draft(effect="deny")).result
    assert (result["newly_denied"], result["newly_allowed"], result["unchanged"]) == (
        changed(status),
        NONE,
        1,
    )


def test_an_edited_rule_is_held_against_what_it_says_now(team: Team, engine: Engine, person: User) -> None:
    rule = make_rule(team, "git log", directory="/srv/demo")
    log, status = make_request(engine, "git log"), make_request(engine, "git status")
    result = run(person, team, draft(), rule_id=rule.pk).result
    assert (result["newly_allowed"], result["newly_asked"]) == (changed(status), changed(log))


def test_other_teams_requests_and_rules_are_not_looked_at(team: Team, engine: Engine, person: User) -> None:
    other = make_team()
    make_request(make_engine(other), "git status")
    make_rule(other, "git status", "deny")
    own = make_request(engine, "git status")
    replay = run(person, team, draft())
    assert (replay.total, replay.result["looked_at"], replay.result["newly_allowed"]) == (1, 1, changed(own))


def test_a_scope_holds_in_the_past_too(team: Team, engine: Engine, person: User) -> None:
    make_request(engine, "git status", directory="/srv/other")
    here = make_request(engine, "git status")
    assert run(person, team, draft()).result["newly_allowed"] == changed(here)


def test_what_no_rule_may_approve_counts_as_asked(team: Team, engine: Engine, person: User) -> None:
    make_request(engine, "git status", patterns=["git status", "rm -rf /"])
    hidden = make_request(engine, "git\u200b status")
    unsealed = make_request(engine, "git status", sealed=False)
    result = run(person, team, draft()).result
    assert (result["looked_at"], result["unchanged"]) == (2, 2)
    assert (hidden.findings != [], unsealed.is_sealed) == (True, False)


def test_the_old_and_what_comes_later_are_left_out(team: Team, engine: Engine, person: User) -> None:
    now = timezone.now()
    make_request(engine, "git status", now=now - REPLAYED_FOR - timedelta(minutes=1))
    inside = make_request(engine, "git status", now=now - REPLAYED_FOR + timedelta(minutes=1))
    replay = begin_replay(principal=make_principal(person), team=team, draft=draft())
    make_request(engine, "git status")
    while replay.is_running:
        step_replay(replay)
    assert replay.result["newly_allowed"] == changed(inside)


def test_only_the_first_twenty_of_a_kind_are_named(team: Team, engine: Engine, person: User) -> None:
    requests = [make_request(engine, "git status") for _ in range(22)]
    found = run(person, team, draft()).result["newly_allowed"]
    newest = sorted(requests, key=lambda request: (request.created_at, request.pk), reverse=True)
    assert (found["count"], found["examples"]) == (22, [request.pk for request in newest[:20]])


def test_steps_by_different_processes_add_up_to_one_run(
    team: Team, engine: Engine, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()
    # Many of one moment: the position must tell them apart.
    requests = [make_request(engine, "git status", now=now) for _ in range(7)]
    monkeypatch.setattr(replays, "ROWS_AT_ONCE", 2)
    begun = begin_replay(principal=make_principal(person), team=team, draft=draft())
    done = []
    while (replay := RuleReplay.objects.get(pk=begun.pk)).is_running:
        replays.find_books.cache_clear()
        step_replay(replay, budget_s=0)
        done.append(replay.done)
    assert done == [1, 2, 3, 4, 5, 6, 7, 7]
    found = replay.result["newly_allowed"]
    assert (found["count"], sorted(found["examples"])) == (7, sorted(request.pk for request in requests))


def test_of_two_that_take_the_same_step_one_counts(team: Team, engine: Engine, person: User) -> None:
    for _ in range(3):
        make_request(engine, "git status")
    first = begin_replay(principal=make_principal(person), team=team, draft=draft())
    second = RuleReplay.objects.get(pk=first.pk)
    assert step_replay(first, budget_s=0)
    assert not step_replay(second, budget_s=0)
    assert (second.done, second.result["looked_at"]) == (1, 1)


def test_it_begins_anew_when_the_teams_rules_change_under_way(
    team: Team, engine: Engine, person: User
) -> None:
    for _ in range(3):
        make_request(engine, "git status")
    replay = begin_replay(principal=make_principal(person), team=team, draft=draft())
    step_replay(replay, budget_s=0)
    make_rule(team, "git status")
    assert not step_replay(replay, budget_s=0)
    assert (replay.done, replay.result) == (0, {})
    while replay.is_running:
        step_replay(replay)
    assert (replay.result["looked_at"], replay.result["newly_allowed"]) == (3, NONE)


def test_what_cannot_be_read_is_counted_and_nothing_else(team: Team, engine: Engine, person: User) -> None:
    request = make_request(engine, "git status", sealed=False)
    PermissionRequest.objects.filter(pk=request.pk).update(content="k1.AAAA.AAAA", sealed_at=timezone.now())
    result = run(person, team, draft()).result
    assert (result["unread"], result["looked_at"]) == (1, 0)


def test_only_writers_of_the_teams_rules_begin_one(team: Team, engine: Engine, person: User) -> None:
    people = [
        make_user(team, Role.VIEWER),
        make_user(make_team(), Role.ADMIN),
        make_service(person, team),
        make_user(is_superuser=True),
    ]
    for user in people:
        with pytest.raises(Refused):
            begin_replay(principal=make_principal(user), team=team, draft=draft())
    assert not RuleReplay.objects.exists()


def test_a_draft_that_could_not_be_saved_is_not_replayed(team: Team, person: User) -> None:
    principal = make_principal(person)
    with pytest.raises(Invalid):
        begin_replay(principal=principal, team=team, draft=draft(should_match=("rm -rf /",)))
    with pytest.raises(NotFound):
        begin_replay(principal=principal, team=team, draft=draft(), rule_id=make_rule(make_team()).pk)
    assert not RuleReplay.objects.exists()


def test_nothing_of_what_was_asked_stands_in_the_stored_replay(
    team: Team, engine: Engine, person: User
) -> None:
    make_request(engine, "curl -H 'Authorization: Bearer abcdef0123456789abcdef' https://example.org")
    replay = run(person, team, draft("curl *"))
    assert set(replay.result) == {
        *("looked_at", "unchanged", "unread", "newly_allowed", "newly_denied", "newly_asked")
    }
    assert "example.org" not in str(replay.result)


def test_a_saved_version_keeps_the_replay_of_exactly_what_it_decides(
    team: Team, engine: Engine, person: User
) -> None:
    make_request(engine, "git status")
    replay = run(person, team, draft())
    principal = make_principal(person)
    same = save_rule(principal=principal, team=team, draft=draft(reason="why", max_uses=3))
    assert RuleVersion.objects.get(rule_id=same.pk).replay == summarise(replay)
    # That save moved the team's rules, and another value was never replayed.
    for other in (draft(), draft("git log")):
        row = save_rule(principal=principal, team=team, draft=other)
        assert RuleVersion.objects.get(rule_id=row.pk).replay is None


def test_a_replay_of_an_edit_is_none_of_a_new_rule(team: Team, engine: Engine, person: User) -> None:
    rule = make_rule(team, "git log", directory="/srv/demo")
    run(person, team, draft(), rule_id=rule.pk)
    assert find_replay(team_id=team.pk, draft=draft(), rule_id=rule.pk) is not None
    assert find_replay(team_id=team.pk, draft=draft()) is None
    assert find_replay(team_id=team.pk, draft=read_draft(rule), rule_id=rule.pk) is None


def test_the_whole_history_goes_in_one_run_without_a_stored_replay(team: Team, engine: Engine) -> None:
    now = timezone.now()
    old = make_request(engine, "git status", now=now - timedelta(days=400))
    new = make_request(engine, "git status", now=now - timedelta(days=1))
    *_, whole = replay_history(team=team, draft=draft())
    assert whole.changed["newly_allowed"] == changed(old, new)
    *_, part = replay_history(team=team, draft=draft(), since=now - timedelta(days=30))
    assert part.changed["newly_allowed"] == changed(new)
    *_, first = replay_history(team=team, draft=draft(), limit=1)
    assert first.changed["newly_allowed"] == changed(new)
    assert not RuleReplay.objects.exists()


def test_a_step_costs_the_same_queries_whatever_it_finds(team: Team, engine: Engine, person: User) -> None:
    counts = []
    for number in (1, 3):
        for _ in range(number):
            make_request(engine, "git status")
        replay = begin_replay(principal=make_principal(person), team=team, draft=draft())
        with CaptureQueriesContext(
            connection,
        ) as queries:
            step_replay(replay)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_what_somebody_asked_for_is_not_let_through_by_their_own_rule(team: Team, person: User) -> None:
    """As the live path has it: neither by a standing rule of theirs, nor by the draft they replay."""
    other = make_user(team)
    service = make_service(person, team)
    asked = {
        name: create_request(
            principal=make_principal(asker),
            team=team,
            wish=Wish(permission="bash", command="git status", directory="/srv/demo"),
        )[0]
        for name, asker in (("person", person), ("service", service), ("other", other))
    }
    assert run(person, team, draft()).result["newly_allowed"] == changed(asked["other"])
    make_rule(team, "git status", directory="/srv/demo", author=other)
    result = run(person, team, draft("git *")).result
    assert (result["newly_allowed"], result["unchanged"]) == (changed(asked["other"]), 2)
    for name, effect in (("person", Effect.ALLOW), ("service", Effect.ALLOW), ("other", Effect.ASK)):
        row = asked[name]
        content = RequestContent.from_text(reveal(row, "content"))
        assert judge_by_stored_rules(build_context(row, content), content).effect is effect


STANDING = (
    ("git *", "allow"),
    ("git status", "allow"),
    ("ls *", "allow"),
    ("cat *", "ask"),
    ("rm *", "deny"),
    ("echo *", "allow"),
)
DRAFTS = ("git *", "git status", "rm *", "find *")
PARTS = ("git status", "git push", "cat a", "rm -r b", "find . -name d", "cat /proc/1/mem")
# Each is read and judged thrice; `make fuzz` takes all of them.
STEP = 1 if os.environ.get("HYPOTHESIS_PROFILE") == "fuzz" else 40


def list_calls() -> Iterator[RequestContent]:
    """Commands of the corpus, and each two everyday ones chained; some with a doubt about them."""
    sampled = [case.command for case in islice(read_corpus(), 0, None, STEP)]
    chained = [f"{first} && {second}" for first in PARTS for second in PARTS]
    for number, command in enumerate([*chained, *sampled]):
        strange = {"strange": 1} if number % 7 == 0 else None
        yield RequestContent("bash", [], "/srv/demo", "", command=command, arguments=strange)


@pytest.mark.hypothesis
@pytest.mark.pure
@pytest.mark.parametrize("replaced", ["", "r1"])
@pytest.mark.parametrize("effect", ["allow", "ask", "deny"])
def test_what_is_judged_once_comes_to_the_same_as_judged_twice(effect: str, replaced: str) -> None:
    rows = [
        WhitelistAction(pk=f"r{number}", name="rule", value=value, effect=standing)
        for number, (value, standing) in enumerate(STANDING)
    ]
    context = RuleContext("team", directory="/srv/demo")
    seen = set()
    for value in DRAFTS:
        books = ReplayBooks(rows, draft(value, effect=effect), rule_id=replaced)
        pair = books.find_pair(context)
        for content in list_calls():
            twice = judge_content(content, pair.before).effect, judge_content(content, pair.after).effect
            assert books.judge(context, content) == twice, content.command
            seen.add(twice)
    assert len({before for before, _ in seen}) == 3
    assert any(before is not after for before, after in seen)


@pytest.mark.parametrize("effect", ["allow", "deny"])
def test_paths_that_are_judged_once_come_to_the_same(effect: str) -> None:
    rows: list[StoredRow] = [
        WhitelistAction(pk="r1", name="reads", permission="read", value="*", effect="allow"),
        WhitelistTarget(pk="t1", name="sources", pattern="/srv/demo/src/**", effect="allow"),
        WhitelistTarget(pk="t2", name="keys", pattern="/srv/demo/keys/**", effect="deny"),
    ]
    context = RuleContext("team", directory="/srv/demo")
    seen = set()
    for pattern in ("/srv/demo/src/**", "/srv/demo/keys/**", "/srv/demo/docs/**", "/srv/demo/**"):
        books = ReplayBooks(rows, TargetDraft(name="draft", pattern=pattern, effect=effect))
        pair = books.find_pair(context)
        for names in (
            ["src/a"],
            ["keys/b"],
            ["docs/c"],
            ["src/a", "docs/c"],
            ["src/a", "keys/b"],
            ["/etc/d"],
        ):
            content = RequestContent("read", names, "/srv/demo", "")
            twice = judge_content(content, pair.before).effect, judge_content(content, pair.after).effect
            assert books.judge(context, content) == twice
            seen.add(twice)
    assert any(before is not after for before, after in seen)


def test_a_call_that_comes_again_is_judged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the agent says about it, and whatever keeps its fingerprint from being guessed."""
    books = ReplayBooks([], draft())
    context = RuleContext("team", directory="/srv/demo")
    effects = []
    for words in ("Look at it", "Look again"):
        arguments = {"command": "git status", "description": words}
        content = RequestContent("bash", [], "/srv/demo", "", command="git status", arguments=arguments)
        effects.append(books.judge(context, content))
        monkeypatch.setattr(replay_books, "judge_call", None)
    assert effects == [(Effect.ASK, Effect.ALLOW)] * 2
