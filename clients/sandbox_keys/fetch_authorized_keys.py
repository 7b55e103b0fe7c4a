"""Keeps a sandbox's authorized_keys file as Countersign says: one file, the standard library alone.

    fetch_authorized_keys.py --portal https://countersign.example --token-file /etc/countersign/token
        --file /etc/ssh/countersign_keys [--every 60] [--sshd-log /var/log/auth.log]

Run it as root, with `AuthorizedKeysFile /etc/ssh/countersign_keys` in sshd_config. The token is of a service
account of the team, with the scope ssh_keys:sync. What happens to the file:

- the portal answers: it is replaced in one step, also by an empty one, unless nothing has changed;
- the portal refuses (401, 403, 404): it is emptied, because this sandbox is no longer to know who may log in;
- the portal does not answer: it stays, until nothing was heard for --keep-for seconds; then it is emptied.

With --sshd-log, keys that sshd says it accepted are reported, so that people see when theirs was last used.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import asdict, dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any

TIMEOUT_S = 20
LINE = re.compile(r"restrict,pty [a-z0-9@.-]+ [A-Za-z0-9+/]+={0,2} [0-9a-z]{15}")
ACCEPTED = re.compile(rb"Accepted publickey for \S+ from \S+ port \d+ ssh2: \S+ (SHA256:[A-Za-z0-9+/]{43})")
REFUSALS = frozenset({401, 403, 404})
MOST_BYTES = 4_000_000


class Unheard(Exception):
    """The portal could not be asked, or what came back is no list of keys."""


class RefuseRedirects(urllib.request.HTTPRedirectHandler):
    """A token goes to the address that was configured, and nowhere else."""

    def redirect_request(self, *arguments: Any, **options: Any) -> None:
        return None


@dataclass
class State:
    """What is known from the last time, kept beside the file."""

    etag: str = ""
    heard_at_s: float = 0.0
    log_offset: int = 0
    log_inode: int = 0


@dataclass
class Portal:
    address: str
    token: str
    team: str

    def call(self, path: str, body: dict[str, str] | None = None, etag: str = "") -> tuple[int, bytes, str]:
        """(status, body, ETag); raises Unheard."""
        request = urllib.request.Request(  # noqa: S310 - http and https alone, see `read_address`
            f"{self.address}/api/v1/ssh-keys/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
                **({"If-None-Match": etag} if etag else {}),
            },
        )
        opener = urllib.request.build_opener(RefuseRedirects)
        try:
            with opener.open(request, timeout=TIMEOUT_S) as answer:
                return answer.status, answer.read(MOST_BYTES), answer.headers.get("ETag", "")
        except urllib.error.HTTPError as error:
            return error.code, b"", ""
        except (OSError, HTTPException, ValueError) as error:
            raise Unheard(f"the portal can't be reached ({type(error).__name__}).") from error

    def fetch(self, etag: str) -> tuple[str | None, str]:
        """(the lines, their ETag); None where nothing has changed. Raises Unheard."""
        query = f"?{urllib.parse.urlencode({'team': self.team})}" if self.team else ""
        status, body, new_etag = self.call(f"authorized_keys{query}", etag=etag)
        if status == 304:
            return None, etag
        if status in REFUSALS:
            say(f"refused ({status}): nobody is let in any more.")
            return "", ""
        text = body.decode("ascii", "replace")
        # A proxy's page is no list of keys, whatever its status.
        if status != 200 or not all(LINE.fullmatch(line) for line in text.splitlines()):
            raise Unheard(f"the portal answered {status} and no list of keys.")
        return text, new_etag

    def report(self, fingerprint: str) -> None:
        body = {"fingerprint": fingerprint, **({"team": self.team} if self.team else {})}
        status, _, _ = self.call("report-use/", body)
        if status != 204:
            say(f"the use of {fingerprint} was not taken ({status}).")


def main() -> int:
    options = read_options()
    token = Path(options.token_file).read_text().strip()
    portal = Portal(read_address(options.portal), token, options.team)
    while True:
        is_well = keep_file(portal, options)
        if not options.every:
            return 0 if is_well else 1
        time.sleep(options.every)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--portal", required=True, help="its address")
    parser.add_argument("--token-file", required=True, help="holds the token alone; mode 0600")
    parser.add_argument("--file", required=True, type=Path, help="what sshd reads")
    parser.add_argument("--team", default="", help="the team's id, when the account is in several")
    parser.add_argument("--every", type=float, default=0, metavar="SECONDS", help="go on, this often")
    parser.add_argument(
        "--keep-for", type=float, default=3600, metavar="SECONDS", help="without an answer (3600)"
    )
    parser.add_argument("--sshd-log", type=Path, help="sshd's log, to report which keys were used")
    return parser.parse_args()


def read_address(text: str) -> str:
    """A token is not sent in the clear, except to this machine."""
    parts = urllib.parse.urlsplit(text)
    is_local = parts.hostname in {"127.0.0.1", "::1", "localhost"}
    if parts.scheme != "https" and not (parts.scheme == "http" and is_local):
        raise SystemExit("--portal: https://…, or http:// to this machine.")
    return text.rstrip("/")


def keep_file(portal: Portal, options: argparse.Namespace) -> bool:
    """One round; False where something is not as it should be."""
    place = options.file.with_name(f"{options.file.name}.state")
    state = read_state(place)
    is_well = True
    # A file that somebody took away is fetched whole.
    etag = state.etag if options.file.exists() else ""
    try:
        text, state.etag = portal.fetch(etag)
        state.heard_at_s = time.time()
        if text is not None:
            replace(options.file, text)
        if options.sshd_log is not None:
            report_uses(portal, options.sshd_log, state)
    except Unheard as error:
        is_well = False
        say(str(error))
        age_s = time.time() - state.heard_at_s
        if not 0 <= age_s < options.keep_for:
            say("nothing was heard for too long: nobody is let in any more.")
            replace(options.file, "")
            state.etag = ""
    replace(place, json.dumps(asdict(state)))
    return is_well


def read_state(place: Path) -> State:
    """From the last time; as if there had been none where it can't be read."""
    try:
        return State(**json.loads(place.read_text()))
    except (OSError, ValueError, TypeError):
        return State()


def replace(path: Path, text: str) -> None:
    """In one step: sshd reads the old file or the new one."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)  # noqa: PTH101 - public keys, which sshd reads as the person who logs in
        os.replace(temporary, path)  # noqa: PTH105
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def report_uses(portal: Portal, log: Path, state: State) -> None:
    """The keys that sshd accepted since the last time; a log that was begun anew is read from its start."""
    try:
        with log.open("rb") as file:
            facts = os.fstat(file.fileno())
            if facts.st_ino != state.log_inode or facts.st_size < state.log_offset:
                state.log_inode, state.log_offset = facts.st_ino, 0
            file.seek(state.log_offset)
            found = file.read(MOST_BYTES)
    except OSError as error:
        say(f"{log} can't be read ({type(error).__name__}).")
        return
    # A line that is still being written is for the next time.
    whole = found[: found.rfind(b"\n") + 1]
    for fingerprint in dict.fromkeys(ACCEPTED.findall(whole)):
        portal.report(fingerprint.decode())
    state.log_offset += len(whole)


def say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
