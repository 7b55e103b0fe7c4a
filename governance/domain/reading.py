"""Reading a request's full content; reading recognised secrets is an audited act."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from accounts.principal import Principal
from events.actors import Subject
from events.changes import changes
from events.encryption import reveal
from events.errors import Refused
from events.masking import mask_secrets
from events.models import AuditEntry
from governance.content import RequestContent
from governance.models import PermissionRequest
from governance.policies import can_read_full
from governance.risk import choose_confirmation_word

VERB = "permission_request.view_full"
# One entry stands for one sitting at one door: a page that refreshes itself is still the same look.
SITTING = timedelta(minutes=10)


def read_content(*, principal: Principal, request: PermissionRequest) -> RequestContent:
    """The unmasked content. Raises Refused."""
    if not can_read_full(principal, request):
        with changes(principal.actor):
            raise Refused(
                "Only members of its team read a request in full; tokens need the scope requests:read-full.",
                subject_kind="permission_request",
                subject_id=request.pk,
            )
    text = reveal(request, "content")
    if mask_secrets(text) != text and not was_read_lately(principal, request.subject, verb=VERB):
        with changes(principal.actor) as change:
            change.audit(VERB, request.subject, after={"fingerprint": request.fingerprint})
    return RequestContent.from_text(text)


def find_confirmation_word(*, principal: Principal, request: PermissionRequest) -> str:
    """The word to type before approving it. Raises Refused for who may not read it."""
    return choose_confirmation_word(read_content(principal=principal, request=request))


def was_read_lately(principal: Principal, subject: Subject, *, verb: str) -> bool:
    return AuditEntry.objects.filter(
        subject_kind=subject.kind,
        subject_id=subject.id,
        verb=verb,
        actor_id=principal.user.pk,
        door=principal.door,
        at__gt=timezone.now() - SITTING,
    ).exists()
