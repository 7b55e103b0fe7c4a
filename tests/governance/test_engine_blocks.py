"""Rules out to an engine's permission block and back as drafts, by page and by command."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts.enums import Role
from accounts.models import Team, User
from events.errors import Invalid, Refused
from governance.domain.engine_blocks import export_rules, import_rules, read_import
from governance.enums import RuleState
from governance.models import RuleVersion, WhitelistAction, WhitelistTarget
from tests.admin.doors import Page, address, enter
from tests.factories import (
    make_engine,
    make_owner,
    make_principal,
    make_request,
    make_rule,
    make_service,
    make_target,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db

EXPORT, IMPORT = (address("governance_whitelistaction", page) for page in ("export", "import"))
BLOCK = {
    "*": "ask",
    "bash": {"*": "ask", "git status": "allow", "git push *": "deny"},
    "webfetch": {"https://example.org/*": "allow"},
}


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def person(team: Team) -> User:
    return make_user(team)


def names(team: Team, **place: Any) -> list[tuple[str, str]]:
    """(rule's name, why) of what is left out."""
    return [
        (item.row.name, item.sentence.split(",")[0]) for item in export_rules(team=team, **place).left_out
    ]


def test_what_applies_is_exported_with_its_denials_last(team: Team) -> None:
    make_rule(team, "git status", directory="/srv/demo")
    make_rule(team, "git push *", "deny")
    make_rule(team, "https://example.org/docs/*", permission="webfetch")
    make_rule(team, "git log", state=RuleState.OFF)
    make_rule(team, "git fetch", mode="observe")
    made = export_rules(team=team, directory="/srv/demo", behind_gate=True)
    bash = made.permission["bash"]
    assert bash == {"git status": "allow", "git push *": "deny"}
    assert made.permission["*"] == "ask"
    assert next(iter(made.permission["webfetch"])) == "https://example.org/docs/*"
    assert (made.left_out, json.loads(made.text)) == ([], {"permission": made.permission})


def test_what_an_engine_can_not_hold_to_is_left_out_and_said(team: Team) -> None:
    make_rule(team, "git log", name="elsewhere", directory="/srv/other")
    make_rule(team, "git fetch", name="ends", expires_at=timezone.now() + timedelta(days=1))
    make_rule(team, "git diff", name="thrice", max_uses=3)
    make_rule(team, "git show *", name="wide")
    assert sorted(names(team, directory="/srv/demo", behind_gate=True)) == [
        ("elsewhere", "It is limited to somebody or some place that this block is not about."),
        ("ends", "It ends"),
        ("thrice", "It ends"),
        ("wide", "The engine can't tell what it covers from what it does not."),
    ]


def test_a_place_that_is_not_known_counts_against_letting_through(team: Team) -> None:
    make_rule(team, "git status", name="one project", directory="/srv/demo")
    make_rule(team, "git push *", "deny", directory="/srv/demo")
    made = export_rules(team=team, behind_gate=True)
    assert made.permission["bash"] == {"git push *": "deny"}
    assert [item.row.name for item in made.left_out] == ["one project"]


def test_other_teams_rules_are_in_no_block(team: Team) -> None:
    make_rule(make_team(), "git status")
    assert "bash" not in export_rules(team=team, behind_gate=True).permission


def test_a_block_comes_in_as_drafts_and_says_what_is_different(team: Team, person: User) -> None:
    block = {**BLOCK, "bash": {**BLOCK["bash"], "git push --tags": "allow"}}  # type: ignore[dict-item]
    found = import_rules(
        principal=make_principal(person),
        team=team,
        text=json.dumps({"permission": block}),
        directory="/srv/demo",
    )
    rows = WhitelistAction.objects.order_by("value").values_list("value", "effect", "permission", "directory")
    assert list(rows) == [
        ("git push *", "deny", "bash", "/srv/demo"),
        ("git push --tags", "allow", "bash", "/srv/demo"),
        ("git status", "allow", "bash", "/srv/demo"),
        ("https://example.org/*", "allow", "webfetch", "/srv/demo"),
    ]
    assert {row.state for row in WhitelistAction.objects.all()} == {RuleState.DRAFT}
    assert {version.note for version in RuleVersion.objects.all()} == {
        "Imported from an engine's permission block."
    }
    assert any("comes later and would win there" in problem for problem in found.problems)


def test_what_stands_there_already_is_not_made_again(team: Team, person: User) -> None:
    text = json.dumps(BLOCK)
    principal = make_principal(person)
    first = import_rules(principal=principal, team=team, text=text)
    again = import_rules(principal=principal, team=team, text=text)
    assert (len(first.made), len(again.made), len(again.known)) == (3, 0, 3)


def test_what_can_not_be_saved_is_said_and_the_rest_is_made(team: Team, person: User) -> None:
    secret = "ghp_" + "a1B2" * 9
    text = json.dumps({"bash": {f"curl -H {secret} *": "deny", "git status": "allow"}})
    found = import_rules(principal=make_principal(person), team=team, text=text)
    assert [row.name for row in found.made] == ["allow bash: git status"]
    assert any("looks like a secret" in problem for problem in found.problems)


@pytest.mark.parametrize("text", ["", "{", "3", '"allow"', "[" * 5000, " " * 300_000 + "{}"])
def test_nonsense_changes_nothing(team: Team, person: User, text: str) -> None:
    with pytest.raises(Invalid):
        import_rules(principal=make_principal(person), team=team, text=text)
    assert not WhitelistAction.objects.exists()


def test_out_and_in_again_is_no_wider(team: Team, person: User) -> None:
    make_rule(team, "git status")
    make_rule(team, "git push *", "deny")
    make_target(team, "/etc/**", "deny")
    text = export_rules(team=team, behind_gate=True).text
    other = make_team()
    found = read_import(team=other, text=text)
    allowed = [draft for draft in found.drafts if draft.effect == "allow"]
    assert [getattr(draft, "value", "") for draft in allowed] == ["git status"]


def test_only_writers_of_rules_import(team: Team) -> None:
    for user in (make_user(team, Role.VIEWER), make_user(make_team(), Role.ADMIN), make_owner()):
        with pytest.raises(Refused):
            import_rules(principal=make_principal(user), team=team, text=json.dumps(BLOCK))
    assert not WhitelistAction.objects.exists()


# Pages ---------------------------------------------------------------------------------------------------


def test_the_export_page_shows_the_block_and_gives_it_as_a_file(team: Team, person: User) -> None:
    make_rule(team, "git push *", "deny")
    client = enter(person)
    page = Page(client.get(EXPORT, {"team": team.pk}).content.decode())
    assert '"git push *": "deny"' in page.text
    answer = client.get(EXPORT, {"team": team.pk, "download": "1"})
    assert json.loads(answer.content) == {"permission": export_rules(team=team).permission}
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")


def test_the_import_page_shows_before_it_makes(team: Team, person: User) -> None:
    client = enter(person)
    data = {"team": team.pk, "text": json.dumps(BLOCK), "directory": "/srv/demo"}
    page = Page(client.post(IMPORT, {**data, "act": "look"}).content.decode())
    assert ("3 drafts would be made" in page.text, WhitelistAction.objects.count()) == (True, 0)
    client.post(IMPORT, {**data, "act": "import"})
    assert WhitelistAction.objects.count() == 3


def test_a_file_does_as_well(team: Team, person: User) -> None:
    file = SimpleUploadedFile("opencode.json", json.dumps({"permission": BLOCK}).encode())
    answer = enter(person).post(IMPORT, {"team": team.pk, "text": "", "file": file, "act": "look"})
    assert "3 drafts would be made" in Page(answer.content.decode()).text
    for content in (b"\xff\xfe", b"x" * 300_000):
        bad = SimpleUploadedFile("opencode.json", content)
        assert enter(person).post(IMPORT, {"team": team.pk, "file": bad, "act": "import"}).status_code == 400
    assert not WhitelistAction.objects.exists()


def test_who_may_not_reads_and_makes_nothing(team: Team) -> None:
    make_rule(team, "git push *", "deny")
    stranger, viewer = enter(make_user(make_team(), Role.ADMIN)), enter(make_user(team, Role.VIEWER))
    data = {"team": team.pk, "text": json.dumps(BLOCK), "act": "import"}
    assert stranger.get(EXPORT, {"team": team.pk}).status_code == 404
    assert stranger.post(IMPORT, data).status_code == 400
    assert (viewer.get(EXPORT, {"team": team.pk}).status_code, viewer.post(IMPORT, data).status_code) == (
        200,
        403,
    )
    assert enter(make_owner()).get(EXPORT, {"team": team.pk}).status_code == 403
    for client in (Client(), enter(make_service(make_user(team), team))):
        assert [client.get(EXPORT).status_code, client.post(IMPORT, data).status_code] == [302, 302]
    assert enter(make_user(team), enforce_csrf_checks=True).post(IMPORT, data).status_code == 403
    assert (WhitelistAction.objects.count(), WhitelistTarget.objects.count()) == (1, 0)


# Commands ------------------------------------------------------------------------------------------------


def run(*arguments: str, **options: Any) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command(*arguments, stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


def test_the_commands_do_as_the_pages(team: Team, person: User, tmp_path: Path) -> None:
    make_rule(team, "git push *", "deny")
    make_rule(team, "git show *", name="wide")
    out, err = run("export_rules", team.name)
    assert json.loads(out) == {"permission": export_rules(team=team).permission}
    assert err.startswith("left out: wide: ")
    file = tmp_path / "block.json"
    file.write_text(json.dumps(BLOCK))
    wish = ("import_rules", str(file), "--team", team.name, "--as", person.username)
    assert run(*wish, "--dry-run")[0].count("would make: ") == 2
    assert WhitelistAction.objects.filter(state=RuleState.DRAFT).count() == 0
    out, _ = run(*wish)
    assert (out.count("draft: "), out.count("there already: ")) == (2, 1)
    for wrong in (("export_rules", "nobody"), (*wish[:2], "--team", "nobody", "--as", person.username)):
        with pytest.raises(CommandError):
            run(*wrong)


def test_a_rule_is_replayed_on_the_command_line(
    team: Team, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = make_request(make_engine(team), "git status")
    draft = {"name": "d", "value": "git status", "effect": "allow", "directory": "/srv/demo"}
    monkeypatch.setattr("sys.stdin", StringIO(json.dumps(draft)))
    result = json.loads(run("replay_rule", "-", "--team", team.name)[0])
    assert result["newly_allowed"]["examples"] == [asked.pk]
    assert result["requests"] == {
        asked.pk: {"asked": "git status", "state": "pending", "directory": "/srv/demo"}
    }
    rule = make_rule(team, "git status", "deny", state=RuleState.DRAFT)
    assert json.loads(run("replay_rule", rule.pk)[0])["newly_denied"]["count"] == 1
    for text in ("{", "3", "{}", '{"name": "d", "value": "\'", "effect": "allow"}'):
        monkeypatch.setattr("sys.stdin", StringIO(text))
        with pytest.raises(CommandError):
            run("replay_rule", "-", "--team", team.name)
    with pytest.raises(CommandError):
        run("replay_rule", "nobody")
