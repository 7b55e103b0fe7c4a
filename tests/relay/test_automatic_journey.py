"""Rules on the real engine: what they allow runs and what they deny stops, and no person sees it waiting."""

from __future__ import annotations

from datetime import timedelta

import pytest

from events.models import Event
from governance.enums import RequestState
from governance.models import EngineReply, PermissionRequest, RuleUse, WhitelistAction
from governance.tabs import Tab, filter_tab
from relay.demo.scenarios import Use
from tests.factories import make_gated, make_rule
from tests.relay.conftest import Desk, running_relay
from tests.support.engine_lab import EngineLab

pytestmark = pytest.mark.engine


def list_tab(desk: Desk, tab: Tab, request: PermissionRequest) -> list[str]:
    rows = filter_tab(
        PermissionRequest.objects.all(), tab=tab, principal=desk.reviewer, now=request.created_at
    )
    return list(rows.values_list("pk", flat=True))


async def test_an_allowed_command_runs_within_a_second_and_never_waits_for_anybody(
    desk: Desk, engine_lab: EngineLab
) -> None:
    made = engine_lab.project / "seen-by-rule.txt"
    made.write_text("here\n")
    engine_lab.add_scenario("rule_allow", Use.shell("ls -la"))
    engine = await desk.register(engine_lab)
    await desk.run(lambda: make_gated(engine))
    rule = await desk.run(lambda: make_rule(desk.team, "ls *", name="Look around"))
    async with running_relay(), engine_lab.connect() as visitor:
        await desk.wait_online(engine)
        session_id = await visitor.prompt("rule_allow")
        (request,) = await desk.wait_sealed(session_id)
        await desk.wait_replies(request, ("once", "confirmed"))
        await visitor.wait_idle(session_id)
    assert (request.state, request.rule_id, request.rule_version) == ("approved", rule.pk, 1)
    assert request.decided_at == request.sealed_at
    kinds = await desk.run(
        lambda: list(
            Event.objects.filter(subject_id=request.pk)
            .order_by("seq")
            .values_list("kind", "words__state")[:3]
        )
    )
    assert kinds == [
        ("permission_request.created", "pending"),
        ("permission_request.sealed", "pending"),
        ("permission_request.approved", "approved"),
    ]
    reply = await desk.run(lambda: EngineReply.objects.get(request=request))
    assert reply.sent_at is not None
    assert reply.sent_at - request.created_at < timedelta(seconds=1)
    assert await desk.run(lambda: list_tab(desk, Tab.AUTOMATIC, request)) == [request.pk]
    assert await desk.run(lambda: list_tab(desk, Tab.MINE, request)) == []
    assert await desk.run(lambda: RuleUse.objects.get(pk=rule.pk).uses) == 1
    answers = engine_lab.find_answers("rule_allow")
    assert len(answers) == 2


async def test_a_denied_command_stops_and_its_agent_reads_why(desk: Desk, engine_lab: EngineLab) -> None:
    kept = engine_lab.project / "kept-by-rule.txt"
    kept.write_text("here\n")
    engine_lab.add_scenario("rule_deny", Use.shell(f"rm {kept.name}"))
    engine = await desk.register(engine_lab)
    await desk.run(lambda: make_rule(desk.team, "rm *", "deny", message="Move it into trash/ instead."))
    async with running_relay(), engine_lab.connect() as visitor:
        await desk.wait_online(engine)
        session_id = await visitor.prompt("rule_deny")
        (request,) = await desk.wait_sealed(session_id)
        await desk.wait_replies(request, ("reject", "confirmed"))
        await visitor.wait_idle(session_id)
    assert request.state == RequestState.DENIED
    assert kept.exists()
    assert [answer.answer for answer in engine_lab.find_answers("rule_deny")] == [
        "Use",
        "Understood: Move it into trash/ instead.",
    ]


async def test_a_rule_that_was_switched_off_leaves_the_next_command_to_people(
    desk: Desk, engine_lab: EngineLab
) -> None:
    engine_lab.add_scenario("rule_off", Use.shell("ls -la"))
    engine = await desk.register(engine_lab)
    await desk.run(lambda: make_gated(engine))
    rule = await desk.run(lambda: make_rule(desk.team, "ls *"))
    async with running_relay(), engine_lab.connect() as visitor:
        await desk.wait_online(engine)
        first = await visitor.prompt("rule_off")
        (allowed,) = await desk.wait_sealed(first)
        await visitor.wait_idle(first)
        await desk.run(lambda: WhitelistAction.objects.filter(pk=rule.pk).update(state="off"))
        second = await visitor.prompt("rule_off")
        (waiting,) = await desk.wait_sealed(second)
        await desk.deny(waiting)
        await desk.wait_replies(waiting, ("reject", "confirmed"))
    assert (allowed.state, waiting.state, waiting.rule_id) == ("approved", "pending", "")
