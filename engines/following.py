"""Which chats can be followed live, and by whom: `live.registry` asks."""

from __future__ import annotations

from collections.abc import Collection

from engines.models import Chat


def list_chat_audiences(chat_ids: Collection[str]) -> dict[str, str]:
    """Of those that exist; what is said in a chat is for the members of its team."""
    rows = Chat.objects.filter(pk__in=chat_ids).values_list("pk", "team_id")
    return {pk: f"team:{team_id}" for pk, team_id in rows}
