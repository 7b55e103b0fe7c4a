"""Rules are written, switched and retired through the domain; what is wrong changes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.enums import Role, Scope
from accounts.models import ApiToken, Team, User
from accounts.principal import Principal
from events.errors import Conflict, DomainError, Invalid, NotFound, Refused
from events.models import AuditEntry, Event
from governance.domain.rules import (
    restore_version,
    retire_rule,
    save_rule,
    save_target,
    switch_off,
    switch_on,
)
from governance.enums import RuleState, StoredRuleKind
from governance.models import RuleUse, RuleVersion, TeamRules, WhitelistAction, WhitelistTarget
from governance.rule_drafts import RuleDraft, TargetDraft, hash_draft, read_draft, write_content
from governance.rule_queries import filter_applying, list_rules, read_rules_version
from reviews.domain.voting import approve_review, reject_review
from reviews.models import Review
from tests.factories import (
    make_engine,
    make_owner,
    make_principal,
    make_rule,
    make_service,
    make_session,
    make_team,
    make_token,
    make_user,
)

pytestmark = pytest.mark.django_db

NARROW = RuleDraft(
    name="Status of the demo",
    value="git status",
    effect="allow",
    directory="/srv/demo",
    should_match=("git status",),
    must_not_match=("git push",),
)
WIDE = replace(NARROW, name="Status everywhere", directory="")


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def approver(team: Team) -> Principal:
    return make_principal(make_user(team, Role.APPROVER))


@pytest.fixture
def editor(team: Team) -> Principal:
    return make_principal(make_user(team, Role.EDITOR))


def read_numbers(team: Team) -> tuple[int, int, int, int]:
    """What a change that is refused leaves alone: rows, versions, the team's number, audit entries."""
    rules = WhitelistAction.objects.count() + WhitelistTarget.objects.count()
    saved = AuditEntry.objects.filter(verb__startswith="whitelist_rule.").exclude(verb__endswith=".refused")
    return (rules, RuleVersion.objects.count(), read_rules_version(team.pk), saved.count())


def read_row(rule: WhitelistAction) -> WhitelistAction:
    return WhitelistAction.objects.get(pk=rule.pk)


def save_on(principal: Principal, team: Team, draft: RuleDraft = NARROW) -> WhitelistAction:
    return save_rule(principal=principal, team=team, draft=draft, activate=True)


# Saving ------------------------------------------------------------------------------------------


def test_a_saved_rule_is_a_draft_with_its_first_version(team: Team, editor: Principal) -> None:
    rule = save_rule(principal=editor, team=team, draft=NARROW, note="asked for by everybody")
    assert read_draft(read_row(rule)) == NARROW
    assert (rule.state, rule.version, rule.created_by_id) == ("draft", 1, editor.user.pk)
    [version] = RuleVersion.objects.all()
    assert (version.rule_kind, version.rule_id, version.version) == ("action", rule.pk, 1)
    assert (version.content, version.content_hash) == (write_content(NARROW), hash_draft(NARROW))
    assert (version.author_id, version.note, version.replay) == (
        editor.user.pk,
        "asked for by everybody",
        None,
    )
    assert RuleUse.objects.get().uses == 0
    assert read_rules_version(team.pk) == 1
    [entry] = AuditEntry.objects.filter(verb="whitelist_rule.save")
    assert "git status" not in entry.text
    [event] = Event.objects.filter(kind="whitelist_rule.saved")
    assert (event.topic, event.audience) == ("requests", f"team:{team.pk}")
    assert event.words == {
        "name": NARROW.name,
        "state": "draft",
        "effect": "allow",
        "mode": "enforce",
        "version": 1,
    }


def test_a_change_is_another_version_and_the_same_again_is_none(team: Team, editor: Principal) -> None:
    rule = save_rule(principal=editor, team=team, draft=NARROW)
    changed = replace(NARROW, message="Ask somebody.")
    rule = save_rule(principal=editor, team=team, draft=changed, rule_id=rule.pk, version=1)
    assert (rule.version, read_draft(read_row(rule))) == (2, changed)
    same = save_rule(principal=editor, team=team, draft=changed, rule_id=rule.pk, version=2)
    assert same.version == 2
    assert list(RuleVersion.objects.order_by("version").values_list("version", flat=True)) == [1, 2]
    assert read_rules_version(team.pk) == 2


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "n" * 121}, "name"),
        ({"value": ""}, "value"),
        ({"value": "git 'status"}, "value"),
        ({"value": "git status && ls"}, "value"),
        ({"value": "git \u202estatus"}, "value"),
        ({"value": "x" * 4001}, "value"),
        ({"value": "curl -H 'Authorization: Bearer abcdefgh12345678' localhost"}, "value"),
        ({"permission": "bash edit"}, "permission"),
        ({"permission": "doom_loop", "should_match": (), "must_not_match": ()}, "permission"),
        ({"effect": "perhaps"}, "effect"),
        ({"kind": "regex"}, "kind"),
        ({"mode": "dream"}, "mode"),
        ({"directory": "srv/demo"}, "directory"),
        ({"directory": "/srv/../etc"}, "directory"),
        ({"directory": "/srv/*"}, "directory"),
        ({"max_uses": 0}, "max_uses"),
        ({"max_uses": -3}, "max_uses"),
        ({"engine_id": "000000000000000"}, "engine_id"),
        ({"chat_id": "nonsense"}, "chat_id"),
        ({"user_id": "000000000000000"}, "user_id"),
        ({"conditions": (("path", "*"),)}, "conditions"),
        ({"should_match": ("git push",)}, "should_match"),
        ({"must_not_match": ("git status",)}, "must_not_match"),
        ({"should_match": ("ls",) * 51}, "should_match"),
    ],
    ids=str,
)
def test_a_bad_value_is_refused_and_changes_nothing(
    team: Team, approver: Principal, values: dict[str, Any], field: str
) -> None:
    before = read_numbers(team)
    with pytest.raises(Invalid) as caught:
        save_on(approver, team, replace(NARROW, **values))
    assert caught.value.facts["field"] == field
    assert read_numbers(team) == before
    rule = save_on(approver, team)
    before = read_numbers(team)
    with pytest.raises(Invalid):
        save_rule(principal=approver, team=team, draft=replace(NARROW, **values), rule_id=rule.pk, version=1)
    assert (read_numbers(team), read_draft(read_row(rule))) == (before, NARROW)


def test_a_refused_save_says_every_example_that_failed(team: Team, editor: Principal) -> None:
    draft = replace(NARROW, should_match=("git push", "git status"), must_not_match=("git status", "ls"))
    with pytest.raises(Invalid) as caught:
        save_rule(principal=editor, team=team, draft=draft)
    assert caught.value.code == "example_failed"
    failed = [(item["field"], item["line"]) for item in caught.value.facts["examples"]]
    assert failed == [("should_match", "git push"), ("must_not_match", "git status")]
    assert caught.value.message.startswith("should_match: “git push” should be covered and is not: ")


def test_examples_of_denials_and_questions_are_about_the_rule_itself(team: Team, editor: Principal) -> None:
    deny = RuleDraft(
        name="No force", value="git push --force *", effect="deny", should_match=("git push -f origin",)
    )
    ask = replace(deny, name="Ask for push", value="git push *", effect="ask", must_not_match=("git pull",))
    for draft in (deny, ask):
        assert read_draft(save_rule(principal=editor, team=team, draft=draft)) == draft
    with pytest.raises(Invalid):
        # Asked about because nothing covers it, not because of this rule.
        save_rule(principal=editor, team=team, draft=replace(ask, should_match=("git pull",)))


def test_an_end_in_the_past_is_refused_and_one_in_the_future_kept(team: Team, editor: Principal) -> None:
    now = timezone.now()
    with pytest.raises(Invalid, match="expires_at"):
        save_rule(principal=editor, team=team, draft=replace(NARROW, expires_at=now))
    ends = now + timedelta(hours=8)
    rule = save_rule(principal=editor, team=team, draft=replace(NARROW, expires_at=ends))
    assert read_row(rule).expires_at == ends.replace(microsecond=0)


def test_a_scope_is_of_the_team(team: Team, editor: Principal) -> None:
    engine, foreign = make_engine(team), make_engine(make_team())
    make_session(engine, "ses_1")
    make_session(foreign, "ses_2")
    chat, foreign_chat = engine.chats.get(), foreign.chats.get()
    scoped = replace(NARROW, engine_id=engine.pk, chat_id=chat.pk, user_id=editor.user.pk, agent="build")
    assert read_draft(save_rule(principal=editor, team=team, draft=scoped)) == scoped
    for values in ({"engine_id": foreign.pk}, {"chat_id": foreign_chat.pk}, {"user_id": make_user().pk}):
        with pytest.raises(Invalid):
            save_rule(principal=editor, team=team, draft=replace(NARROW, **values))


# Who may ------------------------------------------------------------------------------------------


def test_editors_draft_and_only_who_decides_switches_on(
    team: Team, editor: Principal, approver: Principal
) -> None:
    rule = save_rule(principal=editor, team=team, draft=NARROW)
    switched = switch_on(principal=approver, rule_id=rule.pk, version=1)
    assert (switched.state, switched.activated_by_id) == ("active", approver.user.pk)
    with pytest.raises(Refused):
        save_rule(principal=editor, team=team, draft=replace(NARROW, reason="x"), rule_id=rule.pk, version=1)
    assert read_row(rule).state == "active"


def list_strangers(team: Team) -> dict[str, Principal]:
    owner = make_user(team, Role.ADMIN)
    service = make_service(owner, team)
    return {
        "viewer": make_principal(make_user(team, Role.VIEWER)),
        "service": make_principal(service),
        "stranger": make_principal(make_user(make_team(), Role.ADMIN)),
        "owner": make_principal(make_owner()),
        "token without the scope": make_token_principal(owner, Scope.RULES_READ),
    }


def make_token_principal(user: User, *scopes: str) -> Principal:
    make_token(user, *scopes)
    return Principal(user, "api", ApiToken.objects.filter(user=user).latest("created_at"))


@pytest.mark.parametrize("who", ["viewer", "service", "stranger", "owner", "token without the scope"])
def test_nobody_else_touches_rules(team: Team, approver: Principal, who: str) -> None:
    rule = save_on(approver, team)
    principal = list_strangers(team)[who]
    before = read_numbers(team)
    acts = [
        lambda: save_rule(principal=principal, team=team, draft=NARROW),
        lambda: save_rule(principal=principal, team=team, draft=WIDE, rule_id=rule.pk, version=1),
        lambda: switch_off(principal=principal, rule_id=rule.pk),
        lambda: retire_rule(principal=principal, rule_id=rule.pk),
        lambda: restore_version(principal=principal, rule_id=rule.pk, restored=1, version=1),
    ]
    for act in acts:
        with pytest.raises((Refused, NotFound)):
            act()
    assert (read_numbers(team), read_row(rule).state) == (before, "active")


@pytest.mark.usefixtures("second")
def test_a_token_switches_on_only_where_tokens_decide(team: Team) -> None:
    user = make_user(team, Role.ADMIN)
    token = make_token_principal(user, Scope.RULES_READ, Scope.RULES_WRITE)
    rule = save_rule(principal=token, team=team, draft=NARROW)
    assert switch_on(principal=token, rule_id=rule.pk, version=1).state == "in_review"
    assert switch_off(principal=token, rule_id=rule.pk).state == "off"
    Team.objects.filter(pk=team.pk).update(tokens_may_decide=True)
    assert switch_on(principal=token, rule_id=rule.pk, version=1).state == "active"


def test_an_editor_switches_off_what_lets_through_but_not_what_stops(team: Team, editor: Principal) -> None:
    allow, deny = make_rule(team), make_rule(team, "rm *", "deny")
    assert switch_off(principal=editor, rule_id=allow.pk).state == "off"
    for act in (switch_off, retire_rule):
        with pytest.raises(Refused):
            act(principal=editor, rule_id=deny.pk)
    assert read_row(deny).state == "active"


# The second person ----------------------------------------------------------------------------------


@pytest.fixture
def second(team: Team) -> Principal:
    return make_principal(make_user(team, Role.APPROVER))


def test_a_wide_rule_waits_for_a_second_person(team: Team, approver: Principal, second: Principal) -> None:
    rule = save_on(approver, team, WIDE)
    assert (rule.state, rule.activated_by_id) == ("in_review", None)
    assert not filter_applying(WhitelistAction.objects.all(), timezone.now()).exists()
    [review] = Review.objects.all()
    assert (review.kind, review.reviewed, rule.review_id) == ("whitelist_rule", rule.subject, review.pk)
    with pytest.raises(DomainError):
        approve_review(principal=approver, review_id=review.pk, fingerprint=review.content_hash)
    before = read_rules_version(team.pk)
    approve_review(principal=second, review_id=review.pk, fingerprint=review.content_hash)
    row = read_row(rule)
    assert (row.state, row.reviewed_version, row.review_id) == ("active", 1, "")
    assert row.activated_by_id == approver.user.pk
    assert read_rules_version(team.pk) == before + 1
    # What was approved once is switched off and on again without asking again.
    switch_off(principal=approver, rule_id=rule.pk)
    assert switch_on(principal=approver, rule_id=rule.pk, version=1).state == "active"
    # The next one shows how it differs from what was approved.
    wider = replace(WIDE, message="Hm.")
    save_rule(principal=approver, team=team, draft=wider, rule_id=rule.pk, version=1)
    [first] = RuleVersion.objects.filter(rule_id=rule.pk, version=1)
    [next_review] = Review.objects.filter(state="open")
    assert (review.base, next_review.base) == (None, {"version": 1, "rule": first.content})
    approve_review(principal=second, review_id=next_review.pk, fingerprint=next_review.content_hash)
    row = read_row(rule)
    assert (row.state, row.reviewed_version) == ("active", 2)


def test_a_rejected_rule_is_a_draft_again(team: Team, approver: Principal, second: Principal) -> None:
    rule = save_on(approver, team, WIDE)
    [review] = Review.objects.all()
    reject_review(
        principal=second, review_id=review.pk, fingerprint=review.content_hash, reason="Too wide for us."
    )
    row = read_row(rule)
    assert (row.state, row.review_id, row.reviewed_version) == ("draft", "", None)


def test_a_change_while_it_waits_makes_the_approval_of_the_old_one_stale(
    team: Team, approver: Principal, second: Principal
) -> None:
    rule = save_on(approver, team, WIDE)
    [review] = Review.objects.all()
    save_rule(principal=approver, team=team, draft=replace(WIDE, message="Hm."), rule_id=rule.pk, version=1)
    with pytest.raises(Conflict):
        approve_review(principal=second, review_id=review.pk, fingerprint=review.content_hash)
    review.refresh_from_db()
    approve_review(principal=second, review_id=review.pk, fingerprint=review.content_hash)
    row = read_row(rule)
    assert (row.state, row.version, row.reviewed_version, row.message) == ("active", 2, 2, "Hm.")


def test_a_rule_that_grows_wide_stops_until_a_second_person_has_seen_it(
    team: Team, approver: Principal, second: Principal
) -> None:
    rule = save_on(approver, team)
    before = read_rules_version(team.pk)
    rule = save_rule(principal=approver, team=team, draft=WIDE, rule_id=rule.pk, version=1)
    assert (rule.state, rule.version) == ("in_review", 2)
    assert read_rules_version(team.pk) == before + 1


def test_without_anybody_else_a_wide_rule_is_refused_at_once(team: Team, approver: Principal) -> None:
    before = read_numbers(team)
    with pytest.raises(Conflict):
        save_on(approver, team, WIDE)
    assert read_numbers(team) == before
    assert save_rule(principal=approver, team=team, draft=WIDE).state == "draft"


def test_switching_off_and_retiring_withdraw_the_review(
    team: Team, approver: Principal, second: Principal
) -> None:
    rule = save_on(approver, team, WIDE)
    assert switch_off(principal=approver, rule_id=rule.pk).state == "off"
    assert switch_on(principal=approver, rule_id=rule.pk, version=1).state == "in_review"
    assert retire_rule(principal=approver, rule_id=rule.pk).state == "retired"
    assert list(Review.objects.values_list("state", flat=True)) == ["withdrawn", "withdrawn"]


@pytest.mark.parametrize(
    "values",
    [
        {"effect": "deny", "should_match": (), "must_not_match": ()},
        {"effect": "ask", "should_match": (), "must_not_match": ()},
        {"mode": "observe"},
        {"directory": "/srv/demo"},
    ],
    ids=str,
)
def test_what_lets_nothing_wide_through_needs_no_second_person(
    team: Team, approver: Principal, values: dict[str, Any]
) -> None:
    assert save_on(approver, team, replace(WIDE, **values)).state == "active"


@pytest.mark.usefixtures("second")
@pytest.mark.parametrize(
    "values", [{"directory": "/"}, {"agent": "build"}, {"value": "*", "directory": "/srv/x"}]
)
def test_no_limit_but_the_project_makes_a_rule_narrow(
    team: Team, approver: Principal, values: dict[str, Any]
) -> None:
    draft = replace(WIDE, **{**values, "should_match": (), "must_not_match": ()})
    assert save_on(approver, team, draft).state == "in_review"


def test_a_chat_is_part_of_one_project(team: Team, approver: Principal) -> None:
    engine = make_engine(team)
    make_session(engine, "ses_1")
    assert save_on(approver, team, replace(WIDE, chat_id=engine.chats.get().pk)).state == "active"


# Off, retired, restored -----------------------------------------------------------------------------


def test_what_is_off_or_ended_or_used_up_applies_to_nothing(team: Team) -> None:
    now = timezone.now()
    make_rule(team, state=RuleState.OFF)
    make_rule(team, expires_at=now - timedelta(seconds=1))
    used = make_rule(team, max_uses=2)
    RuleUse.objects.create(rule=used, uses=2)
    kept = [
        make_rule(team),
        make_rule(team, max_uses=2),
        make_rule(team, expires_at=now + timedelta(hours=1)),
    ]
    applying = filter_applying(WhitelistAction.objects.all(), now)
    assert {rule.pk for rule in applying} == {rule.pk for rule in kept}


def test_switching_moves_the_teams_number_and_says_so(team: Team, approver: Principal) -> None:
    rule = save_on(approver, team)
    seen = [read_rules_version(team.pk)]
    switch_off(principal=approver, rule_id=rule.pk)
    seen.append(read_rules_version(team.pk))
    switch_on(principal=approver, rule_id=rule.pk, version=1)
    seen.append(read_rules_version(team.pk))
    retire_rule(principal=approver, rule_id=rule.pk)
    seen.append(read_rules_version(team.pk))
    assert seen == sorted(set(seen))
    kinds = (
        Event.objects.filter(kind__startswith="whitelist_rule.")
        .order_by("seq")
        .values_list("kind", flat=True)
    )
    assert [kind.partition(".")[2] for kind in kinds] == [
        *("activated", "saved", "switched_off", "activated", "retired"),
    ]
    verbs = AuditEntry.objects.filter(verb__startswith="whitelist_rule.").order_by("n")
    assert [entry.verb.partition(".")[2] for entry in verbs] == [
        *("save", "activate", "switch_off", "activate", "retire"),
    ]


def test_what_is_done_already_is_a_conflict(team: Team, approver: Principal) -> None:
    rule = save_on(approver, team)
    with pytest.raises(Conflict):
        switch_on(principal=approver, rule_id=rule.pk, version=1)
    switch_off(principal=approver, rule_id=rule.pk)
    with pytest.raises(Conflict):
        switch_off(principal=approver, rule_id=rule.pk)
    retire_rule(principal=approver, rule_id=rule.pk)
    acts = [
        lambda: switch_on(principal=approver, rule_id=rule.pk, version=1),
        lambda: switch_off(principal=approver, rule_id=rule.pk),
        lambda: retire_rule(principal=approver, rule_id=rule.pk),
        lambda: save_rule(principal=approver, team=team, draft=WIDE, rule_id=rule.pk, version=1),
    ]
    for act in acts:
        with pytest.raises(Conflict):
            act()


def test_an_older_version_is_restored_as_the_newest(team: Team, editor: Principal) -> None:
    rule = save_rule(principal=editor, team=team, draft=NARROW)
    save_rule(principal=editor, team=team, draft=WIDE, rule_id=rule.pk, version=1)
    with pytest.raises(NotFound):
        restore_version(principal=editor, rule_id=rule.pk, restored=9, version=2)
    with pytest.raises(Conflict):
        restore_version(principal=editor, rule_id=rule.pk, restored=1, version=1)
    restored = restore_version(principal=editor, rule_id=rule.pk, restored=1, version=2)
    assert (restored.version, read_draft(read_row(rule))) == (3, NARROW)
    assert RuleVersion.objects.get(version=3).note == "Restored version 1."
    assert RuleVersion.objects.get(version=3).content_hash == RuleVersion.objects.get(version=1).content_hash


def test_members_alone_see_rules(team: Team, approver: Principal) -> None:
    rule = save_on(approver, team)
    make_rule(make_team())
    assert [row.pk for row in list_rules(make_principal(make_user(team, Role.VIEWER)))] == [rule.pk]
    for stranger in (make_owner(), make_user(make_team()), make_service(approver.user, team)):
        assert rule.pk not in {row.pk for row in list_rules(make_principal(stranger))}


# Paths -------------------------------------------------------------------------------------------


def test_path_rules_go_the_same_way(team: Team, approver: Principal, second: Principal) -> None:
    draft = TargetDraft(name="The project", pattern="/srv/demo/**", effect="allow", directory="/srv/demo")
    target = save_target(principal=approver, team=team, draft=draft, activate=True)
    assert (target.state, read_draft(WhitelistTarget.objects.get())) == ("active", draft)
    assert RuleVersion.objects.get().rule_kind == "target"
    beyond = replace(draft, pattern="/srv/**")
    target = save_target(principal=approver, team=team, draft=beyond, target_id=target.pk, version=1)
    assert target.state == "in_review"
    review = Review.objects.get()
    approve_review(principal=second, review_id=review.pk, fingerprint=review.content_hash)
    assert WhitelistTarget.objects.get().state == "active"
    kind = StoredRuleKind.TARGET
    assert switch_off(principal=approver, rule_id=target.pk, kind=kind).state == "off"
    assert retire_rule(principal=approver, rule_id=target.pk, kind=kind).state == "retired"
    assert TeamRules.objects.get().version == 5


@pytest.mark.parametrize(
    "values", [{"pattern": ""}, {"verbs": ("bash",)}, {"effect": "ask"}, {"pattern": "/a\u200bb"}], ids=str
)
def test_a_bad_path_rule_is_refused(team: Team, editor: Principal, values: dict[str, Any]) -> None:
    draft = TargetDraft(name="The project", pattern="/srv/demo/**", effect="allow")
    with pytest.raises(Invalid):
        save_target(principal=editor, team=team, draft=replace(draft, **values))
    assert not WhitelistTarget.objects.exists()
