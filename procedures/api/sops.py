"""Standing operating procedures: read by slug, with hash and signature; checked, and revoked."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.filters import (
    RecordIdFilter,
    TextFilter,
    refuse_unclear_parameters,
    refuse_unknown_parameters,
)
from accounts.api.pagination import PARAMETERS
from accounts.api.views import ApiView, ApiViewSet
from accounts.enums import Scope
from configs.api.pages import CountedPage
from events.errors import Invalid, NotFound
from events.identifiers import is_record_id
from procedures.api.sop_serializers import (
    RevocationSerializer,
    SealKeySerializer,
    SealKeysSerializer,
    SealSerializer,
    SopDetailSerializer,
    SopSerializer,
    SopVersionRowSerializer,
)
from procedures.domain.seals import explain_broken_seal, list_public_keys, write_proof
from procedures.domain.sops import revoke_sop
from procedures.enums import Area, SopState
from procedures.models import Sop, SopVersion
from procedures.queries import find_effective_version, find_sop, get_sop_version, list_sop_versions, list_sops

TEAM = OpenApiParameter(
    "team",
    {"type": "string", "pattern": "^[0-9a-z]{15}$"},
    description="Of this team; left out: of any of one's teams.",
)
VERSION = OpenApiParameter(
    "version",
    {"type": "string", "pattern": "^[0-9]{1,9}$"},
    description="Its number; left out: the one that holds now, else the latest.",
)


class SopFilters(filters.FilterSet):
    """Several states or areas are given by repeating them. `search` looks in names, in any case."""

    search = TextFilter(
        field_name="name", lookup_expr="icontains", max_length=120, help_text="A part of its name."
    )
    state = filters.MultipleChoiceFilter(choices=SopState.choices)
    area = filters.MultipleChoiceFilter(choices=Area.choices)
    team = RecordIdFilter(field_name="team_id")


class SopViewSet(mixins.ListModelMixin, ApiViewSet):
    """Standing operating procedures. They come of proposals, and of nothing else."""

    queryset = Sop.objects.none()
    serializer_class = SopSerializer
    filterset_class = SopFilters
    pagination_class = CountedPage
    lookup_field = "slug"
    lookup_value_regex = "[a-z0-9]+(?:-[a-z0-9]+)*"
    objects = frozenset({"retrieve"})
    scopes = {
        **dict.fromkeys(("list", "retrieve", "versions", "verify"), (Scope.PROCEDURES_READ,)),
        "revoke": (Scope.PROCEDURES_WRITE,),
    }

    def get_queryset(self) -> QuerySet[Sop]:
        return list_sops(self.principal)

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "readable": self.principal.team_ids}

    @extend_schema(description="Procedures of one's teams, ended ones too; `total` of them in all.")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(responses=SopDetailSerializer, parameters=[TEAM, VERSION])
    def retrieve(self, request: Request, slug: str) -> Response:
        """One procedure with the text that holds now, or with that of `version`, its hash and signature.

        Follow it only when `seal_problem` is empty.
        """
        sop = self.find(slug)
        held = find_effective_version(sop, timezone.now())
        context = {
            **self.get_serializer_context(),
            "holding": held.number if held else None,
            "sealed": self.find_version(sop, held),
        }
        return Response(SopDetailSerializer(sop, context=context).data)

    @extend_schema(responses=SopVersionRowSerializer(many=True), parameters=[TEAM], filters=False)
    @action(
        detail=True,
        filterset_class=None,
        pagination_class=ApiViewSet.pagination_class,
        time_field="sealed_at",
    )
    def versions(self, request: Request, slug: str) -> Response:
        """Its sealed versions, newest first, without their texts."""
        refuse_unknown_parameters(request, PARAMETERS | {"team"})
        sop = find_sop(self.principal, slug, team_id=self.read_team())
        return self.answer_page(list_sop_versions(sop), SopVersionRowSerializer)

    @extend_schema(responses=SealSerializer, parameters=[TEAM, VERSION], filters=False)
    @action(detail=True, filterset_class=None, pagination_class=None)
    def verify(self, request: Request, slug: str) -> Response:
        """Whether a version is what was approved, with all that is needed to check that elsewhere."""
        sop = self.find(slug)
        version = self.find_version(sop, find_effective_version(sop, timezone.now()))
        proof, problem = write_proof(version), explain_broken_seal(version)
        return Response(
            {
                "slug": version.slug,
                "version": version.number,
                "is_whole": not problem,
                "problem": problem,
                "content_hash": version.content_hash,
                "sealed_text": proof.sealed_text,
                "signature": proof.signature,
                "key_id": proof.key_id,
                "public_key": proof.public_key,
                "algorithm": proof.algorithm,
            }
        )

    @extend_schema(request=RevocationSerializer, responses=SopSerializer, parameters=[TEAM])
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, slug: str) -> Response:
        """It holds no more, at once; its versions stay. In a session of an approver; a token is refused."""
        wish = self.read_body(RevocationSerializer)
        sop = find_sop(self.principal, slug, team_id=self.read_team())
        revoke_sop(principal=self.principal, sop_id=sop.pk, **wish)
        shown = find_sop(self.principal, slug, team_id=sop.team_id)
        return Response(SopSerializer(shown, context=self.get_serializer_context()).data)

    def find(self, slug: str) -> Sop:
        refuse_unknown_parameters(self.request, {"team", "version"})
        refuse_unclear_parameters(self.request, set())
        return find_sop(self.principal, slug, team_id=self.read_team())

    def read_team(self) -> str:
        team_id: str = self.request.query_params.get("team", "")
        if team_id and not is_record_id(team_id):
            raise Invalid("An id has 15 lower-case letters and digits.", field="team")
        return team_id

    def find_version(self, sop: Sop, held: SopVersion | None) -> SopVersion:
        text = self.request.query_params.get("version")
        if text is None:
            return held or get_sop_version(sop)
        if not (text.isascii() and text.isdecimal() and len(text) <= 9):
            raise NotFound("There is no such version.")
        return get_sop_version(sop, int(text))


class SealKeysView(ApiView):
    """The public keys that seals are checked with: for anybody, without a token."""

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]

    @extend_schema(responses=SealKeysSerializer, auth=[])
    def get(self, request: Request) -> Response:
        """Every key that has sealed a procedure, and the one that would seal now."""
        refuse_unknown_parameters(request, frozenset())
        return Response({"keys": [SealKeySerializer.show(key) for key in list_public_keys()]})
