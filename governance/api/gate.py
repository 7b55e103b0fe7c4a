"""What the plugin in an engine says and asks: it reports in, asks about each tool call, and waits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.serializers import ReadSerializer, Text, WriteSerializer
from accounts.api.views import ApiView, ApiViewSet
from accounts.enums import Scope
from governance.api.request_serializers import MAX_DIFF, NothingSerializer
from governance.api.waits import TIMEOUT, Seen, wait_for_answer
from governance.domain.gate import GateReport, record_report
from governance.domain.gate_access import find_gate_engine
from governance.domain.gate_calls import GateAnswer, Word, answer_of, ask_gate, end_calls, take_call
from governance.domain.gate_content import Asked
from governance.enums import CloseReason
from governance.models import GateCall

GATE = (Scope.GATE,)
MAX_PATHS = 200
MAX_SESSION_RULES = 1000


class GateReportSerializer(WriteSerializer):
    """The plugin has loaded in a folder. `process` and `instance` are names it has made up for itself."""

    process = Text(max_length=64)
    instance = Text(max_length=64)
    directory = Text(max_length=4000)
    plugin_version = Text(max_length=40, allow_blank=True, required=False, default="")
    engine_version = Text(max_length=40, allow_blank=True, required=False, default="")


class AskedSerializer(WriteSerializer):
    """One tool call, before it runs."""

    key = Text(
        max_length=64, help_text="The plugin's own name for this call; sent again, it is the same call."
    )
    process = Text(max_length=64)
    directory = Text(max_length=4000)
    session_id = Text(max_length=64)
    call_id = Text(max_length=1000, help_text="The model provider's; it may repeat.")
    tool = Text(max_length=120)
    arguments = serializers.DictField(help_text="The call's whole input, as the engine hands it to its tool.")
    diff = Text(max_length=MAX_DIFF, allow_blank=True, required=False, default="")
    paths = serializers.DictField(
        child=Text(max_length=4096, allow_blank=True),
        required=False,
        default=dict,
        help_text="Each path that the call names, and where it really leads on the engine's host.",
    )
    agent = Text(max_length=200, allow_blank=True, required=False, default="")
    session_rules = serializers.ListField(
        child=serializers.ListField(
            child=Text(max_length=4000, allow_blank=True), min_length=3, max_length=3
        ),
        max_length=MAX_SESSION_RULES,
        required=False,
        allow_null=True,
        default=None,
        help_text="The session's own rules as [permission, pattern, action]; null: not known.",
    )

    def validate_paths(self, value: dict[str, str]) -> dict[str, str]:
        if len(value) > MAX_PATHS:
            raise serializers.ValidationError(f"At most {MAX_PATHS} paths.")
        return value


@dataclass(frozen=True, slots=True)
class Shown:
    """An answer as it leaves."""

    id: str
    answer: str
    message: str

    @classmethod
    def of(cls, answer: GateAnswer) -> Shown:
        return cls(answer.call.pk, answer.word, answer.message)


class GateAnswerSerializer(ReadSerializer):
    """`deny`: the tool fails with `message`; `pass`: the engine asks itself; `hold`: wait; `allow`: run."""

    id = serializers.CharField()
    answer = serializers.ChoiceField(choices=[word.value for word in Word])
    message = serializers.CharField(help_text="For the agent, when the answer is `deny`.")


class GateReportView(ApiView):
    """Where the plugin says that it is there."""

    scopes = {"post": GATE}

    @extend_schema(request=GateReportSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """Report in after loading. Only with the token of an engine's gate."""
        engine = find_gate_engine(self.principal)
        body = GateReportSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        record_report(engine=engine, report=GateReport(**body.validated_data), now=timezone.now())
        return Response(status=204)


class GateCallViewSet(ApiViewSet):
    """Tool calls of the one engine whose gate the token belongs to."""

    queryset = GateCall.objects.none()
    serializer_class = GateAnswerSerializer
    scopes = dict.fromkeys(("create", "wait", "take", "withdraw"), GATE)

    def get_queryset(self) -> QuerySet[GateCall]:
        return GateCall.objects.filter(engine=find_gate_engine(self.principal)).select_related("request")

    @extend_schema(request=AskedSerializer, responses=GateAnswerSerializer)
    def create(self, request: Request) -> Response:
        """Ask about a tool call before it runs. The same `key` again gets the same call's answer."""
        engine = find_gate_engine(self.principal)
        asked = Asked(**self.read_body(AskedSerializer))
        return self.answer(ask_gate(engine=engine, asked=asked, now=timezone.now()))

    @extend_schema(responses=GateAnswerSerializer, parameters=[TIMEOUT], filters=False)
    @action(detail=True, filterset_class=None)
    def wait(self, request: Request, pk: str) -> HttpResponse:
        """The answer as soon as there is one, `hold` when the time is up. Take an `allow` before running."""

        def look() -> Seen:
            call = self.find(pk)
            answer = answer_of(call)
            asked = call.request if answer.word is Word.HOLD else None
            return Seen(asked.subject if asked else None, partial(self.answer, answer))

        return wait_for_answer(request, look)

    @extend_schema(request=NothingSerializer, responses=GateAnswerSerializer)
    @action(detail=True, methods=["post"])
    def take(self, request: Request, pk: str) -> Response:
        """The call is about to run: `allow` once more, or `deny` when its turn has ended meanwhile."""
        self.read_body(NothingSerializer)
        call = self.find(pk)
        return self.answer(take_call(engine=call.engine, call=call, now=timezone.now()))

    @extend_schema(request=NothingSerializer, responses=GateAnswerSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """The call no longer waits in the engine: its turn was aborted, or its session is gone."""
        self.read_body(NothingSerializer)
        call = self.find(pk)
        end_calls(engine=call.engine, calls=[call], reason=CloseReason.SESSION_ABORTED, now=timezone.now())
        return self.answer(answer_of(self.find(pk)))

    def find(self, call_id: str) -> GateCall:
        return self.get_object_or_404(self.get_queryset().select_related("request", "engine"), call_id)

    def answer(self, answer: GateAnswer) -> Response:
        return Response(GateAnswerSerializer(Shown.of(answer)).data)
