"""Proposals: agents and people write, revise and submit them; people decide them where reviews are."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.filters import (
    RecordIdFilter,
    TextFilter,
    refuse_unclear_parameters,
    refuse_unknown_parameters,
)
from accounts.api.idempotency import idempotent
from accounts.api.pagination import PARAMETERS
from accounts.api.preconditions import OPTIONAL_PARAMETER, PARAMETER, is_conditional, require_match, tag
from accounts.api.views import ApiViewSet
from accounts.enums import Scope
from accounts.models import Team
from accounts.principal import Principal
from configs.api.label_serializers import FieldDifferenceSerializer
from configs.api.pages import CountedPage
from configs.differences import FieldDifference
from events.errors import Invalid, NotFound, Refused
from events.identifiers import is_record_id
from procedures.api.proposal_serializers import (
    ChangesWantedSerializer,
    CommentNameSerializer,
    CommentWishSerializer,
    ProposalCommentSerializer,
    ProposalDetailSerializer,
    ProposalSerializer,
    ProposalTextSerializer,
    ProposalWishSerializer,
    RevisionDifferenceSerializer,
    RevisionRowSerializer,
    RevisionSerializer,
    SubmissionSerializer,
)
from procedures.domain.comments import comment_on_proposal, resolve_comment
from procedures.domain.proposals import (
    create_proposal,
    request_changes,
    revise_proposal,
    submit_proposal,
    withdraw_proposal,
)
from procedures.domain.wanted import find_live_of
from procedures.drafts import ProposalDraft
from procedures.enums import Area, AuthoredBy, ProposalState
from procedures.models import Proposal, ProposalRevision, SopVersion
from procedures.policies import can_read_proposal, explain_not_revising
from procedures.queries import (
    count_open_comments,
    get_proposal,
    get_revision,
    list_comments,
    list_proposals,
    list_revisions,
)

# Whoever writes one follows it, also with a token that may only write.
READERS = (Scope.PROCEDURES_READ, Scope.PROCEDURES_WRITE)
READING = ("list", "retrieve", "revisions", "revision", "comments", "diff")
WRITING = ("create", "update", "submit", "withdraw", "request_changes", "comment", "resolve_comment")
LIVE = "live"
NUMBER = OpenApiParameter("number", {"type": "integer", "minimum": 1}, OpenApiParameter.PATH)
SINCE = OpenApiParameter(
    "from",
    {"type": "string", "pattern": "^(live|[0-9]{1,9})$"},
    description="A revision's number, or `live`; left out: the one before `to`.",
)
TO = OpenApiParameter(
    "to", {"type": "string", "pattern": "^[0-9]{1,9}$"}, description="A revision; left out: the latest."
)


class ProposalFilters(filters.FilterSet):
    """Several states are given by repeating `state`. `search` looks in names, in any case."""

    search = TextFilter(
        field_name="name", lookup_expr="icontains", max_length=120, help_text="A part of its name."
    )
    slug = TextFilter(max_length=64)
    state = filters.MultipleChoiceFilter(choices=ProposalState.choices)
    area = filters.MultipleChoiceFilter(choices=Area.choices)
    authored_by = filters.MultipleChoiceFilter(choices=AuthoredBy.choices)
    team = RecordIdFilter(field_name="team_id")
    supersedes = RecordIdFilter(field_name="supersedes_id")


class ProposalViewSet(mixins.ListModelMixin, ApiViewSet):
    """Proposals of one's teams; a service account's own alone. No token decides one."""

    queryset = Proposal.objects.none()
    serializer_class = ProposalSerializer
    filterset_class = ProposalFilters
    pagination_class = CountedPage
    http_method_names = ["get", "head", "post", "put"]
    objects = frozenset({"retrieve"})
    scopes = {
        **dict.fromkeys(READING, READERS),
        **dict.fromkeys(WRITING, (Scope.PROCEDURES_WRITE,)),
    }

    def get_queryset(self) -> QuerySet[Proposal]:
        return count_open_comments(list_proposals(self.principal))

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "readable": self.principal.team_ids}

    @extend_schema(description="Proposals, newest first; `total` of them in all.")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(request=ProposalWishSerializer, responses={201: ProposalDetailSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Write a new one, as a draft. Its author is whoever calls, whatever is sent."""
        wish = self.read_body(ProposalWishSerializer)
        team = find_writable_team(self.principal, wish.pop("team", None))
        note = wish.pop("note")
        made = create_proposal(principal=self.principal, team=team, draft=build_draft(wish), note=note)
        answer = self.answer(made.pk, status=201)
        answer.headers["Location"] = request.build_absolute_uri(reverse("proposal-detail", args=[made.pk]))
        return answer

    @extend_schema(responses=ProposalDetailSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """One proposal, with what it says and what can be found fault with."""
        refuse_unknown_parameters(request, frozenset())
        return Response(self.show(pk))

    @extend_schema(request=ProposalTextSerializer, responses=ProposalDetailSerializer, parameters=[PARAMETER])
    def update(self, request: Request, pk: str) -> Response:
        """Save all that it shall say as its next revision; the same again makes none.

        Whoever revises becomes an author, who can't approve it. What is submitted stays so; its votes don't.
        """
        change = self.read_body(ProposalTextSerializer)
        note = change.pop("note")
        proposal = self.get_matching(pk)
        revise_proposal(
            principal=self.principal,
            proposal_id=pk,
            draft=build_draft({**change, "slug": proposal.slug}),
            expected_number=proposal.number,
            note=note,
        )
        return self.answer(pk)

    @extend_schema(
        request=SubmissionSerializer, responses=ProposalDetailSerializer, parameters=[OPTIONAL_PARAMETER]
    )
    @action(detail=True, methods=["post"])
    def submit(self, request: Request, pk: str) -> Response:
        """Put the latest revision before the team."""
        wish = self.read_body(SubmissionSerializer)
        proposal = self.get_matching(pk) if is_conditional(request) else get_proposal(self.principal, pk)
        submit_proposal(
            principal=self.principal, proposal_id=pk, expected_number=proposal.number, reason=wish["reason"]
        )
        return self.answer(pk)

    @extend_schema(request=SubmissionSerializer, responses=ProposalDetailSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """Take back what one, or one's service account, proposed."""
        withdraw_proposal(principal=self.principal, proposal_id=pk, **self.read_body(SubmissionSerializer))
        return self.answer(pk)

    @extend_schema(request=ChangesWantedSerializer, responses=ProposalDetailSerializer)
    @action(detail=True, methods=["post"], url_path="request-changes")
    def request_changes(self, request: Request, pk: str) -> Response:
        """Send it back to who wrote it, in a session, for those who could approve it; a token is refused."""
        request_changes(principal=self.principal, proposal_id=pk, **self.read_body(ChangesWantedSerializer))
        return self.answer(pk)

    @extend_schema(responses=RevisionRowSerializer(many=True), filters=False)
    @action(detail=True, filterset_class=None, pagination_class=ApiViewSet.pagination_class)
    def revisions(self, request: Request, pk: str) -> Response:
        """Its revisions, newest first, without their texts."""
        refuse_unknown_parameters(request, PARAMETERS)
        return self.answer_page(list_revisions(self.get_readable(pk)), RevisionRowSerializer)

    @extend_schema(responses=RevisionSerializer, parameters=[NUMBER], filters=False)
    @action(detail=True, url_path=r"revisions/(?P<number>[0-9]{1,9})", filterset_class=None)
    def revision(self, request: Request, pk: str, number: str) -> Response:
        """What one revision says. It never changes."""
        refuse_unknown_parameters(request, frozenset())
        return Response(RevisionSerializer(get_revision(self.get_readable(pk), int(number))).data)

    @extend_schema(responses=RevisionDifferenceSerializer, parameters=[SINCE, TO], filters=False)
    @action(detail=True, filterset_class=None, pagination_class=None)
    def diff(self, request: Request, pk: str) -> Response:
        """What lies between two revisions, or between the live procedure and one, field by field."""
        refuse_unknown_parameters(request, {"from", "to"})
        refuse_unclear_parameters(request, set())
        proposal = self.get_readable(pk)
        to = get_revision(proposal, read_number(request, "to", proposal.number))
        if request.query_params.get("from") == LIVE:
            base: Any = find_live_of(proposal)
        else:
            number = read_number(request, "from", to.number - 1)
            base = get_revision(proposal, number) if number else None
        is_version = isinstance(base, SopVersion)
        changed = compare_texts(list_texts(base) if base else {}, list_texts(to))
        return Response(
            {
                "from_revision": base.number if base and not is_version else None,
                "from_version": base.number if is_version else None,
                "to_revision": to.number,
                "fields_changed": [FieldDifferenceSerializer.show(field) for field in changed],
            }
        )

    @extend_schema(responses=ProposalCommentSerializer(many=True), filters=False)
    @action(detail=True, filterset_class=None, is_newest_first=False)
    def comments(self, request: Request, pk: str) -> Response:
        """What was said about any of its revisions, oldest first. Who wrote it reads it, agents too."""
        refuse_unknown_parameters(request, PARAMETERS)
        return self.answer_page(list_comments(self.get_readable(pk)), ProposalCommentSerializer)

    @extend_schema(request=CommentWishSerializer, responses={201: ProposalCommentSerializer})
    @comments.mapping.post
    @idempotent
    def comment(self, request: Request, pk: str) -> Response:
        """Say something about a revision, or about one of its lines. It can't be changed later."""
        wish = self.read_body(CommentWishSerializer)
        made = comment_on_proposal(
            principal=self.principal,
            proposal_id=pk,
            text=wish["text"],
            line=wish["line"],
            number=wish["revision"],
        )
        return Response(ProposalCommentSerializer(made).data, status=201)

    @extend_schema(request=CommentNameSerializer, responses=ProposalCommentSerializer)
    @action(detail=True, methods=["post"], url_path="resolve-comment")
    def resolve_comment(self, request: Request, pk: str) -> Response:
        """Call a comment settled."""
        wish = self.read_body(CommentNameSerializer)
        made = resolve_comment(principal=self.principal, proposal_id=pk, comment_id=wish["comment"])
        return Response(ProposalCommentSerializer(made).data)

    # What the verbs share ---------------------------------------------------------------------------------

    def get_readable(self, proposal_id: str) -> Proposal:
        proposal = get_proposal(self.principal, proposal_id)
        if not can_read_proposal(self.principal, proposal):
            raise Refused("Only members of its team read what it says.")
        return proposal

    def get_matching(self, proposal_id: str) -> Proposal:
        """The row, if this caller has seen it as it is; who may not revise it is told so by the domain."""
        proposal = get_proposal(self.principal, proposal_id)
        if not explain_not_revising(self.principal, proposal):
            require_match(self.request, self.show(proposal_id), revision=proposal.number)
        return proposal

    def show(self, proposal_id: str) -> dict[str, Any]:
        get_proposal(self.principal, proposal_id)
        proposal = self.get_queryset().select_related("review").get(pk=proposal_id)
        context = {**self.get_serializer_context(), "latest": get_revision(proposal)}
        shown: dict[str, Any] = ProposalDetailSerializer(proposal, context=context).data
        return shown

    def answer(self, proposal_id: str, **options: Any) -> Response:
        """What it is now, with the ETag for what comes next."""
        shown = self.show(proposal_id)
        return Response(shown, headers={"ETag": tag(shown)}, **options)


def build_draft(wish: dict[str, Any]) -> ProposalDraft:
    """Of what `ProposalWishSerializer` let through, without team and note."""
    return ProposalDraft(
        supersedes_id=wish["supersedes"] or "", **{k: v for k, v in wish.items() if k != "supersedes"}
    )


def find_writable_team(principal: Principal, team_id: str | None) -> Team:
    """The team named, or the only one that the caller belongs to; raises Invalid."""
    wanted = sorted(principal.team_ids) if team_id is None else [team_id]
    if len(wanted) != 1:
        raise Invalid("Name the team whose procedure it shall be.", field="team")
    known = wanted[0] in principal.team_ids and is_record_id(wanted[0])
    team = Team.objects.filter(pk=wanted[0]).first() if known else None
    if team is None:
        raise Invalid("There is no such team.", field="team")
    return team


def read_number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise NotFound("There is no such revision.")
    return int(text)


def list_texts(shown: ProposalRevision | SopVersion) -> dict[str, str]:
    """What revisions and sealed versions both say."""
    return {
        "name": shown.name,
        "description": shown.description,
        "area": shown.area,
        "effective_from": shown.effective_from.isoformat() if shown.effective_from else "",
        "review_by": shown.review_by.isoformat() if shown.review_by else "",
        "content": shown.content,
    }


def compare_texts(before: dict[str, str], after: dict[str, str]) -> list[FieldDifference]:
    return [
        FieldDifference(name, before.get(name, ""), text)
        for name, text in after.items()
        if before.get(name, "") != text
    ]
