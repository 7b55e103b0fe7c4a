"""The review page's keys, read by the help and by the script."""

from __future__ import annotations

from accounts.admin.keys import Key, KeyGroup

REVIEW_KEYS = (
    KeyGroup(
        "Decide",
        (
            Key("a", "approve", "approve it, once the page has stood for a second"),
            Key("d", "deny", "go to the reason, then press Reject"),
        ),
    ),
    KeyGroup("With the others", (Key("m", "comment", "write a comment"),)),
    KeyGroup("Go to", (Key("i", "inbox", "back to the reviews"), Key("?", "help", "these keys"))),
)
