"""A release's way to its engine: every step, every way back, and every moment in which it may be cut off."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest

from events.models import AuditEntry, Event
from releases.controls.interface import BEFORE, ControlError, ControlUnavailable, Trial
from releases.domain.leases import LeaseLost, acquire_lease, release_lease
from releases.domain.publications import cancel_publication, publish, rollback
from releases.domain.steps import Overtaken
from releases.enums import DriftState
from releases.models import Drift, PublishLease
from releases.queries import find_live_release
from tests.relay.fake_engine import Request
from tests.releases.conftest import Site
from tests.releases.folder_engine import WORDS


def kinds() -> list[str]:
    rows = Event.objects.filter(kind__startswith="release.").order_by("seq")
    return [f"{event.kind} {event.words.get('state', '')}".strip() for event in rows]


async def test_a_release_goes_live_step_by_step(site: Site) -> None:
    publication = await site.publish("One.")
    assert (publication.state, publication.error) == ("live", "")
    assert site.read_prompt() == "One."
    assert await site.control.read_current() == publication.release.content_hash
    assert [list(files) for files in site.trials] == [publication.release.file_pairs]
    assert await site.run(kinds) == [
        "release.built",
        "release.publishing queued",
        "release.publishing validating",
        "release.publishing trying",
        "release.publishing staging",
        "release.publishing waiting",
        "release.publishing swapping",
        "release.publishing disposing",
        "release.publishing reading_back",
        "release.live live",
    ]
    drift = await site.run(lambda: Drift.objects.get(engine=site.engine))
    assert (drift.state, drift.differences) == (DriftState.SAME, [])
    entry = await site.run(lambda: AuditEntry.objects.get(verb="release.live"))
    assert (entry.actor_id, entry.before) == ("publisher", {"state": "reading_back"})


async def test_the_next_one_and_the_way_back(site: Site) -> None:
    await site.publish("One.")
    await site.publish("Two.")
    assert site.read_prompt() == "Two."
    back = await site.run(lambda: rollback(principal=site.approver, engine=site.engine))
    await site.finish()
    back = await site.load(back)
    assert (back.state, back.release.number, site.read_prompt()) == ("live", 1, "One.")
    # What ran here before needs no throwaway engine.
    assert (len(site.trials), back.details["trial"]) == (2, "It has been live on this engine before.")


async def test_what_a_throwaway_engine_refuses_never_reaches_the_engine(site: Site) -> None:
    await site.publish("One.")
    refusal = "ConfigInvalidError; agent/reviewer.md; mode: Invalid option"
    site.trial = Trial(True, refusal)
    before = site.server.count("POST", "/instance/dispose")
    failed = await site.publish("Two.")
    assert (failed.state, failed.error) == (
        "failed",
        f"A throwaway engine refused it, so the engine never saw it.\n{refusal}",
    )
    assert site.server.count("POST", "/instance/dispose") == before
    assert (site.read_prompt(), await site.run(lambda: find_live_release(site.engine).number)) == ("One.", 1)  # type: ignore[union-attr]


async def test_without_a_binary_it_says_that_nothing_was_tried(site: Site) -> None:
    site.trial = Trial(False, "", "There is no OpenCode binary.")
    publication = await site.publish("One.")
    assert publication.details["trial"] == "Not tried first: There is no OpenCode binary."
    assert publication.state == "live"


async def test_what_the_engine_refuses_is_rolled_back_by_itself(site: Site) -> None:
    await site.publish("One.")
    refused = await site.publish("REFUSED")
    assert (refused.state, refused.error) == ("rolled_back", f"The engine refused it.\n{WORDS}")
    assert (site.read_prompt(), site.server.restarts, site.server.is_bricked) == ("One.", 1, False)
    assert await site.run(lambda: find_live_release(site.engine).number) == 1  # type: ignore[union-attr]
    entry = await site.run(lambda: AuditEntry.objects.get(verb="release.rolled_back"))
    assert entry.after["error"] == refused.error


async def test_the_first_release_is_rolled_back_to_what_was_there_before(site: Site) -> None:
    refused = await site.publish("REFUSED")
    assert refused.state == "rolled_back"
    assert await site.control.read_current() == BEFORE
    assert (site.server.loaded or {})["opencode.json"].startswith('{"$schema"')


async def test_without_a_restart_the_last_good_one_lies_ready_and_a_person_is_told(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    await site.publish("One.")
    monkeypatch.setattr(type(site.control), "can_restart", False)
    refused = await site.publish("REFUSED")
    assert refused.state == "rolled_back"
    assert refused.error == (
        f"The engine refused it.\n{WORDS} The last good release is in its folder again; "
        "restart the engine by hand to have it read."
    )
    site.server.restart()
    assert site.read_prompt() == "One."


async def test_an_engine_that_runs_something_else_is_rolled_back(site: Site) -> None:
    await site.publish("One.")
    site.server.ignores_dispose = True
    other = await site.publish("Two.")
    assert other.state == "rolled_back"
    assert other.error.startswith("The engine runs something else than was released. agent.reviewer.prompt:")
    assert site.read_prompt() == "One."


async def test_it_waits_for_sessions_and_requests_and_says_so(site: Site) -> None:
    site.server.busy.add("ses_1")
    publication = await site.queue("One.")
    running = asyncio.create_task(site.finish())
    waiting = await site.wait(publication, lambda found: found.waits_for != "")
    assert (waiting.state, waiting.waits_for) == ("waiting", "In the engine 1 session is busy.")
    assert await site.control.read_current() == BEFORE
    site.server.busy.clear()
    await running
    assert (await site.load(publication)).state == "live"


async def test_force_does_not_wait(site: Site) -> None:
    site.server.busy.add("ses_1")
    assert (await site.publish("One.", force=True)).state == "live"


async def test_who_stops_waiting_presses_again(site: Site) -> None:
    site.server.busy.add("ses_1")
    publication = await site.queue("One.")
    async with site.publisher() as publisher:
        running = asyncio.create_task(publisher.run())
        await site.wait(publication, lambda found: found.waits_for != "")
        await site.run(lambda: publish(principal=site.approver, release=publication.release, force=True))
        publisher.rung.set()
        await running
    assert (await site.load(publication)).state == "live"


async def test_what_is_cancelled_while_it_waits_stops_there(site: Site) -> None:
    site.server.busy.add("ses_1")
    publication = await site.queue("One.")
    async with site.publisher() as publisher:
        running = asyncio.create_task(publisher.run())
        await site.wait(publication, lambda found: found.waits_for != "")
        await site.run(lambda: cancel_publication(principal=site.approver, publication=publication))
        publisher.rung.set()
        # Whichever comes first: it is gone when it is looked for, or when the next step is written.
        with contextlib.suppress(Overtaken):
            await running
    found = await site.load(publication)
    assert (found.state, site.server.count("POST", "/instance/dispose")) == ("cancelled", 0)


async def test_an_engine_that_is_down_is_asked_again_until_it_is_there(site: Site) -> None:
    await site.server.stop()
    publication = await site.queue("One.")
    running = asyncio.create_task(site.finish())
    waiting = await site.wait(publication, lambda found: found.waits_for != "")
    assert (waiting.state, waiting.can_be_cancelled) == ("waiting", True)
    assert waiting.waits_for == "The engine can't be asked: No connection to the engine."
    await site.server.start()
    await running
    assert (await site.load(publication)).state == "live"


async def test_a_folder_that_is_full_fails_it_and_the_last_good_one_stays_live(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    await site.publish("One.")

    async def refuse(*_: Any) -> None:
        raise ControlError("The engine's folder can't be used: No space left on device.")

    monkeypatch.setattr(site.control, "stage", refuse)
    failed = await site.publish("Two.")
    assert (failed.state, failed.error) == (
        "failed",
        "The engine's folder can't be used: No space left on device.",
    )
    assert site.read_prompt() == "One."


async def test_a_swap_that_fails_goes_back(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    await site.publish("One.")
    swap = site.control.swap
    calls: list[str] = []

    async def refuse_once(release_hash: str) -> None:
        calls.append(release_hash)
        if len(calls) == 1:
            raise ControlError("The folder can't be written.")
        await swap(release_hash)

    monkeypatch.setattr(site.control, "swap", refuse_once)
    failed = await site.publish("Two.")
    assert (failed.state, failed.error) == ("rolled_back", "The folder can't be written.")
    assert site.read_prompt() == "One."


async def test_a_control_that_is_away_is_asked_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = site.control.stage
    calls: list[str] = []

    async def away_once(release_hash: str, files: Any) -> None:
        calls.append(release_hash)
        if len(calls) == 1:
            raise ControlUnavailable("The agent beside the engine does not answer.")
        await stage(release_hash, files)

    monkeypatch.setattr(site.control, "stage", away_once)
    assert (await site.publish("One.")).state == "live"
    assert len(calls) == 2


async def test_an_engine_that_dies_of_it_is_restarted_with_the_last_good_one(site: Site) -> None:
    await site.publish("One.")

    def die(_request: Request) -> None:
        return None

    site.server.overrides["GET", "/agent"] = die
    publication = await site.queue("Two.")
    async with site.publisher() as publisher:
        publisher.client.connection.timeouts = type(publisher.client.connection.timeouts)(call_s=0.2)
        await publisher.run()
    found = await site.load(publication)
    assert found.state == "rolled_back"
    assert found.error.startswith("The engine did not answer after it had read the release.")
    assert site.server.restarts == 1
    del site.server.overrides["GET", "/agent"]
    assert site.read_prompt() == "One."


async def test_an_engine_that_was_broken_before_is_healed_by_a_release(site: Site) -> None:
    site.server.is_bricked = True
    publication = await site.publish("One.")
    assert (publication.state, site.server.restarts, site.read_prompt()) == ("live", 1, "One.")


async def test_by_hand_it_turns_live_when_the_engine_runs_it(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(site.control), "can_swap", False)
    monkeypatch.setattr("releases.publisher.BY_HAND_PAUSE_S", 0.05)
    publication = await site.queue("One.")
    running = asyncio.create_task(site.finish())
    waiting = await site.wait(publication, lambda found: found.waits_for != "")
    assert waiting.state == "by_hand"
    assert waiting.waits_for.startswith("Copy the files and restart the engine. agent.")
    for path, text in publication.release.file_pairs:
        place = site.server.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    site.server.restart()
    await running
    assert (await site.load(publication)).state == "live"


# Cut off anywhere


class Killed(BaseException):
    """The process ends here, as by SIGKILL: nothing after this line runs."""


class Mortal:
    """Anything whose calls are counted; the nth one ends everything, before or after it was done."""

    def __init__(self, inner: Any, counter: list[int], kill_at: int, names: frozenset[str]) -> None:
        self._inner, self._counter, self._kill_at, self._names = inner, counter, kill_at, names

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._inner, name)
        if name not in self._names:
            return value

        async def mortal(*args: Any, **kwargs: Any) -> Any:
            if name == "run" and args[0].__name__ not in WRITES:
                return await value(*args, **kwargs)
            self.tick()
            result = await value(*args, **kwargs)
            self.tick()
            return result

        return mortal

    def tick(self) -> None:
        self._counter[0] += 1
        if self._counter[0] == self._kill_at:
            raise Killed


CONTROL_VERBS = frozenset({"stage", "read_current", "swap", "restart", "prune"})
WRITES = frozenset({"move_on", "note_waiting", "finish", "record_seen"})


@pytest.mark.parametrize("outcome", ["taken", "refused"])
async def test_cut_off_anywhere_the_engine_runs_the_old_or_the_new_one_and_the_next_process_ends_it(
    site: Site, outcome: str
) -> None:
    """Before and after each write to the database and each act on the folder, one after the other."""
    await site.publish("New 0.")
    kill_at, cuts = 1, 0
    while True:
        old = await site.run(lambda: find_live_release(site.engine))
        assert old is not None
        told = site.read_prompt()
        prompt = f"New {kill_at}." if outcome == "taken" else f"REFUSED {kill_at}"
        publication = await site.queue(prompt)
        is_cut = await run_until_cut(site, kill_at)
        shown = await site.control.read_current()
        assert shown in {old.content_hash, publication.release.content_hash}
        assert (
            await site.control.find_changed(
                old.file_pairs if shown == old.content_hash else publication.release.file_pairs
            )
            == []
        )
        await site.finish()
        found = await site.load(publication)
        expected = ("live", prompt) if outcome == "taken" else ("rolled_back", told)
        assert (found.state, site.read_prompt()) == expected, f"cut at {kill_at}"
        if not is_cut:
            break
        kill_at, cuts = kill_at + 1, cuts + 1
    assert cuts > 20


async def run_until_cut(site: Site, kill_at: int) -> bool:
    counter = [0]
    hold = site.publisher(f"cut at {kill_at}")
    async with hold as publisher:
        publisher.control = Mortal(site.control, counter, kill_at, CONTROL_VERBS)
        database: Any = Mortal(site.database, counter, kill_at, frozenset({"run"}))
        publisher.database = database
        try:
            await publisher.run()
        except Killed:
            return True
    return False


async def test_a_publisher_that_lost_its_lease_writes_nothing(site: Site) -> None:
    publication = await site.queue("One.")
    async with site.publisher("first") as first:
        # Somebody else holds it now.
        await site.run(lambda: PublishLease.objects.update(epoch=7, holder="second"))
        with pytest.raises(LeaseLost):
            await first.run()
        assert (await site.load(publication)).state == "queued"


async def test_one_publisher_at_a_time(site: Site) -> None:
    async with site.publisher("first"):
        lost = await site.database.run(acquire_lease, engine_id=site.engine.pk, holder="second")
        assert lost is None
    lease = await site.database.run(acquire_lease, engine_id=site.engine.pk, holder="second")
    assert lease is not None
    assert lease.epoch == 2
    await site.database.run(release_lease, lease)
