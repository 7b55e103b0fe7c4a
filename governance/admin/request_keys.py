"""The request page's keys: the same kind of table as the inbox's, read by the help and by the script."""

from __future__ import annotations

from accounts.admin.keys import Key, KeyGroup

REQUEST_KEYS = (
    KeyGroup(
        "Decide",
        (
            Key("a", "approve", "approve it; goes to the word to type when the risk is high"),
            Key("d", "deny", "go to the message, then press Deny"),
            Key("r", "propose", "approve and propose a rule: opens the choice of which"),
        ),
    ),
    KeyGroup(
        "With the others",
        (
            Key("c", "claim", "say that you look at it, or take that back"),
            Key("z", "snooze", "put it off: opens the choice of how long"),
            Key("m", "comment", "write a comment"),
        ),
    ),
    KeyGroup("Go to", (Key("i", "inbox", "back to the inbox"), Key("?", "help", "these keys"))),
)
