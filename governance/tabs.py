"""The inbox's tabs: which requests each of them holds, for one person."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.enums import Role
from accounts.models import Team
from accounts.principal import Principal
from engines.models import Chat
from events.actors import ActorKind
from governance.enums import RequestSource, RequestState
from governance.models import PermissionRequest, RequestSnooze
from reviews.models import Vote


class Tab(models.TextChoices):
    """Every request is in one of pending, decided, expired, automatic; mine and waiting are of pending."""

    MINE = "mine", "Mine"
    PENDING = "pending", "All pending"
    WAITING = "waiting", "Waiting on others"
    DECIDED = "decided", "Decided"
    EXPIRED = "expired", "Expired"
    AUTOMATIC = "automatic", "Automatic"
    # For links that mean everything of one chat or engine; the list shows it only while it is chosen.
    ALL = "all", "All"

    @classmethod
    def open(cls) -> frozenset[str]:
        """The tabs whose requests still wait."""
        return frozenset({cls.MINE, cls.PENDING, cls.WAITING})


NOT_EXPIRED = (RequestState.PENDING, RequestState.APPROVED, RequestState.DENIED)


def filter_tab(
    requests: QuerySet[PermissionRequest], *, tab: Tab, principal: Principal, now: datetime
) -> QuerySet[PermissionRequest]:
    """`requests` are rows that the principal may see; nothing is added to them."""
    pending = Q(state=RequestState.PENDING)
    if tab == Tab.PENDING:
        return requests.filter(pending)
    if tab == Tab.MINE:
        return requests.filter(
            pending, may_decide(principal), ~has_voted(principal), ~is_snoozed(principal, now)
        )
    if tab == Tab.WAITING:
        return requests.filter(
            pending, ~may_decide(principal) | has_voted(principal) | is_claimed_by_another(principal)
        )
    if tab == Tab.DECIDED:
        return requests.filter(decided_by_kind=ActorKind.USER)
    if tab == Tab.AUTOMATIC:
        return requests.filter(decided_by_kind=ActorKind.RULE)
    if tab == Tab.EXPIRED:
        # Said by what it is not: by the states it may have, SQLite would sort them all.
        return requests.filter(decided_by_kind="").exclude(state__in=NOT_EXPIRED)
    return requests


def may_decide(principal: Principal) -> Q:
    """`explain_not_deciding` as a condition, for a person's own session."""
    user = principal.user
    if user.is_service or not user.is_active or principal.token is not None:
        return Q(pk__in=[])
    deciding = {team_id for team_id, role in principal.roles.items() if role in Role.deciding()}
    rights = Q(team_id__in=deciding)
    others = principal.team_ids - deciding
    if others:
        lenient = Team.objects.filter(pk__in=others, chat_user_may_decide=True)
        rights |= Q(team_id__in=lenient.values("pk"), chat_id__in=Chat.objects.filter(user=user).values("pk"))
    return rights & ~asked_by(principal)


def asked_by(principal: Principal) -> Q:
    """`was_asked_by` as a condition."""
    by_service = Q(requester_kind=ActorKind.SERVICE, requester_id__in=principal.service_account_ids)
    in_person = ~Q(requester_kind=ActorKind.SERVICE) & Q(requester_id=principal.user.pk)
    return Q(source=RequestSource.API) & (by_service | in_person)


def has_voted(principal: Principal) -> Q:
    votes = Vote.objects.filter(
        subject_kind="permission_request", subject_id=OuterRef("pk"), voter_id=principal.user.pk
    )
    return Q(Exists(votes))


def is_snoozed(principal: Principal, now: datetime) -> Q:
    snoozes = RequestSnooze.objects.filter(request=OuterRef("pk"), user_id=principal.user.pk, until__gt=now)
    return Q(Exists(snoozes))


def is_claimed_by_another(principal: Principal) -> Q:
    return Q(claimed_by__isnull=False) & ~Q(claimed_by_id=principal.user.pk)
