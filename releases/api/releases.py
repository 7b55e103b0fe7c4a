"""Releases: read, compare and build them, publish and go back, and see whether engines run them."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.filters import (
    FlagFilter,
    RecordIdFilter,
    refuse_unclear_parameters,
    refuse_unknown_parameters,
)
from accounts.api.idempotency import idempotent
from accounts.api.views import ReadOnlyApiViewSet
from accounts.enums import Scope
from accounts.principal import Principal
from configs.api.pages import CountedPage
from engines.models import Engine
from events.errors import Invalid, NotFound, Refused
from events.identifiers import is_record_id
from releases.api.release_serializers import (
    BuildSerializer,
    DraftReleaseSerializer,
    DriftSerializer,
    FileDifferenceSerializer,
    NothingToSaySerializer,
    PublicationSerializer,
    PublishSerializer,
    ReleaseDetailSerializer,
    ReleaseDifferenceSerializer,
    ReleaseFilesSerializer,
    ReleaseSerializer,
    RollbackSerializer,
)
from releases.diffs import diff_files, diff_releases
from releases.domain.build import build_release, draft_release
from releases.domain.publications import cancel_publication, publish, rollback
from releases.enums import DriftState, PublicationState
from releases.models import Drift, Publication, Release
from releases.queries import (
    find_live_release,
    find_team_ids,
    list_drifts,
    list_publications,
    list_releases,
    mark_live,
)

ENGINE = OpenApiParameter("engine", {"type": "string", "pattern": "^[0-9a-z]{15}$"}, required=True)
AGAINST = OpenApiParameter(
    "against",
    {"type": "string", "minLength": 1},
    description="Another release's id, or `live`, which it is when left out, or `previous`.",
)


class ReleaseRoom(ReadOnlyApiViewSet):
    """What the resources share."""

    pagination_class = CountedPage

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """What is done is also shown: a token that publishes has to have the scope to read."""
        super().initial(request, *args, **kwargs)
        if not self.principal.has_scope(Scope.RELEASES_READ):
            scopes = [Scope.RELEASES_READ.value]
            raise Refused(f"This token lacks the scope {scopes[0]}.", code="missing_scope", scopes=scopes)

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "principal": self.principal}


def find_engine(principal: Principal, engine_id: str) -> Engine:
    """Raises Invalid for one that this principal does not see."""
    engines = Engine.objects.select_related("team").filter(team_id__in=find_team_ids(principal))
    engine = engines.filter(pk=engine_id).first() if is_record_id(engine_id) else None
    if engine is None:
        raise Invalid("There is no such engine.", field="engine")
    return engine


def find_release(principal: Principal, release_id: str) -> Release | None:
    rows = list_releases(principal)
    return rows.filter(pk=release_id).first() if is_record_id(release_id) else None


class ReleaseFilters(filters.FilterSet):
    engine = RecordIdFilter(field_name="engine_id")


class ReleaseViewSet(ReleaseRoom):
    """What engines run, frozen and signed. For the team's members."""

    queryset = Release.objects.none()
    serializer_class = ReleaseSerializer
    filterset_class = ReleaseFilters
    scopes = {
        **dict.fromkeys(("list", "retrieve", "files", "diff", "draft"), (Scope.RELEASES_READ,)),
        "create": (Scope.RELEASES_PUBLISH,),
    }

    def get_queryset(self) -> QuerySet[Release]:
        releases = mark_live(list_releases(self.principal))
        return releases.defer("files", "inputs") if self.action == "list" else releases

    @extend_schema(responses=ReleaseDetailSerializer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One release, with the paths of its files and the versions it was rendered from."""
        refuse_unknown_parameters(request, frozenset())
        return Response(self.show(kwargs["pk"]))

    @extend_schema(request=BuildSerializer, responses={201: ReleaseDetailSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Build the release of what is labelled for production now; the same files are the same release.

        Nothing reaches the engine before it is published.
        """
        wish = self.read_body(BuildSerializer)
        engine = find_engine(self.principal, wish["engine"])
        release = build_release(principal=self.principal, engine=engine, note=wish.get("note", ""))
        location = request.build_absolute_uri(f"{request.path}{release.pk}/")
        return Response(self.show(release.pk), status=201, headers={"Location": location})

    @extend_schema(responses=DraftReleaseSerializer, parameters=[ENGINE], filters=False)
    @action(detail=False, filterset_class=None, pagination_class=None)
    def draft(self, request: Request) -> Response:
        """What a release built now would hold, what is wrong with it, and what it would change."""
        refuse_unknown_parameters(request, {"engine"})
        refuse_unclear_parameters(request, set())
        engine = find_engine(self.principal, request.query_params.get("engine", ""))
        made = draft_release(engine)
        live = find_live_release(engine)
        differences = [] if made.errors else diff_files(live.file_pairs if live else [], made.files)
        return Response(DraftReleaseSerializer(made, context={"differences": differences}).data)

    @extend_schema(responses=ReleaseFilesSerializer, filters=False)
    @action(detail=True, filterset_class=None, pagination_class=None)
    def files(self, request: Request, pk: str) -> Response:
        """Every file, byte for byte."""
        refuse_unknown_parameters(request, frozenset())
        pairs = self.get_release(pk).file_pairs
        return Response({"files": [{"path": path, "text": text} for path, text in pairs]})

    @extend_schema(responses=ReleaseDifferenceSerializer, parameters=[AGAINST], filters=False)
    @action(detail=True, filterset_class=None, pagination_class=None)
    def diff(self, request: Request, pk: str) -> Response:
        """What publishing it changes, file by file."""
        refuse_unknown_parameters(request, {"against"})
        refuse_unclear_parameters(request, set())
        release = self.get_release(pk)
        other = self.find_other(release, request.query_params.get("against", "live"))
        shown = [FileDifferenceSerializer.show(item) for item in diff_releases(other, release)]
        return Response({"against": other.pk if other else None, "files": shown})

    def find_other(self, release: Release, against: str) -> Release | None:
        if against == "live":
            return find_live_release(release.engine)
        if against == "previous":
            older = Release.objects.filter(engine_id=release.engine_id, number__lt=release.number)
            return older.order_by("-number").first()
        other = find_release(self.principal, against)
        if other is None or other.engine_id != release.engine_id:
            raise NotFound("There is no such release of this engine.")
        return other

    def get_release(self, release_id: str) -> Release:
        return self.get_object_or_404(list_releases(self.principal), release_id)

    def show(self, release_id: str) -> dict[str, Any]:
        release = self.get_object_or_404(self.get_queryset(), release_id)
        shown: dict[str, Any] = ReleaseDetailSerializer(release, context={"principal": self.principal}).data
        return shown


class PublicationFilters(filters.FilterSet):
    """Several states are given by repeating `state`."""

    engine = RecordIdFilter(field_name="engine_id")
    release = RecordIdFilter(field_name="release_id")
    state = filters.MultipleChoiceFilter(choices=PublicationState.choices)
    finished = FlagFilter(field_name="ended_at", lookup_expr="isnull", exclude=True)


class PublicationViewSet(ReleaseRoom):
    """Releases on their way to their engines, and how that ended."""

    queryset = Publication.objects.none()
    serializer_class = PublicationSerializer
    filterset_class = PublicationFilters
    scopes = {
        **dict.fromkeys(("list", "retrieve"), (Scope.RELEASES_READ,)),
        **dict.fromkeys(("create", "rollback", "cancel"), (Scope.RELEASES_PUBLISH,)),
    }

    def get_queryset(self) -> QuerySet[Publication]:
        return list_publications(self.principal)

    @extend_schema(request=PublishSerializer, responses={201: PublicationSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Publish a release, also an older one. One that is on its way already is answered again.

        Follow its `state`, or the events `release.*`, until `is_finished`.
        """
        wish = self.read_body(PublishSerializer)
        release = find_release(self.principal, wish["release"])
        if release is None:
            raise Invalid("There is no such release.", field="release")
        made = publish(principal=self.principal, release=release, force=wish.get("force", False))
        return self.answer_made(made)

    @extend_schema(request=RollbackSerializer, responses={201: PublicationSerializer})
    @action(detail=False, methods=["post"])
    def rollback(self, request: Request) -> Response:
        """Publish what was live on the engine before."""
        wish = self.read_body(RollbackSerializer)
        engine = find_engine(self.principal, wish["engine"])
        made = rollback(principal=self.principal, engine=engine, force=wish.get("force", False))
        return self.answer_made(made)

    @extend_schema(request=NothingToSaySerializer, responses=PublicationSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """End it, as long as the engine has seen nothing of it."""
        self.read_body(NothingToSaySerializer)
        publication = self.get_object_or_404(self.get_queryset(), pk)
        cancel_publication(principal=self.principal, publication=publication)
        return Response(self.show(pk))

    def answer_made(self, made: Publication) -> Response:
        collection = self.request.path.removesuffix("rollback/")
        location = self.request.build_absolute_uri(f"{collection}{made.pk}/")
        return Response(self.show(made.pk), status=201, headers={"Location": location})

    def show(self, publication_id: str) -> dict[str, Any]:
        publication = self.get_object_or_404(self.get_queryset(), publication_id)
        shown: dict[str, Any] = PublicationSerializer(publication).data
        return shown


class DriftFilters(filters.FilterSet):
    engine = RecordIdFilter(field_name="engine_id")
    state = filters.MultipleChoiceFilter(choices=DriftState.choices)


class DriftViewSet(ReleaseRoom):
    """Whether engines run what was released; the id is the engine's. Looked at every minute."""

    queryset = Drift.objects.none()
    serializer_class = DriftSerializer
    filterset_class = DriftFilters
    time_field = "since"
    scopes = dict.fromkeys(("list", "retrieve"), (Scope.RELEASES_READ,))

    def get_queryset(self) -> QuerySet[Drift]:
        return list_drifts(self.principal)
