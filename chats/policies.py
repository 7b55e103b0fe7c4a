"""Who may begin chats, send in them, change and stop them. Who sees them: `engines.policies.can_see_chat`."""

from __future__ import annotations

from accounts.enums import Role, Scope
from accounts.models import Membership, User
from accounts.principal import Principal
from engines.models import Chat, Subagent

DECIDERS = frozenset({Role.APPROVER, Role.ADMIN})
WRITERS = frozenset({Role.EDITOR, Role.APPROVER, Role.ADMIN})
LACKS_SCOPE = "This token lacks the scope chats:write."


def find_chat_user(principal: Principal) -> User | None:
    """Whose chats this principal's are: a person's own, a service account's those of who answers for it."""
    return principal.user.owner if principal.user.is_service else principal.user


def explain_not_creating(principal: Principal, team_id: str) -> str:
    """Why this principal may not begin a chat in the team; "" when they may."""
    if not principal.has_scope(Scope.CHATS_WRITE):
        return LACKS_SCOPE
    if principal.user.is_service:
        return explain_owner(principal, team_id)
    if not principal.has_role(team_id, WRITERS):
        return "Only editors, approvers and admins of the team begin chats, and their service accounts."
    return ""


def explain_owner(principal: Principal, team_id: str) -> str:
    """A service account writes where it belongs and where who answers for it may write today."""
    if team_id not in principal.team_ids:
        return "Only the team's service accounts write in its chats."
    if not may_write_today(principal.user.owner_id, team_id):
        return "Whoever answers for this service account may not write in the team's chats."
    return ""


def may_write_today(user_id: str | None, team_id: str) -> bool:
    """An active person who is in the team, and more than a viewer."""
    rows = Membership.objects.filter(user_id=user_id, team_id=team_id, ended_at=None)
    return rows.filter(user__is_active=True, role__in=WRITERS).exists()


def is_left_alone(chat: Chat) -> bool:
    """It was begun in the engine and is nobody's here, or its user can write in it no more."""
    return chat.user_id is None or not may_write_today(chat.user_id, chat.team_id)


def is_chat_user(principal: Principal, chat: Chat) -> bool:
    """It is theirs, or that of who answers for this service account."""
    user = find_chat_user(principal)
    return user is not None and chat.user_id == user.pk


def explain_not_sending(principal: Principal, chat: Chat) -> str:
    """Why this principal may not send in the chat; "" when they may. About rights, not about its state."""
    refusal = explain_not_creating(principal, chat.team_id)
    if refusal:
        return refusal
    if chat.user_id is None:
        return "This chat was begun in the engine and is nobody's here: take it over first."
    if not is_chat_user(principal, chat):
        return "Only the chat's user sends in it, and their service accounts."
    return ""


def explain_not_changing(principal: Principal, chat: Chat) -> str:
    """Why this principal may not rename, tag, archive or stop it, nor withdraw what waits in it."""
    refusal = explain_not_creating(principal, chat.team_id)
    if refusal:
        return refusal
    is_admin = not principal.user.is_service and principal.has_role(chat.team_id, Role.managing())
    if not is_admin and not is_chat_user(principal, chat):
        return "Only the chat's user and the team's admins change it."
    return ""


def explain_not_taking_over(principal: Principal, chat: Chat) -> str:
    """Why this principal may not make the chat theirs; "" when they may: people alone."""
    if principal.user.is_service:
        return "Service accounts take no chats over."
    refusal = explain_not_creating(principal, chat.team_id)
    if refusal:
        return refusal
    return "" if is_left_alone(chat) else "This chat has a user."


def explain_not_stopping(principal: Principal, stopped: Chat | Subagent) -> str:
    """Why this principal may not stop an agent with all it delegated to; "" when they may.

    What belongs to no chat is stopped by those who decide for the team: people alone.
    """
    chat = stopped.chat if isinstance(stopped, Subagent) else stopped
    if chat is not None:
        return explain_not_changing(principal, chat)
    if not principal.has_scope(Scope.CHATS_WRITE):
        return LACKS_SCOPE
    if principal.user.is_service or not principal.has_role(stopped.team_id, DECIDERS):
        return "Only approvers and admins of the team stop what belongs to no chat."
    return ""


def can_send(principal: Principal, chat: Chat) -> bool:
    return not explain_not_sending(principal, chat)


def can_change(principal: Principal, chat: Chat) -> bool:
    return not explain_not_changing(principal, chat)


def can_take_over(principal: Principal, chat: Chat) -> bool:
    return not explain_not_taking_over(principal, chat)
