from __future__ import annotations

from django.db import models

from live.enums import CredentialKind


class StreamTicket(models.Model):
    """Opens one websocket for whoever asked for it; only a keyed digest of its text is stored.

    It is not tied to the credential's row: whether that still holds is asked when the socket opens, and
    again while it is open.
    """

    digest = models.CharField(max_length=64, primary_key=True)
    credential_kind = models.CharField(
        max_length=8, choices=[(kind.value, kind.value) for kind in CredentialKind]
    )
    # The session's key or the token's id: as django_session and the token's own row spell it.
    credential_id = models.CharField(max_length=40)
    user_id = models.CharField(max_length=15)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"ticket of {self.user_id}"
