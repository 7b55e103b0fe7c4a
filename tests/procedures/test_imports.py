"""Files as drafts: never over what was approved, never out of the folder, never in another's name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.enums import Role
from accounts.models import Team, User
from procedures.domain.imports import import_proposals
from procedures.domain.proposals import submit_proposal
from procedures.files import MAX_FILE_BYTES, read_folder
from procedures.models import Proposal, Sop, SopVersion
from tests.factories import make_principal, make_service, make_team, make_user
from tests.procedures.making import CONTENT, approve, make_sop_proposal

pytestmark = pytest.mark.django_db

HEAD = "---\nname: Deploy the web\ndescription: How to deploy.\narea: general\nreview_by: 2099-01-31\n"


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def editor(team: Team) -> User:
    return make_user(team, Role.EDITOR)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inside = tmp_path / "procedures"
    inside.mkdir()
    return inside


def write(folder: Path, name: str = "deploy-web.md", *, head: str = HEAD, body: str = CONTENT) -> None:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{head}---\n\n{body}")


def run(user: User, team: Team, folder: Path, **values: Any) -> list[tuple[str, str, str]]:
    outcomes = import_proposals(
        principal=make_principal(user), team=team, files=read_folder(folder), **values
    )
    return [(outcome.file, outcome.state, outcome.slug) for outcome in outcomes]


def test_a_file_becomes_a_draft(team: Team, editor: User, folder: Path) -> None:
    write(folder)
    assert run(editor, team, folder) == [("deploy-web.md", "new", "deploy-web")]
    proposal = Proposal.objects.get()
    assert (proposal.state, proposal.name, proposal.source, proposal.author_id) == (
        "draft",
        "Deploy the web",
        "deploy-web.md",
        editor.pk,
    )
    assert run(editor, team, folder) == [("deploy-web.md", "same", "deploy-web")]
    write(folder, body=f"{CONTENT}\nMore.\n")
    assert run(editor, team, folder) == [("deploy-web.md", "changed", "deploy-web")]
    assert Proposal.objects.get().number == 2


def test_a_changed_file_never_touches_what_was_approved(team: Team, editor: User, folder: Path) -> None:
    """The earlier system overwrote the approved row and sealed it again."""
    write(folder)
    run(editor, team, folder)
    approver = make_user(team)
    proposal = submit_proposal(principal=make_principal(editor), proposal_id=Proposal.objects.get().pk)
    sop = approve(proposal, approver)
    assert run(editor, team, folder) == [("deploy-web.md", "same", "deploy-web")]
    write(folder, body=f"{CONTENT}\nAnd send the keys to me.\n")
    assert run(editor, team, folder) == [("deploy-web.md", "left", "deploy-web")]
    assert (Proposal.objects.count(), SopVersion.objects.get().content) == (1, CONTENT)
    # Said so, it is another draft that somebody else has to approve.
    write(folder, head=f"{HEAD}supersedes: deploy-web\n", body=f"{CONTENT}\nMore.\n")
    assert run(editor, team, folder) == [("deploy-web.md", "new", "deploy-web")]
    assert (Sop.objects.get().version, Proposal.objects.filter(state="draft").get().supersedes_id) == (
        1,
        sop.pk,
    )


def test_a_file_claims_nothing(team: Team, editor: User, folder: Path) -> None:
    claims = "author: Ada\nauthored_by: human\nstatus: approved\napproved_by: Grace\nsignature: abc\nx: y\n"
    write(folder, head=f"{HEAD}{claims}")
    service = make_service(editor, team)
    [outcome] = import_proposals(principal=make_principal(service), team=team, files=read_folder(folder))
    assert outcome.notes == (
        "author: left out, said by who imports and who approves, not by a file.",
        "authored_by: left out, said by who imports and who approves, not by a file.",
        "status: left out, said by who imports and who approves, not by a file.",
        "approved_by: left out, said by who imports and who approves, not by a file.",
        "signature: left out, said by who imports and who approves, not by a file.",
        "x: left out, not known.",
    )
    proposal = Proposal.objects.get()
    assert (proposal.authored_by, proposal.author_id, proposal.state) == ("agent", service.pk, "draft")


def test_anothers_proposal_is_left_alone(team: Team, editor: User, folder: Path) -> None:
    make_sop_proposal(team, slug="deploy-web")
    write(folder)
    assert run(editor, team, folder) == [("deploy-web.md", "left", "deploy-web")]
    assert Proposal.objects.get().number == 1


def test_no_link_is_followed(team: Team, editor: User, folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "outside"
    write(secret, "secret.md")
    (folder / "link.md").symlink_to(secret / "secret.md")
    (folder / "away").symlink_to(secret, target_is_directory=True)
    (folder / "gone.md").symlink_to(tmp_path / "nowhere")
    os.mkfifo(folder / "pipe.md")
    assert run(editor, team, folder) == [
        ("gone.md", "failed", ""),
        ("link.md", "failed", ""),
        ("pipe.md", "failed", ""),
    ]
    assert Proposal.objects.count() == 0


@pytest.mark.parametrize(
    "slug", ["../../etc/passwd", "a/b", "..", "/etc", "A", "'a b'", '"a\\0"', "~"], ids=repr
)
def test_a_file_names_no_place(slug: str, team: Team, editor: User, folder: Path) -> None:
    write(folder, head=f"{HEAD}slug: {slug}\n")
    write(folder, "Not A Slug.md")
    expected = "failed" if slug != "~" else "new"
    assert [state for _, state, _ in run(editor, team, folder)] == ["failed", expected]


def test_what_can_not_be_read_does_not_hold_up_the_rest(team: Team, editor: User, folder: Path) -> None:
    write(folder, "good.md")
    write(folder, "skills/on-call/SKILL.md", head="---\ndescription: How.\n", body="# On call\n")
    (folder / "bytes.md").write_bytes(b"\xff\xfe")
    (folder / "long.md").write_bytes(b"a" * (MAX_FILE_BYTES + 1))
    (folder / "open.md").write_text("---\nname: x\n")
    (folder / "notes.txt").write_text("Not Markdown.")
    write(folder, "alias.md", head="---\nname: &a x\ndescription: *a\n")
    write(folder, "list.md", head="---\nname: [x]\n")
    assert run(editor, team, folder) == [
        ("alias.md", "failed", ""),
        ("bytes.md", "failed", ""),
        ("good.md", "new", "good"),
        ("list.md", "failed", ""),
        ("long.md", "failed", ""),
        ("open.md", "failed", ""),
        ("skills/on-call/SKILL.md", "new", "on-call"),
    ]
    names = Proposal.objects.order_by("slug").values_list("name", flat=True)
    assert list(names) == ["Deploy the web", "On call"]


def test_a_dry_run_writes_nothing(team: Team, editor: User, folder: Path) -> None:
    write(folder)
    assert run(editor, team, folder, dry_run=True) == [("deploy-web.md", "new", "deploy-web")]
    assert Proposal.objects.count() == 0


def test_the_command_says_what_became_of_each_file(
    team: Team, editor: User, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(folder)
    call_command("import_proposals", str(folder), "--team", team.name, "--as", editor.username)
    assert capsys.readouterr().out == "deploy-web.md: new: a draft.\n"
    (folder / "bad.md").write_text("---\n")
    with pytest.raises(CommandError, match="1 of 2 files could not be imported"):
        call_command("import_proposals", str(folder), "--team", team.name, "--as", editor.username)
    stranger = make_user(make_team())
    with pytest.raises(CommandError, match="Nothing was imported"):
        call_command("import_proposals", str(folder), "--team", team.name, "--as", stranger.username)
