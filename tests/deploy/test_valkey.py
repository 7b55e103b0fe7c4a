"""The throw-away Redis-protocol server: behind a password, gone when stopped."""

from urllib.parse import urlsplit

import pytest
import redis

from deploy.console import StepFailed
from deploy.valkey import ValkeyServer

pytestmark = pytest.mark.redis


def test_url_leads_to_an_empty_server(valkey_url: str) -> None:
    with redis.Redis.from_url(valkey_url) as client:
        client.set("key", "value")
        assert (client.get("key"), client.config_get("save")) == (b"value", {"save": ""})


def test_without_the_password_nothing_is_answered(valkey_url: str) -> None:
    host_and_database = valkey_url.split("@")[1]
    with (
        redis.Redis.from_url(f"redis://{host_and_database}") as client,
        pytest.raises(redis.AuthenticationError),
    ):
        client.ping()


def test_stop_ends_the_server_and_removes_its_folder() -> None:
    server = ValkeyServer().start()
    process, folder = server.server.process, server.server.folder
    assert process is not None

    server.stop()

    assert (process.returncode, folder.exists(), server.answers()) == (0, False, False)


def test_a_taken_port_is_an_error_that_shows_the_log(valkey_url: str) -> None:
    server = ValkeyServer()
    server.port = urlsplit(valkey_url).port or 0
    with pytest.raises(StepFailed, match=r"(?s)Valkey did not start:.*bind"):
        server.start()
    assert not server.server.folder.exists()
