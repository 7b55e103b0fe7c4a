"""Encrypted columns, the keys a database knows, and `manage.py rotate_keys`."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from accounts.domain.login_links import create_login_link, find_login_link
from accounts.domain.tokens import create_token, find_token
from engines.models import Engine
from events.append_only import missing_triggers, suspended
from events.audit import verify_chain
from events.encryption import list_encrypted_fields, register_keys, reveal, seal
from events.keyring import KeyringError
from events.models import AuditEntry, KeyUse
from governance.content import RequestContent
from governance.domain.decide import approve_request
from governance.models import PermissionRequest
from tests.factories import ACTOR, make_engine, make_principal, make_request, make_team, make_user

pytestmark = pytest.mark.django_db

UseKeys = Callable[..., None]


@pytest.fixture
def use_keys(settings: Settings, tmp_path: Path) -> UseKeys:
    """`use_keys("k2", "k1")`: a keys file with these keys; a secret follows from its name and `salt`."""

    def use(*names: str, salt: str = "") -> None:
        path = tmp_path / f"{'-'.join(names)}{salt}.keys"
        lines = [
            f"{name} {base64.b64encode((name + salt).encode().ljust(32, b'.')).decode()}" for name in names
        ]
        path.write_text("\n".join(lines) + "\n")
        settings.COUNTERSIGN_KEYS_FILE = path

    return use


def test_a_field_is_bound_to_its_row(use_keys: UseKeys) -> None:
    use_keys("k1")
    team = make_team()
    first, second = make_engine(team, password="one"), make_engine(team, password="two")
    assert (reveal(first, "password"), reveal(second, "password")) == ("one", "two")
    assert "one" not in first.password
    second.password = first.password
    with pytest.raises(KeyringError):
        reveal(second, "password")


def test_an_empty_text_is_stored_as_nothing(use_keys: UseKeys) -> None:
    use_keys("k1")
    engine = make_engine(make_team())
    assert (engine.password, reveal(engine, "password")) == ("", "")


def test_a_row_needs_its_key_first() -> None:
    with pytest.raises(ValueError, match="needs its key"):
        seal(Engine(pk=""), "password", "x")


def test_every_encrypted_field_is_known() -> None:
    assert {(model._meta.label, name) for model, name in list_encrypted_fields()} == {
        ("configs.ImportedFile", "original"),
        ("engines.CaoServer", "token"),
        ("engines.Engine", "control_token"),
        ("engines.Engine", "password"),
        ("governance.PermissionRequest", "content"),
        ("mcp_servers.McpSecret", "value"),
        ("governance.Question", "answers"),
        ("governance.Question", "content"),
    }


def test_the_first_key_is_remembered(use_keys: UseKeys) -> None:
    use_keys("k1")
    register_keys()
    register_keys()
    use_keys("k2", "k1")
    register_keys()
    assert sorted(KeyUse.objects.values_list("key_id", flat=True)) == ["k1", "k2"]


@pytest.mark.parametrize(
    ("names", "salt", "problem"),
    [
        (("k2",), "", "the keys file has no key 'k1'"),
        (("k1",), "other", "key 'k1' is not the key this database was written with"),
        (("k2", "k1"), "other", "key 'k1' is not the key this database was written with"),
    ],
)
def test_a_missing_or_another_key_stops_the_start(
    use_keys: UseKeys, names: tuple[str, ...], salt: str, problem: str
) -> None:
    use_keys("k1")
    register_keys()
    use_keys(*names, salt=salt)
    with pytest.raises(KeyringError, match=problem):
        register_keys()
    with pytest.raises(CommandError, match=problem):
        call_command("rotate_keys", stdout=StringIO())
    assert list(KeyUse.objects.values_list("key_id", flat=True)) == ["k1"]


def rotate() -> list[str]:
    output = StringIO()
    call_command("rotate_keys", stdout=output)
    return output.getvalue().splitlines()


def test_a_rotation_reaches_open_sealed_and_decided_rows(use_keys: UseKeys) -> None:
    use_keys("k1")
    register_keys()
    team = make_team()
    engine = make_engine(team, password="hunter2")
    make_engine(team)
    requests = [make_request(engine, f"ls {number}", sealed=number > 0) for number in range(3)]
    decided = requests[2]
    approve_request(
        principal=make_principal(make_user(team)), request_id=decided.pk, fingerprint=decided.fingerprint
    )
    before = list(PermissionRequest.objects.order_by("pk").values("pk", "fingerprint", "state", "summary"))
    use_keys("k2", "k1")
    assert rotate() == [
        "engines.Engine: 1 rows",
        "governance.PermissionRequest: 3 rows",
        "Old keys still verify tokens and signed heads made with them; keep their lines.",
    ]
    use_keys("k2")
    assert reveal(Engine.objects.get(pk=engine.pk), "password") == "hunter2"
    assert [
        RequestContent.from_text(reveal(PermissionRequest.objects.get(pk=request.pk), "content")).command
        for request in requests
    ] == ["ls 0", "ls 1", "ls 2"]
    assert (
        list(PermissionRequest.objects.order_by("pk").values("pk", "fingerprint", "state", "summary"))
        == before
    )
    assert (missing_triggers(), verify_chain()) == ([], [])
    entry = AuditEntry.objects.order_by("-n")[0]
    assert (entry.verb, entry.subject_id, entry.after) == (
        "keyring.rotate",
        "k2",
        {"rows": {"engines.Engine": 1, "governance.PermissionRequest": 3}, "unreadable": []},
    )


def test_a_second_rotation_has_nothing_to_do(use_keys: UseKeys) -> None:
    use_keys("k1")
    make_engine(make_team(), password="hunter2")
    use_keys("k2", "k1")
    rotate()
    assert rotate() == ["Old keys still verify tokens and signed heads made with them; keep their lines."]


def test_a_row_that_can_not_be_read_is_named_and_does_not_stop_the_others(use_keys: UseKeys) -> None:
    use_keys("k1")
    team = make_team()
    broken, whole = make_engine(team, password="one"), make_engine(team, password="two")
    with suspended():
        Engine.objects.filter(pk=broken.pk).update(password="k1.AAAA.BBBB")
    use_keys("k2", "k1")
    with pytest.raises(CommandError, match=f"left as they are: engines.Engine {broken.pk}"):
        rotate()
    assert Engine.objects.get(pk=broken.pk).password == "k1.AAAA.BBBB"
    assert reveal(Engine.objects.get(pk=whole.pk), "password") == "two"
    assert AuditEntry.objects.order_by("-n")[0].after["unreadable"] == [f"engines.Engine {broken.pk}"]


def test_tokens_and_login_links_made_before_a_rotation_still_work(use_keys: UseKeys) -> None:
    use_keys("k1")
    user = make_user(make_team())
    expires_at = timezone.now() + timedelta(days=1)
    made = create_token(actor=ACTOR, user=user, name="t", scopes=["requests:read"], expires_at=expires_at)
    link = create_login_link(actor=ACTOR, user=user)
    use_keys("k2", "k1")
    rotate()
    assert find_token(made.secret) == made.token
    assert find_login_link(link.secret) == link.link
    use_keys("k2")
    assert (find_token(made.secret), find_login_link(link.secret)) == (None, None)
