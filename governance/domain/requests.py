"""Permission requests come in, from an engine or through the API; then they are sealed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Team
from accounts.principal import Principal
from engines.models import Engine
from engines.queries import find_place
from events.actors import RELAY_ACTOR, Actor, ActorKind
from events.changes import Change, changes
from events.encryption import reveal, seal
from events.errors import Conflict, Invalid, Refused, TooLarge
from events.prepared import insert_rows
from events.text import is_storable, iterate_texts, make_visible, measure_depth, read_line
from governance.content import (
    MAX_CONTENT_BYTES,
    Finding,
    RequestContent,
    digest_content,
    fingerprint_of,
    read_prefix,
    show_directory,
)
from governance.domain.announce import announce_request
from governance.domain.automatic import Ahead, decide_by_rules, prepare_rules, weigh_ahead
from governance.domain.gate_use import use_gate_verdict
from governance.enums import RequestSource, RequestState
from governance.models import PermissionRequest
from governance.policies import can_create_request
from governance.queries import list_by_engine_id, list_by_key
from governance.risk import judge_risk
from reviews.domain.policies import required_approvals
from reviews.enums import ReviewKind

DEFAULT_EXPIRY = timedelta(hours=1)
MAX_EXPIRY = timedelta(days=30)
MIN_EXPIRY = timedelta(seconds=5)
# Of the arguments' JSON; far more than any tool has.
MAX_DEPTH = 64

# Findings that only whoever takes the request in can know.
CUT = Finding("cut", "It is too large to keep whole: a part of it is missing here.")
ALTERED = Finding("altered", "Contained characters that can't be stored; they are shown replaced.")
CONTRADICTION = Finding("contradiction", "The engine's request and the call's arguments name two commands.")

ASKED_AT_ONCE = "The same request is being made at this moment; ask again."


@dataclass(frozen=True, slots=True)
class AskedByEngine:
    """A permission request as the engine announced or listed it."""

    engine_request_id: str
    session_id: str
    permission: str
    patterns: list[str]
    directory: str
    metadata: dict[str, Any] = field(default_factory=dict)
    message_id: str = ""
    call_id: str = ""
    is_text_altered: bool = False


def record_engine_request(*, engine: Engine, asked: AskedByEngine, now: datetime) -> PermissionRequest:
    """Store a request at once, unsealed; the same request again returns the row that is there.

    None is lost: one too large to keep is stored cut, and says so.
    """
    known = list_by_engine_id([engine.pk], [asked.engine_request_id]).first()
    if known is not None:
        return known
    chat, subagent = find_place(engine.pk, asked.session_id)
    content, was_cut = fit_content(
        build_engine_content(asked, agent=(subagent.agent if subagent else chat.agent if chat else ""))
    )
    request = PermissionRequest(
        team_id=engine.team_id,
        source=RequestSource.ENGINE,
        engine=engine,
        chat=chat,
        subagent=subagent,
        engine_request_id=asked.engine_request_id,
        session_id=asked.session_id,
        tool_message_id=asked.message_id,
        tool_call_id=make_visible(asked.call_id)[:200],
        requester_kind=ActorKind.ENGINE,
        requester_id=engine.pk,
        requester_label=engine.name,
        created_at=now,
        expires_at=now + timedelta(seconds=engine.request_timeout_s),
    )
    actor = Actor(ActorKind.ENGINE, engine.pk, RELAY_ACTOR.door, engine.name)
    notes = [CUT] * was_cut + [ALTERED] * asked.is_text_altered
    return insert_request(actor, request, content, notes=notes)


def build_engine_content(asked: AskedByEngine, *, agent: str) -> RequestContent:
    command, diff = asked.metadata.get("command"), asked.metadata.get("diff")
    return RequestContent(
        permission=asked.permission,
        patterns=list(asked.patterns),
        directory=asked.directory,
        agent=agent,
        command=command if isinstance(command, str) else "",
        diff=diff if isinstance(diff, str) else "",
        metadata={key: value for key, value in asked.metadata.items() if key not in {"command", "diff"}},
    )


def fit_content(content: RequestContent) -> tuple[RequestContent, bool]:
    """The content, cut when it is too large to keep, and whether it was cut."""
    if len(content.to_text()) <= MAX_CONTENT_BYTES:
        return content, False
    without_arguments = replace(content, arguments=None)
    if len(without_arguments.to_text()) <= MAX_CONTENT_BYTES:
        return without_arguments, True
    # At most twelve bytes a character are written, so this fits whatever the characters are.
    return replace(
        content,
        permission=content.permission[:200],
        patterns=[pattern[:200] for pattern in content.patterns[:100]],
        directory=content.directory[:4000],
        command=content.command[:100_000],
        diff=content.diff[:200_000],
        arguments=None,
        metadata={},
    ), True


@dataclass(frozen=True, slots=True)
class Wish:
    """What an agent asks through the API."""

    permission: str
    patterns: list[str] = field(default_factory=list)
    command: str = ""
    diff: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)
    directory: str = ""
    agent: str = ""
    session_id: str = ""
    expires_in_s: int | None = None
    idempotency_key: str = ""


WISHED = tuple(each.name for each in fields(Wish))


def create_request(*, principal: Principal, team: Team, wish: Wish) -> tuple[PermissionRequest, bool]:
    """(request, is new). The same idempotency key with the same content returns the first request.

    Raises Refused, Invalid, or Conflict when the key was used for other content.
    """
    now = timezone.now()
    check_wish(wish)
    content = RequestContent(
        permission=wish.permission,
        patterns=wish.patterns,
        directory=wish.directory,
        agent=wish.agent,
        command=wish.command or command_from(wish.arguments),
        diff=wish.diff,
        arguments=wish.arguments,
    )
    ahead = weigh_ahead(principal=principal, team_id=team.pk, content=content, now=now)
    with changes(principal.actor) as change:
        if not can_create_request(principal, team.pk):
            raise Refused("Only members of a team ask for it, with the scope requests:create.")
        known = find_by_key(principal, wish.idempotency_key)
        if known is not None:
            return require_same(known, team, content), False
        request = PermissionRequest(
            team=team,
            source=RequestSource.API,
            session_id=make_visible(wish.session_id)[:64],
            requester_kind=principal.actor.kind,
            requester_id=principal.user.pk,
            requester_label=str(principal.user),
            idempotency_key=wish.idempotency_key,
            created_at=now,
            expires_at=now + check_expiry(wish.expires_in_s),
        )
        if insert_sealed(change, request, content, ahead=ahead):
            return request, True
        known = find_by_key(principal, wish.idempotency_key)
        if known is None:
            raise Conflict(ASKED_AT_ONCE)
        return require_same(known, team, content), False


def insert_sealed(
    change: Change,
    request: PermissionRequest,
    content: RequestContent,
    *,
    notes: Sequence[Finding] = (),
    ahead: Ahead | None = None,
) -> bool:
    """Write a request whose content is complete, and let rules decide it.

    False when its idempotency key has been used meanwhile. `notes` are findings that can't be seen from the
    content itself; `ahead` is what the rules were found to say before.
    """
    is_contradiction = command_from(content.arguments) not in {"", content.command}
    set_columns(request, content)
    set_content(
        request,
        content,
        arguments_known=content.arguments is not None,
        notes=[*notes, *[CONTRADICTION] * is_contradiction],
    )
    request.sealed_at = request.created_at
    if not insert_rows([request], unless_there=True):
        return False
    audit_asked(change, request)
    audit_sealed(change, request)
    announce_request(change, request, "created")
    announce_request(change, request, "sealed")
    decide_by_rules(change, request, content, request.created_at, ahead=ahead)
    return True


def check_wish(wish: Wish) -> None:
    """Raise Invalid for what could not be stored, or not be shown as it is."""
    read_line(wish.permission, field="permission", max_length=120, is_required=True)
    read_line(wish.idempotency_key, field="idempotency_key", max_length=100)
    if measure_depth(wish.arguments, MAX_DEPTH) > MAX_DEPTH:
        raise Invalid(f"arguments: nested deeper than {MAX_DEPTH} levels.", field="arguments")
    if not all(is_storable(text) for text in iterate_texts([getattr(wish, name) for name in WISHED])):
        raise Invalid("Text may hold neither NUL nor half a surrogate pair.")


def check_expiry(expires_in_s: int | None) -> timedelta:
    if expires_in_s is None:
        return DEFAULT_EXPIRY
    wanted = timedelta(seconds=min(expires_in_s, 10**9))
    if not MIN_EXPIRY <= wanted <= MAX_EXPIRY:
        raise Invalid("A request expires after 5 seconds to 30 days.", field="expires_in_s")
    return wanted


def find_by_key(principal: Principal, key: str) -> PermissionRequest | None:
    if not key:
        return None
    return list_by_key(principal.actor.kind, principal.user.pk, key).first()


def require_same(known: PermissionRequest, team: Team, content: RequestContent) -> PermissionRequest:
    """The request made first under this key; Conflict when it asked for something else."""
    first = RequestContent.from_text(reveal(known, "content"))
    if known.team_id != team.pk or replace(content, nonce=first.nonce) != first:
        raise Conflict("This idempotency key was used for another request.", code="idempotency_key_reused")
    return known


def insert_request(
    actor: Actor, request: PermissionRequest, content: RequestContent, *, notes: Sequence[Finding] = ()
) -> PermissionRequest:
    """Write the row with its draft content; whoever comes second with the same key gets the first row."""
    set_columns(request, content)
    set_content(request, content, arguments_known=False, notes=notes)
    with changes(actor) as change:
        try:
            with transaction.atomic():
                request.save(force_insert=True)
        except IntegrityError:
            first = (
                list_by_engine_id([request.engine_id], [request.engine_request_id]).first()
                if request.engine_id
                else None
            )
            if first is None:
                raise Conflict(ASKED_AT_ONCE) from None
            return first
        audit_asked(change, request)
        announce_request(change, request, "created")
    return request


def set_columns(request: PermissionRequest, content: RequestContent) -> None:
    """What lists and filters read, and how many approvals its team asks for now; the caller saves."""
    request.permission = make_visible(content.permission)[:120]
    request.directory = show_directory(content.directory)
    request.agent = make_visible(content.agent)[:80]
    request.approvals_needed = required_approvals(team_id=request.team_id, kind=ReviewKind.PERMISSION_REQUEST)


def audit_asked(change: Change, request: PermissionRequest) -> None:
    change.audit(
        "permission_request.ask",
        request.subject,
        after={"permission": request.permission, "source": request.source, "engine": request.engine_id},
    )


def audit_sealed(change: Change, request: PermissionRequest) -> None:
    change.audit(
        "permission_request.seal",
        request.subject,
        after={"fingerprint": request.fingerprint, "arguments_known": request.arguments_known},
    )


def set_content(
    request: PermissionRequest,
    content: RequestContent,
    *,
    arguments_known: bool,
    notes: Sequence[Finding] = (),
) -> None:
    """Put content, fingerprint, risk and what lists show of it on the row; the caller saves.

    `notes` are findings that can't be seen from the content itself.
    """
    text = content.to_text()
    if len(text) > MAX_CONTENT_BYTES:
        raise TooLarge("The request is larger than 4 MiB.")
    seal(request, "content", text)
    request.fingerprint = fingerprint_of(text)
    digest = digest_content(content, arguments_known=arguments_known)
    findings = [*digest.findings, *notes]
    request.summary = digest.summary
    request.is_summary_whole = digest.is_whole and not notes
    request.findings = [{"code": item.code, "sentence": item.sentence} for item in findings]
    request.arguments_known = arguments_known
    request.prefix = read_prefix(content) if arguments_known else ""
    request.risk = judge_risk(content, findings=findings, arguments_known=arguments_known)


def seal_request(
    *,
    actor: Actor,
    request: PermissionRequest,
    arguments: dict[str, Any] | None,
    now: datetime,
    tool: str = "",
    is_text_altered: bool = False,
) -> PermissionRequest:
    """Fix the content: from now on it can be approved. `arguments` None means that they stay unknown.

    A request that is sealed or closed already is returned as it is. Arguments too large to keep stay unknown.
    """
    if request.is_pending and not request.is_sealed:
        prepare_rules(request, RequestContent.from_text(reveal(request, "content")), now)
    with changes(actor) as change:
        current = PermissionRequest.objects.get(pk=request.pk)
        if current.is_sealed or not current.is_pending:
            return current
        draft = RequestContent.from_text(reveal(current, "content"))
        command = draft.command or command_from(arguments)
        content, was_cut = fit_content(replace(draft, arguments=arguments, command=command, tool=tool))
        noted = {finding["code"] for finding in current.findings}
        notes = [
            *[CUT] * (was_cut or CUT.code in noted),
            *[ALTERED] * (is_text_altered or ALTERED.code in noted),
            *[CONTRADICTION] * (command_from(arguments) not in {"", command}),
        ]
        before = current.fingerprint
        set_content(current, content, arguments_known=content.arguments is not None, notes=notes)
        sealed = PermissionRequest.objects.filter(
            pk=current.pk, state=RequestState.PENDING, sealed_at=None, fingerprint=before
        ).update(
            content=current.content,
            fingerprint=current.fingerprint,
            summary=current.summary,
            is_summary_whole=current.is_summary_whole,
            findings=current.findings,
            arguments_known=current.arguments_known,
            prefix=current.prefix,
            risk=current.risk,
            sealed_at=now,
        )
        current.refresh_from_db()
        if sealed:
            audit_sealed(change, current)
            announce_request(change, current, "sealed")
            use_gate_verdict(change, current, content, now)
            decide_by_rules(change, current, content, now)
    return current


def command_from(arguments: dict[str, Any] | None) -> str:
    command = (arguments or {}).get("command")
    return command if isinstance(command, str) else ""


def place_requests(*, engine: Engine) -> int:
    """Attach requests that wait without a chat to theirs, as far as it is known now; returns how many.

    A session may become known after its request, and its parents after itself.
    """
    waiting = PermissionRequest.objects.filter(engine=engine, state=RequestState.PENDING, chat=None)
    count = 0
    with changes(RELAY_ACTOR) as change:
        for request in waiting.order_by("pk"):
            chat, subagent = find_place(engine.pk, request.session_id)
            if chat is None and (subagent is None or subagent.pk == request.subagent_id):
                continue
            request.chat, request.subagent = chat, subagent
            request.agent = make_visible(subagent.agent if subagent else chat.agent if chat else "")[:80]
            count += PermissionRequest.objects.filter(pk=request.pk, state=RequestState.PENDING).update(
                chat=chat, subagent=subagent, agent=request.agent
            )
            announce_request(change, request, "placed")
    return count
