"""SSH keys: people keep their own, the sandbox reads who may log in."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.bodies import OrjsonRenderer
from accounts.api.filters import refuse_unclear_parameters, refuse_unknown_parameters
from accounts.api.idempotency import idempotent
from accounts.api.serializers import Moment, ReadSerializer, Text, WriteSerializer
from accounts.api.views import ApiView, ReadOnlyApiViewSet
from accounts.domain.ssh_keys import (
    MAX_NAME_LENGTH,
    activate_ssh_key,
    add_ssh_key,
    change_ssh_key,
    deactivate_ssh_key,
    delete_ssh_key,
    find_sandbox_team,
    record_ssh_key_use,
)
from accounts.enums import Scope
from accounts.models import SshKey, User
from accounts.queries import list_admitted_ssh_keys, list_ssh_keys
from accounts.ssh.authorized_keys import render
from accounts.ssh.parsing import MAX_LENGTH
from events.errors import Invalid
from events.identifiers import is_record_id

PLAIN_TEXT = "text/plain"
RECORD_ID = {"type": "string", "pattern": "^[0-9a-z]{15}$"}
TEAM = OpenApiParameter(
    "team", RECORD_ID, description="Needed when the caller belongs to several teams, or to none."
)
USER = OpenApiParameter("user", RECORD_ID, description="Only this person's keys.")
# Whoever adds a key sees what became of it, also with a token that may only write.
READERS = (Scope.SSH_KEYS_READ, Scope.SSH_KEYS_WRITE)
WRITING = ("create", "partial_update", "deactivate", "activate", "delete_key")


class SshKeySerializer(ReadSerializer):
    """A public key of a person's. `name` is the device that it is on."""

    id = serializers.CharField()
    user_id = serializers.CharField()
    name = serializers.CharField()
    key_type = serializers.CharField()
    bits = serializers.IntegerField()
    public_key = serializers.CharField(help_text="Its type and the key in base64.")
    fingerprint = serializers.CharField(help_text="As `ssh-keygen -l` prints it.")
    expires_at = serializers.DateTimeField(allow_null=True, help_text="Null: never.")
    is_active = serializers.BooleanField()
    is_expired = serializers.SerializerMethodField()
    last_used_at = serializers.DateTimeField(
        allow_null=True, help_text="By the minute, as far as the sandbox reports it."
    )
    created_at = serializers.DateTimeField()
    deactivated_at = serializers.DateTimeField(allow_null=True)

    def get_is_expired(self, key: SshKey) -> bool:
        return key.is_expired(timezone.now())


class SshKeyWishSerializer(WriteSerializer):
    """The one line of a `.pub` file. Options, private keys and weak ones are refused."""

    public_key = Text(max_length=MAX_LENGTH)
    name = Text(
        max_length=MAX_NAME_LENGTH,
        allow_blank=True,
        required=False,
        default="",
        help_text="The device; left out: what the key's comment says.",
    )
    expires_at = Moment(required=False, allow_null=True, default=None, help_text="Null: never.")


class SshKeyChangeSerializer(WriteSerializer):
    """What is left out stays. The key itself is never changed: add another one."""

    name = Text(max_length=MAX_NAME_LENGTH, required=False)
    expires_at = Moment(required=False, allow_null=True)


class SshKeyNothingSerializer(WriteSerializer):
    """Nothing."""


class SshKeyUseSerializer(WriteSerializer):
    """Somebody logged in with this key."""

    fingerprint = Text(max_length=50)
    team = Text(max_length=15, required=False, allow_blank=True, default="")


class SshKeyViewSet(ReadOnlyApiViewSet):
    """One's own SSH keys; an owner, in a session, sees everybody's."""

    queryset = SshKey.objects.none()
    serializer_class = SshKeySerializer
    http_method_names = ["get", "head", "post", "patch"]
    scopes = {
        **dict.fromkeys(("list", "retrieve"), READERS),
        **dict.fromkeys(WRITING, (Scope.SSH_KEYS_WRITE,)),
    }

    def get_queryset(self) -> QuerySet[SshKey]:
        return list_ssh_keys(self.principal)

    @extend_schema(request=SshKeyWishSerializer, responses={201: SshKeySerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Add a key of one's own."""
        made = add_ssh_key(principal=self.principal, **self.read_body(SshKeyWishSerializer))
        answer = Response(SshKeySerializer(made).data, status=201)
        answer.headers["Location"] = request.build_absolute_uri(f"{made.pk}/")
        return answer

    @extend_schema(request=SshKeyChangeSerializer, responses=SshKeySerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Name the device otherwise, or let the key end at another time."""
        values = self.read_body(SshKeyChangeSerializer)
        return Response(
            SshKeySerializer(change_ssh_key(principal=self.principal, key_id=pk, values=values)).data
        )

    @extend_schema(request=SshKeyNothingSerializer, responses=SshKeySerializer)
    @action(detail=True, methods=["post"])
    def deactivate(self, request: Request, pk: str) -> Response:
        """Let nobody in with it any more, until it is taken back."""
        self.read_body(SshKeyNothingSerializer)
        return Response(SshKeySerializer(deactivate_ssh_key(principal=self.principal, key_id=pk)).data)

    @extend_schema(request=SshKeyNothingSerializer, responses=SshKeySerializer)
    @action(detail=True, methods=["post"])
    def activate(self, request: Request, pk: str) -> Response:
        """Take a deactivated key back."""
        self.read_body(SshKeyNothingSerializer)
        return Response(SshKeySerializer(activate_ssh_key(principal=self.principal, key_id=pk)).data)

    @extend_schema(request=SshKeyNothingSerializer, responses={204: None})
    @action(detail=True, methods=["post"], url_path="delete", url_name="delete")
    def delete_key(self, request: Request, pk: str) -> Response:
        """Delete it, for good. The same key may be added again."""
        self.read_body(SshKeyNothingSerializer)
        delete_ssh_key(principal=self.principal, key_id=pk)
        return Response(status=204)


class PlainTextRenderer(OrjsonRenderer):
    """Text as it is; a problem stays the document it is."""

    media_type = PLAIN_TEXT

    def render(self, data: Any, *args: Any, **kwargs: Any) -> bytes:
        return data.encode() if isinstance(data, str) else super().render(data, *args, **kwargs)


class PlainTextResponse(Response):
    """Says what it is also when it is empty, where REST framework's own has no type any more."""

    @property
    def rendered_content(self) -> Any:
        rendered = super().rendered_content
        self.headers["Content-Type"] = f"{PLAIN_TEXT}; charset=utf-8"
        return rendered


class AuthorizedKeysView(ApiView):
    """For the sandbox of a team."""

    scopes = {"get": (Scope.SSH_KEYS_SYNC,)}
    objects = frozenset({"get"})
    renderer_classes = [PlainTextRenderer]

    @extend_schema(
        operation_id="ssh_keys_authorized_keys",
        parameters=[TEAM, USER],
        responses={(200, PLAIN_TEXT): OpenApiTypes.STR},
    )
    def get(self, request: Request) -> Response:
        """Who may log in at this moment, as sshd reads it: a line for each key, its user's id at the end.

        Of active members of the team who hold `ssh`, without keys that are expired or deactivated. An empty
        answer means nobody. Send its ETag as If-None-Match: 304 while nothing has changed.
        """
        refuse_unknown_parameters(request, {"team", "user"})
        refuse_unclear_parameters(request, set())
        team = find_sandbox_team(self.principal, read_record_id(request.query_params, "team"))
        user_id = read_record_id(request.query_params, "user")
        keys = list_admitted_ssh_keys(
            now=timezone.now(), team=team, user=User(pk=user_id) if user_id else None
        )
        return PlainTextResponse(render(keys))


class SshKeyUseView(ApiView):
    """For the sandbox of a team."""

    scopes = {"post": (Scope.SSH_KEYS_SYNC,)}

    @extend_schema(operation_id="ssh_keys_record_use", request=SshKeyUseSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """Say that somebody has logged in with a key, by its fingerprint; kept by the minute."""
        body = SshKeyUseSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        wish = body.validated_data
        team = find_sandbox_team(self.principal, read_record_id(wish, "team"))
        record_ssh_key_use(principal=self.principal, team=team, fingerprint=wish["fingerprint"])
        return Response(status=204)


def read_record_id(given: Any, name: str) -> str:
    """Empty when it is left out; raises Invalid."""
    record_id: str = given.get(name, "")
    if record_id and not is_record_id(record_id):
        raise Invalid("An id has 15 lower-case letters and digits.", field=name)
    return record_id
