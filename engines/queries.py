from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from accounts.models import Team
from accounts.principal import Principal
from engines.models import CaoServer, Chat, Engine, Subagent


def list_engines(principal: Principal) -> QuerySet[Engine]:
    return list_engines_ever(principal).filter(retired_at=None)


def list_engines_ever(principal: Principal) -> QuerySet[Engine]:
    """Retired ones too, for their history."""
    engines = Engine.objects.all()
    return engines if principal.sees_all_teams else engines.filter(team_id__in=principal.team_ids)


def describe_live_engines(team: Team) -> str:
    """What keeps a team from being retired: engines that are switched on."""
    count = Engine.objects.filter(team=team, retired_at=None, is_enabled=True).count()
    return f"{count} enabled engine{'s' if count > 1 else ''}" if count else ""


def describe_live_cao_servers(team: Team) -> str:
    count = CaoServer.objects.filter(team=team, retired_at=None).count()
    return f"{count} CAO server{'s' if count > 1 else ''}" if count else ""


def list_chats(principal: Principal) -> QuerySet[Chat]:
    return Chat.objects.filter(team_id__in=principal.team_ids)


def list_subagents(principal: Principal) -> QuerySet[Subagent]:
    teams = principal.team_ids
    return Subagent.objects.filter(Q(instance__team_id__in=teams) | Q(cao_server__team_id__in=teams))


def find_place(engine_id: str, session_id: str) -> tuple[Chat | None, Subagent | None]:
    """Where a session stands: the chat of its root, and its ledger row when it is a subagent's."""
    subagent = (
        Subagent.objects.filter(instance_id=engine_id, source_ref=session_id).select_related("chat").first()
    )
    if subagent is not None:
        return subagent.chat, subagent
    return Chat.objects.filter(engine_id=engine_id, ai_engine_session_id=session_id).first(), None


def list_chain(subagent: Subagent | None) -> list[Subagent]:
    """From the root of its tree down to this one; at most 32 steps."""
    chain: list[Subagent] = []
    while subagent is not None and len(chain) < 32:
        chain.append(subagent)
        subagent = subagent.parent
    return chain[::-1]


def list_tree(subagent: Subagent) -> QuerySet[Subagent]:
    """All delegations of the same chat, or of the same root where there is no chat; the first seen first."""
    root_id = subagent.root_id or subagent.pk
    rows = Subagent.objects.filter(Q(pk=root_id) | Q(root_id=root_id))
    if subagent.chat_id is not None:
        rows = Subagent.objects.filter(chat_id=subagent.chat_id)
    return rows.select_related("instance", "cao_server").order_by("first_seen_at", "pk")


@dataclass(frozen=True, slots=True)
class EngineHealth:
    """One live engine for monitoring; `state` is `paused` when it is switched off."""

    engine_id: str
    state: str
    state_since: datetime
    last_seen_at: datetime | None


def list_engine_health() -> list[EngineHealth]:
    rows = Engine.objects.filter(retired_at=None).order_by("pk")
    columns = rows.values_list("pk", "is_enabled", "state", "state_since", "last_seen_at")
    return [
        EngineHealth(pk, state if is_enabled else "paused", since, seen)
        for pk, is_enabled, state, since, seen in columns
    ]
