"""What the rules say of a request: the parse, what each part gets, and who decided or would."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.admin.display import Pill, highlight_marks
from accounts.principal import Principal
from events.text import make_visible, make_visible_lines
from governance.admin.rule_states import EFFECTS
from governance.calls import judge_content, read_call
from governance.content import RequestContent
from governance.domain.automatic import explain_not_automatic
from governance.enums import RuleEffect
from governance.matching.calls import BASH
from governance.matching.reading import read_both
from governance.matching.risk import assess_call
from governance.matching.rules import Effect, Rule
from governance.matching.targets import Target
from governance.matching.unwrap import look_behind
from governance.matching.verdicts import CommandVerdict, RiskFinding, Verdict
from governance.matching.words import Budget, SimpleCommand, UnreadableError
from governance.models import PermissionRequest, WhitelistAction
from governance.policies import can_list_rules
from governance.rule_drafts import StoredRow
from governance.rulebooks import build_context, build_empty_book, list_forbidden_folders
from governance.weighing import BUILT_IN_ID, Weighing, weigh_content

# Nobody reads more; what is left out is said.
SHOWN = 50
MAX_LAYERS = 8


@dataclass(frozen=True, slots=True)
class RuleLink:
    """A rule by its name; `url` is "" where there is no page."""

    name: str
    version: int
    url: str


@dataclass(frozen=True, slots=True)
class Part:
    """One simple command, or one path, address or name, and what it gets.

    words: as a program would be given them; chain: the commands behind a wrapper, outermost first.
    """

    text: SafeString
    pill: Pill
    reason: str
    rule: RuleLink | None
    words: Sequence[SafeString] = ()
    redirects: Sequence[SafeString] = ()
    assignments: Sequence[SafeString] = ()
    chain: Sequence[SafeString] = ()


@dataclass(frozen=True, slots=True)
class VerdictPanel:
    """`decided_by` is the rule that ended the request; the rest is what the rules say of it now."""

    decided_by: RuleLink | None
    has_rules: bool
    pill: Pill
    reason: str
    rule: RuleLink | None
    left_to_people: str
    parts: Sequence[Part]
    left_out: int
    findings: Sequence[str]
    risks: Sequence[RiskFinding]
    observed: Sequence[RuleLink]


def build_verdict_panel(
    principal: Principal, request: PermissionRequest, content: RequestContent
) -> VerdictPanel:
    """For who may read the content."""
    weighing = weigh_content(build_context(request, content), content, now=timezone.now())
    verdict = weighing.verdict if weighing else None
    if verdict is None:
        verdict = soften(judge_content(content, build_empty_book(list_forbidden_folders())))
    link = Linker(principal, weighing)
    parts = build_parts(verdict, content, link)
    return VerdictPanel(
        decided_by=link.find_decider(request),
        has_rules=weighing is not None and weighing.verdict is not None,
        pill=EFFECTS[RuleEffect(verdict.effect.value)],
        reason=link.name_rules(verdict.reason),
        rule=link.find(verdict.rule),
        left_to_people=explain_not_automatic(request) if request.is_pending else "",
        parts=parts[:SHOWN],
        left_out=max(0, len(parts) - SHOWN),
        findings=[finding for finding in verdict.findings if finding != verdict.reason],
        risks=[risk for risk in assess_call(read_call(content)) if not risk.is_serious],
        observed=[link.of(row) for row in weighing.observed] if weighing else [],
    )


def soften(verdict: Verdict) -> Verdict:
    """Without a rule that decides, people do."""
    return Verdict(Effect.ASK, verdict.reason, None, verdict.commands, verdict.findings)


class Linker:
    """Names rules, and links to the pages of those that the reader may see."""

    def __init__(self, principal: Principal, weighing: Weighing | None) -> None:
        self.may_see = can_list_rules(principal)
        self.rows: dict[str, StoredRow] = weighing.books.rows if weighing else {}

    def of(self, row: StoredRow) -> RuleLink:
        kind = "whitelistaction" if isinstance(row, WhitelistAction) else "whitelisttarget"
        return RuleLink(row.name, row.version, self.url(kind, row.pk))

    def find(self, rule: Rule | Target | None) -> RuleLink | None:
        row = self.rows.get(rule.id) if rule is not None else None
        return self.of(row) if row is not None else None

    def find_decider(self, request: PermissionRequest) -> RuleLink | None:
        """As the request names it, whatever became of the rule since."""
        if not request.rule_id:
            return None
        is_action = WhitelistAction.objects.filter(pk=request.rule_id).exists()
        kind = "whitelistaction" if is_action else "whitelisttarget"
        url = "" if request.rule_id == BUILT_IN_ID else self.url(kind, request.rule_id)
        return RuleLink(request.decided_by_label, request.rule_version or 0, url)

    def url(self, kind: str, rule_id: str) -> str:
        return reverse(f"admin:governance_{kind}_change", args=[rule_id]) if self.may_see else ""

    def name_rules(self, sentence: str) -> str:
        """Reasons name a rule by its id where it has no better name."""
        for rule_id, row in self.rows.items():
            sentence = sentence.replace(rule_id, row.name)
        return make_visible(sentence)


def build_parts(verdict: Verdict, content: RequestContent, link: Linker) -> list[Part]:
    commands = read_commands(content) if content.permission == BASH else []
    is_parse_told = len(commands) == len(verdict.commands)
    return [
        build_part(judged, commands[index] if is_parse_told else None, link)
        for index, judged in enumerate(verdict.commands)
    ]


def read_commands(content: RequestContent) -> list[SimpleCommand]:
    """What the verdict was made of, in its order; empty when that can't be told."""
    try:
        return read_both(read_call(content).command, Budget())[0]
    except (UnreadableError, RecursionError):
        return []


def build_part(judged: CommandVerdict, command: SimpleCommand | None, link: Linker) -> Part:
    text = judged.text or (" ".join(word.text for word in command.words) if command else "")
    part = Part(
        text=show(text),
        pill=EFFECTS[RuleEffect(judged.effect.value)],
        reason=link.name_rules(judged.reason),
        rule=link.find(judged.rule),
    )
    if command is None:
        return part
    return Part(
        text=part.text,
        pill=part.pill,
        reason=part.reason,
        rule=part.rule,
        words=[show(word.text) for word in command.words],
        redirects=[
            show(f"{item.descriptor}{item.operator}{item.target.text if item.target else '…'}")
            for item in command.redirects
        ],
        assignments=[show(f"{item.name}{item.operator}{item.value.text}") for item in command.assignments],
        chain=[show(" ".join(word.text for word in inner.words)) for inner in list_behind(command)],
    )


def list_behind(command: SimpleCommand) -> list[SimpleCommand]:
    """What wrappers run, layer by layer."""
    found: list[SimpleCommand] = []
    layer, budget = [command], Budget()
    for _ in range(MAX_LAYERS):
        try:
            layer = [inner for outer in layer for inner in look_behind(outer, budget).commands]
        except UnreadableError:
            break
        if not layer:
            break
        found += layer
    return found[:SHOWN]


def show(text: str) -> SafeString:
    """What only the run knows reads as an ellipsis."""
    return highlight_marks(make_visible_lines(text.replace("\0", "…")))
