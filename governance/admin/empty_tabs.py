"""What a tab says when it holds nothing: what that means, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.principal import Principal
from governance.admin.inbox_list import InboxList
from governance.tabs import Tab


@dataclass(frozen=True, slots=True)
class EmptyTab:
    """`links` are (address, words)."""

    icon: str
    title: str
    sentence: str
    links: tuple[tuple[str, str], ...] = ()


def describe_empty(principal: Principal, inbox: InboxList) -> EmptyTab:
    if inbox.list_active():
        return describe_no_match(inbox)
    pending = (inbox.tab_url(Tab.PENDING), "All pending")
    decided = (inbox.tab_url(Tab.DECIDED), "What was decided")
    if inbox.tab == Tab.MINE and not principal.team_ids:
        return EmptyTab(
            "lock",
            "You are in no team.",
            "You decide as a member of a team; as an owner you see what waits, without its commands.",
            (pending,),
        )
    return {
        Tab.MINE: EmptyTab(
            "check",
            "Nothing waits for you.",
            "New requests appear here by themselves; this page can stay open.",
            (pending, decided),
        ),
        Tab.PENDING: EmptyTab(
            "check",
            "Nothing waits for a decision.",
            "New requests appear here by themselves.",
            (decided,),
        ),
        Tab.WAITING: EmptyTab(
            "check",
            "Nothing waits on others.",
            "What you have voted on, what somebody else has claimed or what you may not decide.",
            ((inbox.tab_url(Tab.MINE), "What waits for you"),),
        ),
        Tab.DECIDED: EmptyTab(
            "inbox",
            "Nothing was decided yet.",
            "What people approve or deny stays here for good.",
            (pending,),
        ),
        Tab.EXPIRED: EmptyTab(
            "clock",
            "Nothing has expired.",
            "What ended without a decision stands here: time ran out, or nobody asks any more.",
            (pending,),
        ),
        Tab.AUTOMATIC: EmptyTab(
            "star",
            "No rule has decided anything.",
            "What rules decide by themselves stands here. Without rules, people decide everything.",
            (decided,),
        ),
        Tab.ALL: EmptyTab("inbox", "Nothing was asked yet.", "Requests of agents appear here by themselves."),
    }[inbox.tab]


def describe_no_match(inbox: InboxList) -> EmptyTab:
    links = [(inbox.clear_url(), "Clear filters and search")]
    if inbox.tab not in {Tab.ALL, Tab.DECIDED}:
        links.append((inbox.tab_url(Tab.DECIDED), "Look among what was decided"))
    if inbox.further_back_url():
        links.insert(0, (inbox.further_back_url(), "Look further back"))
    return EmptyTab("inbox", "Nothing here matches.", "Other tabs may hold what you look for.", tuple(links))
