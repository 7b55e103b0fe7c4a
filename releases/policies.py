"""Who may see, build and publish what an engine runs. An empty sentence means: yes."""

from __future__ import annotations

from accounts.enums import Role, Scope
from accounts.principal import Principal
from engines.models import Engine
from releases.models import Publication, Release

EDITING = frozenset({Role.EDITOR, Role.ADMIN})
BUILDING = EDITING | Role.deciding()


def can_see_engine_releases(principal: Principal, engine: Engine) -> bool:
    """Prompts and rules are a team's content: its members alone read them."""
    return principal.has_scope(Scope.RELEASES_READ) and engine.team_id in principal.team_ids


def can_see_release(principal: Principal, release: Release) -> bool:
    return can_see_engine_releases(principal, release.engine)


def can_see_publication(principal: Principal, publication: Publication) -> bool:
    return can_see_engine_releases(principal, publication.engine)


def explain_not_building(principal: Principal, engine: Engine) -> str:
    if engine.retired_at is not None:
        return "The engine is retired."
    if principal.user.is_service:
        return "Service accounts draft; people release."
    if not principal.has_scope(Scope.RELEASES_PUBLISH):
        return "This token may not release anything."
    if not principal.has_role(engine.team_id, BUILDING):
        return "Only the team's editors, approvers and admins build releases."
    return ""


def explain_not_publishing(principal: Principal, engine: Engine) -> str:
    """Publishing decides what agents are told and may do: a matter for those who decide."""
    if engine.retired_at is not None:
        return "The engine is retired."
    if principal.user.is_service:
        return "Service accounts never publish."
    if not principal.has_scope(Scope.RELEASES_PUBLISH):
        return "This token may not publish."
    if not principal.has_role(engine.team_id, Role.deciding()):
        return "Only the team's approvers and admins publish and roll back."
    return ""


def explain_not_editing_defaults(principal: Principal, engine: Engine) -> str:
    if engine.retired_at is not None:
        return "The engine is retired."
    if not principal.has_scope(Scope.CONFIGS_WRITE):
        return "This token may not change configurations."
    if not principal.has_role(engine.team_id, EDITING):
        return "Only the team's editors and admins change what holds for the whole engine."
    return ""
