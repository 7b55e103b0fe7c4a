"""Asking people for permission, and waiting for what they say."""

from __future__ import annotations

from accounts.api.serializers import Text, WriteSerializer
from accounts.enums import Scope
from accounts.principal import Principal
from events.errors import NotFound
from governance.api.request_serializers import WishSerializer
from governance.domain.requests import Wish, create_request
from governance.enums import RequestState
from governance.models import PermissionRequest
from governance.prepared_queries import find_shown_request
from mcp_door.callers import find_team
from mcp_door.tools import KEY_LENGTH, Arguments, Look, Shown, Tool, timeout_field

WAIT_AGAIN = "Nobody has decided yet. Call wait_for_permission with this id again."
NEXT_STEPS: dict[str, str] = {
    RequestState.PENDING: WAIT_AGAIN,
    RequestState.APPROVED: "It is approved: do exactly what was asked for, once.",
}
NO = "It is not approved: do not do it."


class PermissionWishSerializer(WishSerializer):
    """As the API's, with the key that is a header there."""

    idempotency_key = Text(
        required=False,
        max_length=KEY_LENGTH,
        help_text="Asked again with the same key and the same content, it answers with the first request.",
    )


class PermissionWaitSerializer(WriteSerializer):
    id = Text(max_length=15, help_text="What request_permission answered.")
    timeout_s = timeout_field()


def show_permission(request: PermissionRequest) -> Shown:
    return {
        "id": request.pk,
        "state": request.state,
        "may_act": request.state == RequestState.APPROVED,
        "message": request.decision_message,
        "decided_at": request.decided_at,
        "expires_at": request.expires_at,
        "next": NEXT_STEPS.get(request.state, NO),
    }


def request_permission(principal: Principal, values: Arguments) -> Shown:
    team = find_team(principal, values.pop("team", None))
    made, _ = create_request(principal=principal, team=team, wish=Wish(**values))
    return show_permission(made)


def look_at_permission(principal: Principal, values: Arguments) -> Look:
    request = find_shown_request(principal, values["id"])
    if request is None:
        raise NotFound("There is no such permission request.")
    return Look(request.subject if request.is_pending else None, show_permission(request))


REQUEST_PERMISSION = Tool(
    name="request_permission",
    title="Ask for permission",
    description=(
        "Ask people for permission to do one exact thing before you do it: a command, an edit, a deployment. "
        "Answers at once with an id and a state; while the state is `pending`, call wait_for_permission. "
        "Act only when may_act is true."
    ),
    arguments=PermissionWishSerializer,
    scopes=(Scope.REQUESTS_CREATE,),
    act=request_permission,
    has_own_key=True,
)
WAIT_FOR_PERMISSION = Tool(
    name="wait_for_permission",
    title="Wait for permission",
    description=(
        "Wait until people have decided what request_permission asked, at most 50 seconds. "
        "While the state is `pending`, call it again with the same id. Act only when may_act is true; "
        "everything else is a no."
    ),
    arguments=PermissionWaitSerializer,
    scopes=(Scope.REQUESTS_READ, Scope.REQUESTS_CREATE),
    look=look_at_permission,
    is_reading=True,
)

PERMISSION_TOOLS = (REQUEST_PERMISSION, WAIT_FOR_PERMISSION)
