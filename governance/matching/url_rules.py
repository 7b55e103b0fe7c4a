"""Rules on URLs: scheme, host with its port, and path."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote

from governance.matching.calls import FETCH, Call
from governance.matching.patterns import build_wildcards
from governance.matching.rules import Effect, Rule
from governance.matching.urls import DEFAULT_PORTS, Url, normalise_host, read_hosts, read_url, show_labels
from governance.matching.verdicts import NO_RULE, CommandVerdict, Verdict, allow, choose_worst
from governance.matching.words import Budget, UnreadableError

EVERYTHING = frozenset({"", "*", "**"})
PATTERN = re.compile(
    r"(?:(?P<scheme>https?|\*)://)?(?P<host>(?:\*\.)?[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*|\*|\[[0-9A-Fa-f:.]+\])"
    r"(?::(?P<port>[1-9][0-9]{0,4}|\*))?(?P<path>[/?][^#]*)?(?:#.*)?"
)
LETTERS = re.compile(r"([A-Za-z*]+://)?([^/:?#]+)(.*)", re.DOTALL)
NO_PATTERN = "Its pattern is no URL with a whole host."


@dataclass(frozen=True)
class UrlRule:
    """One rule, read once."""

    rule: Rule

    @cached_property
    def pattern(self) -> str:
        """Its host in punycode, since that is what is asked for."""
        text = self.rule.pattern.strip()
        found = None if text.isascii() else LETTERS.fullmatch(text)
        return f"{found[1] or ''}{normalise_host(found[2])}{found[3]}" if found else text

    @cached_property
    def is_everything(self) -> bool:
        return self.pattern in EVERYTHING and not self.rule.is_strict

    @cached_property
    def read(self) -> re.Match[str] | None:
        return PATTERN.fullmatch(self.pattern)

    @property
    def can_allow(self) -> bool:
        if self.is_everything:
            return True
        return self.read is not None and not (self.rule.is_strict and "*" in self.host)

    @cached_property
    def host(self) -> str:
        return self.read["host"].lower() if self.read else ""

    @cached_property
    def path(self) -> re.Pattern[str]:
        """A question mark begins the query; it is no wildcard here."""
        path = (self.read["path"] if self.read else "") or "/"
        path = path if path.startswith("/") else f"/{path}"
        is_literal = self.rule.is_strict or "*" not in path
        wild = "[?]".join(build_wildcards(piece) for piece in path.split("?"))
        return re.compile(re.escape(path) if is_literal else wild, re.DOTALL)

    def explain_uncovered(self, url: Url) -> str:
        """Why an allowing rule does not cover it, "" when it does."""
        if self.is_everything:
            return explain_near(url)
        if self.read is None or not self.can_allow:
            return NO_PATTERN
        schemes = {"*": set(DEFAULT_PORTS)}.get(self.read["scheme"], {self.read["scheme"] or "https"})
        port = self.read["port"]
        if url.scheme not in schemes or not self.covers_host(url.host):
            return NO_RULE
        if port != "*" and url.port != int(port or DEFAULT_PORTS[url.scheme]):
            return f"It goes to port {url.port}."
        if not self.path.fullmatch(url.path):
            return NO_RULE
        return explain_near(url) if "*" in self.host else ""

    def covers_host(self, host: str) -> bool:
        if self.host.startswith("*."):
            return host.endswith(self.host[1:])
        return self.host in {"*", host}

    def denies(self, source: str, url: Url | None) -> bool:
        """Rather too much: whatever the scheme, any host that a client may read, the path decoded or not."""
        if self.is_everything:
            return True
        if self.read is None:
            wild = re.compile(build_wildcards(self.pattern.casefold()), re.DOTALL)
            return bool(wild.fullmatch(source.casefold()))
        bare = self.host.removeprefix("*.")
        hosts = [url.host] if url else read_hosts(source)
        if not any(self.covers_host(host) or host == normalise_host(bare) for host in hosts):
            return False
        port = self.read["port"]
        if url is None or self.read["path"] in {None, "/", "/*", "*"}:
            return not (url and port not in {None, "*"} and url.port != int(port))
        return any(
            self.path.fullmatch(path) for path in (url.path, unquote(url.path), url.path.partition("?")[0])
        )


def explain_near(url: Url) -> str:
    """What no wildcard covers: addresses, the own network, hosts whose letters are not what they seem."""
    if url.is_near:
        return f"{url.host} is an address or a name of the own network; a rule has to name it."
    if any(label.startswith("xn--") for label in url.host.split(".")):
        return f"{url.host} is shown as {show_labels(url.host) or 'something else'}; a rule has to name it."
    return ""


class UrlRules:
    def __init__(self, rules: Sequence[Rule]) -> None:
        ordered = sorted(rules, key=lambda rule: (rule.pattern, rule.id))
        strict = [UrlRule(rule) for rule in ordered if rule.permission in {FETCH, "*"}]
        self.denials = [item for item in strict if item.rule.effect is Effect.DENY]
        self.questions = [item for item in strict if item.rule.effect is Effect.ASK]
        self.allowing = [
            UrlRule(rule) for rule in ordered if rule.effect is Effect.ALLOW and rule.permission == FETCH
        ]

    def judge(self, call: Call, budget: Budget) -> Verdict:
        """Raises UnreadableError when it takes too long."""
        return choose_worst([self.judge_url(call.url, budget)])

    def judge_url(self, source: str, budget: Budget) -> CommandVerdict:
        problem, url = "", None
        try:
            url = read_url(source)
        except UnreadableError as error:
            problem = str(error)
        text = source if isinstance(source, str) else ""
        for effect, rules in ((Effect.DENY, self.denials), (Effect.ASK, self.questions)):
            for item in rules:
                budget.spend(1 + len(text) // 1024)
                if item.denies(text, url):
                    reason = f"The rule “{item.rule}” says {effect.value}."
                    return CommandVerdict(text, effect, reason, item.rule)
        if url is None:
            return CommandVerdict(text, Effect.ASK, problem)
        reason = NO_RULE
        for item in self.allowing:
            budget.spend(1 + len(text) // 1024)
            why = item.explain_uncovered(url)
            if not why:
                return allow(text, f"The rule “{item.rule}” allows it.", item.rule)
            reason = why if reason == NO_RULE else reason
        return CommandVerdict(text, Effect.ASK, reason)
