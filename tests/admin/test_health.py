"""The pages of health and the banner over every page, as people see them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.test.html import Element, parse_html
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from accounts.models import Team
from engines.models import Engine
from health.models import HealthCheck, HealthWatch
from tests.admin.doors import enter
from tests.factories import make_engine, make_owner, make_team, make_user
from tests.health.make import make_finding, report

pytestmark = pytest.mark.django_db

LIST = "/admin/health/healthcheck/"


@pytest.fixture
def team() -> Team:
    return make_team("Builders")


@pytest.fixture
def engine(team: Team) -> Engine:
    return make_engine(team, name="forge")


def enter_as(team: Team, role: str = Role.VIEWER) -> Client:
    return enter(make_user(team, role))


def read_page(client: Client, path: str) -> Element:
    response = client.get(path)
    assert response.status_code == 200, path
    return parse_html(response.content.decode())


def find_all(element: Element, name: str, **wanted: str) -> list[Element]:
    """Every element of this name and these attributes below, in the page's order."""
    found = []
    for child in element.children:
        if isinstance(child, Element):
            attributes = dict(child.attributes)
            if (
                child.name == name
                and {key.rstrip("_"): value for key, value in wanted.items()}.items() <= attributes.items()
            ):
                found.append(child)
            found.extend(find_all(child, name, **wanted))
    return found


def read_text(element: Element) -> str:
    parts = [child if isinstance(child, str) else read_text(child) for child in element.children]
    return " ".join(" ".join(parts).split())


def read_alarms(page: Element) -> list[str]:
    is_banner = ("id", "health-banner") in page.attributes
    [banner] = [page] if is_banner else find_all(page, "div", id="health-banner")
    return [read_text(line) for line in (*find_all(banner, "li"), *find_all(banner, "p"))]


def read_rows(page: Element) -> list[list[str]]:
    [body] = find_all(page, "tbody")
    cells = [[child for child in row.children if isinstance(child, Element)] for row in find_all(body, "tr")]
    return [[read_text(cell) for cell in row] for row in cells]


def test_the_list_tells_state_since_when_and_why_the_worst_first(team: Team, engine: Engine) -> None:
    report(
        make_finding("ready", team=team, component="gate", subject_id=engine.pk, name="Gate of forge"),
        make_finding("offline", team=team, subject_id=engine.pk, name="Engine forge", detail="Nobody there."),
    )
    rows = read_rows(read_page(enter_as(team), LIST))
    assert [row[:2] for row in rows] == [
        ["Engine forge", "offline Nobody there."],
        ["Gate of forge", "ready"],
    ]


def test_a_page_tells_what_it_was(team: Team, engine: Engine) -> None:
    report(make_finding("ready", team=team, subject_id=engine.pk, name="Engine forge"))
    report(make_finding("error", team=team, subject_id=engine.pk, name="Engine forge", detail="No password."))
    check = HealthCheck.objects.get(subject_id=engine.pk)
    page = read_page(enter_as(team), reverse("admin:health_healthcheck_change", args=[check.pk]))
    history = [row[1:] for row in read_rows(page)]
    assert history == [["error", "No password."], ["ready", "–"]]


def test_what_is_not_looked_at_any_more_keeps_its_page_and_leaves_the_list(team: Team) -> None:
    report(make_finding("error", team=team, subject_id="gone", name="Engine gone"))
    report()
    client, check = enter_as(team), HealthCheck.objects.get(subject_id="gone")
    assert "Engine gone" not in read_text(read_page(client, LIST))
    page = read_page(client, reverse("admin:health_healthcheck_change", args=[check.pk]))
    assert "not looked at" in read_text(page)


def test_an_engines_page_says_how_it_is(team: Team, engine: Engine) -> None:
    report(make_finding("error", team=team, subject_id=engine.pk, detail="It says so."))
    page = read_page(enter_as(team), reverse("admin:engines_engine_change", args=[engine.pk]))
    [lines] = find_all(page, "ul", class_="health-lines")
    assert read_text(lines).startswith("Engine for ")
    assert read_text(lines).endswith("s error It says so.")


@pytest.mark.parametrize("path", ["/admin/", LIST, "/configure/", "/admin/engines/engine/"])
def test_every_page_says_what_is_not_well(team: Team, path: str) -> None:
    report(
        make_finding("offline", team=team, subject_id="e1", name="Engine forge", detail="Nobody there."),
        make_finding("degraded", team=team, subject_id="e2", name="Engine slow"),
        make_finding("error", team=make_team(), subject_id="e3", name="Engine of others"),
        make_finding("error", component="disk", name="Disk"),
    )
    page = read_page(enter_as(team), path)
    assert read_alarms(page) == ["Engine forge offline: Nobody there."]
    owner = read_page(enter(make_owner()), path)
    assert read_alarms(owner) == [
        "Disk error",
        "Engine of others error",
        "Engine forge offline: Nobody there.",
    ]


def test_pages_of_chats_say_it_too(team: Team) -> None:
    report(make_finding("error", team=team, subject_id="e1", name="Engine forge"))
    assert read_alarms(read_page(enter_as(team), "/chats/")) == ["Engine forge error"]


def test_pages_that_a_script_reads_leave_it_out(team: Team) -> None:
    """They are read again and again, for another part of them."""
    report(make_finding("error", team=team, subject_id="e1", name="Engine forge"))
    answer = enter_as(team).get("/admin/", headers={"X-Countersign-Script": "1"})
    assert (answer.status_code, b"health-banner" in answer.content) == (200, False)


def test_when_all_is_well_nothing_stands_there(team: Team) -> None:
    report(make_finding("ready", team=team, subject_id="e1"))
    assert read_alarms(read_page(enter_as(team), "/admin/")) == []


def test_that_nobody_looks_is_said_on_every_page(team: Team) -> None:
    report(make_finding("ready", team=team, subject_id="e1"))
    moment = timezone.now() - timedelta(minutes=3)
    HealthCheck.objects.update(last_ping_at=moment)
    HealthWatch.objects.update(round_at=moment)
    client = enter_as(team)
    [alarm] = read_alarms(read_page(client, "/admin/"))
    assert alarm.startswith(f"Nobody looks whether all is well since {moment:%Y-%m-%d %H:%M:%S} UTC.")
    page = read_page(client, LIST)
    assert "Nobody has looked since" in read_text(page)
    assert "Nobody looks at it; when last seen it was ready." in read_text(page)


def test_open_pages_read_the_banner_alone(team: Team) -> None:
    report(make_finding("error", team=team, subject_id="e1", name="Engine forge"))
    url = reverse("admin:health_banner")
    assert read_alarms(read_page(enter_as(team), url)) == ["Engine forge error"]
    assert Client().get(url).status_code == 302


def test_nobody_writes_health_through_a_page(team: Team) -> None:
    report(make_finding("error", team=team, subject_id="e1"))
    check = HealthCheck.objects.get(subject_id="e1")
    client = enter(make_owner())
    paths = (LIST, f"{LIST}add/", f"{LIST}{check.pk}/change/", f"{LIST}{check.pk}/delete/")
    # There is no page to delete on: the address is that of an object, which has none.
    assert [client.post(path, {"state": "ready"}).status_code for path in paths] == [405, 403, 405, 302]
    assert HealthCheck.objects.get(subject_id="e1").state == "error"


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_as_many_queries_for_many_as_for_one(
    team: Team, count: int, django_assert_max_num_queries: Any
) -> None:
    report(*[make_finding(team=team, subject_id=f"e{number}") for number in range(count)])
    client = enter_as(team)
    client.get(LIST)
    with django_assert_max_num_queries(12):
        client.get(LIST)
