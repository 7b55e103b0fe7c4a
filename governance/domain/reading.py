"""Reading a request's full content; reading recognised secrets is an audited act."""

from __future__ import annotations

from accounts.principal import Principal
from events.changes import changes
from events.encryption import reveal
from events.errors import Refused
from events.masking import mask_secrets
from governance.content import RequestContent
from governance.models import PermissionRequest
from governance.policies import can_read_full


def read_content(*, principal: Principal, request: PermissionRequest) -> RequestContent:
    """The unmasked content. Raises Refused."""
    with changes(principal.actor) as change:
        if not can_read_full(principal, request):
            raise Refused(
                "Only members of the request's team read it in full; tokens need the scope requests:read-full.",
                subject_kind="permission_request",
                subject_id=request.pk,
            )
        text = reveal(request, "content")
        if mask_secrets(text) != text:
            change.audit(
                "permission_request.read_secrets", request.subject, after={"fingerprint": request.fingerprint}
            )
    return RequestContent.from_text(text)
