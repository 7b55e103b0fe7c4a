"""How much attention an approval needs, told from the request alone by fixed rules.

Deterministic, and only ever raised: nothing here lowers a risk, and no model has a say. What can't be told is
high. The command matcher of the whitelists will take this over; until then the table stays short and plain.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from governance.content import Finding, RequestContent
from governance.enums import Risk
from governance.shell_words import hides_a_command, skip_assignments, split_commands, word_set

REMOVES = "removes files"
DISKS = "writes to disks and their partitions"
RIGHTS = "acts with other rights, or changes them"
POWER = "stops the machine, or what runs on it"
REMOTE = "acts on another machine"
CANT_TELL = "what it runs can't be told: its quotes do not match, or it is very long"
ANY_TEXT = "runs a text as a program, so its own name does not say what happens"

# First word -> why its approval needs a second look. Words, not patterns; found as they are or behind a path.
DANGEROUS_PROGRAMS: dict[str, str] = {
    **dict.fromkeys(("rm", "unlink", "shred", "srm", "truncate", "-delete"), REMOVES),
    **dict.fromkeys(
        ("dd", "mkfs", "mkswap", "fdisk", "sfdisk", "parted", "wipefs", "mount", "umount", "losetup"), DISKS
    ),
    **dict.fromkeys(
        ("sudo", "doas", "su", "pkexec", "runuser", "chown", "chmod", "chgrp", "setfacl", "visudo", "passwd"),
        RIGHTS,
    ),
    **dict.fromkeys(
        ("shutdown", "reboot", "halt", "poweroff", "kill", "pkill", "killall", "systemctl", "service"), POWER
    ),
    **dict.fromkeys(("ssh", "scp", "sftp", "rsync", "nc", "ncat", "socat", "telnet"), REMOTE),
    **dict.fromkeys(("sh", "bash", "dash", "zsh", "ksh", "fish", "eval", "source", ".", "exec"), ANY_TEXT),
}
# What stands behind these is a command again: any of their words may be the program.
WRAPPERS = word_set(
    "! { case command coproc do doas elif else env find for function if ionice nice nohup parallel setsid "
    "stdbuf strace sudo then time timeout until watch while xargs"
)
INTERPRETERS = ("python", "node", "perl", "ruby", "php", "lua", "deno", "bun")
PROGRAM_OPTIONS = frozenset({"-c", "-e", "-E", "-r", "-p", "--eval", "--print"})


@dataclass(frozen=True, slots=True)
class RiskReason:
    """Why a request is of high risk: what was seen, and what that means."""

    word: str
    sentence: str


def judge_risk(content: RequestContent, *, findings: Collection[Finding], arguments_known: bool) -> Risk:
    """`findings` are all that the request has, also those that its content does not show."""
    is_high = bool(findings) or not arguments_known or bool(list_dangers(content))
    return Risk.HIGH if is_high else Risk.NORMAL


def list_dangers(content: RequestContent) -> list[RiskReason]:
    """What the command says of its risk; empty when it names nothing dangerous. Each word once."""
    if not content.command.strip():
        return []
    commands = split_commands(content.command)
    if commands is None:
        return [RiskReason("", CANT_TELL)]
    reasons = [reason for words in commands for reason in judge_words(words)]
    return list({reason.word: reason for reason in reasons}.values())


def judge_words(words: list[str]) -> list[RiskReason]:
    """One simple command, as its words."""
    reasons = [
        RiskReason(word[:60], "a part of the command is run first, and its result becomes the command")
        for word in words
        if hides_a_command(word)
    ]
    called = skip_assignments(words)
    if not called:
        return reasons
    program = base_name(called[0])
    named = called if program in WRAPPERS else called[:1]
    for word in named:
        danger = explain_program(base_name(word)) if word != "." or word is called[0] else ""
        if danger:
            reasons.append(RiskReason(base_name(word)[:60], danger))
    if "$" in called[0]:
        reasons.append(RiskReason(called[0][:60], "which program this is will only be known when it runs"))
    if any(base_name(word).startswith(INTERPRETERS) for word in named) and PROGRAM_OPTIONS & set(called):
        reasons.append(RiskReason(program[:60], ANY_TEXT))
    return reasons


# What everybody can type on any keyboard.
TYPEABLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,29}")
ANY_WORD = "approve"


def choose_confirmation_word(content: RequestContent) -> str:
    """The word to type before approving it: the first dangerous one that the command names."""
    words = (reason.word for reason in list_dangers(content))
    return next((word for word in words if TYPEABLE.fullmatch(word)), ANY_WORD)


def explain_program(name: str) -> str:
    """Why this program is dangerous; "" when the table does not know it."""
    if name.startswith("mkfs."):
        return DISKS
    return DANGEROUS_PROGRAMS.get(name, "")


def base_name(word: str) -> str:
    return word.rstrip("/").rpartition("/")[2]
