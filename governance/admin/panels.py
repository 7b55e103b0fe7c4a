"""What requests add to the pages of chats and engines."""

from __future__ import annotations

from django.urls import reverse

from accounts.admin.panels import Panel, register_panel
from accounts.principal import Principal
from engines.models import Chat, Engine
from governance.admin.rows import build_rows, list_for_rows

SHOWN = 20


def build_chat_requests(principal: Principal, chat: Chat) -> Panel | None:
    return build_requests(principal, "chat", chat.pk, "What this chat asked for")


def build_engine_requests(principal: Principal, engine: Engine) -> Panel | None:
    return build_requests(principal, "engine", engine.pk, "What this engine asked for")


def build_requests(principal: Principal, field: str, pk: str, title: str) -> Panel:
    """The newest requests of one place, and the way to all of them in the inbox."""
    found = list_for_rows(principal).filter(**{f"{field}_id": pk}).order_by("-created_at", "-id")[:SHOWN]
    inbox = reverse("admin:governance_permissionrequest_changelist")
    context = {"rows": build_rows(principal, list(found)), "all_url": f"{inbox}?{field}={pk}&tab=all"}
    return Panel(title, "admin/governance/permissionrequest/panel.html", context)


register_panel("engines.chat", build_chat_requests)
register_panel("engines.engine", build_engine_requests)
