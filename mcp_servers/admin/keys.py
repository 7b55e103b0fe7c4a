"""The server page's keys, read by the help and by the script."""

from __future__ import annotations

from accounts.admin.keys import Key, KeyGroup

SERVER_KEYS = (
    KeyGroup(
        "Decide",
        (
            Key("a", "approve", "approve it, once the page has stood for a second"),
            Key("d", "deny", "go to the reason, then press Reject"),
        ),
    ),
    KeyGroup("Go to", (Key("i", "inbox", "back to the MCP servers"), Key("?", "help", "these keys"))),
)
