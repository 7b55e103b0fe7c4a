"""The facts behind /metrics, gathered from each app's `queries` and kept for a few seconds.

A fact is read again at the earliest after five seconds, or after twenty times as long as reading took:
however large the tables and however many ask, counting never takes more than a twentieth of the time.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import Error as DatabaseProblem
from django.utils import timezone

from chats.queries import read_prompt_totals
from engines.queries import list_engine_health
from governance.gate_queries import find_standings
from governance.queries import read_request_totals
from governance.question_queries import read_question_totals
from health.enums import HealthState
from health.models import judge_state
from health.queries import read_health_totals
from live.facts import read_hub_facts
from live.queries import read_head
from relay.queries import read_lease_renewals

KEEP_S = 5.0
REST_FACTOR = 20.0

Samples = dict[tuple[str, ...], float]


@dataclass(frozen=True, slots=True)
class Family:
    """One metric: its name, what it says, its labels."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    is_counter: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    family: Family
    samples: Samples


DATABASE_UP = Family(
    "countersign_database_up",
    "1 when the database answered this scrape, else 0; the deployment's facts are then left out.",
)
REQUESTS = Family("countersign_permission_requests", "Permission requests by state.", ("state",))
OLDEST_PENDING = Family(
    "countersign_oldest_pending_request_age_seconds",
    "Age of the oldest pending permission request; 0 when nothing waits.",
)
QUESTIONS = Family("countersign_questions", "Questions of agents by state.", ("state",))
OLDEST_QUESTION = Family(
    "countersign_oldest_open_question_age_seconds",
    "Age of the oldest question that nobody answered yet; 0 when none waits.",
)
DECISIONS = Family(
    "countersign_decisions",
    "Permission requests decided, since the deployment began.",
    ("door", "verdict"),
    is_counter=True,
)
REPLIES = Family(
    "countersign_outbox_replies", "Replies to engines that have not ended yet, by state.", ("state",)
)
OLDEST_REPLY = Family(
    "countersign_oldest_queued_reply_age_seconds",
    "Age of the oldest reply that waits to be sent; 0 when none does.",
)
PROMPTS = Family(
    "countersign_outbox_prompts", "Messages to agents that have not ended yet, by state.", ("state",)
)
OLDEST_PROMPT = Family(
    "countersign_oldest_unsent_prompt_age_seconds",
    "Age of the oldest message that nothing holds back and no agent took up; 0 when there is none.",
)
ENGINE_STATE = Family(
    "countersign_engine_state",
    "1 for the state an engine is in; `paused` when it is switched off.",
    ("engine", "state"),
)
ENGINE_STATE_AGE = Family(
    "countersign_engine_state_age_seconds", "How long an engine has been in its state.", ("engine",)
)
ENGINE_GATE = Family(
    "countersign_engine_gate",
    "1 for how an engine's second gate stands: gated, ungated, silent, none, waived.",
    ("engine", "state"),
)
ENGINE_SILENCE = Family(
    "countersign_engine_stream_silence_seconds",
    "Since the engine's event stream was last heard; absent when it never was.",
    ("engine",),
)
LEASE_AGE = Family(
    "countersign_relay_lease_age_seconds",
    "Since a relay last renewed its lease on the engine; absent when none holds it.",
    ("engine",),
)
COMPONENTS = Family(
    "countersign_components",
    "Components that are looked at, by kind and state; offline too when nobody looks any more.",
    ("component", "state"),
)
HEALTH_LOOK_AGE = Family(
    "countersign_health_look_age_seconds",
    "Since the last round of looking at every component ended; absent before the first.",
)
LISTENERS = Family("countersign_listeners", "Who listens to this process, by kind.", ("kind",))
HUB_LAG = Family(
    "countersign_hub_lag_events", "Events in the log that this process's hub has not handed on yet."
)
HUB_LOOK_AGE = Family(
    "countersign_hub_look_age_seconds",
    "Since this process's hub last read the head of the log; absent while it does not run.",
)
FAMILIES = (
    DATABASE_UP,
    REQUESTS,
    OLDEST_PENDING,
    QUESTIONS,
    OLDEST_QUESTION,
    DECISIONS,
    REPLIES,
    OLDEST_REPLY,
    PROMPTS,
    OLDEST_PROMPT,
    ENGINE_STATE,
    ENGINE_STATE_AGE,
    ENGINE_GATE,
    ENGINE_SILENCE,
    LEASE_AGE,
    COMPONENTS,
    HEALTH_LOOK_AGE,
    LISTENERS,
    HUB_LAG,
    HUB_LOOK_AGE,
)
# What the process that answers knows of itself; all else is the same from every process.
OF_THE_PROCESS = frozenset({DATABASE_UP, LISTENERS, HUB_LAG, HUB_LOOK_AGE})


@dataclass(frozen=True, slots=True)
class Stored:
    """What the database said, as moments, so that ages go on while it is kept."""

    requests: Samples
    questions: Samples
    decisions: Samples
    replies: Samples
    prompts: Samples
    oldest_pending_at: datetime | None
    oldest_question_at: datetime | None
    oldest_reply_at: datetime | None
    oldest_prompt_at: datetime | None
    engines: list[tuple[str, str, datetime, datetime | None]]
    renewals: dict[str, datetime]
    gates: dict[str, str]
    components: list[tuple[str, HealthState, datetime | None]]
    round_at: datetime | None


def read_stored() -> Stored:
    totals = read_request_totals()
    questions = read_question_totals()
    prompts = read_prompt_totals(now=timezone.now())
    engines = list_engine_health()
    health = read_health_totals()
    return Stored(
        requests={(state,): count for state, count in totals.by_state.items()},
        questions={(state,): count for state, count in questions.by_state.items()},
        decisions={(door, verdict): count for (door, verdict), count in totals.decisions.items()},
        replies={(state,): count for state, count in totals.open_replies.items()},
        prompts={(state,): count for state, count in prompts.open_prompts.items()},
        oldest_pending_at=totals.oldest_pending_at,
        oldest_question_at=questions.oldest_open_at,
        oldest_reply_at=totals.oldest_queued_reply_at,
        oldest_prompt_at=prompts.oldest_at,
        engines=[(each.engine_id, each.state, each.state_since, each.last_seen_at) for each in engines],
        renewals=read_lease_renewals(now=timezone.now()),
        gates={
            engine_id: standing.state.value
            for engine_id, standing in find_standings([each.engine_id for each in engines]).items()
        },
        components=health.components,
        round_at=health.round_at,
    )


class Kept:
    """The newest answer of `read`, at least `KEEP_S` old before it is asked for again."""

    def __init__(self, read: Callable[[], Stored], clock: Callable[[], float] = time.monotonic) -> None:
        self.read = read
        self.clock = clock
        self.lock = threading.Lock()
        self.value: Stored | None = None
        self.stale_at_s = 0.0

    def get(self) -> Stored:
        with self.lock:
            started_s = self.clock()
            if self.value is None or started_s >= self.stale_at_s:
                # An answer that failed is not kept, and an old one not handed out in its place.
                self.value = None
                self.value = self.read()
                took_s = self.clock() - started_s
                self.stale_at_s = started_s + took_s + max(KEEP_S, REST_FACTOR * took_s)
            return self.value


stored = Kept(read_stored)


def read_facts() -> list[Fact]:
    """Every fact there is; without the database, what this process knows by itself."""
    try:
        head: int | None = read_head()
        deployment = describe_stored(stored.get())
    except DatabaseProblem:
        head, deployment = None, []
    return [Fact(DATABASE_UP, {(): head is not None}), *deployment, *describe_hub(head)]


def describe_stored(facts: Stored) -> list[Fact]:
    now = timezone.now()
    return [
        Fact(REQUESTS, facts.requests),
        Fact(OLDEST_PENDING, {(): age_of(facts.oldest_pending_at, now)}),
        Fact(QUESTIONS, facts.questions),
        Fact(OLDEST_QUESTION, {(): age_of(facts.oldest_question_at, now)}),
        Fact(DECISIONS, facts.decisions),
        Fact(REPLIES, facts.replies),
        Fact(OLDEST_REPLY, {(): age_of(facts.oldest_reply_at, now)}),
        Fact(PROMPTS, facts.prompts),
        Fact(OLDEST_PROMPT, {(): age_of(facts.oldest_prompt_at, now)}),
        Fact(ENGINE_STATE, {(engine, state): 1 for engine, state, _, _ in facts.engines}),
        Fact(ENGINE_STATE_AGE, {(engine,): age_of(since, now) for engine, _, since, _ in facts.engines}),
        Fact(ENGINE_GATE, dict.fromkeys(facts.gates.items(), 1)),
        Fact(ENGINE_SILENCE, {(engine,): age_of(seen, now) for engine, _, _, seen in facts.engines if seen}),
        Fact(LEASE_AGE, {(engine,): age_of(at, now) for engine, at in facts.renewals.items()}),
        *describe_health(facts, now),
    ]


def describe_health(facts: Stored, now: datetime) -> list[Fact]:
    """What was not looked at for too long counts as offline, as on every page."""
    counts = Counter(
        (component, judge_state(state, looked_at, now).value)
        for component, state, looked_at in facts.components
    )
    found = [Fact(COMPONENTS, dict(sorted(counts.items())))]
    if facts.round_at is not None:
        found.append(Fact(HEALTH_LOOK_AGE, {(): age_of(facts.round_at, now)}))
    return found


def describe_hub(head: int | None) -> list[Fact]:
    hub = read_hub_facts()
    facts = [Fact(LISTENERS, {(kind,): count for kind, count in hub.listeners.items()})]
    if hub.look_age_s is not None:
        facts.append(Fact(HUB_LOOK_AGE, {(): hub.look_age_s}))
        if head is not None:
            facts.append(Fact(HUB_LAG, {(): max(0, head - hub.cursor)}))
    return facts


def age_of(moment: datetime | None, now: datetime) -> float:
    """Seconds; 0 for what is not there, or lies ahead by another machine's clock."""
    return 0.0 if moment is None else max(0.0, (now - moment).total_seconds())
