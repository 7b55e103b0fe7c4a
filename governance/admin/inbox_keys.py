"""The inbox's keys: one table, read by the help and, through it, by the script that acts on them."""

from __future__ import annotations

from accounts.admin.keys import Key, KeyGroup

INBOX_KEYS = (
    KeyGroup(
        "Move and read",
        (
            Key("j", "next", "next request"),
            Key("k", "previous", "previous request"),
            Key("Enter", "open", "open the request in focus"),
            Key("o", "open", "open it, as Enter does"),
            Key("/", "search", "go to the search"),
        ),
    ),
    KeyGroup(
        "Decide",
        (
            Key(
                "a",
                "approve",
                "approve it if the list shows all of it, else open it; the selection, if any",
            ),
            Key("d", "deny", "open it at its message and deny there; the selection, if any"),
            Key("c", "claim", "say that you look at it, or take that back"),
            Key("z", "snooze", "hide it from your own tab for an hour"),
        ),
    ),
    KeyGroup(
        "Select",
        (
            Key("x", "select", "select it, or take it out"),
            Key("Shift+J", "extend-down", "select on to the next"),
            Key("Shift+K", "extend-up", "select on to the previous"),
            Key("Escape", "clear", "select nothing, leave the search"),
        ),
    ),
    KeyGroup(
        "Go to",
        (
            Key("g m", "tab", "Mine", "mine"),
            Key("g p", "tab", "All pending", "pending"),
            Key("g w", "tab", "Waiting on others", "waiting"),
            Key("g d", "tab", "Decided", "decided"),
            Key("g e", "tab", "Expired", "expired"),
            Key("g a", "tab", "Automatic", "automatic"),
            Key("g s", "group", "group by session, or not"),
            Key("?", "help", "these keys"),
        ),
    ),
)


def list_keys() -> tuple[KeyGroup, ...]:
    return INBOX_KEYS
