"""What the request page says of the rules: the parse, the verdict on each part, who decided."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.urls import reverse

from accounts.enums import Role
from accounts.models import Team, User
from governance.models import PermissionRequest, WhitelistAction
from tests.admin.doors import enter, open_inbox, open_page, request_url
from tests.factories import make_engine, make_gated, make_owner, make_request, make_rule, make_team, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def approver(team: Team) -> User:
    return make_user(team, Role.APPROVER)


def ask(team: Team, command: str) -> PermissionRequest:
    return make_request(make_gated(make_engine(team)), command)


def read_panel(user: User, request: PermissionRequest) -> str:
    """Its text, tags taken out and blanks made one; "" when it is not there."""
    page = open_page(enter(user), request_url(request)).html
    found = re.search(r'<section class="card verdict".*?</section>', page, re.DOTALL)
    text = re.sub(r"<svg.*?</svg>|<[^>]+>", " ", found[0] if found else "", flags=re.DOTALL)
    return " ".join(unescape(text).split())


def test_each_simple_command_is_shown_with_its_words_and_its_verdict(team: Team, approver: User) -> None:
    make_rule(team, "git *", name="Look at git")
    panel = read_panel(approver, ask(team, "LANG=C git log 'a b' > out.txt; timeout 5 rm x"))
    for piece in (
        "What the rules say",
        "ask",
        "Words git log a b",
        "Sets LANG=C",
        "Redirects >out.txt",
        "Words timeout 5 rm x",
        "Runs rm x",
        "No rule allows it.",
    ):
        assert piece in panel


def test_a_rule_is_named_with_its_version_and_linked(team: Team, approver: User) -> None:
    rule = make_rule(team, "git push *", "ask", name="Pushing")
    request = ask(team, "git push origin")
    page = open_page(enter(approver), request_url(request)).html
    url = reverse("admin:governance_whitelistaction_change", args=[rule.pk])
    assert f'<a href="{url}">Pushing</a>' in page
    panel = read_panel(approver, request)
    assert "Pushing version 1" in panel
    assert rule.pk not in panel


def test_a_decided_request_names_the_rule_that_decided_whatever_became_of_it(
    team: Team, approver: User
) -> None:
    rule = make_rule(team, "git status", name="Look at git")
    request = ask(team, "git status")
    WhitelistAction.objects.filter(pk=rule.pk).update(state="off")
    assert request.state == "approved"
    assert "Decided by Look at git version 1 ." in read_panel(approver, request)
    page = open_page(enter(approver), request_url(request)).html
    assert "Approved by rule Look at git, version 1" in page


def test_readers_that_do_not_agree_are_told_of(team: Team, approver: User) -> None:
    make_rule(team, "ls *")
    panel = read_panel(approver, ask(team, "ls | cat | cat\nrm y 2>&1 | wc; ls ${x@P}"))
    assert panel.startswith("What the rules say ask")


def test_what_no_rule_may_decide_says_why(team: Team, approver: User) -> None:
    make_rule(team, "echo *")
    panel = read_panel(approver, ask(team, "echo a\u202eb"))
    assert "No rule decides it by itself: It holds what could fool a reader." in panel


def test_without_rules_the_parse_is_shown_all_the_same(team: Team, approver: User) -> None:
    panel = read_panel(approver, ask(team, "sudo git push"))
    assert "Words sudo git push" in panel
    assert "Runs git push" in panel


def test_observed_rules_are_told_of(team: Team, approver: User) -> None:
    make_rule(team, "git *", name="Tried out", mode="observe")
    assert "Observed, not enforced: Tried out version 1" in read_panel(approver, ask(team, "git log"))


def test_owners_outside_the_team_see_no_rule(team: Team) -> None:
    make_rule(team, "secretprogram *", "ask", name="Secret rule")
    request = ask(team, "secretprogram --now")
    assert read_panel(make_owner(), request) == ""


def test_automatic_decisions_stand_in_their_tab_and_never_in_mine(team: Team, approver: User) -> None:
    make_rule(team, "git status", name="Look at git")
    request = ask(team, "git status")
    client = enter(approver)
    automatic = open_inbox(client, tab="automatic")
    assert automatic.row_ids() == [request.pk]
    assert "Approved by rule Look at git, version 1" in automatic.text
    for tab in ("mine", "pending", "decided"):
        assert open_inbox(client, tab=tab).row_ids() == []
