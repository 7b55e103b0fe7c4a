"""OpenAPI, read off the code: every operation also documents its problems."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers

from accounts.api.serializers import WriteSerializer
from events.problems import PROBLEM_JSON

IF_MATCH = "If-Match"
WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


class FieldErrorSerializer(serializers.Serializer[Any]):
    """One field that was wrong; `field` is empty for the whole body."""

    field = serializers.CharField(allow_blank=True)
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """A problem document (RFC 9457). Further members are facts of the case, for example `decided_by`."""

    type = serializers.CharField(help_text="`/problems/` and the code.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="Stable; what a program looks at.")
    detail = serializers.CharField(help_text="A sentence for a person.")
    errors = FieldErrorSerializer(  # type: ignore[assignment]  # a field, not the serializer's own
        many=True, required=False, help_text="Fields that were wrong."
    )


class ProblemSchema(AutoSchema):
    """REST framework's DEFAULT_SCHEMA_CLASS."""

    def get_operation_id(self) -> str:
        """`engines_list`, `permission_requests_approve`: the resource and the action."""
        action = getattr(self.view, "action", None)
        if action is None:
            return super().get_operation_id()
        resource = self.get_tags()[0].replace("-", "_")
        return f"{resource}_{action}"

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> dict[str, Any]:
        """What is sent to us may hold nothing else; what we answer in the same shape is all there."""
        schema: dict[str, Any] = super()._map_basic_serializer(serializer, direction)
        if isinstance(serializer, WriteSerializer):
            schema["additionalProperties"] = False
            if direction == "response":
                schema["required"] = sorted(schema["properties"])
        return schema

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        responses = dict(super()._get_response_bodies(direction))
        declared = [status for status in responses if not status.startswith("2")]
        for status in {*declared, *self.list_problems()}:
            body = self._get_response_for_code(ProblemSerializer, status, [PROBLEM_JSON], direction)
            given = responses.get(status, {}).get("description")
            responses[status] = {**body, "description": given or describe(status)}
        return dict(sorted(responses.items()))

    def list_problems(self) -> list[str]:
        """`default` stands for what any operation may meet: 405, 429, 500, 503."""
        statuses = ["400", "401", "403", "default"]
        if "{" in self.path:
            statuses.append("404")
        if self.method in WITH_BODY:
            statuses += ["409", "413", "415"]
        for parameter in self.get_override_parameters():
            if getattr(parameter, "name", "") == IF_MATCH:
                statuses += ["412", "428"] if parameter.required else ["412"]
        return statuses


def describe(status: str) -> str:
    return "Any other problem" if status == "default" else HTTPStatus(int(status)).phrase


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "accounts.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "An API token, `csk_…`."}


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = "accounts.api.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "The admin's session; unsafe methods also need the header X-CSRFToken.",
        }
