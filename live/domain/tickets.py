"""One-use tickets: how a client that can set no header opens a websocket without a lasting credential."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from events.keyring import get_keyring
from live.enums import CredentialKind
from live.models import StreamTicket
from live.rights import Credential

TICKET_PREFIX = "cst_"
LIFETIME = timedelta(seconds=30)
MAX_TICKET_CHARACTERS = 100


@dataclass(frozen=True, slots=True)
class MadeTicket:
    """`secret` is what goes into the query; it can't be read again."""

    secret: str = field(repr=False)
    expires_at: datetime


def create_ticket(credential: Credential) -> MadeTicket:
    """For the holder of this credential, who has just shown it; drops those that nobody used in time."""
    now = timezone.now()
    secret = f"{TICKET_PREFIX}{secrets.token_urlsafe(32)}"
    with transaction.atomic():
        StreamTicket.objects.filter(expires_at__lte=now).delete()
        ticket = StreamTicket.objects.create(
            digest=get_keyring().digest_token(secret)[0],
            credential_kind=credential.kind,
            credential_id=credential.id,
            user_id=credential.user_id,
            expires_at=now + LIFETIME,
        )
    return MadeTicket(secret, ticket.expires_at)


def use_ticket(secret: str) -> Credential | None:
    """Whose it is, once; None for a ticket that is unknown, used or past its time."""
    if not (secret.isascii() and secret.startswith(TICKET_PREFIX) and len(secret) <= MAX_TICKET_CHARACTERS):
        return None
    rows = StreamTicket.objects.filter(
        digest__in=get_keyring().digest_token(secret), expires_at__gt=timezone.now()
    )
    ticket = rows.first()
    # Whoever removes the row has used the ticket; everybody else comes too late.
    if ticket is None or not rows.filter(pk=ticket.pk).delete()[0]:
        return None
    return Credential(CredentialKind(ticket.credential_kind), ticket.credential_id, ticket.user_id)
