"""A user that nobody else is: its number owns no account, no subordinate range and no running process."""

from __future__ import annotations

import pwd
import secrets
from pathlib import Path

# Numbers that systemd's list of user ranges leaves unused, above those of containers.
FIRST = 1_879_048_192
LAST = 2_147_483_646
RANGE_FILES = (Path("/etc/subuid"), Path("/etc/subgid"))
ATTEMPTS = 20


def choose_free_user() -> int:
    """Another one each time: limits on processes count for each user. Raises LookupError."""
    running = list_running_users()
    for _ in range(ATTEMPTS):
        uid = FIRST + secrets.randbelow(LAST - FIRST)
        if uid not in running and not has_account(uid) and not is_in_range_files(uid):
            return uid
    raise LookupError("no user number is free")


def list_running_users() -> set[int]:
    users = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                users.add(entry.stat().st_uid)
            except OSError:
                continue
    return users


def has_account(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def is_in_range_files(uid: int) -> bool:
    """The ranges that containers of other users map their own into: `name:first:count` lines."""
    for path in RANGE_FILES:
        try:
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            continue
        for line in lines:
            _, _, numbers = line.partition(":")
            first, _, count = numbers.partition(":")
            if first.isdecimal() and count.isdecimal() and int(first) <= uid < int(first) + int(count):
                return True
    return False
