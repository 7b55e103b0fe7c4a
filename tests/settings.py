"""The product's own settings, read from the environment of a test run."""

from tests.support.environment import prepare_environment

RUN_FOLDER = prepare_environment()

from portal.settings import *  # noqa: E402, F403 - reads the environment prepared above
from portal.settings import DATABASES  # noqa: E402

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file, one per worker: the shared in-memory database answers "table is locked" to a second thread.
    DATABASES["default"]["TEST"] = {
        **DATABASES["default"].get("TEST", {}),
        "NAME": str(RUN_FOLDER / "test.sqlite3"),
    }

# Slow on purpose in production; hundreds of test users would spend minutes on it.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Walks ask thousands of times within a minute, all from one address.
COUNTERSIGN_API_ANONYMOUS_CALLS_PER_MINUTE = 100_000

from events.keyring import make_keys_file  # noqa: E402
from portal.settings import COUNTERSIGN_KEYS_FILE  # noqa: E402

make_keys_file(COUNTERSIGN_KEYS_FILE)
