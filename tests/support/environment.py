"""The environment variables of a test run: nothing of the developer's deployment, a folder of its own."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from portal.env import KNOWN, SECRETS

# What a run may choose from outside: the database, the channel layer, how hard SQLite flushes.
CHOSEN_OUTSIDE = frozenset({"DATABASE_URL", "REDIS_URL", "SQLITE_SYNCHRONOUS"})

RUN_FOLDER_VARIABLE = "PYTEST_RUN_FOLDER"


def prepare_environment() -> Path:
    """Set this process's environment for a test run and return the folder that its files go to.

    Each xdist worker gets a folder of its own inside the controller's; the process that made the outer one
    removes it at its exit.
    """
    outer = os.environ.get(RUN_FOLDER_VARIABLE)
    if outer is None:
        outer = tempfile.mkdtemp(prefix="cs-test-")
        os.environ[RUN_FOLDER_VARIABLE] = outer
        atexit.register(shutil.rmtree, outer, ignore_errors=True)
    folder = Path(outer) / os.environ.get("PYTEST_XDIST_WORKER", "main")
    folder.mkdir(exist_ok=True)
    for name in [*KNOWN, *(f"{secret}_FILE" for secret in SECRETS)]:
        if name not in CHOSEN_OUTSIDE:
            os.environ.pop(name, None)
    os.environ["COUNTERSIGN_DATA_DIR"] = str(folder / "data")
    os.environ["COUNTERSIGN_KEYS_FILE"] = str(folder / "keys" / "countersign.keys")
    os.environ["COUNTERSIGN_MCP_STORE"] = str(folder / "mcp")
    os.environ.setdefault("SQLITE_SYNCHRONOUS", "NORMAL")
    return folder
