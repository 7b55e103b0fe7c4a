"""The example that talks, as a process: a real engine answers, and people are asked in between."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from accounts.enums import Scope
from accounts.models import Team, User
from deploy.servers import free_port
from engines.models import Chat, Engine, Message
from governance.models import PermissionRequest
from relay.demo.scenarios import Say, Use
from tests.clients.programs import finish, start
from tests.crash.conftest import (
    Bench,
    System,
    bench,  # noqa: F401 - a fixture
    describe_test_database,
    engine,  # noqa: F401 - a fixture
    team,  # noqa: F401 - a fixture
    wait_until,
)
from tests.factories import make_gated, make_token, make_user
from tests.portal.server_client import ROOT

pytestmark = [pytest.mark.engine, pytest.mark.slow]

TALK = ROOT / "clients" / "chat_example" / "talk.py"
SCOPES = (Scope.CHATS_READ, Scope.CHATS_WRITE, Scope.EVENTS_READ)
DECIDING = (Scope.REQUESTS_READ, Scope.REQUESTS_DECIDE)


@pytest.fixture
def user(team: Team) -> User:  # noqa: F811
    return make_user(team)


@pytest.fixture
def system(user: User, engine: Engine, settings: Any) -> Iterator[System]:  # noqa: F811
    """The product in one process, on the test's own database."""
    make_gated(engine)
    environment = {
        "DATABASE_URL": describe_test_database(),
        "COUNTERSIGN_BIND": "127.0.0.1:0",
        "COUNTERSIGN_KEYS_FILE": str(settings.COUNTERSIGN_KEYS_FILE),
    }
    system = System(True, make_token(user, *DECIDING), environment=environment)
    system.start("portal")
    try:
        wait_until(lambda: Engine.objects.filter(pk=engine.pk, state="online").exists(), "the engine, online")
        yield system
    finally:
        system.stop()


def talk(port: int, token: str, *arguments: str) -> subprocess.Popen[bytes]:
    return start([str(TALK), *arguments], {"CSK_URL": f"http://127.0.0.1:{port}", "CSK_TOKEN": token})


def test_what_the_agent_says_is_printed_and_the_chat_goes_on(
    system: System,
    bench: Bench,  # noqa: F811
    user: User,
    engine: Engine,  # noqa: F811
) -> None:
    bench.model.scenarios["talk_port"] = lambda _turn: [Say("On 8080.")]
    bench.model.scenarios["talk_tls"] = lambda _turn: [Use.shell("ls -la"), Say("On 8443.")]
    token = make_token(user, *SCOPES)
    code, output, errors = finish(talk(system.port, token, "--engine", engine.pk, "Which port? [talk_port]"))
    chat = Chat.objects.get(user=user)
    assert (code, output, errors) == (0, "On 8080.\n", f"Chat {chat.pk}\n")
    # The second time the agent needs somebody's yes before it answers.
    process = talk(system.port, token, "--chat", chat.pk, "And over TLS? [talk_tls]")
    request = wait_until(
        lambda: PermissionRequest.objects.filter(sealed_at__isnull=False).first(), "a request"
    )
    assert process.poll() is None
    assert system.decide(request) == 200
    assert finish(process) == (0, "On 8443.\n", f"Chat {chat.pk}\n")
    said = Message.objects.filter(chat=chat, role="user").values_list("user_message_status", flat=True)
    assert (list(said), bench.count_calls("talk_port")) == (["delivered", "delivered"], 1)


def test_without_a_portal_nothing_is_said() -> None:
    code, output, errors = finish(talk(free_port(), "csk_x", "--engine", "0" * 15, "Hello"))
    assert (code, output, errors) == (1, "", "No answer: the portal can't be reached (ConnectError).\n")


def test_what_may_not_be_said_is_told(system: System, user: User, engine: Engine) -> None:  # noqa: F811
    reader = make_token(user, Scope.CHATS_READ, Scope.EVENTS_READ)
    code, output, errors = finish(talk(system.port, reader, "--engine", engine.pk, "Hello"))
    assert (code, output) == (1, "")
    assert errors == "No answer: missing_scope: This token lacks the scope chats:write.\n"
    assert not Chat.objects.filter(user=user).exists()
