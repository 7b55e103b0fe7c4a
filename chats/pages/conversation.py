"""A chat as its page shows it: what was said, what is asked, what was delegated, in the order of time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain

from accounts.admin.display import Pill
from accounts.principal import Principal
from chats.domain.holds import describe_wait
from chats.enums import PromptState
from chats.models import OutgoingMessage
from chats.pages.asks import Card, WrongAnswer, build_question_cards, build_request_cards, name_chains
from chats.pages.looks import describe_message, describe_prompt
from chats.pages.parts import PartView, build_parts
from chats.queries import Conversation, read_conversation
from engines.admin.states import describe_subagent
from engines.enums import EngineMessageStatus, MessageRole
from engines.models import Chat, Message, Subagent
from events.text import make_visible

SHOWN_MESSAGES = 40


@dataclass(frozen=True, slots=True)
class DelegationItem:
    """An agent asked another one to do something."""

    subagent: Subagent
    names: list[str]
    pill: Pill

    kind = "delegation"

    @property
    def key(self) -> str:
        return f"s-{self.subagent.pk}"

    @property
    def at(self) -> datetime:
        return self.subagent.started_at or self.subagent.first_seen_at


@dataclass(frozen=True, slots=True)
class PartLine:
    """A part, and what belongs to it: a tool call's permission request, the subagents that it began."""

    part: PartView
    cards: list[Card] = field(default_factory=list)
    delegations: list[DelegationItem] = field(default_factory=list)


@dataclass(slots=True)
class Attachments:
    """What stands at a part of the page: by the call that asked, and by the session that the call began."""

    by_call: dict[tuple[str, str], list[Card]]
    cards_below: dict[str, list[Card]]
    delegations: dict[str, list[DelegationItem]]
    placed: set[str] = field(default_factory=set)

    def build_line(self, part: PartView, message_id: str) -> PartLine:
        """`message_id` is the engine's: some models number their calls anew in each message."""
        cards = list(self.by_call.get((message_id, part.call_id), ())) if part.call_id else []
        delegations: list[DelegationItem] = []
        if part.session_id:
            cards += self.cards_below.get(part.session_id, [])
            delegations += self.delegations.get(part.session_id, [])
        self.placed.update(item.key for item in (*cards, *delegations))
        return PartLine(part, cards, delegations)


@dataclass(slots=True)
class MessageItem:
    """One message. `continues`: the same voice goes on, so its name is not said again."""

    message: Message
    who: str
    lines: list[PartLine]
    pill: Pill | None
    prompt: OutgoingMessage | None = None
    continues: bool = False

    kind = "message"

    @property
    def key(self) -> str:
        return f"m-{self.message.pk}"

    @property
    def at(self) -> datetime:
        return self.message.created

    @property
    def is_agent(self) -> bool:
        return self.message.role == MessageRole.ASSISTANT

    @property
    def is_being_written(self) -> bool:
        return self.message.engine_message_status == EngineMessageStatus.PROCESSING

    @property
    def says_something(self) -> bool:
        return bool(self.lines) or self.pill is not None


@dataclass(frozen=True, slots=True)
class CardItem:
    """Something asked whose tool call is not on the page, such as a subagent's."""

    card: Card

    kind = "card"

    @property
    def key(self) -> str:
        return self.card.key

    @property
    def at(self) -> datetime:
        return self.card.at


Item = MessageItem | CardItem | DelegationItem


@dataclass(frozen=True, slots=True)
class Queued:
    """A message that waits to be sent, and why."""

    prompt: OutgoingMessage
    lines: list[PartLine]
    pill: Pill | None
    why: str

    @property
    def may_withdraw(self) -> bool:
        """While nobody has begun to send it."""
        return self.prompt.state == PromptState.QUEUED


@dataclass(frozen=True, slots=True)
class ConversationView:
    items: list[Item]
    queue: list[Queued]
    has_older: bool
    oldest_id: str
    # Open requests and questions, in order.
    open_cards: list[Card] = field(default_factory=list)


def build_conversation(
    principal: Principal, chat: Chat, *, before: str = "", wrong: WrongAnswer | None = None
) -> ConversationView:
    """Raises NotFound for a `before` of another chat."""
    read = read_conversation(chat, before=before, limit=SHOWN_MESSAGES)
    chains = name_chains(read.subagents)
    cards: list[Card] = [
        *build_request_cards(principal, read.requests, chains),
        *build_question_cards(principal, read.questions, chains, wrong),
    ]
    if before:
        # What waits stands on the newest page alone.
        cards = [card for card in cards if not card.is_open]
    items = list(arrange(principal, chat, read, cards, chains, is_newest=not before))
    return ConversationView(
        items=items,
        queue=[] if before else list(build_queue(chat, read.queue)),
        has_older=read.has_older,
        oldest_id=read.messages[0].pk if read.messages else "",
        open_cards=sorted((card for card in cards if card.is_open), key=lambda card: card.at),
    )


def arrange(
    principal: Principal,
    chat: Chat,
    read: Conversation,
    cards: list[Card],
    chains: dict[str, list[str]],
    *,
    is_newest: bool,
) -> Iterator[Item]:
    delegations = list(list_delegations(read, chains, is_newest=is_newest))
    attachments = attach(cards, delegations, read.subagents)
    messages = [build_message(principal, chat, message, attachments) for message in read.messages]
    beside: list[CardItem | DelegationItem] = [*map(CardItem, cards), *delegations]
    loose = [item for item in beside if item.key not in attachments.placed]
    ordered: list[Item] = sorted(chain(filter_said(messages), loose), key=lambda item: (item.at, item.key))
    voice = ""
    for item in ordered:
        if isinstance(item, MessageItem):
            item.continues = item.who == voice and item.is_agent
            voice = item.who
        elif isinstance(item, CardItem) and item.card.is_open:
            voice = ""
        yield item


def attach(cards: list[Card], delegations: list[DelegationItem], subagents: list[Subagent]) -> Attachments:
    """A subagent's requests belong, like itself, to the call with which the chat's own agent delegated."""
    tops = find_top_sessions(subagents)
    attachments = Attachments(defaultdict(list), defaultdict(list), defaultdict(list))
    for card in cards:
        if not card.subagent_id:
            attachments.by_call[card.message_id, card.call_id].append(card)
        else:
            attachments.cards_below[tops.get(card.subagent_id, "")].append(card)
    for item in delegations:
        attachments.delegations[tops.get(item.subagent.pk, "")].append(item)
    return attachments


def find_top_sessions(subagents: list[Subagent]) -> dict[str, str]:
    """{subagent id: the session of the delegation nearest to the chat above it}."""
    known = {subagent.pk: subagent for subagent in subagents}
    tops = {}
    for subagent in subagents:
        top, steps = subagent, 0
        while (parent := known.get(str(top.parent_id))) is not None and steps < len(known):
            top, steps = parent, steps + 1
        tops[subagent.pk] = top.source_ref
    return tops


def filter_said(messages: Iterable[MessageItem]) -> Iterator[MessageItem]:
    """Without those of which there is nothing to see; what is being written is seen from the beginning."""
    return (item for item in messages if item.says_something)


def list_delegations(
    read: Conversation, chains: dict[str, list[str]], *, is_newest: bool
) -> Iterator[DelegationItem]:
    """Those that fall among the messages shown."""
    if not read.messages:
        return
    first, last = read.messages[0].created, read.messages[-1].created
    for subagent in read.subagents:
        item = DelegationItem(subagent, chains.get(subagent.pk, []), describe_subagent(subagent))
        if (item.at >= first or not read.has_older) and (is_newest or item.at <= last):
            yield item


def build_message(
    principal: Principal, chat: Chat, message: Message, attachments: Attachments
) -> MessageItem:
    is_agent = message.role == MessageRole.ASSISTANT
    prompt: OutgoingMessage | None = getattr(message, "outgoing", None)
    return MessageItem(
        message=message,
        who=name_speaker(principal, chat, message, prompt),
        lines=[
            attachments.build_line(part, message.ai_engine_message_id or "")
            for part in build_parts(message.parts, is_agent=is_agent)
        ],
        pill=describe_message(message, prompt),
        prompt=prompt,
    )


def name_speaker(principal: Principal, chat: Chat, message: Message, prompt: OutgoingMessage | None) -> str:
    if message.role == MessageRole.SYSTEM:
        return "Countersign"
    if message.role == MessageRole.ASSISTANT:
        return make_visible(chat.agent) or "Agent"
    if prompt is not None:
        return "You" if prompt.sender_id == principal.user.pk else make_visible(prompt.sender_label)
    return "In the engine" if chat.user is None else "User"


def build_queue(chat: Chat, prompts: list[OutgoingMessage]) -> Iterator[Queued]:
    """Only the first is looked at closely: the others wait for it."""
    for number, prompt in enumerate(prompts):
        prompt.chat = chat
        lines = [PartLine(part) for part in build_parts(prompt.message.parts, is_agent=False)]
        why = describe_wait(prompt) if number == 0 else "Earlier messages go first."
        yield Queued(prompt, lines, describe_prompt(prompt), why)
