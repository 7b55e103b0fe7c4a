"""What an engine would read of something, byte for byte, and what speaks against it."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.filters import refuse_unclear_parameters, refuse_unknown_parameters
from accounts.api.serializers import ReadSerializer
from accounts.enums import Scope
from configs.api.labels import LabelledViewSet
from configs.pages.previews import build_preview
from configs.queries import read_content

OF = OpenApiParameter(
    "of",
    {"type": "string", "minLength": 1},
    description="A version's number, or a label; left out: the latest.",
)


class RenderedFileSerializer(ReadSerializer):
    """A file of the engine's folder; of `opencode.json` only the part that this is about."""

    path = serializers.CharField()
    text = serializers.CharField()


class PreviewProblemSerializer(ReadSerializer):
    """What is wrong, or worth knowing; an error keeps a release from being built."""

    severity = serializers.ChoiceField(choices=["error", "warning"])
    field = serializers.CharField(help_text="A path such as `rules.3.pattern`; empty for all of it.")
    sentence = serializers.CharField()


class PreviewSerializer(ReadSerializer):
    """What the engine would read, among the latest versions of everything else."""

    files = RenderedFileSerializer(many=True)
    problems = PreviewProblemSerializer(many=True)


class PreviewedViewSet(LabelledViewSet):
    """Any kind, as an engine would have it."""

    scopes = {**LabelledViewSet.scopes, "preview": (Scope.CONFIGS_READ,)}

    @extend_schema(responses=PreviewSerializer, parameters=[OF], filters=False)
    @action(detail=True, filterset_class=None, pagination_class=None)
    def preview(self, request: Request, pk: str) -> Response:
        """The exact file that an engine would get, and what is wrong with it.

        A prompt is shown in up to three of the agents that use it.
        """
        refuse_unknown_parameters(request, {"of"})
        refuse_unclear_parameters(request, set())
        row = self.get_row(pk)
        self.require_readable(row)
        content = read_content(row, self.find_number(row, "of"))
        shown = build_preview(row.kind, row.team_id, row.pk, content)
        files = [RenderedFileSerializer.show(file) for file in shown.files if file.text]
        problems = [PreviewProblemSerializer.show(item) for item in (*shown.general, *shown.problems)]
        return Response({"files": files, "problems": problems})
