"""The commands say what they did, and change nothing when they fail; none of them approves anything."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.enums import Role
from accounts.models import Team, User
from configs.content import ModelContent, PromptContent
from configs.domain.catalogue import load_snapshot
from configs.domain.protection import set_protected
from configs.formats.provider_list import load_list, read_provider_list, write_known, write_snapshot
from configs.models import Agent, CatalogueModel, ConfigVersion, ImportedFile
from configs.queries import list_labels
from events.models import AuditEntry
from reviews.models import Review
from tests.admin.doors import enter, read
from tests.admin.test_reviews import press
from tests.api.clients import outcome, sign_in, write_signed_in
from tests.configs.acts import read_state
from tests.factories import change_config, make_config, make_principal, make_service, make_team, make_user
from tests.support.concurrency import run_together

pytestmark = pytest.mark.django_db

FOLDER = Path(__file__).resolve().parents[1] / "data" / "configs"
BUNDLE = FOLDER / "bundle" / "team.yaml"


@pytest.fixture
def team() -> Team:
    return make_team("Platform")


@pytest.fixture
def editor(team: Team) -> User:
    return make_user(team, Role.EDITOR, username="ed")


def run(*arguments: object) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command(*(str(argument) for argument in arguments), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_an_import_names_every_field_and_what_was_made(editor: User) -> None:
    out, _ = run("import_configs", FOLDER / "cao" / "developer.md", "--team", "Platform", "--as", "ed")
    lines = out.splitlines()
    assert lines[0] == "cao/developer.md: CAO profile"
    assert "  mapped: agent developer: role → mode: developer: Read as the mode all." in lines
    assert [line for line in lines if line.startswith("new")] == [
        "new: prompt developer, version 1",
        "new: model gateway/large-1, version 1",
        "new: agent developer, version 1",
    ]


def test_a_dry_run_writes_nothing(editor: User) -> None:
    out, _ = run("import_configs", BUNDLE, "--team", "Platform", "--as", "ed", "--dry-run")
    assert out.splitlines()[-1] == "Nothing was written."
    assert "would be new: agent reviewer, version 1" in out
    assert (ConfigVersion.objects.count(), ImportedFile.objects.count()) == (0, 0)


def test_a_folder_comes_in_whole(editor: User, tmp_path: Path) -> None:
    (tmp_path / "agents").mkdir()
    (tmp_path / "agents" / "one.md").write_text("First.")
    (tmp_path / "AGENTS.md").write_text("House rules.")
    (tmp_path / "notes.txt").write_text("Not ours.")
    (tmp_path / "link.md").symlink_to(tmp_path / "notes.txt")
    run("import_configs", tmp_path, "--team", "Platform", "--as", "ed")
    assert sorted(ImportedFile.objects.values_list("name", flat=True)) == ["AGENTS.md", "agents/one.md"]


def test_a_bundle_comes_back_as_it_went_in(editor: User) -> None:
    run("import_configs", BUNDLE, "--team", "Platform", "--as", "ed")
    out, err = run("export_configs", "Platform")
    assert (out.encode(), err) == (BUNDLE.read_bytes(), "")


def test_an_export_writes_into_a_folder_and_over_nothing(editor: User, tmp_path: Path) -> None:
    source = FOLDER / "opencode" / "opencode.jsonc"
    run("import_configs", source, "--team", "Platform", "--as", "ed")
    arguments = ("export_configs", "Platform", "--format", "opencode_agent", "--folder", tmp_path)
    out, _ = run(*arguments)
    assert out == f"Wrote 2 files to {tmp_path}.\n"
    written = {path.name: path.read_bytes() for path in (tmp_path / "agent").iterdir()}
    assert sorted(written) == ["plan.md", "reviewer.md"]
    with pytest.raises(CommandError, match=r"plan\.md is there already; nothing was written"):
        run(*arguments)
    assert {path.name: path.read_bytes() for path in (tmp_path / "agent").iterdir()} == written


def test_several_files_need_a_folder(editor: User) -> None:
    run("import_configs", FOLDER / "opencode" / "opencode.jsonc", "--team", "Platform", "--as", "ed")
    with pytest.raises(CommandError, match="There are 2 files; say where they go"):
        run("export_configs", "Platform", "--format", "opencode_agent")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((BUNDLE, "--team", "Nobody", "--as", "ed"), "There is no such team."),
        ((BUNDLE, "--team", "Platform", "--as", "nobody"), "There is no such user."),
        ((BUNDLE, "--everybody", "--as", "ed"), "Only owners edit what is everybody's."),
        ((FOLDER / "missing.md", "--team", "Platform", "--as", "ed"), "The file can't be read"),
        (
            (FOLDER / "providers.json", "--team", "Platform", "--as", "ed", "--format", "bundle"),
            "begins with",
        ),
    ],
)
def test_a_bad_import_says_why_and_makes_nothing(
    editor: User, arguments: tuple[object, ...], sentence: str
) -> None:
    with pytest.raises(CommandError, match=sentence):
        run("import_configs", *arguments)
    assert (ConfigVersion.objects.count(), Agent.objects.count()) == (0, 0)


def test_the_shipped_list_is_shown_and_then_taken_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = load_list((FOLDER / "providers.json").read_text())
    models = read_provider_list(listed, source="OpenCode 1.18.33", as_of="2026-11-22")
    (tmp_path / "models.json.gz").write_bytes(write_snapshot(models))
    monkeypatch.setattr("configs.domain.catalogue.SNAPSHOT", tmp_path / "models.json.gz")
    head = "OpenCode 1.18.33 as of 2026-11-22: 2 models.\n"
    new = "new: gateway/large-1\nnew: gateway/small-1\n"
    assert run("import_models")[0] == f"{head}{new}Nothing was changed; --apply takes this over.\n"
    assert CatalogueModel.objects.count() == 0
    assert run("import_models", "--apply")[0] == f"{head}{new}Taken over.\n"
    assert CatalogueModel.objects.count() == 2
    assert run("import_models", "--apply")[0] == head


def test_the_list_that_is_shipped_can_be_read() -> None:
    models = load_snapshot()
    assert (models.source, models.as_of, len(models.models)) == ("OpenCode 1.18.33", "2026-11-22", 8213)
    assert [
        item.key for item in models.models if write_known(ModelContent.read(item.facts)) != item.facts
    ] == []


# Labels ---------------------------------------------------------------------------------------------


@pytest.fixture
def prompt(team: Team) -> Any:
    """Three versions; production is on the first."""
    row = make_config(team, PromptContent(name="House style", body="One."), "production")
    for body in ("Two.", "Three."):
        row = change_config(row, PromptContent(name="House style", body=body))
    return row


@pytest.fixture
def admin(team: Team) -> User:
    return make_user(team, Role.ADMIN, username="ada")


@pytest.fixture
def approver(team: Team) -> User:
    return make_user(team, Role.APPROVER)


def move(label: str, *more: object, who: str = "ada") -> str:
    return run("move_label", "Platform", "prompt", "House style", label, *more, "--as", who)[0]


def ask(version: int = 2) -> Review:
    move("production", version, "--reason", "Shorter.")
    return Review.objects.get(state="open")


def unprotect(team: Team, admin: User) -> None:
    principal = make_principal(admin)
    set_protected(principal=principal, team=team, label="production", is_protected=False)


def approve_on_page(user: User, review: Review) -> tuple[int, str]:
    """(status, the page that comes back)."""
    response = press(enter(user), review, "approve")
    return response.status_code, read(response).text


def approve_by_api(user: User, review: Review) -> tuple[int, str]:
    """(status, problem code)."""
    body = {"fingerprint": review.content_hash}
    response = write_signed_in(sign_in(user), f"reviews/{review.pk}/approve/", body)
    return (200, "") if response.status_code == 200 else outcome(response)


def test_an_open_label_moves_and_goes_away(admin: User, prompt: Any) -> None:
    assert [
        move("staging", 2),
        move("staging", 2),
        move("staging", "--drop"),
        move("staging", "--drop"),
    ] == [
        "staging of prompt House style is on version 2 now.\n",
        "staging of prompt House style is on version 2 already.\n",
        "staging of prompt House style is taken away.\n",
        "staging of prompt House style is on no version already.\n",
    ]
    entries = AuditEntry.objects.filter(verb="config.move_label", actor_id=admin.pk).order_by("n")
    assert [(entry.door, entry.before["version"], entry.after["version"]) for entry in entries] == [
        ("command", None, 2),
        ("command", 2, None),
    ]


@pytest.mark.parametrize("wish", [2, "--drop"])
def test_a_protected_label_waits_for_somebody_else(
    admin: User, approver: User, prompt: Any, wish: object
) -> None:
    before = read_state()
    said = [move("production", wish, "--reason", "Shorter.") for _ in range(2)]
    review = Review.objects.get()
    page = f"/admin/reviews/review/{review.pk}/change/"
    assert said == [
        f"Nothing has moved: production is protected. Review {review.pk} {waits} for somebody else's "
        f"approval: {page}\n"
        for waits in ("now waits", "waits already")
    ]
    assert (review.kind, review.reason, review.requested_by_id) == ("config_label", "Shorter.", admin.pk)
    assert read_state() == before
    assert enter(approver).get(page).status_code == 200


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("Nobody", "prompt", "House style", "staging", "1", "--as", "ada"), "There is no such team."),
        (("Platform", "prompt", "House style", "staging", "1", "--as", "x"), "There is no such user."),
        (("Platform", "prompt", "Style", "staging", "1", "--as", "ada"), "Platform has no prompt Style."),
        (("Platform", "prompt", "a\0\udc80", "staging", "1", "--as", "ada"), "Platform has no prompt a"),
        (("Platform", "agent", "House style", "staging", "1", "--as", "ada"), "Platform has no agent"),
        (("Platform", "secret", "House style", "staging", "1", "--as", "ada"), "invalid choice: 'secret'"),
        (("Platform", "prompt", "House style", "staging", "9", "--as", "ada"), "There is no version 9"),
        (("Platform", "prompt", "House style", "staging", "0", "--as", "ada"), "There is no version 0"),
        (("Platform", "prompt", "House style", "staging", str(2**80), "--as", "ada"), "There is no version"),
        (("Platform", "prompt", "House style", "staging", "new", "--as", "ada"), "invalid int value"),
        (("Platform", "prompt", "House style", "draft", "1", "--as", "ada"), "it does not move"),
        (("Platform", "prompt", "House style", "a/b", "1", "--as", "ada"), "is no label"),
        (("Platform", "prompt", "House style", "staging", "--as", "ada"), "or --drop"),
        (("Platform", "prompt", "House style", "staging", "1", "--drop", "--as", "ada"), "or --drop"),
        (("Platform", "prompt", "House style", "staging", "1", "--as", "viewer"), "Only editors and admins"),
        (("Platform", "prompt", "House style", "production", "2", "--as", "bot"), "Service accounts"),
        # Of another team: not even that it is there.
        (("Platform", "prompt", "House style", "staging", "1", "--as", "else"), "Platform has no prompt"),
    ],
)
def test_a_bad_move_says_why_and_moves_nothing(
    admin: User, approver: User, team: Team, prompt: Any, arguments: tuple[str, ...], sentence: str
) -> None:
    make_user(team, Role.VIEWER, username="viewer")
    make_user(make_team(), Role.ADMIN, username="else")
    service = make_service(admin, team)
    type(service).objects.filter(pk=service.pk).update(username="bot")
    service.memberships.update(role=Role.EDITOR)
    before = read_state()
    with pytest.raises(CommandError, match=sentence):
        run("move_label", *arguments)
    assert (read_state(), Review.objects.count()) == (before, 0)


def test_whoever_asked_by_the_command_approves_it_by_no_door(
    admin: User, approver: User, prompt: Any
) -> None:
    review = ask()
    assert approve_by_api(admin, review) == (403, "refused")
    status, page = approve_on_page(admin, review)
    assert (status, "Nobody reviews what they" in page) == (403, True)
    # Asking once more is no approval either.
    move("production", 2)
    assert list_labels(prompt)["production"] == 1


@pytest.mark.parametrize("approve", [approve_on_page, approve_by_api])
def test_somebody_elses_approval_moves_what_the_command_asked_for(
    admin: User, approver: User, prompt: Any, approve: Any
) -> None:
    status, _ = approve(approver, ask())
    assert (status < 400, list_labels(prompt)["production"]) == (True, 2)


def moved_freely(team: Team, admin: User, approver: User) -> None:
    """The team let the label move without a review, and the command moved it."""
    unprotect(team, admin)
    assert move("production", 3) == "production of prompt House style is on version 3 now.\n"


def moved_by_another_request(team: Team, admin: User, approver: User) -> None:
    """Once more by the command, from where the label stood then, and approved."""
    moved_freely(team, admin, approver)
    set_protected(principal=make_principal(admin), team=team, label="production", is_protected=True)
    assert approve_by_api(approver, ask(1)) == (200, "")


@pytest.mark.parametrize(
    ("happens", "code", "words", "stands_on"),
    [
        (moved_freely, "base_moved", "What is live has changed since this was asked for", 3),
        (moved_by_another_request, "already_decided", "Ada withdrew it already.", 1),
    ],
)
def test_an_approval_of_what_the_command_asked_for_is_refused_once_the_base_moved(
    team: Team, admin: User, approver: User, prompt: Any, happens: Any, code: str, words: str, stands_on: int
) -> None:
    review = ask()
    happens(team, admin, approver)
    assert approve_by_api(approver, review) == (409, code)
    status, page = approve_on_page(approver, review)
    assert (status, words in page) == (409, True)
    assert list_labels(prompt)["production"] == stands_on


@pytest.mark.django_db(transaction=True)
def test_an_approval_and_a_move_at_once_never_both_start_from_the_same_place(
    team: Team, admin: User, approver: User, prompt: Any
) -> None:
    review = ask()
    unprotect(team, admin)
    both: list[Callable[[], Any]] = [
        partial(approve_by_api, approver, review),
        partial(move, "production", 3),
    ]
    approved, _ = run_together(both)
    moves = AuditEntry.objects.filter(verb="config.move_label", actor_id__in=[admin.pk, approver.pk])
    path = [(entry.before["version"], entry.after["version"]) for entry in moves.order_by("n")]
    assert (approved, path) in [((200, ""), [(1, 2), (2, 3)]), ((409, "base_moved"), [(1, 3)])]
    assert list_labels(prompt)["production"] == 3
