"""Files in and out and the catalogue, on the pages of the plain editor."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.enums import Role
from accounts.models import Team, User
from configs.domain.catalogue import apply_catalogue
from configs.formats.provider_list import load_list, read_provider_list, write_snapshot
from configs.models import Agent, CatalogueModel, ConfigVersion, ImportedFile, Model, Prompt
from tests.admin.doors import enter, messages_of, open_page, read
from tests.factories import ACTOR, make_owner, make_team, make_user

pytestmark = pytest.mark.django_db

FOLDER = Path(__file__).resolve().parents[1] / "data" / "configs"
IMPORT = "/configure/import/"
REVIEWER = (
    b"---\ndescription: Reviews\npermission:\n  bash:\n    'rm *': deny\n    '*': ask\n---\nYou review.\n"
)


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def editor(team: Team) -> User:
    return make_user(team, Role.EDITOR)


@pytest.fixture
def browser(editor: User) -> Client:
    return enter(editor)


@pytest.fixture
def filled() -> None:
    listed = load_list((FOLDER / "providers.json").read_text())
    apply_catalogue(actor=ACTOR, models=read_provider_list(listed, source="an engine", as_of="2026-11-01"))


def look(browser: Client, team: Team, **values: Any) -> Any:
    files = values.pop("files", [SimpleUploadedFile("reviewer.md", REVIEWER)])
    return browser.post(IMPORT, {"team": team.pk, "format": "", "act": "look", "files": files, **values})


def read_hidden(response: Any) -> dict[str, list[str]]:
    """What the page's own form carries to the next step."""
    found: dict[str, list[str]] = {}
    for field in read(response).find("input", type="hidden"):
        found.setdefault(field["name"], []).append(field["value"])
    return found


def test_a_look_shows_every_field_and_writes_nothing(browser: Client, team: Team) -> None:
    response = look(browser, team)
    assert response.status_code == 200
    text = read(response).text
    for words in (
        "Worth a look (1)",
        "Taken over (4)",
        "It comes last and undoes what stands before it: rm *.",
    ):
        assert words in text
    assert (ConfigVersion.objects.count(), ImportedFile.objects.count()) == (0, 0)


def test_what_was_looked_at_is_taken_over(browser: Client, team: Team) -> None:
    response = browser.post(IMPORT, {**read_hidden(look(browser, team)), "act": "take"})
    assert (response.status_code, response["Location"]) == (302, IMPORT)
    assert messages_of(response) == ["2 drafts came in. No label moved."]
    assert (Agent.objects.get().name, Agent.objects.get().team) == ("reviewer", team)
    again = browser.post(IMPORT, {**read_hidden(look(browser, team)), "act": "take"})
    assert messages_of(again) == ["Nothing new: 2 drafts stood here already."]
    assert ConfigVersion.objects.count() == 2


def test_a_pasted_file_comes_in_under_its_name(browser: Client, team: Team) -> None:
    response = look(browser, team, files=[], name="agents/one.md", text="First line.\r\nSecond line.")
    browser.post(IMPORT, {**read_hidden(response), "act": "take"})
    assert Prompt.objects.get().latest.content["body"] == "First line.\nSecond line."


def test_what_changed_since_the_look_is_shown_again(browser: Client, team: Team) -> None:
    carried = read_hidden(look(browser, team))
    changed = SimpleUploadedFile("reviewer.md", REVIEWER.replace(b"Reviews", b"Reads"))
    browser.post(IMPORT, {**read_hidden(look(browser, team, files=[changed])), "act": "take"})
    response = browser.post(IMPORT, {**carried, "act": "take"})
    assert response.status_code == 409
    assert "What is there has changed since this was shown." in read(response).text
    assert Agent.objects.get().version == 1


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("one.md", b"---\nmode: boss\n---\n", "one.md: mode: this is one of primary, subagent, all"),
        ("one.md", b"---\na: &x 1\n---\n", "anchors and aliases are not read"),
        ("notes.txt", b"Hello", "say its format"),
        ("AGENTS.md", b"\xff\xfe", "no UTF-8 text"),
        ("AGENTS.md", b"x" * (1024 * 1024 + 1), "At most 1024 KB at once here"),
    ],
)
def test_a_bad_file_says_why_and_nothing_comes_in(
    browser: Client, team: Team, name: str, data: bytes, sentence: str
) -> None:
    response = look(browser, team, files=[SimpleUploadedFile(name, data)])
    assert response.status_code == 400
    assert sentence in read(response).text
    assert ConfigVersion.objects.count() == 0


def test_a_form_that_was_changed_on_the_way_is_refused(browser: Client, team: Team) -> None:
    carried = {**read_hidden(look(browser, team)), "act": "take"}
    for wrong in ({"file_data": ["%%%"]}, {"file_name": ["a.md", "b.md"]}, {"fingerprint": ["x"]}):
        assert browser.post(IMPORT, {**carried, **wrong}).status_code in {400, 409}
    assert ConfigVersion.objects.count() == 0


@pytest.mark.parametrize("role", [Role.VIEWER, Role.APPROVER])
def test_who_may_not_edit_brings_nothing_in(team: Team, role: str) -> None:
    browser = enter(make_user(team, role))
    assert "Editors and admins of a team bring files in." in open_page(browser, IMPORT).text
    assert look(browser, team).status_code == 403
    assert browser.post("/configure/export/", {"team": team.pk, "format": "bundle"}).status_code == 403


def test_another_teams_editor_brings_nothing_in(team: Team) -> None:
    browser = enter(make_user(make_team(), Role.EDITOR))
    assert look(browser, team).status_code == 403


def test_what_came_in_is_read_by_members_alone(browser: Client, team: Team) -> None:
    secret = "sk-abcdefghijklmnop0123456789"
    data = f"---\nmode: all\n---\nUse {secret}.\n".encode()
    files = [SimpleUploadedFile("keeper.md", data)]
    browser.post(IMPORT, {**read_hidden(look(browser, team, files=files)), "act": "take"})
    url = reverse("configure:imported", args=[ImportedFile.objects.get().pk])
    page = open_page(browser, url)
    assert "Use ••••." in page.text
    assert secret not in page.html
    assert "keeper.md" in open_page(browser, IMPORT).text
    for other in (make_user(make_team(), Role.ADMIN), make_owner()):
        assert enter(other).get(url).status_code == 404
        assert "keeper.md" not in read(enter(other).get(IMPORT)).text


def test_a_bundle_is_downloaded_and_several_files_as_one_archive(browser: Client, team: Team) -> None:
    config = SimpleUploadedFile("opencode.jsonc", (FOLDER / "opencode" / "opencode.jsonc").read_bytes())
    browser.post(IMPORT, {**read_hidden(look(browser, team, files=[config])), "act": "take"})
    values = {"team": team.pk, "label": "draft"}
    bundle = browser.post("/configure/export/", {**values, "format": "bundle"})
    assert bundle["Content-Disposition"] == 'attachment; filename="team.yaml"'
    assert bundle.content.startswith(b"countersign: 1\n")
    packed = browser.post("/configure/export/", {**values, "format": "opencode_agent"})
    assert packed["Content-Disposition"] == 'attachment; filename="configs.zip"'
    with zipfile.ZipFile(io.BytesIO(packed.content)) as archive:
        assert archive.namelist() == ["agent/plan.md", "agent/reviewer.md"]


def test_a_model_is_chosen_from_the_catalogue(browser: Client, team: Team, filled: None) -> None:
    page = open_page(browser, "/configure/catalogue/?q=large")
    assert "gateway/large-1" in page.text
    assert "gateway/small-1" not in page.text
    row = CatalogueModel.objects.get(key="gateway/large-1")
    response = browser.post("/configure/catalogue/", {"team": team.pk, "choose": row.pk})
    model = Model.objects.get()
    assert response["Location"] == reverse("configure:show", args=["models", model.pk])
    assert (model.key, model.team) == ("gateway/large-1", team)
    again = browser.post("/configure/catalogue/", {"team": team.pk, "choose": row.pk})
    assert again["Location"] == f"/configure/catalogue/?team={team.pk}&q="
    assert Model.objects.count() == 1
    assert browser.post("/configure/catalogue/", {"team": team.pk, "choose": "nothing"}).status_code == 404


def test_the_catalogue_asks_the_database_as_often_for_one_as_for_two(browser: Client, filled: None) -> None:
    open_page(browser, "/configure/catalogue/")
    counts = []
    for search, shown in (("large", "1 model"), ("gateway", "2 models")):
        with CaptureQueriesContext(connection) as captured:
            page = open_page(browser, f"/configure/catalogue/?q={search}")
        assert shown in page.text
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_owners_alone_take_the_shipped_list_over(
    browser: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = load_list((FOLDER / "providers.json").read_text())
    models = read_provider_list(listed, source="OpenCode 1.18.33", as_of="2026-11-22")
    (tmp_path / "models.json.gz").write_bytes(write_snapshot(models))
    monkeypatch.setattr("configs.domain.catalogue.SNAPSHOT", tmp_path / "models.json.gz")
    url = "/configure/catalogue/update/"
    assert browser.get(url).status_code == 403
    assert browser.post(url).status_code == 403
    owner = enter(make_owner())
    page = owner.get(url)
    assert "New (2)" in read(page).text
    assert CatalogueModel.objects.count() == 0
    assert messages_of(owner.post(url, {"fingerprint": "x"})) == [
        "The catalogue has changed since this was shown. Look again."
    ]
    response = owner.post(url, read_hidden(owner.get(url)))
    assert messages_of(response) == ["Taken over: 2 new, 0 changed, 0 missing."]
    assert CatalogueModel.objects.count() == 2
    assert "The catalogue says the same" in open_page(owner, url).text
