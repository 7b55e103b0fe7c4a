"""An engine's page and the dashboard say how its gate stands; owners let it work without, with a reason."""

from __future__ import annotations

import pytest
from django.utils import timezone

from accounts.enums import Role
from engines.models import Engine
from governance.domain.gate import UNASKED_CALL, GateReport, raise_alarm, record_report
from governance.domain.gate_access import make_gate_token
from governance.models import EngineGate
from tests.admin.doors import address, enter
from tests.factories import ACTOR, make_engine, make_owner, make_team, make_user

pytestmark = pytest.mark.django_db

PAGE = "engines_engine"


@pytest.fixture
def engine() -> Engine:
    team = make_team()
    make_user(team, Role.ADMIN)
    return make_engine(team)


def read_page(engine: Engine) -> str:
    client = enter(make_user(engine.team))
    return client.get(address(PAGE, "change", engine.pk)).content.decode()


def set_up(engine: Engine) -> None:
    make_gate_token(actor=ACTOR, engine=engine)
    report = GateReport("p-1", "i-1", "/srv/demo", "1", "")
    record_report(engine=engine, report=report, now=timezone.now())


def test_an_engine_without_a_gate_says_how_to_get_one(engine: Engine) -> None:
    page = read_page(engine)
    assert "Its engine has no gate" in page
    assert f"manage.py install_gate {engine.pk} --folder FOLDER" in page


def test_a_gated_engine_names_its_folders(engine: Engine) -> None:
    set_up(engine)
    page = read_page(engine)
    assert "gated" in page
    assert "/srv/demo" in page
    assert "install_gate" not in page


def test_an_alarm_stands_on_the_page_and_on_the_dashboard(engine: Engine) -> None:
    set_up(engine)
    dashboard = enter(make_user(engine.team)).get("/admin/").content.decode()
    assert "ungated" not in dashboard
    raise_alarm(engine=engine, directory="/srv/demo", reason=UNASKED_CALL, now=timezone.now())
    assert UNASKED_CALL in read_page(engine)
    assert "ungated" in enter(make_user(engine.team)).get("/admin/").content.decode()


def test_an_owner_lets_an_engine_work_without_its_gate_and_takes_it_back(engine: Engine) -> None:
    client = enter(make_owner())
    waive = address(PAGE, "waive-gate", engine.pk)
    assert client.post(waive).status_code == 200
    assert client.post(waive, {"confirm": "1", "reason": ""}).status_code == 400
    assert not EngineGate.objects.filter(waived_at__isnull=False).exists()
    assert client.post(waive, {"confirm": "1", "reason": "A sandbox."}).status_code == 302
    page = client.get(address(PAGE, "change", engine.pk)).content.decode()
    assert "A sandbox." in page
    assert "Require its gate" in page
    assert client.post(address(PAGE, "require-gate", engine.pk)).status_code == 302
    assert not EngineGate.objects.filter(waived_at__isnull=False).exists()


@pytest.mark.parametrize("role", Role.values)
def test_nobody_of_the_team_does(engine: Engine, role: str) -> None:
    client = enter(make_user(engine.team, role))
    for button in ("waive-gate", "require-gate"):
        answer = client.post(address(PAGE, button, engine.pk), {"confirm": "1", "reason": "Because."})
        assert answer.status_code == 403
    assert not EngineGate.objects.filter(waived_at__isnull=False).exists()
