"""What is configured: written as drafts, versioned, restored, retired, and where it is used."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.urls import reverse
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.filters import refuse_unknown_parameters
from accounts.api.idempotency import idempotent
from accounts.api.pagination import PARAMETERS
from accounts.api.preconditions import is_conditional, require_match, tag
from accounts.api.views import ApiViewSet
from accounts.enums import Scope
from accounts.models import Team
from configs.api.content_serializers import write_plain
from configs.api.object_serializers import (
    ConfigUseSerializer,
    CopySerializer,
    EmptyBodySerializer,
    RestoreVersionSerializer,
    RetirementSerializer,
    Shapes,
    VersionRowSerializer,
)
from configs.api.pages import CountedPage
from configs.content import Content
from configs.domain.objects import (
    copy_object,
    read_fields,
    restore_version,
    retire_object,
    save_object,
    unretire_object,
)
from configs.models import Configured
from configs.policies import can_read_config, can_see_config, explain_not_editing
from configs.queries import (
    find_uses,
    get_object,
    get_version,
    list_labels_of,
    list_objects,
    list_versions,
    list_writable_teams,
)
from events.errors import Invalid, Refused
from events.identifiers import is_record_id

READING = ("list", "retrieve", "versions", "version", "uses")
WRITING = ("create", "update", "copy", "restore", "retire", "unretire")


class ConfigViewSet(mixins.ListModelMixin, ApiViewSet):
    """What all kinds share."""

    kind: ClassVar[str]
    shapes: ClassVar[Shapes]
    pagination_class = CountedPage
    http_method_names = ["get", "head", "post", "put"]
    objects = frozenset({"retrieve", "version"})
    scopes = {
        **dict.fromkeys(READING, (Scope.CONFIGS_READ,)),
        **dict.fromkeys(WRITING, (Scope.CONFIGS_WRITE,)),
    }

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """What is written is also shown: a token that writes has to have the scope to read."""
        super().initial(request, *args, **kwargs)
        if not self.principal.has_scope(Scope.CONFIGS_READ):
            raise Refused(
                f"This token lacks the scope {Scope.CONFIGS_READ}.",
                code="missing_scope",
                scopes=[Scope.CONFIGS_READ.value],
            )

    def get_queryset(self) -> QuerySet[Any]:
        return list_objects(self.principal, self.kind)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = list(self.paginate_queryset(self.filter_queryset(self.get_queryset())) or [])
        context = {"principal": self.principal, "labels": list_labels_of(self.kind, page)}
        return self.get_paginated_response(self.shapes.row(page, many=True, context=context).data)

    def retrieve(self, request: Request, pk: str) -> Response:
        refuse_unknown_parameters(request, frozenset())
        return Response(self.show(self.get_row(pk)))

    @idempotent
    def create(self, request: Request) -> Response:
        wish = self.read_body(self.shapes.wish)
        team = self.find_team(wish)
        with naming_content():
            saved = save_object(
                principal=self.principal,
                kind=self.kind,
                team=team,
                content=self.read_content(wish),
                note=wish.get("note", ""),
            )
        return self.answer_made(saved.row)

    def update(self, request: Request, pk: str) -> Response:
        change = self.read_body(self.shapes.change)
        row = self.get_matching(pk)
        with naming_content():
            save_object(
                principal=self.principal,
                kind=self.kind,
                team=row.team,
                content=self.read_content(change),
                object_id=row.pk,
                expected_version=row.version,
                note=change.get("note", ""),
            )
        return self.answer(pk)

    @action(detail=True, methods=["post"])
    @idempotent
    def copy(self, request: Request, pk: str) -> Response:
        wish = self.read_body(CopySerializer)
        row = self.get_row(pk)
        saved = copy_object(
            principal=self.principal,
            kind=self.kind,
            object_id=row.pk,
            team=self.find_team(wish),
            name=wish.get("name", ""),
            note=wish.get("note", ""),
        )
        return self.answer_made(saved.row)

    @action(detail=True, filterset_class=None, pagination_class=ApiViewSet.pagination_class)
    def versions(self, request: Request, pk: str) -> Response:
        refuse_unknown_parameters(request, PARAMETERS)
        return self.answer_page(list_versions(self.get_row(pk)), VersionRowSerializer)

    @action(detail=True, url_path=r"versions/(?P<number>[0-9]{1,9})", filterset_class=None)
    def version(self, request: Request, pk: str, number: str) -> Response:
        refuse_unknown_parameters(request, frozenset())
        row = self.get_row(pk)
        self.require_readable(row)
        return Response(self.shapes.version(get_version(row, int(number))).data)

    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: str) -> Response:
        wish = self.read_body(RestoreVersionSerializer)
        row = self.get_matching(pk)
        restore_version(
            principal=self.principal,
            kind=self.kind,
            object_id=row.pk,
            number=wish["version"],
            expected_version=row.version,
            note=wish.get("note", ""),
        )
        return self.answer(pk)

    @action(detail=True, methods=["post"])
    def retire(self, request: Request, pk: str) -> Response:
        wish = self.read_body(RetirementSerializer)
        row = self.get_matching(pk) if is_conditional(request) else self.get_row(pk)
        retire_object(
            principal=self.principal,
            kind=self.kind,
            object_id=row.pk,
            expected_version=row.version,
            reason=wish.get("reason", ""),
        )
        return self.answer(pk)

    @action(detail=True, methods=["post"])
    def unretire(self, request: Request, pk: str) -> Response:
        self.read_body(EmptyBodySerializer)
        unretire_object(principal=self.principal, kind=self.kind, object_id=pk)
        return self.answer(pk)

    @action(detail=True, filterset_class=None, pagination_class=None)
    def uses(self, request: Request, pk: str) -> Response:
        refuse_unknown_parameters(request, frozenset())
        users = find_uses(self.get_row(pk))
        seen = [user for user in users if can_see_config(self.principal, user)]
        shown = [ConfigUseSerializer.show(user) for user in seen]
        return Response({"uses": shown, "others": len(users) - len(seen)})

    # What the verbs share ---------------------------------------------------------------------------------

    def get_row(self, object_id: str) -> Any:
        """Raises NotFound for what does not exist and for what this caller can't see, alike."""
        return get_object(self.principal, self.kind, object_id)

    def get_matching(self, object_id: str) -> Any:
        """The row, if this caller has seen it as it is; raises PreconditionFailed or PreconditionRequired.

        Whoever may not edit it is told so by the domain, whatever they have seen.
        """
        row = self.get_row(object_id)
        if not explain_not_editing(self.principal, row.team_id):
            require_match(self.request, self.show(row), version=row.version)
        return row

    def require_readable(self, row: Configured) -> None:
        if not can_read_config(self.principal, row):
            raise Refused("Only members of its team read what it says.")

    def show(self, row: Configured) -> dict[str, Any]:
        """All of it, as a GET answers."""
        is_readable = can_read_config(self.principal, row)
        context = {
            "principal": self.principal,
            "labels": list_labels_of(self.kind, [row]),
            "content": write_plain(row.latest.content) if is_readable else None,
        }
        shown: dict[str, Any] = self.shapes.detail(row, context=context).data
        return shown

    def answer(self, object_id: str, **options: Any) -> Response:
        """What it is now, with the ETag for what comes next."""
        shown = self.show(self.get_row(object_id))
        return Response(shown, headers={"ETag": tag(shown)}, **options)

    def answer_made(self, row: Configured) -> Response:
        answer = self.answer(row.pk, status=201)
        answer.headers["Location"] = self.request.build_absolute_uri(
            reverse(f"{self.basename}-detail", args=[row.pk])
        )
        return answer

    def read_content(self, values: dict[str, Any]) -> Content:
        return read_fields(self.kind, values["content"])

    def find_team(self, wish: dict[str, Any]) -> Team | None:
        """The team named, None for everybody's, or the only one that the caller edits.

        Raises Refused or Invalid.
        """
        if "team" not in wish:
            return self.find_only_team()
        team_id = wish["team"]
        if team_id is not None and not (team_id in self.principal.team_ids and is_record_id(team_id)):
            raise Invalid("There is no such team.", field="team")
        if refusal := explain_not_editing(self.principal, team_id):
            raise Refused(refusal)
        return None if team_id is None else Team.objects.get(pk=team_id)

    def find_only_team(self) -> Team:
        found = list(list_writable_teams(self.principal)[:2])
        if not found:
            raise Refused("Only editors and admins of a team edit what it configures.")
        if len(found) > 1:
            raise Invalid("Name the team whose it shall be.", field="team")
        return found[0]


@contextmanager
def naming_content() -> Iterator[None]:
    """Fields of a content are named as they stand in the body: `content.rules[3].pattern`."""
    try:
        yield
    except Invalid as error:
        path = str(error.facts.get("field", ""))
        if path in {"", "note", "team"}:
            raise
        sentence = error.message.removeprefix(f"{path}: ")
        raise Invalid(sentence, code=error.code, field=spell_path(path)) from error


def spell_path(path: str) -> str:
    steps = [f"[{step}]" if step.isdecimal() else f".{step}" for step in path.split(".")]
    return "content" + "".join(steps)
