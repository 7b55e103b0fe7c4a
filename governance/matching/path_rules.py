"""Rules on paths: an action has to allow the verb, and a target each path; denials see rather too much."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

from governance.matching.asked_paths import AskedPath, Reach, read_path
from governance.matching.calls import PATH_VERBS, WRITING_VERBS, Call
from governance.matching.forbidden import is_normally_forbidden
from governance.matching.path_globs import ANY, WILD, PathGlob, Segment, fold, split_path
from governance.matching.paths import PERSISTENT, SAMPLE, SECRET
from governance.matching.rules import Effect, Rule
from governance.matching.targets import Target
from governance.matching.verdicts import NO_RULE, CommandVerdict, Verdict, allow, choose_worst
from governance.matching.words import Budget, UnreadableError

MAX_PATHS = 200
# Patterns of an action that name no path: the targets say which.
VERB_ALONE = frozenset({"", "*", "**"})
HOMES = (("root",), ("home", "*"), ("Users", "*"), ("var", "root"))
# How many characters of a name a pattern has to say to mean a file that holds secrets.
SPELLED = 3


@dataclass(frozen=True)
class PathRule:
    """A target, or an action that names paths itself."""

    rule: Rule | Target
    effect: Effect
    pattern: str

    @property
    def is_verb_alone(self) -> bool:
        is_strict = isinstance(self.rule, Rule) and self.rule.is_strict
        return self.pattern in VERB_ALONE and not is_strict

    @cached_property
    def is_absolute(self) -> bool:
        return self.pattern.startswith("/")

    @cached_property
    def problem(self) -> str:
        """Why it can allow nothing."""
        if self.pattern.startswith("~"):
            return "It begins with a home folder, which is not known here."
        if ".." in self.pattern.split("/"):
            return "It leads upwards."
        if isinstance(self.rule, Rule) and self.rule.is_strict and WILD.search(self.pattern):
            return "It is strict, and holds a wildcard."
        return ""

    @cached_property
    def parts(self) -> list[str]:
        return split_path(self.pattern)

    def make_narrow(self, directory: str) -> PathGlob | None:
        """What an allowing one covers: exactly its pattern, from the project on; None when nothing."""
        if self.problem or not (self.is_absolute or directory.startswith("/")):
            return None
        kept = self.narrow.get(directory)
        if kept is None:
            below = [] if self.is_absolute else split_path(directory)
            kept = keep(self.narrow, directory, PathGlob.of(self.parts, below=below))
        return kept

    def list_wide(self, directory: str) -> tuple[PathGlob, ...]:
        """What a denying one covers: also all below; a name alone anywhere."""
        kept = self.wide.get(directory)
        return keep(self.wide, directory, tuple(self.make_wide(directory))) if kept is None else kept

    # By project folder, since a compiled pattern is used again and again.
    @cached_property
    def narrow(self) -> dict[str, PathGlob]:
        return {}

    @cached_property
    def wide(self) -> dict[str, tuple[PathGlob, ...]]:
        return {}

    def make_wide(self, directory: str) -> Iterator[PathGlob]:
        if self.is_verb_alone:
            yield PathGlob.of([ANY])
        elif self.pattern.startswith("~"):
            for home in HOMES:
                yield PathGlob.of([*home, *self.parts[1:], ANY])
        elif self.is_absolute:
            yield PathGlob.of([*self.parts, ANY])
        elif "/" not in self.pattern.rstrip("/") or self.parts[:1] == [ANY] or not directory.startswith("/"):
            yield PathGlob.of([ANY, *self.parts, ANY])
        else:
            yield PathGlob.of([*self.parts, ANY], below=split_path(directory))


KEPT_FOLDERS = 16
Made = TypeVar("Made")


def keep(kept: dict[str, Made], folder: str, made: Made) -> Made:
    if len(kept) >= KEPT_FOLDERS:
        kept.clear()
    kept[folder] = made
    return made


class PathRules:
    """Of all verbs that take paths."""

    def __init__(self, rules: Sequence[Rule], targets: Sequence[Target], forbidden: Sequence[str]) -> None:
        self.forbidden = tuple(forbidden)
        self.by_verb = {verb: VerbRules.of(verb, rules, targets) for verb in PATH_VERBS}

    def judge(self, call: Call, budget: Budget) -> Verdict:
        """Raises UnreadableError when it takes too long."""
        if not call.paths:
            return Verdict(Effect.ASK, "It does not say which paths.")
        if len(call.paths) > MAX_PATHS:
            return Verdict(Effect.ASK, f"It holds more than {MAX_PATHS} paths.")
        rules = self.by_verb[call.permission]
        return choose_worst([self.judge_path(path, call, rules, budget) for path in call.paths])

    def judge_path(self, source: str, call: Call, rules: VerbRules, budget: Budget) -> CommandVerdict:
        try:
            asked = read_path(source, call.directory, call.permission)
        except UnreadableError as error:
            return rules.judge_unclear(source, call.directory, str(error))
        normal = "/" + "/".join(asked.probe)
        if is_normally_forbidden(normal, self.forbidden):
            return CommandVerdict(source, Effect.DENY, f"{source} is never allowed.")
        verdict = rules.judge(asked, call, budget)
        if verdict.effect is Effect.ALLOW and asked.reach is not Reach.SELF:
            inside = [folder for folder in self.forbidden if is_above(asked.parts, folder)]
            if inside:
                return CommandVerdict(source, Effect.ASK, "Below it is a folder that is never allowed.")
        return verdict


def is_above(parts: Sequence[str], folder: str) -> bool:
    return split_path(folder)[: len(parts)] == list(parts)


@dataclass(frozen=True)
class VerbRules:
    """What speaks of one verb. An action on `edit` is also about `write`; denials on either, about both."""

    verb: str
    denials: tuple[PathRule, ...]
    questions: tuple[PathRule, ...]
    allowing: tuple[PathRule, ...]
    targets: tuple[PathRule, ...]

    @classmethod
    def of(cls, verb: str, rules: Sequence[Rule], targets: Sequence[Target]) -> VerbRules:
        def order(found: list[PathRule]) -> tuple[PathRule, ...]:
            return tuple(sorted(found, key=lambda item: (item.pattern, item.rule.id)))

        strict_verbs = {*(WRITING_VERBS if verb in WRITING_VERBS else ()), verb, "*"}
        allowed_by = {verb, "edit"} if verb == "write" else {verb}
        actions = [PathRule(rule, rule.effect, rule.pattern.strip()) for rule in rules]
        spoken = [PathRule(target, target.effect, target.pattern.strip()) for target in targets]
        return cls(
            verb,
            order(
                [item for item in actions if item.effect is Effect.DENY and is_about(item, strict_verbs)]
                + [item for item in spoken if item.effect is not Effect.ALLOW and speaks(item, strict_verbs)]
            ),
            order([item for item in actions if item.effect is Effect.ASK and is_about(item, strict_verbs)]),
            order([item for item in actions if item.effect is Effect.ALLOW and is_about(item, allowed_by)]),
            order([item for item in spoken if item.effect is Effect.ALLOW and speaks(item, allowed_by)]),
        )

    def judge(self, asked: AskedPath, call: Call, budget: Budget) -> CommandVerdict:
        steps = 1 + len(asked.parts) // 8
        folded = replace(asked, parts=tuple(map(fold, asked.parts)), inner=())
        for rule in self.denials:
            budget.spend(steps)
            found = find_overlap(asked, folded, rule, call.directory)
            if found is not None and (found is not Effect.ASK or self.counts_partly(rule)):
                why = explain_overlap(asked.source, rule, found)
                return CommandVerdict(asked.source, found, why, rule.rule)
        for rule in self.questions:
            budget.spend(steps)
            if find_overlap(asked, folded, rule, call.directory) is not None:
                reason = f"The rule “{rule.rule}” says ask."
                return CommandVerdict(asked.source, Effect.ASK, reason, rule.rule)
        return self.judge_allowed(asked, call.directory, budget)

    def counts_partly(self, rule: PathRule) -> bool:
        """Names of files may be listed although some of the files are denied, unless listing them is."""
        verbs = rule.rule.verbs if isinstance(rule.rule, Target) else (rule.rule.permission,)
        return self.verb not in {"list", "glob"} or self.verb in verbs

    def judge_allowed(self, asked: AskedPath, directory: str, budget: Budget) -> CommandVerdict:
        if not self.allowing:
            return CommandVerdict(asked.source, Effect.ASK, NO_RULE)
        reason = "No target allows it."
        for rule in self.allowing:
            for target in self.targets if rule.is_verb_alone else (rule,):
                budget.spend(1 + len(asked.parts) // 8)
                glob = target.make_narrow(directory)
                if glob is None or not asked.is_covered(glob):
                    continue
                if why := explain_sensitive(asked, glob, self.verb):
                    reason = why
                    continue
                within = f", within the target “{target.rule}”" if target is not rule else ""
                text = f"The rule “{rule.rule}” allows it{within}."
                both = (rule.rule,) if target is rule else (rule.rule, target.rule)
                return allow(asked.source, text, *both)
        return CommandVerdict(asked.source, Effect.ASK, reason)

    def judge_unclear(self, source: str, directory: str, problem: str) -> CommandVerdict:
        """A path that can't be placed: only what denies or asks about it wherever it leads."""
        if isinstance(source, str) and source.startswith("~"):
            for home in HOMES:
                parts = (*home, *split_path(source)[1:])
                for rule in self.denials:
                    if any(glob.covers(parts) for glob in rule.list_wide(directory)):
                        why = f"{source} is denied by “{rule.rule}”."
                        return CommandVerdict(source, Effect.DENY, why, rule.rule)
        for rule in self.denials:
            if rule.is_verb_alone:
                return CommandVerdict(
                    str(source), Effect.DENY, f"The rule “{rule.rule}” says deny.", rule.rule
                )
        return CommandVerdict(str(source), Effect.ASK, problem)


def is_about(item: PathRule, verbs: set[str]) -> bool:
    return isinstance(item.rule, Rule) and item.rule.permission in verbs


def speaks(item: PathRule, verbs: set[str]) -> bool:
    return isinstance(item.rule, Target) and any(item.rule.speaks_of(verb) for verb in verbs)


def find_overlap(asked: AskedPath, folded: AskedPath, rule: PathRule, directory: str) -> Effect | None:
    """DENY: it is about all that is asked; ASK: perhaps about a part, or but for upper and lower case.

    folded: the same path as a file system reads it that does not tell upper from lower case.
    """
    found = None
    for glob in rule.list_wide(directory):
        if glob.covers(asked.probe):
            return Effect.DENY
        is_part = asked.reach is not Reach.SELF and asked.is_touched(glob)
        if is_part or folded.is_touched(glob.folded):
            found = Effect.ASK
    return found


def explain_overlap(source: str, rule: PathRule, effect: Effect) -> str:
    if effect is Effect.DENY:
        return f"{source} is denied by “{rule.rule}”."
    return f"{source} may be, or hold, what “{rule.rule}” denies."


def explain_sensitive(asked: AskedPath, glob: PathGlob, verb: str) -> str:
    """A wildcard covers neither secrets nor, for changes, what runs by itself; their names do."""
    text = "/".join(asked.inner)
    if SAMPLE.search(text):
        return ""
    for expression, why in (
        (SECRET, "may hold secrets"),
        *(((PERSISTENT, "runs by itself"),) if verb in WRITING_VERBS else ()),
    ):
        if not is_spelled(expression.search(text), glob.segments):
            return f"{asked.source} {why}, and no pattern names it."
    return ""


def is_spelled(found: re.Match[str] | None, segments: Sequence[Segment]) -> bool:
    """Whether one of the pattern's names says what was found; nothing found needs no saying."""
    if found is None:
        return True
    names = found[0].strip("/").split("/")
    return any(
        not segment.is_any and segment.spelled >= SPELLED and any(map(segment.matches, names))
        for segment in segments
    )
