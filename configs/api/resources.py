"""The resources, one for each kind of what is configured."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view

from accounts.api.preconditions import OPTIONAL_PARAMETER, PARAMETER
from configs.api import object_serializers as shapes
from configs.api.filters import AgentFilters, ModelFilters, ObjectFilters
from configs.api.label_serializers import (
    LabelSerializer,
    VersionDifferenceSerializer,
)
from configs.api.object_serializers import (
    CopySerializer,
    EmptyBodySerializer,
    RestoreVersionSerializer,
    RetirementSerializer,
    Shapes,
    VersionRowSerializer,
    WhereUsedSerializer,
)
from configs.api.previews import PreviewedViewSet
from configs.enums import ConfigKind
from configs.models import Agent, Instruction, Model, Prompt, Provider, ToolRules

SINCE = OpenApiParameter(
    "from",
    {"type": "string", "minLength": 1},
    description="A version's number, or a label; left out: the one before `to`.",
)
TO = OpenApiParameter(
    "to",
    {"type": "string", "minLength": 1},
    description="A version's number, or a label; left out: the latest.",
)
NUMBER = OpenApiParameter("number", {"type": "integer", "minimum": 1}, OpenApiParameter.PATH)


def describe(words: str, made: Shapes) -> Any:
    """The schema's words for one kind, `words` its plural."""
    return extend_schema_view(
        list=extend_schema(
            responses=made.row(many=True),
            description=f"{words} of one's teams and everybody's, newest first; `total` of them in all.",
        ),
        retrieve=extend_schema(responses=made.detail, description="One, with what its latest version says."),
        create=extend_schema(
            request=made.wish, responses={201: made.detail}, description="Write a new one, as a draft."
        ),
        update=extend_schema(
            request=made.change,
            responses=made.detail,
            parameters=[PARAMETER],
            description="Save all that it shall say as its next version; the same again makes none.",
        ),
        copy=extend_schema(
            request=CopySerializer,
            responses={201: made.detail},
            description="Make a new one that says what the latest version of this one says.",
        ),
        versions=extend_schema(
            responses=VersionRowSerializer(many=True),
            filters=False,
            description="Its versions, newest first, without what they say.",
        ),
        version=extend_schema(
            responses=made.version,
            parameters=[NUMBER],
            filters=False,
            description="What one version says. It never changes.",
        ),
        restore=extend_schema(
            request=RestoreVersionSerializer,
            responses=made.detail,
            parameters=[PARAMETER],
            description="Save what an older version said as the newest one.",
        ),
        retire=extend_schema(
            request=RetirementSerializer,
            responses=made.detail,
            parameters=[OPTIONAL_PARAMETER],
            description="End it. Nothing may use it and no protected label stand on it; its versions stay.",
        ),
        unretire=extend_schema(
            request=EmptyBodySerializer,
            responses=made.detail,
            description="Take a retired one back, without labels.",
        ),
        uses=extend_schema(
            responses=WhereUsedSerializer,
            filters=False,
            description="What uses it, in its latest version or in one that wears a label.",
        ),
        labels=extend_schema(
            responses=LabelSerializer(many=True), filters=False, description="The labels on its versions."
        ),
        diff=extend_schema(
            responses=VersionDifferenceSerializer,
            parameters=[SINCE, TO],
            filters=False,
            description="What lies between two versions, field by field.",
        ),
    )


@describe("Prompts", shapes.PROMPT)
class PromptViewSet(PreviewedViewSet):
    """Texts for agents."""

    kind = ConfigKind.PROMPT
    queryset = Prompt.objects.none()
    filterset_class = ObjectFilters
    serializer_class = shapes.PROMPT.row
    shapes = shapes.PROMPT


@describe("Instruction files", shapes.INSTRUCTION)
class InstructionViewSet(PreviewedViewSet):
    """Files that every agent reads."""

    kind = ConfigKind.INSTRUCTION
    queryset = Instruction.objects.none()
    filterset_class = ObjectFilters
    serializer_class = shapes.INSTRUCTION.row
    shapes = shapes.INSTRUCTION


@describe("Providers", shapes.PROVIDER)
class ProviderViewSet(PreviewedViewSet):
    """Where models come from."""

    kind = ConfigKind.PROVIDER
    queryset = Provider.objects.none()
    filterset_class = ObjectFilters
    serializer_class = shapes.PROVIDER.row
    shapes = shapes.PROVIDER


@describe("Models", shapes.MODEL)
class ModelViewSet(PreviewedViewSet):
    """Language models of providers."""

    kind = ConfigKind.MODEL
    queryset = Model.objects.none()
    filterset_class = ModelFilters
    serializer_class = shapes.MODEL.row
    shapes = shapes.MODEL


@describe("Agents", shapes.AGENT)
class AgentViewSet(PreviewedViewSet):
    """Agents, with rules of their own."""

    kind = ConfigKind.AGENT
    queryset = Agent.objects.none()
    filterset_class = AgentFilters
    serializer_class = shapes.AGENT.row
    shapes = shapes.AGENT


@describe("Lists of rules for every agent", shapes.TOOL_RULES)
class ToolRulesViewSet(PreviewedViewSet):
    """The rules for every agent, one ordered list for each team; the last rule that matches decides."""

    kind = ConfigKind.TOOL_RULES
    queryset = ToolRules.objects.none()
    filterset_class = ObjectFilters
    serializer_class = shapes.TOOL_RULES.row
    shapes = shapes.TOOL_RULES
