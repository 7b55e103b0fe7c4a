"""Examples and the try box: a line of text becomes a call, and a rule covers it or does not."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from governance.matching.book import RuleBook, judge_call
from governance.matching.calls import BASH, FETCH, PATH_VERBS, TASK, Call
from governance.matching.rules import Effect, Rule
from governance.matching.targets import Target
from governance.matching.verdicts import Verdict
from governance.rule_drafts import Draft, RuleDraft, TargetDraft, build_rule, build_target

# Where examples stand when the rule names no project of its own.
EXAMPLE_DIRECTORY = "/srv/project"
# How the verdict on an example names the draft.
DRAFT_ID = "draft"
EVERYWHERE = Target("/**", Effect.ALLOW, id="everywhere")


def read_call(permission: str, line: str, directory: str) -> Call:
    """The call that a line means: a command, path, address, subagent's name or JSON object of arguments.

    Raises ValueError for arguments that are not a JSON object.
    """
    if permission == BASH:
        return Call(permission, command=line, directory=directory)
    if permission in PATH_VERBS:
        return Call(permission, paths=(line,), directory=directory)
    if permission == FETCH:
        return Call(permission, url=line, directory=directory)
    if permission == TASK:
        return Call(permission, subagent=line, directory=directory)
    return Call(permission, arguments=read_arguments(line), directory=directory)


def read_arguments(line: str) -> dict[str, Any]:
    arguments = json.loads(line or "{}")
    if not isinstance(arguments, dict):
        raise ValueError("The arguments of a tool are a JSON object.")
    return arguments


def build_draft_book(draft: Draft) -> RuleBook:
    """A book that holds this draft alone, and of the other kind what lets it be seen.

    An action on paths needs a target that covers them, and a target an action on its verb.
    """
    if isinstance(draft, RuleDraft):
        return RuleBook([build_rule(draft, rule_id=DRAFT_ID)], [EVERYWHERE])
    verbs = draft.verbs or tuple(sorted(PATH_VERBS))
    actions = [Rule("*", Effect.ALLOW, permission=verb, id="any") for verb in verbs]
    return RuleBook(actions, [build_target(draft, rule_id=DRAFT_ID)])


def judge_draft(draft: Draft, line: str, *, verb: str = "", directory: str = "") -> Verdict:
    """What this draft alone says of a line. Raises ValueError as `read_call`."""
    permission = draft.permission if isinstance(draft, RuleDraft) else verb or choose_verb(draft)
    place = directory or draft.directory or EXAMPLE_DIRECTORY
    return judge_call(read_call(permission, line, place), build_draft_book(draft))


def choose_verb(draft: TargetDraft) -> str:
    """With which verb a target's examples are tried, when nobody says."""
    return draft.verbs[0] if draft.verbs else "read"


def covers(draft: Draft, line: str) -> bool:
    """Whether the draft decides this line. Raises ValueError as `read_call`."""
    verdict = judge_draft(draft, line)
    if verdict.effect.value != draft.effect:
        return False
    # An allow of several commands names one rule, and only the draft is there to allow; a question without
    # a rule is what everything uncovered gets.
    return draft.effect == Effect.ALLOW.value or names_draft(verdict)


def names_draft(verdict: Verdict) -> bool:
    return verdict.rule is not None and verdict.rule.id == DRAFT_ID


@dataclass(frozen=True, slots=True)
class FailedExample:
    """An example that is not as its author said; `field` is the list it stands in."""

    field: str
    line: str
    sentence: str


def find_failed_examples(draft: Draft) -> list[FailedExample]:
    """Every example that the draft does not treat as it should."""
    return [
        *check_lines(draft, "should_match", draft.should_match, wanted=True),
        *check_lines(draft, "must_not_match", draft.must_not_match, wanted=False),
    ]


def check_lines(draft: Draft, field: str, lines: Iterable[str], *, wanted: bool) -> list[FailedExample]:
    failed = []
    for line in lines:
        try:
            is_covered = covers(draft, line)
        except ValueError:
            failed.append(FailedExample(field, line, "is not a JSON object of arguments"))
            continue
        if is_covered != wanted:
            verdict = judge_draft(draft, line)
            sentence = (
                f"should be covered and is not: {verdict.reason}" if wanted else "must not be covered and is"
            )
            failed.append(FailedExample(field, line, sentence))
    return failed
