"""What a permission request looks like from outside, and what one may send about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.serializers import (
    ActorSerializer,
    Integer,
    NamedSerializer,
    ReadSerializer,
    Text,
    WriteSerializer,
)
from accounts.models import User
from accounts.principal import Principal
from engines.models import Chat, Subagent
from events.actors import ActorKind
from events.masking import mask_secrets
from governance.domain.decide import describe_end
from governance.enums import CloseReason, Reply, ReplyState, RequestSource, RequestState, Risk
from governance.models import EngineReply, PermissionRequest
from governance.policies import can_read_summary, explain_not_deciding
from governance.queries import count_comments, find_last_replies, find_my_votes
from reviews.enums import Verdict
from reviews.models import Vote

MAX_COMMAND = 256 * 1024
MAX_DIFF = 1024 * 1024
MAX_PATTERNS = 100
MAX_PATTERN = 4000
MAX_REASON = 4000


@dataclass(frozen=True, slots=True)
class Viewer:
    """For whom requests are described, with what was looked up for all of them at once."""

    principal: Principal
    votes: dict[str, Vote] = field(default_factory=dict)
    replies: dict[str, EngineReply] = field(default_factory=dict)
    comments: dict[str, int] = field(default_factory=dict)
    holders: dict[str, str] = field(default_factory=dict)
    now: datetime = field(default_factory=timezone.now)

    @classmethod
    def of(cls, principal: Principal, requests: list[PermissionRequest]) -> Viewer:
        """At most four queries: agents neither vote nor comment, only engines are replied to."""
        asked = [] if principal.user.is_service else [request.pk for request in requests]
        engines = [request.pk for request in requests if request.engine_id is not None]
        holders = {request.claimed_by_id for request in requests if request.claimed_by_id is not None}
        return cls(
            principal,
            find_my_votes(principal, asked) if asked else {},
            find_last_replies(engines) if engines else {},
            count_comments(asked) if asked else {},
            {user.pk: str(user) for user in User.objects.filter(pk__in=holders)} if holders else {},
        )

    def explain(self, request: PermissionRequest) -> str:
        """Why this viewer can't decide this request now; "" when they can."""
        if not request.is_pending:
            return describe_end(request)
        if request.is_overdue(self.now):
            return "The time for this request has run out."
        if request.pk in self.votes:
            return "You have voted on this already."
        return explain_not_deciding(self.principal, request)


class FindingSerializer(ReadSerializer):
    """Something that could fool a reader of the content."""

    code = serializers.CharField()
    sentence = serializers.CharField()


class PlaceSerializer(ReadSerializer):
    """The chat that a request belongs to; its title is masked."""

    id = serializers.CharField()
    title = serializers.SerializerMethodField()
    session_id = serializers.CharField(source="ai_engine_session_id")

    def get_title(self, chat: Chat) -> str:
        return mask_secrets(chat.title)


class DelegateSerializer(ReadSerializer):
    """The subagent that asks."""

    id = serializers.CharField()
    agent = serializers.CharField()
    description = serializers.SerializerMethodField()

    def get_description(self, subagent: Subagent) -> str:
        return mask_secrets(subagent.description)


class MyDecisionSerializer(ReadSerializer):
    """The viewer's own vote."""

    verdict = serializers.ChoiceField(choices=Verdict.choices)
    reason = serializers.CharField()
    at = serializers.DateTimeField()


class DecidingRuleSerializer(ReadSerializer):
    """The rule that decided, as it was named then."""

    id = serializers.CharField(source="rule_id")
    version = serializers.IntegerField(source="rule_version")
    name = serializers.CharField(source="decided_by_label")


class DeliverySerializer(ReadSerializer):
    """What became of the last reply to the engine. `orphaned` after an approval: it did not run."""

    reply = serializers.ChoiceField(choices=Reply.choices)
    state = serializers.ChoiceField(choices=ReplyState.choices)
    attempts = serializers.IntegerField()
    error = serializers.CharField(source="last_error")
    created_at = serializers.DateTimeField()
    sent_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)


def hide_commands(shown: dict[str, Any]) -> None:
    """For an owner outside the team: state and metadata stay, what is asked and said about it goes."""
    shown |= {"summary": "", "is_summary_whole": False, "decision_message": "", "prefix": ""}
    shown["comments_count"] = 0
    for name, text in (("chat", "title"), ("subagent", "description")):
        if shown[name] is not None:
            shown[name] = {**shown[name], text: ""}


class RequestSerializer(ReadSerializer):
    """A permission request as lists show it: recognised secrets are masked."""

    # Context: `viewer`.

    id = serializers.CharField()
    state = serializers.ChoiceField(choices=RequestState.choices)
    fingerprint = serializers.CharField(help_text="What a decision has to carry.")
    permission = serializers.CharField()
    summary = serializers.CharField(help_text="Empty for owners outside the team.")
    is_summary_whole = serializers.BooleanField(help_text="The summary shows everything there is.")
    prefix = serializers.CharField(
        help_text="The leading words of one plain command, else empty; empty for owners outside the team."
    )
    risk = serializers.ChoiceField(
        choices=Risk.choices,
        help_text="`high` until its arguments are known. API tokens never decide it.",
    )
    findings = FindingSerializer(many=True)
    arguments_known = serializers.BooleanField()
    sealed = serializers.BooleanField(source="is_sealed", help_text="Only a sealed request can be approved.")
    can_decide = serializers.SerializerMethodField()
    cannot_decide_because = serializers.SerializerMethodField()
    my_decision = serializers.SerializerMethodField()
    claimed_by = serializers.SerializerMethodField()
    claimed_at = serializers.DateTimeField(allow_null=True)
    comments_count = serializers.SerializerMethodField()
    approvals = serializers.IntegerField()
    approvals_needed = serializers.IntegerField()
    team = NamedSerializer()
    source = serializers.ChoiceField(  # type: ignore[assignment]  # a field, not the serializer's own
        choices=RequestSource.choices
    )
    requester = serializers.SerializerMethodField()
    engine = NamedSerializer(allow_null=True)
    chat = PlaceSerializer(allow_null=True)
    subagent = DelegateSerializer(allow_null=True)
    engine_request_id = serializers.CharField()
    session_id = serializers.CharField()
    tool_message_id = serializers.CharField()
    tool_call_id = serializers.CharField()
    directory = serializers.CharField()
    agent = serializers.CharField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    decided_by = serializers.SerializerMethodField()
    decision_door = serializers.CharField()
    rule = serializers.SerializerMethodField()
    decision_message = serializers.CharField(help_text="The reviewer's words, for the agent.")
    close_reason = serializers.ChoiceField(choices=CloseReason.choices, allow_blank=True)
    closed_by = serializers.CharField(
        source="closed_by_id", allow_null=True, help_text="The request whose denial closed this one."
    )
    delivery = serializers.SerializerMethodField()

    @property
    def viewer(self) -> Viewer:
        viewer: Viewer = self.context["viewer"]
        return viewer

    def to_representation(self, instance: PermissionRequest) -> dict[str, Any]:
        shown = super().to_representation(instance)
        if not can_read_summary(self.viewer.principal, instance):
            hide_commands(shown)
        return shown

    def get_can_decide(self, request: PermissionRequest) -> bool:
        return not self.viewer.explain(request)

    def get_cannot_decide_because(self, request: PermissionRequest) -> str:
        return self.viewer.explain(request)

    @extend_schema_field(MyDecisionSerializer(allow_null=True))
    def get_my_decision(self, request: PermissionRequest) -> Any:
        return MyDecisionSerializer.show(self.viewer.votes.get(request.pk))

    @extend_schema_field(ActorSerializer(allow_null=True))
    def get_claimed_by(self, request: PermissionRequest) -> dict[str, str] | None:
        """Who says that they look at it; a hint, not a lock."""
        holder = request.claimed_by_id
        if holder is None:
            return None
        return {"kind": ActorKind.USER, "id": holder, "label": self.viewer.holders.get(holder, "")}

    def get_comments_count(self, request: PermissionRequest) -> int:
        """For people of the team; 0 for everybody else."""
        return self.viewer.comments.get(request.pk, 0)

    @extend_schema_field(ActorSerializer)
    def get_requester(self, request: PermissionRequest) -> dict[str, str]:
        return {
            "kind": request.requester_kind,
            "id": request.requester_id,
            "label": request.requester_label,
        }

    @extend_schema_field(ActorSerializer(allow_null=True))
    def get_decided_by(self, request: PermissionRequest) -> dict[str, str] | None:
        if not request.decided_by_id:
            return None
        return {
            "kind": request.decided_by_kind,
            "id": request.decided_by_id,
            "label": request.decided_by_label,
        }

    @extend_schema_field(DecidingRuleSerializer(allow_null=True))
    def get_rule(self, request: PermissionRequest) -> Any:
        """Null unless a rule decided it."""
        return DecidingRuleSerializer.show(request if request.rule_id else None)

    @extend_schema_field(DeliverySerializer(allow_null=True))
    def get_delivery(self, request: PermissionRequest) -> Any:
        return DeliverySerializer.show(self.viewer.replies.get(request.pk))


class ContentSerializer(ReadSerializer):
    """The full content, unmasked."""

    permission = serializers.CharField()
    patterns = serializers.ListField(child=serializers.CharField())
    directory = serializers.CharField()
    agent = serializers.CharField()
    command = serializers.CharField()
    diff = serializers.CharField()
    arguments = serializers.DictField(allow_null=True, help_text="Null while or when they are not known.")
    metadata = serializers.DictField()
    tool = serializers.CharField()


class RequestDetailSerializer(RequestSerializer):
    """One request. `content` is null without the scope `requests:read-full` or the team's membership."""

    # Context: `viewer`, `content`, `siblings`.

    siblings = serializers.SerializerMethodField()
    content = serializers.SerializerMethodField()

    def get_siblings(self, _request: PermissionRequest) -> int:
        """Other pending requests of the same engine session; a denial closes them too."""
        siblings: int = self.context["siblings"]
        return siblings

    @extend_schema_field(ContentSerializer(allow_null=True))
    def get_content(self, _request: PermissionRequest) -> Any:
        return ContentSerializer.show(self.context["content"])


class WishSerializer(WriteSerializer):
    """What an agent asks permission for."""

    team = Text(required=False, max_length=15, help_text="Needed when the caller belongs to several teams.")
    permission = Text(max_length=120, help_text="The verb, for example `bash`, `edit`, `deploy`.")
    patterns = serializers.ListField(
        child=Text(max_length=MAX_PATTERN), max_length=MAX_PATTERNS, required=False, default=list
    )
    command = Text(max_length=MAX_COMMAND, allow_blank=True, required=False, default="")
    diff = Text(max_length=MAX_DIFF, allow_blank=True, required=False, default="")
    arguments = serializers.DictField(required=False, default=dict)
    directory = Text(max_length=1000, allow_blank=True, required=False, default="")
    agent = Text(max_length=80, allow_blank=True, required=False, default="")
    session_id = Text(max_length=64, allow_blank=True, required=False, default="")
    expires_in_s = Integer(
        required=False, min_value=5, max_value=30 * 24 * 3600, help_text="After that it counts as denied."
    )


class DecisionSerializer(WriteSerializer):
    """`fingerprint` is the one that was shown; another one, or none, answers 409."""

    fingerprint = Text(max_length=64, allow_blank=True, required=False, default="")
    reason = Text(
        max_length=MAX_REASON,
        allow_blank=True,
        required=False,
        default="",
        help_text="Goes to the agent. A denial without one stops its turn; with one it goes on, told why.",
    )


class NothingSerializer(WriteSerializer):
    """An empty object, or no body at all."""
