"""The pages of proposals and procedures: written, read, talked about, sent back, revoked by who may."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from accounts.models import Team, User
from accounts.reauthentication import SESSION_KEY
from events.append_only import suspended
from procedures.models import Proposal, ProposalComment, ProposalRevision, Sop, SopVersion
from reviews.models import Review
from tests.admin.doors import address, enter, messages_of, open_page, opened_earlier, read
from tests.admin.filled_forms import FilledForm
from tests.factories import make_owner, make_service, make_team, make_user
from tests.procedures.making import CONTENT, make_next_version, make_sop, make_sop_proposal, make_submitted

pytestmark = pytest.mark.django_db

PROPOSAL, SOP = "procedures_proposal", "procedures_sop"


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def editor(team: Team) -> User:
    return make_user(team, Role.EDITOR, name="Ada")


@pytest.fixture
def approver(team: Team) -> User:
    return make_user(team, name="Grace")


def press(client: Client, model: str, row: Any, verb: str, **values: str) -> Any:
    return client.post(address(model, verb, row.pk), values)


def fill(team: Team, **values: str) -> dict[str, str]:
    return {
        "team": team.pk,
        "slug": "deploy-web",
        "name": "Deploy the web",
        "description": "How to deploy.",
        "area": "general",
        "review_by": "2099-01-31",
        "content": CONTENT.replace("\n", "\r\n"),
        **values,
    }


def read_fields(response: Any) -> dict[str, str]:
    """What the page's forms without an id would send."""
    found = FilledForm(response.content.decode(), None)  # type: ignore[arg-type]  # a form without an id
    return {name: texts[-1] for name, texts in found.values.items()}


def test_a_proposal_is_written_checked_submitted_and_approved(
    team: Team, editor: User, approver: User
) -> None:
    client = enter(editor)
    made = client.post(address(PROPOSAL, "add"), fill(team, author_id="x", authored_by="agent"))
    proposal = Proposal.objects.get()
    assert (made.status_code, proposal.author_id, proposal.authored_by) == (302, editor.pk, "human")
    assert ProposalRevision.objects.get().content == CONTENT
    assert "Nothing was found." in open_page(client, address(PROPOSAL, "change", proposal.pk)).text
    press(client, PROPOSAL, proposal, "submit")
    proposal.refresh_from_db()
    reviewer = enter(approver)
    review = Review.objects.get(pk=proposal.review_id)
    page = open_page(reviewer, address("reviews_review", "change", review.pk))
    assert "+Everybody deploys alike." in page.text
    session = reviewer.session
    session[SESSION_KEY] = int(timezone.now().timestamp())
    session.save()
    reviewer.post(
        address("reviews_review", "approve", review.pk),
        {"fingerprint": review.content_hash, "opened": opened_earlier(reviewer, review.pk)},
    )
    sop = Sop.objects.get()
    page = open_page(client, address(SOP, "change", sop.pk))
    assert "seal holds" in page.text
    assert "Approved by Grace" in page.text


def test_the_form_of_a_next_version_begins_with_what_is_live(
    team: Team, editor: User, approver: User
) -> None:
    sop = make_sop(team, approver, slug="deploy-web")
    client = enter(editor)
    url = f"{address(PROPOSAL, 'add')}?supersedes={sop.pk}"
    values = read_fields(client.get(url))
    assert (values["slug"], values["supersedes"], values["content"]) == ("deploy-web", sop.pk, CONTENT)
    # Of another team's nothing is told.
    stranger = enter(make_user(make_team(), Role.EDITOR))
    assert read_fields(stranger.get(url))["slug"] == ""


def test_what_is_wrong_stays_in_the_form(team: Team, editor: User) -> None:
    response = enter(editor).post(address(PROPOSAL, "add"), fill(team, slug="../x", name="Kept"))
    assert (response.status_code, Proposal.objects.count()) == (400, 0)
    assert "small letters, digits and single hyphens" in response.content.decode()
    assert read_fields(response)["name"] == "Kept"


def test_an_edit_of_what_was_changed_meanwhile_is_a_conflict(team: Team, editor: User) -> None:
    proposal = make_sop_proposal(team, editor, slug="deploy-web")
    client, url = enter(editor), address(PROPOSAL, "edit", proposal.pk)
    shown = read_fields(client.get(url))
    first = client.post(url, {**shown, "content": f"{CONTENT}\nFirst.\n"})
    second = client.post(url, {**shown, "content": f"{CONTENT}\nSecond.\n"})
    assert (first.status_code, second.status_code, Proposal.objects.get().number) == (302, 409, 2)
    assert "Second." in second.content.decode()
    # Without its number nothing is saved.
    assert client.post(url, {**shown, "number": ""}).status_code == 409


@pytest.mark.parametrize("who", ["viewer", "another team", "owner", "service"])
def test_who_may_not_write_gets_no_form(who: str, team: Team, approver: User) -> None:
    proposal = make_sop_proposal(team)
    users = {
        "viewer": (lambda: make_user(team, Role.VIEWER), 403),
        "another team": (lambda: make_user(make_team(), Role.ADMIN), 404),
        "owner": (make_owner, 403),
        "service": (lambda: make_service(approver, team), 302),
    }
    make, status = users[who]
    client = enter(make())
    url = address(PROPOSAL, "edit", proposal.pk)
    assert [client.get(url).status_code, client.post(url, {}).status_code] == [status, status]
    assert Proposal.objects.get().number == 1


def test_an_owner_without_a_membership_reads_no_text(team: Team, approver: User) -> None:
    secret = f"{CONTENT}\nOnly for the team.\n"
    sop = make_sop(team, approver, content=secret, description="Only for the team. Briefly.")
    proposal = Proposal.objects.get()
    client = enter(make_owner())
    for model, row in ((PROPOSAL, proposal), (SOP, sop)):
        page = open_page(client, address(model, "change", row.pk))
        assert "Only for the team." not in page.text
        assert "You see this as an owner." in page.text


def test_the_lint_stands_at_its_lines(team: Team, editor: User) -> None:
    proposal = make_sop_proposal(team, editor, content="# Title\n\n[x](javascript:alert(1))\n\u202e\n")
    client = enter(editor)
    page = open_page(client, address(PROPOSAL, "change", proposal.pk))
    assert [link["href"] for link in page.find("a") if link.get("href", "").startswith("#line-")] == [
        "#line-3",
        "#line-4",
    ]
    assert [link for link in page.find("a") if "javascript" in link.get("href", "")] == []
    assert "⟨U+202E⟩" in page.text
    refused = press(client, PROPOSAL, proposal, "submit")
    assert "Line 3: A link of the kind javascript: is not allowed." in messages_of(refused)[0]
    assert Proposal.objects.get().state == "draft"


def test_markdown_of_an_agent_is_shown_safely(team: Team, approver: User) -> None:
    owner = make_user(team)
    hostile = f"{CONTENT}\n<script>alert(1)</script> <img src=x onerror=alert(1)>\n"
    proposal = make_sop_proposal(team, make_service(owner, team), content=hostile)
    client = enter(approver)
    press(client, PROPOSAL, proposal, "comment", text="<script>alert(2)</script>", line="3")
    page = open_page(client, address(PROPOSAL, "change", proposal.pk))
    assert [script for script in page.find("script") if not script.get("src")] == []
    assert page.find("img") == []
    assert "An agent wrote this." in page.text


def test_comments_stand_at_their_lines_and_are_settled(team: Team, editor: User, approver: User) -> None:
    proposal = make_sop_proposal(team, editor)
    client = enter(approver)
    press(client, PROPOSAL, proposal, "comment", text="Why **so**?", line="5", number="1")
    press(client, PROPOSAL, proposal, "comment", text="There is no such line.", line="500")
    comment = ProposalComment.objects.get()
    page = open_page(client, f"{address(PROPOSAL, 'change', proposal.pk)}?line=5")
    assert page.find("input", name="line")[0]["value"] == "5"
    assert page.text.count("Why so ?") == 2
    press(client, PROPOSAL, proposal, "resolve", comment=comment.pk)
    assert "settled by Grace" in open_page(client, address(PROPOSAL, "change", proposal.pk)).text


def test_sending_back_asks_for_a_reason_and_needs_what_was_shown(
    team: Team, editor: User, approver: User
) -> None:
    proposal = make_submitted(team, editor)
    client = enter(approver)
    asked = press(client, PROPOSAL, proposal, "request-changes")
    shown = read_fields(asked)
    assert press(client, PROPOSAL, proposal, "request-changes", **shown).status_code == 400
    stale = {**shown, "fingerprint": "0" * 64, "reason": "Why?"}
    press(client, PROPOSAL, proposal, "request-changes", **stale)
    assert Proposal.objects.get().state == "submitted"
    press(client, PROPOSAL, proposal, "request-changes", **{**shown, "reason": "Say who is asked."})
    assert Proposal.objects.get().state == "changes_requested"


def test_an_author_can_not_send_back_what_they_wrote(team: Team, approver: User) -> None:
    make_user(team)
    proposal = make_submitted(team, approver)
    fingerprint = Review.objects.get(pk=proposal.review_id).content_hash
    values = {"confirm": "1", "fingerprint": fingerprint, "reason": "For me."}
    assert press(enter(approver), PROPOSAL, proposal, "request-changes", **values).status_code == 403
    assert Proposal.objects.get().state == "submitted"


def test_withdrawing_asks_first(team: Team, editor: User, approver: User) -> None:
    proposal = make_submitted(team, editor)
    client = enter(editor)
    assert press(client, PROPOSAL, proposal, "withdraw").status_code == 200
    assert Proposal.objects.get().state == "submitted"
    press(client, PROPOSAL, proposal, "withdraw", confirm="1")
    assert Proposal.objects.get().state == "withdrawn"


@pytest.mark.parametrize("view", ["", "unified"])
def test_what_differs_is_shown_against_live_and_between_revisions(
    view: str, team: Team, editor: User, approver: User
) -> None:
    sop = make_sop(team, approver, slug="deploy-web")
    changed = CONTENT.replace("Ask.", "Ask on call.")
    proposal = make_sop_proposal(team, editor, slug="deploy-web", supersedes_id=sop.pk, content=changed)
    client = enter(approver)
    url = f"{address(PROPOSAL, 'change', proposal.pk)}?view={view}"
    page = open_page(client, url)
    assert ("Live: version 1 of deploy-web" in page.text) is (view == "")
    assert "1. Ask." in page.text
    assert "1. Ask on call." in page.text
    for nonsense in ("from=x", "from=99999999999", "from=-1", "to=7", "revision=0", "revision=%00", "line=x"):
        assert client.get(f"{url}&{nonsense}").status_code == 200


def test_the_versions_of_a_procedure_are_read_and_compared(team: Team, editor: User, approver: User) -> None:
    sop = make_sop(team, approver)
    make_next_version(sop, approver, content=CONTENT.replace("Ask.", "Ask on call."))
    client = enter(editor)
    url = address(SOP, "change", sop.pk)
    assert "Version 2 holds now" in open_page(client, url).text
    assert "This is version 1;" in open_page(client, f"{url}?version=1").text
    for nonsense in ("version=x", "version=9", "version=%00", "from=9", "from=x&view=unified"):
        assert client.get(f"{url}?{nonsense}").status_code == 200


def test_a_broken_seal_is_said_loudly(team: Team, editor: User, approver: User) -> None:
    sop = make_sop(team, approver)
    with suspended():
        SopVersion.objects.update(content="Do as you like.")
    client = enter(editor)
    page = open_page(client, address(SOP, "change", sop.pk))
    assert "Its text is not the one that was approved: the hash differs." in page.text
    told = messages_of(press(client, SOP, sop, "verify"))
    assert told == ["Version 1: Its text is not the one that was approved: the hash differs."]


def test_verifying_says_that_every_seal_holds(team: Team, editor: User, approver: User) -> None:
    sop = make_sop(team, approver)
    assert messages_of(press(enter(editor), SOP, sop, "verify")) == ["Every seal holds: 1 version."]
    assert press(enter(make_owner()), SOP, sop, "verify").status_code == 403


def test_only_who_decides_revokes_and_says_why(team: Team, editor: User, approver: User) -> None:
    sop = make_sop(team, approver)
    for user in (editor, make_owner()):
        refused = press(enter(user), SOP, sop, "revoke", confirm="1", reason="Because.")
        assert refused.status_code == 403
    client = enter(approver)
    assert press(client, SOP, sop, "revoke").status_code == 200
    assert press(client, SOP, sop, "revoke", confirm="1").status_code == 400
    assert Sop.objects.get().state == "live"
    press(client, SOP, sop, "revoke", confirm="1", reason="Nobody does it so.")
    assert Sop.objects.get().state == "revoked"
    assert "Nobody does it so." in open_page(client, address(SOP, "change", sop.pk)).text


@pytest.mark.parametrize("model", [PROPOSAL, SOP])
@pytest.mark.parametrize(
    ("query", "count"),
    [({}, 2), ({"q": "first"}, 1), ({"area": "security"}, 0), ({"state": "nonsense"}, 0), ({"q": "\0"}, 2)],
    ids=["all", "search", "area", "nonsense", "NUL"],
)
def test_the_lists_narrow(model: str, query: dict[str, str], count: int, team: Team, approver: User) -> None:
    make_sop(team, approver, slug="first")
    make_sop(team, approver, slug="second")
    response = enter(approver).get(reverse(f"admin:{model}_changelist"), query)
    assert response.status_code in {200, 302}
    if response.status_code == 200:
        links = [link["href"] for link in read(response).find("a") if "/change/" in link.get("href", "")]
        assert len(set(links)) == count


@pytest.mark.parametrize("model", [PROPOSAL, SOP])
def test_a_list_takes_the_same_queries_however_long(model: str, team: Team, approver: User) -> None:
    client, url = enter(approver), reverse(f"admin:{model}_changelist")
    counts = []
    for more in (1, 3):
        for _ in range(more):
            make_sop(team, approver)
        client.get(url)
        with CaptureQueriesContext(connection) as queries:
            client.get(url)
        counts.append(len(queries))
    assert counts[0] == counts[1]
