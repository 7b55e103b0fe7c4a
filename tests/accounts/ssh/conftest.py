"""A real sshd that asks the product's own command whom it lets in."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from django.db import connection

from tests.portal.server_client import ROOT
from tests.support.ssh_server import ACCOUNT, SshServer, write_command


@pytest.fixture
def database_url(transactional_db: None) -> str:
    """This test's own database, for processes of the product."""
    facts = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{facts['NAME']}"
    return f"postgresql://{facts['USER']}:{facts['PASSWORD']}@{facts['HOST']}:{facts['PORT']}/{facts['NAME']}"


def configure_command(server: SshServer, database_url: str, *options: str) -> dict[str, str]:
    """Sshd asks `manage.py authorized_keys` for every key that is offered."""
    passed = ("PATH", "COUNTERSIGN_DATA_DIR", "COUNTERSIGN_KEYS_FILE", "SQLITE_SYNCHRONOUS")
    variables = {name: os.environ[name] for name in passed if name in os.environ}
    manage = [sys.executable, str(Path(ROOT) / "manage.py"), "authorized_keys", *options]
    command = write_command(server.folder, manage, {**variables, "DATABASE_URL": database_url})
    return {
        "AuthorizedKeysFile": "none",
        "AuthorizedKeysCommand": f"{command} %u",
        "AuthorizedKeysCommandUser": ACCOUNT,
    }
