"""How far a rule reaches, in plain words: what it covers, what to mind, and when one person is not enough."""

from __future__ import annotations

from governance.matching.calls import BASH, FETCH, NO_TOOLS, PATH_VERBS, REPEATED, TASK, Call
from governance.matching.honesty import explain_dishonest
from governance.matching.json_paths import read_steps
from governance.matching.path_rules import PathRule
from governance.matching.paths import get_base_name
from governance.matching.patterns import read_tokens
from governance.matching.rules import Effect, Rule
from governance.matching.tables.lookup import PROGRAMS
from governance.matching.tables.network import NETWORK
from governance.matching.tables.wrappers import ANYWHERE, FOLLOWED, HARMLESS, SHELLS
from governance.matching.targets import Target
from governance.matching.tool_rules import NO_PATTERN as ANY_ARGUMENTS, ToolRule
from governance.matching.url_rules import UrlRule
from governance.matching.words import UnreadableError

ALL_VERBS = "*"
TAKEN_FOR = {
    "read": "Reading",
    "edit": "Editing or writing",
    "write": "Writing",
    "list": "Listing folders in",
    "glob": "Finding files in",
    "grep": "Searching text in",
    "external_directory": "Access outside the project to",
}
OTHER_RIGHTS = frozenset({"sudo", "doas", "su", "runuser", "pkexec"})


# What it covers ------------------------------------------------------------------------------------------


def read_in_words(rule: Rule) -> str:
    """One or two sentences."""
    if rule.permission == REPEATED:
        return "Nothing: a call that repeats itself is always asked about."
    if rule.permission == ALL_VERBS:
        return f"{name_effect(rule)} every call, of whatever kind."
    if rule.permission == BASH:
        return read_command_rule(rule)
    if rule.permission in PATH_VERBS:
        return read_path_rule(rule)
    if rule.permission == FETCH:
        return read_url_rule(rule)
    if rule.permission == TASK:
        named = "any subagent" if rule.pattern.strip() in {"", "*"} else f"the subagent {rule.pattern}"
        return f"{name_effect(rule)} handing a task to {named}."
    return read_tool_rule(rule)


def name_effect(rule: Rule) -> str:
    return {Effect.ALLOW: "Allows", Effect.ASK: "Asks a person about", Effect.DENY: "Denies"}[rule.effect]


def read_command_rule(rule: Rule) -> str:
    texts = [token.text for token in rule.tokens]
    if rule.is_exact:
        what = f"exactly this command: {rule.pattern}"
    elif texts == ["*"]:
        what = "every command"
    elif rule.tokens[-1].is_star and all(token.is_literal for token in rule.tokens[:-1]):
        what = f"{' '.join(texts[:-1])}, alone or with anything behind it"
    else:
        what = f"commands like {rule.pattern}, where * is any text and ? one character"
    if rule.effect is not Effect.ALLOW:
        return f"{name_effect(rule)} {what}, also behind sudo, env, sh -c and the like, and under any path."
    if rule.is_exact:
        return f"{name_effect(rule)} {what}. Nothing in it may differ but blanks and quotes."
    redirects = " Redirects into the project are covered." if rule.allows_redirects else ""
    never = (
        " Wildcards cover nothing that runs another program, writes through a redirect or an option, "
        "leaves the project, reads secrets, or is not known before it runs."
    )
    return f"{name_effect(rule)} {what}.{redirects}{never}"


def read_path_rule(rule: Rule) -> str:
    verb = TAKEN_FOR[rule.permission]
    verb = verb[0].lower() + verb[1:]
    if PathRule(rule, rule.effect, rule.pattern.strip()).is_verb_alone:
        reach = "what a target allows" if rule.effect is Effect.ALLOW else "any path"
        return f"{name_effect(rule)} {verb} {reach}."
    from_where = "" if rule.pattern.startswith(("/", "~")) else " of the project"
    return f"{name_effect(rule)} {verb} {rule.pattern}{from_where}. {explain_stars(rule.pattern)}".rstrip()


def explain_stars(pattern: str) -> str:
    parts = pattern.split("/")
    said = "** stands for any folders below, " if "**" in parts else ""
    if any("*" in part for part in parts if part != "**"):
        return f"{said}* for any text within one name.".strip().capitalize()
    return f"{said.rstrip(', ')}.".capitalize() if said else ""


def read_url_rule(rule: Rule) -> str:
    read = UrlRule(rule)
    if read.is_everything:
        return f"{name_effect(rule)} fetching any page of the internet; no addresses and no local names."
    if read.read is None:
        return f"{name_effect(rule)} fetching URLs like {rule.pattern}."
    scheme = read.read["scheme"] or "https"
    host = read.host
    named = f"any host below {host[2:]}" if host.startswith("*.") else ("any host" if host == "*" else host)
    port = f", port {read.read['port']}" if read.read["port"] else ""
    path = read.read["path"] or "/"
    where = "any path" if path in {"/*", "*"} else f"the path {path}"
    return f"{name_effect(rule)} fetching {where} from {named} ({scheme}{port})."


def read_tool_rule(rule: Rule) -> str:
    conditions = " and ".join(f"{path} is {pattern}" for path, pattern in rule.conditions)
    if conditions:
        tool = f"the tool {rule.permission} when {conditions}"
        return f"{name_effect(rule)} {tool}; other arguments may be anything."
    return f"{name_effect(rule)} the tool {rule.permission} with any arguments."


# What can't be used --------------------------------------------------------------------------------------


def explain_unreadable(rule: Rule) -> str:
    """Why this rule could never decide anything, "" when it could."""
    verb, pattern = rule.permission, rule.pattern
    if verb == REPEATED:
        return "A call that repeats itself is always asked about; no rule changes that."
    if pattern and (problem := explain_dishonest(pattern)):
        return problem
    if verb == ALL_VERBS:
        return "Nothing can be allowed for every verb at once." if rule.effect is Effect.ALLOW else ""
    if verb == BASH:
        return explain_command_pattern(rule)
    if verb in PATH_VERBS:
        return explain_path_pattern(PathRule(rule, rule.effect, pattern.strip()))
    if verb == FETCH:
        is_readable = rule.effect is not Effect.ALLOW or UrlRule(rule).can_allow
        return "" if is_readable else "The pattern is no URL with a whole host."
    if verb == TASK:
        return "" if pattern.strip() else "The pattern is empty."
    return explain_tool_pattern(rule)


def explain_command_pattern(rule: Rule) -> str:
    try:
        tokens = read_tokens(rule.pattern)
    except UnreadableError as error:
        return str(error)
    if not tokens:
        return "The pattern is empty."
    if rule.effect is Effect.ALLOW and rule.is_exact and rule.exact is None:
        return "An exact rule is one simple command; this is more than one, or can't be read."
    return ""


def explain_path_pattern(rule: PathRule) -> str:
    if "\\" in rule.pattern or "\n" in rule.pattern:
        return "The pattern holds a backslash or a line break."
    return rule.problem if rule.effect is Effect.ALLOW else ""


def explain_unreadable_target(target: Target) -> str:
    """Why this target could never decide anything, "" when it could."""
    pattern = target.pattern.strip()
    if not pattern:
        return "The pattern is empty."
    if target.effect is Effect.ASK:
        return "A target allows or denies."
    if unknown := sorted(set(target.verbs) - PATH_VERBS):
        return f"{unknown[0]} takes no paths."
    return explain_dishonest(pattern) or explain_path_pattern(PathRule(target, target.effect, pattern))


def explain_tool_pattern(rule: Rule) -> str:
    if rule.pattern.strip() not in ANY_ARGUMENTS:
        return "A rule on a tool has the pattern *; its arguments are named by conditions."
    if rule.effect is Effect.ALLOW and not (ToolRule(rule).names_server and names_tool(rule.permission)):
        return "No rule can allow a verb that is not known here."
    for path, _ in rule.conditions:
        try:
            read_steps(path)
        except UnreadableError as error:
            return str(error)
    return ""


def names_tool(permission: str) -> bool:
    return permission not in NO_TOOLS and Call(permission).is_tool


# What to mind --------------------------------------------------------------------------------------------


def list_warnings(rule: Rule) -> tuple[str, ...]:
    """Sentences about what is easily overlooked, most serious first; empty when there is nothing to say."""
    unreadable = explain_unreadable(rule)
    if unreadable:
        return (unreadable,)
    if rule.permission == BASH:
        found = list_command_warnings(rule)
    elif rule.permission in PATH_VERBS:
        found = list_path_warnings(rule)
    elif rule.permission == FETCH:
        found = list_url_warnings(rule)
    elif rule.permission not in {TASK, ALL_VERBS}:
        found = list_tool_warnings(rule)
    else:
        found = []
    wide = needs_second_person(rule)
    return tuple(dict.fromkeys(([wide] if wide else []) + found))


def list_command_warnings(rule: Rule) -> list[str]:
    if rule.effect is not Effect.ALLOW:
        return (
            []
            if not rule.is_exact
            else ["It is about the bare command alone; end it with “ *” for any operands."]
        )
    found = []
    program = get_base_name(rule.first)
    if program in HARMLESS:
        found.append(f"{program} is looked through: write the rule for the program behind it.")
    last = rule.tokens[-1]
    if not rule.is_exact and not last.is_literal and not last.is_star and last.text.endswith("*"):
        found.append(f"{last.text} also covers longer words; put a blank before the * to end the word.")
    is_known = program in PROGRAMS or program in SHELLS or program in ANYWHERE or program in FOLLOWED
    if not rule.is_exact and program and not is_known and program not in HARMLESS:
        found.append(f"{program} is not known here: which of its options run or write something isn't told.")
    if rule.allows_redirects:
        found.append("It may overwrite any file of the project by a redirect.")
    return found


def list_path_warnings(rule: Rule) -> list[str]:
    found = []
    parts = rule.pattern.split("/")
    if any("**" in part and part != "**" for part in parts):
        found.append("** inside of a name is a plain *: it does not cross a slash.")
    if rule.effect is Effect.ALLOW and PathRule(rule, rule.effect, rule.pattern.strip()).is_verb_alone:
        found.append("It allows no path by itself: a target has to.")
    return found


def list_url_warnings(rule: Rule) -> list[str]:
    read = UrlRule(rule).read
    if read is None or rule.effect is not Effect.ALLOW:
        return []
    found = []
    if read["scheme"] in {"http", "*"}:
        found.append("Without https anybody on the way can change what comes back.")
    if read["host"].startswith("*.") and read["host"].count(".") == 1:
        found.append(f"{read['host']} is every host of that ending.")
    return found


def list_tool_warnings(rule: Rule) -> list[str]:
    if rule.effect is not Effect.ALLOW:
        return []
    found = [] if rule.conditions else ["It covers any arguments."]
    for path, pattern in rule.conditions:
        if pattern.strip("*") == "":
            found.append(f"{path} may be anything.")
        elif "://" in pattern and "/" not in pattern.partition("://")[2]:
            found.append(f"{pattern} does not end the host: put a / before the *.")
    return found


# When one person is not enough ---------------------------------------------------------------------------


def needs_second_person(rule: Rule) -> str:
    """Why one person may not switch it on alone; "" when one may. Only what allows is wide."""
    if rule.effect is not Effect.ALLOW:
        return ""
    if rule.permission == BASH:
        return explain_wide_command(rule)
    if rule.permission in PATH_VERBS:
        return explain_wide_path(rule)
    if rule.permission == FETCH:
        read = UrlRule(rule)
        is_any = read.is_everything or (read.read is not None and read.host == "*")
        return "It covers every host of the internet." if is_any else ""
    if rule.permission == TASK:
        return "It covers every subagent." if rule.pattern.strip() in {"", "*", "**"} else ""
    is_any = any(sign in rule.permission for sign in "*?")
    return "It covers several tools of a server, also those that are added later." if is_any else ""


def explain_wide_command(rule: Rule) -> str:
    if not rule.tokens:
        return ""
    program = get_base_name(rule.first)
    if program in OTHER_RIGHTS:
        return f"{program} runs a program with other rights."
    if rule.is_exact:
        return ""
    if not program:
        return "Its first word is a wildcard: it covers programs that nobody has looked at."
    if program in SHELLS or program in {"eval", "source", ".", "exec", "builtin", "command"}:
        return f"{program} runs whatever it is given."
    if program in ANYWHERE or program in FOLLOWED:
        return f"{program} runs another program: it {ANYWHERE.get(program, 'stands before it')}."
    known = PROGRAMS.get(program)
    if known is not None and known.is_interpreter and not says_what_runs(rule):
        return f"{program} runs any code that it is given."
    if program in NETWORK:
        return f"{program} talks to other machines, containers or services."
    return ""


def says_what_runs(rule: Rule) -> bool:
    """Of an interpreter: `python3 manage.py *` and `python3 -m pytest *` do, `python3 -u *` does not."""
    spelled = [token.text for token in rule.tokens[1:] if token.is_literal]
    return any(not text.startswith("-") for text in spelled)


def explain_wide_path(rule: Rule) -> str:
    read = PathRule(rule, rule.effect, rule.pattern.strip())
    if read.is_verb_alone or not read.is_absolute:
        return ""
    spelled = [part for part in read.parts if not any(sign in part for sign in "*?")]
    return "" if spelled else "It covers every path of the machine."
