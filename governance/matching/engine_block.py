"""A team's rules as an engine's permission block, ordered allow, ask, deny, since its last match wins.

The engine matches text where we judge meaning, so a rule is only handed over as far as the engine can't let
more through than the rules do. What is left out is asked about by the engine, and the portal answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from governance.matching.book import RuleBook, judge_call
from governance.matching.calls import BASH, FETCH, PATH_VERBS, REPEATED, TASK, WRITING_VERBS, Call
from governance.matching.engine_globs import Entry, render_permission, write_parts
from governance.matching.engine_import import read_block
from governance.matching.leading import read_plain_command
from governance.matching.path_globs import split_path
from governance.matching.path_rules import HOMES, PathRule
from governance.matching.rules import Effect, Rule
from governance.matching.targets import Target
from governance.matching.tool_rules import ToolRule
from governance.matching.url_rules import UrlRule

__all__ = ["Entry", "build_block", "list_left_out", "read_block", "render_permission"]

ALLOW, ASK, DENY = Effect.ALLOW.value, Effect.ASK.value, Effect.DENY.value
EXTERNAL = "external_directory"
# A folder that stands for the project where only its inside counts.
PLACE = "/project"
# What a wildcard of ours does not cover, in the engine's form and rather too much: asked about.
SENSITIVE = (
    *("*.ssh*", "*.aws*", "*.gnupg*", "*.kube*", "*.docker*", "*.azure*", "*.password-store*", "*.netrc*"),
    *("*.pgpass*", "*.npmrc*", "*.pypirc*", "*.git*", "*.env*", "*id_*", "*.pem*", "*.p12*", "*.pfx*"),
    *("*.kdbx*", "*.keystore*", "*.jks*", "*credentials*", "*shadow*", "*sudoers*", "*.vault-token*"),
    *("*.config*", "*.terraform.d*", "*secret*", "*proc/*", "*opencode*", "*countersign*", "*.bash*"),
    *("*.profile*", "*.zsh*", "*.zprofile*", "*.vimrc*", "*.inputrc*", "*cron*", "*systemd*", "*init.d*"),
    *("*rc.local*", "*authorized_keys*", "*.husky*", "..", "../*", "/*", "~*", "$*", "*\\*"),
)
SENSITIVE_OUTSIDE = tuple(pattern for pattern in SENSITIVE if pattern != "/*")
# A pattern that ends with " *" would also cover what has no blank.
DETOURS = ("*..*", "*/.*", "*%*", "*\\*", "* ?*", "* ", "*\n*", "*\t*")
# The engine asks for these without naming a path.
PATHLESS = frozenset({"list", "glob", "grep"})


def build_block(
    rules: Sequence[Rule],
    targets: Sequence[Target] = (),
    *,
    forbidden: Sequence[str] = (),
    directory: str = "",
    with_exact_commands: bool = False,
) -> list[Entry]:
    """Ordered entries; paths are those of an engine whose project folder is its work tree.

    directory: that folder. Where it is not known, a denial that does not begin there may be about it, and no
    path in it is handed over.
    with_exact_commands: hand over commands without wildcards too. Only for an engine behind the gate, since
    beside such a command the engine announces neither a bare redirect nor an assignment.
    """
    book = RuleBook(rules, targets, forbidden)
    strict = list(dict.fromkeys(list_strict(book)))
    if Entry("*", "*", DENY) in strict:
        return [Entry("*", "*", DENY)]
    found = list_allowed(book, directory, with_exact_commands)
    allowed = list(dict.fromkeys(entry for entry, _ in found))
    guards = [guard for guard in list_guards() if guard.permission in {item.permission for item in allowed}]
    order = {ASK: 0, DENY: 1}
    return [
        Entry("*", "*", ASK),
        *allowed,
        *guards,
        *sorted(strict, key=lambda entry: order[entry.action]),
    ]


def list_left_out(
    rules: Sequence[Rule],
    targets: Sequence[Target] = (),
    *,
    directory: str = "",
    with_exact_commands: bool = False,
) -> list[Rule]:
    """The allowing actions for which the engine goes on asking, at least in part of their cases."""
    book = RuleBook(rules, targets)
    handed = {id(rule) for _, rule in list_allowed(book, directory, with_exact_commands)}
    return [rule for rule in rules if rule.effect is Effect.ALLOW and id(rule) not in handed]


def list_guards() -> Iterator[Entry]:
    """Questions that stand between what is allowed and what is denied."""
    for verb in ("read", "edit"):
        yield from (Entry(verb, pattern, ASK) for pattern in SENSITIVE)
    yield from (Entry(EXTERNAL, pattern, ASK) for pattern in SENSITIVE_OUTSIDE)
    yield from (Entry(FETCH, pattern, ASK) for pattern in DETOURS)


# What is allowed -----------------------------------------------------------------------------------------


def list_allowed(book: RuleBook, directory: str, with_exact_commands: bool) -> Iterator[tuple[Entry, Rule]]:
    cut = {verb for verb in ("read", "edit") if is_project_cut(verb, book, directory)}
    for rule in book.rules:
        if rule.effect is not Effect.ALLOW:
            continue
        if rule.permission == BASH:
            made = list_exact_command(rule, book) if with_exact_commands else iter(())
        elif rule.permission in {"read", "edit", EXTERNAL} - cut:
            made = list_allowed_paths(rule, book)
        elif rule.permission == FETCH:
            made = list_allowed_urls(rule, book)
        elif rule.permission == TASK:
            made = list_allowed_subagents(rule, book)
        elif rule.permission not in PATH_VERBS | {REPEATED}:
            made = list_allowed_tools(rule, book)
        else:
            made = iter(())
        yield from ((entry, rule) for entry in made)


def is_allowed(call: Call, book: RuleBook) -> bool:
    return judge_call(call, book).effect is Effect.ALLOW


def list_exact_command(rule: Rule, book: RuleBook) -> Iterator[Entry]:
    text = rule.pattern
    plain = read_plain_command(text)
    is_bare = plain is not None and " ".join(word.text for word in plain.words) == text
    is_handed = rule.is_exact and is_bare and not has_wildcard(text)
    if is_handed and is_allowed(Call(BASH, text, directory=PLACE), book):
        yield Entry(BASH, text, ALLOW)


def has_wildcard(text: str) -> bool:
    return "*" in text or "?" in text


def list_allowed_paths(rule: Rule, book: RuleBook) -> Iterator[Entry]:
    own = PathRule(rule, rule.effect, rule.pattern.strip())
    sources = [own]
    if own.is_verb_alone:
        sources = [
            PathRule(target, target.effect, target.pattern.strip())
            for target in book.targets
            if target.effect is Effect.ALLOW and target.speaks_of(rule.permission)
        ]
    for source in sources:
        if not source.problem and source.parts and not has_dots(source.pattern):
            yield from list_path_entries(rule.permission, source, book)


def has_dots(pattern: str) -> bool:
    return any(part in {".", ".."} for part in pattern.split("/"))


def list_path_entries(verb: str, source: PathRule, book: RuleBook) -> Iterator[Entry]:
    *folders, last = source.parts
    if verb == EXTERNAL:
        is_whole = source.is_absolute and last == "**" and folders and not any(map(has_wildcard, folders))
        if is_whole and not is_cut(folders, book):
            yield Entry(EXTERNAL, "/" + "/".join(folders) + "/*", ALLOW)
        return
    if source.is_absolute:
        return
    if not has_wildcard(source.pattern):
        if is_allowed(Call(verb, paths=(source.pattern,), directory=PLACE), book):
            yield Entry(verb, "/".join(source.parts), ALLOW)
        return
    # The engine's star crosses slashes: only patterns for which that is no difference.
    if any(map(has_wildcard, folders[:-1])) or "?" in source.pattern:
        return
    if last == "**" and not any(map(has_wildcard, folders)):
        yield Entry(verb, "/".join([*folders, "*"]), ALLOW)
    elif folders[-1:] == ["**"] and last.startswith("*") and not has_wildcard(last[1:]):
        yield Entry(verb, "/".join([*folders[:-1], last]), ALLOW)


def is_project_cut(verb: str, book: RuleBook, directory: str) -> bool:
    """Whether a denial or question may be about the project in a way that no path from there on says."""
    rules = book.paths.by_verb[verb]
    loose = [item for item in (*rules.denials, *rules.questions) if not is_anchored(item)]
    if not directory.startswith("/"):
        return bool(loose)
    parts = split_path(directory)
    if any(split_path(folder)[: len(parts)] == parts for folder in book.forbidden):
        return True
    for item in loose:
        for glob in item.list_wide(directory):
            untouched = set() if item.pattern.startswith(("/", "~")) else glob.pass_over({0})
            if glob.walk(parts) - untouched:
                return True
    return False


def is_anchored(item: PathRule) -> bool:
    """Whether it begins at the project, or is about everything."""
    return item.is_verb_alone or (
        "/" in item.pattern.strip("/") and item.pattern[:1] not in {"/", "~", "*", "?"}
    )


def is_cut(folders: Sequence[str], book: RuleBook) -> bool:
    """Whether something below that folder is denied or asked about: then the whole of it is asked about."""
    rules = book.paths.by_verb[EXTERNAL]
    return any(
        glob.may_reach_below(folders)
        for item in (*rules.denials, *rules.questions)
        for glob in item.list_wide(PLACE)
    ) or any(split_path(folder)[: len(folders)] == list(folders) for folder in book.forbidden)


def list_allowed_urls(rule: Rule, book: RuleBook) -> Iterator[Entry]:
    read = UrlRule(rule)
    if read.is_everything or read.read is None or "*" in read.host or "?" in read.pattern:
        return
    path = read.read["path"] or ""
    if read.read["port"] == "*" or has_wildcard(path.removesuffix("*")) or (rule.is_strict and "*" in path):
        return
    port = f":{read.read['port']}" if read.read["port"] else ""
    for scheme in ("http", "https") if read.read["scheme"] == "*" else (read.read["scheme"] or "https",):
        url = f"{scheme}://{read.host}{port}{path or '/'}"
        if path.endswith("*") or is_allowed(Call(FETCH, url=url), book):
            yield Entry(FETCH, url, ALLOW)


def list_allowed_subagents(rule: Rule, book: RuleBook) -> Iterator[Entry]:
    name = rule.pattern.strip()
    if not has_wildcard(name):
        if is_allowed(Call(TASK, subagent=name), book):
            yield Entry(TASK, name, ALLOW)
    elif not rule.is_strict and name:
        yield Entry(TASK, name, ALLOW)


def list_allowed_tools(rule: Rule, book: RuleBook) -> Iterator[Entry]:
    name = rule.permission
    if rule.conditions or not ToolRule(rule).names_server:
        return
    if has_wildcard(name) or is_allowed(Call(name, arguments={}), book):
        yield Entry(name, "*", ALLOW)


# What is asked about and denied --------------------------------------------------------------------------


def list_strict(book: RuleBook) -> Iterator[Entry]:
    for rule in book.rules:
        if rule.effect is not Effect.ALLOW:
            yield from list_strict_of(rule)
    for target in book.targets:
        if target.effect is not Effect.ALLOW:
            for verb in ("read", "edit", EXTERNAL):
                twins = WRITING_VERBS if verb == "edit" else {verb}
                if any(target.speaks_of(twin) for twin in twins):
                    yield from list_strict_paths(verb, target, DENY)


def list_strict_of(rule: Rule) -> Iterator[Entry]:
    verb, action = rule.permission, rule.effect.value
    if verb == "*":
        yield Entry("*", "*", action)
    elif verb == BASH:
        yield Entry(BASH, " ".join(token.text for token in rule.tokens) or "*", action)
    elif verb == FETCH:
        yield from list_strict_urls(rule, action)
    elif verb == TASK:
        yield Entry(TASK, rule.pattern.strip() or "*", action)
    elif verb in PATHLESS:
        if PathRule(rule, rule.effect, rule.pattern.strip()).is_verb_alone:
            yield Entry(verb, "*", action)
    elif verb in PATH_VERBS:
        yield from list_strict_paths("edit" if verb in WRITING_VERBS else verb, rule, action)
    elif verb != REPEATED:
        yield Entry(verb, "*", ASK if rule.conditions else action)


def list_strict_paths(verb: str, rule: Rule | Target, action: str) -> Iterator[Entry]:
    source = PathRule(rule, rule.effect, rule.pattern.strip())
    if source.is_verb_alone:
        yield Entry(verb, "*", action)
        return
    if source.pattern.startswith("~"):
        patterns = [
            "/" + text for home in HOMES for text in write_parts([*home, *source.parts[1:]], below=True)
        ]
    else:
        made = write_parts(source.parts, anywhere=not source.is_absolute, below=True)
        patterns = ["/" + text for text in made] if source.is_absolute else made
    yield from (Entry(verb, pattern, action) for pattern in patterns)
    if verb == EXTERNAL:
        # It asks for the folder that holds the file.
        folders = [pattern.rpartition("/")[0] + "/*" for pattern in patterns if "/" in pattern.strip("/")]
        yield from (Entry(verb, folder, ASK) for folder in folders if folder != "/*")


def list_strict_urls(rule: Rule, action: str) -> Iterator[Entry]:
    read = UrlRule(rule)
    if read.read is None or read.is_everything:
        yield Entry(FETCH, read.pattern or "*", action)
        return
    host = read.host.removeprefix("*.")
    yield Entry(FETCH, f"*{host}*", ASK)
    path = read.read["path"] or "/*"
    path = "/*" if path in {"/", "*"} else path
    starts = [f"*.{host}", host] if read.host.startswith("*.") else [host]
    yield from (
        Entry(FETCH, f"{scheme}://{start}{path}", action) for scheme in ("http", "https") for start in starts
    )
