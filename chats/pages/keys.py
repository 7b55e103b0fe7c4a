"""The keys of the chats' pages: tables that the help shows, and that the scripts act by."""

from __future__ import annotations

from accounts.admin.keys import Key, KeyGroup

LIST_KEYS = (
    KeyGroup(
        "Move and read",
        (
            Key("j", "next", "next chat"),
            Key("k", "previous", "previous chat"),
            Key("Enter", "open", "open the chat in focus"),
            Key("/", "search", "go to the search"),
        ),
    ),
    KeyGroup(
        "Go to",
        (
            Key("n", "new", "begin a chat"),
            Key("i", "inbox", "the inbox"),
            Key("?", "help", "these keys"),
        ),
    ),
)
CHAT_KEYS = (
    KeyGroup(
        "Talk",
        (
            Key("w", "write", "write a message; Escape leaves it"),
            Key("e", "end", "go to the newest words"),
            Key("s", "stop", "go to the button that stops the agent"),
        ),
    ),
    KeyGroup(
        "Decide",
        (
            Key("j", "next", "next thing that waits for a person"),
            Key("k", "previous", "previous thing that waits"),
            Key("a", "approve", "approve it if all of it is shown, else open it here"),
            Key("d", "deny", "open it at its message and deny there"),
            Key("o", "open", "open it here, or close it"),
        ),
    ),
    KeyGroup(
        "Go to",
        (
            Key("g c", "chats", "all chats"),
            Key("g n", "new", "begin another chat"),
            Key("g i", "inbox", "the inbox"),
            Key("?", "help", "these keys"),
        ),
    ),
)
