"""An engine's permission block as our rules, with a report of what can't be carried over.

In the block the last match wins, here the strictest: where the two differ, the stricter one is kept and said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from governance.matching.calls import BASH, FETCH, PATH_VERBS, REPEATED, TASK
from governance.matching.engine_globs import Entry, flatten, overlap
from governance.matching.rules import Effect, Rule
from governance.matching.targets import Target
from governance.matching.verdicts import ORDER
from governance.matching.width import explain_unreadable

PATHLESS = frozenset({"list", "glob", "grep"})
NAMES = {BASH, FETCH, TASK, REPEATED} | PATH_VERBS


def read_block(block: object) -> tuple[list[Rule], list[Target], list[str]]:
    """(rules, targets, problems as sentences). Never raises.

    A block is a list of (permission, pattern, action), of objects with these names, or an object `permission`
    as it stands in an engine's configuration.
    """
    read, problems = flatten(block)
    entries = [made for entry in read for made in spread(entry)]
    rules: list[Rule] = []
    targets: list[Target] = []
    for number, entry in enumerate(entries):
        later = entries[number + 1 :]
        if why := explain_dropped(entry, later):
            problems += [why] if why != DEFAULT else []
            continue
        made, wanted, problem = read_entry(entry)
        rules += made
        targets += wanted
        problems += [f"{name(entry)}: {problem}"] if problem else []
        problems += explain_overruled(entry, later)
    return list(dict.fromkeys(rules)), list(dict.fromkeys(targets)), list(dict.fromkeys(problems))


def spread(entry: Entry) -> Iterator[Entry]:
    """A denial or question with a pattern but for every verb, as one for each verb that has a text."""
    if entry.permission != "*" or entry.pattern == "*" or entry.action == "allow":
        yield entry
        return
    yield from (entry._replace(permission=verb) for verb in SPREAD)


SPREAD = (BASH, "read", "edit", "external_directory", FETCH, TASK)


# Nothing is lost: what is not mentioned is asked about here anyway.
DEFAULT = "default"


def name(entry: Entry) -> str:
    return f"{entry.permission} “{entry.pattern}” {entry.action}"


def explain_dropped(entry: Entry, later: Sequence[Entry]) -> str:
    """Why an entry makes no rule; "" when it does."""
    for other in later:
        is_wider = other.permission in {entry.permission, "*"} and other.pattern in {entry.pattern, "*"}
        is_stricter = ORDER[Effect(other.action)] >= ORDER[Effect(entry.action)]
        if is_wider and (is_stricter or other.pattern == entry.pattern):
            return f"{name(entry)}: {name(other)} comes later and covers it."
    if entry.permission == REPEATED:
        return (
            DEFAULT
            if entry.action == "ask"
            else f"{name(entry)}: a repeated call is always asked about here."
        )
    is_base = entry.pattern == "*" and any(is_exception(other, entry) for other in later)
    if entry.action == "ask" and entry.pattern == "*" and (is_base or entry.permission == "*"):
        return DEFAULT
    if entry.action == "deny" and is_base:
        return f"{name(entry)}: what no later rule allows is denied there; here it is asked about."
    if entry.permission == "*" and entry.action == "allow":
        return f"{name(entry)}: nothing can be allowed for every verb at once; here it is asked about."
    return ""


def is_exception(other: Entry, base: Entry) -> bool:
    is_weaker = ORDER[Effect(other.action)] < ORDER[Effect(base.action)]
    return is_weaker and (base.permission == "*" or overlap(other.permission, base.permission))


def explain_overruled(entry: Entry, later: Sequence[Entry]) -> Iterator[str]:
    """Where the block lets a later, weaker entry win."""
    for other in later:
        is_weaker = ORDER[Effect(other.action)] < ORDER[Effect(entry.action)]
        if (
            is_weaker
            and overlap(entry.permission, other.permission)
            and overlap(entry.pattern, other.pattern)
        ):
            yield f"{name(entry)}: {name(other)} comes later and would win there; here the stricter one does."


def read_entry(entry: Entry) -> tuple[list[Rule], list[Target], str]:
    """(rules, targets, what is different or left out)."""
    verb, pattern, effect = entry.permission, entry.pattern, Effect(entry.action)
    if verb in PATHLESS:
        return read_pathless(entry, effect)
    if verb in PATH_VERBS:
        return read_path_entry(entry, effect)
    if verb not in NAMES and pattern != "*":
        return [], [], "a rule on this verb has no pattern here."
    rule = Rule(pattern, effect, permission=verb)
    if problem := explain_unreadable(rule):
        return [], [], problem[:1].lower() + problem[1:]
    return [rule], [], ""


def read_pathless(entry: Entry, effect: Effect) -> tuple[list[Rule], list[Target], str]:
    """There the pattern is what is searched for, not where."""
    verb = entry.permission
    if entry.pattern != "*":
        return [], [], "its pattern is no path there; here it is asked about."
    if effect is Effect.ALLOW:
        return [Rule("*", effect, permission=verb)], [Target("**", effect, verbs=(verb,))], INSIDE
    return [Rule("*", effect, permission=verb)], [], ""


INSIDE = "only inside of the project here."


def read_path_entry(entry: Entry, effect: Effect) -> tuple[list[Rule], list[Target], str]:
    verb = entry.permission
    if entry.pattern == "*":
        if effect is not Effect.ALLOW:
            return [Rule("*", effect, permission=verb)], [], ""
        if verb == "external_directory":
            return [Rule("/**", effect, permission=verb)], [], ""
        return [Rule("*", effect, permission=verb)], [Target("**", effect, verbs=(verb,))], INSIDE
    if entry.pattern.startswith("/") and effect is Effect.ALLOW and verb != "external_directory":
        return [], [], "it begins at the root, where paths there begin at the project."
    translated = translate(entry.pattern)
    if translated:
        rule = Rule(translated, effect, permission=verb)
        problem = explain_unreadable(rule)
        return ([], [], problem[:1].lower() + problem[1:]) if problem else ([rule], [], "")
    if effect is Effect.ALLOW:
        return [], [], "its wildcards cross folders in a way that no pattern here does."
    folder = entry.pattern[: entry.pattern.find("*")].rpartition("/")[0]
    wider = f"{folder}/**" if folder else "*"
    return (
        [Rule(wider, effect, permission=verb)],
        [],
        f"its wildcards cross folders; here all of {wider} is meant.",
    )


def translate(pattern: str) -> str:
    """A pattern whose star crosses slashes, as one of ours that covers the same; "" when there is none."""
    if "?" in pattern or pattern.count("*") > 1 or "//" in pattern or pattern.endswith("/"):
        return ""
    before, star, after = pattern.partition("*")
    if not star:
        return pattern
    if before and not before.endswith("/"):
        return f"{before}*/**" if not after else ""
    if not after:
        return f"{before}**"
    if after.startswith("/"):
        return f"{before}**{after}" if before else ""
    return "" if "/" in after else f"{before}**/*{after}"
