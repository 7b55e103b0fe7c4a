"""Operands that make a program run, write or reach more than its options tell, by their form."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from governance.matching.arguments import Argument, Kind
from governance.matching.spelled import Spelled
from governance.matching.tables.programs import words

# bash evaluates a subscript: test -v 'a[$(id)]' runs id.
SUBSCRIPT = re.compile(r"\[.*(?:\$[({]|`)", re.DOTALL)
ENVIRONMENT_COLUMN = re.compile(r"(?:.*,)?(?:env|environ)(?:[=:,].*)?", re.DOTALL | re.IGNORECASE)
SQL_DANGER = re.compile(r"load_extension|writefile|readfile|edit|attach|fts3_tokenizer|vacuum", re.IGNORECASE)
SQL_TELLING = re.compile(
    r"\.(?:tables|schema|indexes|indices|databases|mode|headers|dbinfo|stats|show)\b[^|`\n]*"
)
FETCHED = re.compile(
    r"(?:git\+|hg\+|svn\+|bzr\+|https?:|file:|ssh:|git:|git@|github:|gitlab:|bitbucket:|gist:|link:|portal:|exec:|patch:"
    r"|[./~]).*|.*@\s*(?:git\+|https?:|file:|link:|exec:).*|.*\.(?:whl|zip|tgz|tar|tar\.[a-z0-9]+|gem|crate)"
    r"|.*::.*",
    re.IGNORECASE | re.DOTALL,
)
REPOSITORY = re.compile(r"[\w.-]+/[\w./-]+(?:#.*)?")
INSTALLING = words(
    "install i in ins inst insta instal isnt isnta isntal isntall add download wheel update upgrade "
    "up require "
    "global link ln rebuild"
)
TRANSPORT = re.compile(r"[A-Za-z0-9+.-]*::|[a-z+]*://-|-", re.IGNORECASE)
SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):", re.DOTALL)
USER = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?/{0,}[^/?#]*@", re.DOTALL)


def explain_operands(program: str, arguments: Sequence[Argument], spelled: Spelled) -> str:
    """Why a wildcard does not cover these operands, "" when it does."""
    check = CHECKS.get(program)
    return check(program, arguments, spelled) if check else ""


def list_texts(arguments: Sequence[Argument]) -> list[str]:
    return [item.text for item in arguments if item.kind in {Kind.OPERAND, Kind.SCRIPT_ARGUMENT}]


def explain_test(program: str, arguments: Sequence[Argument], _spelled: Spelled) -> str:
    """Every word, options' values included: -v, -R and comparisons evaluate what looks like an array."""
    if any(SUBSCRIPT.search(item.text) for item in arguments):
        return f"{program} evaluates a subscript, which can run commands."
    return ""


def explain_second_operand(program: str, arguments: Sequence[Argument], spelled: Spelled) -> str:
    operands = [item for item in arguments if item.kind is Kind.OPERAND]
    if len(operands) > 1 and operands[1].number >= spelled.words:
        return f"{program} writes to its second operand."
    return ""


def explain_ps(_program: str, arguments: Sequence[Argument], _spelled: Spelled) -> str:
    """`ps axe` and the column environ show other processes' variables."""
    for item in arguments:
        is_letters = item.kind is Kind.OPERAND and item.text.isalpha() and "e" in item.text
        if is_letters or ENVIRONMENT_COLUMN.fullmatch(item.text) or "environ" in item.text:
            return "ps shows the environment of processes."
    return ""


def explain_database(program: str, arguments: Sequence[Argument], _spelled: Spelled) -> str:
    """sqlite3 with a statement; without one it reads its commands from its input."""
    statements = list_texts(arguments)[1:]
    if not statements:
        return f"{program} would run what comes from its input."
    for text in statements:
        is_command = text.lstrip().startswith(".") or "\n." in text
        if (is_command and not SQL_TELLING.fullmatch(text.strip())) or SQL_DANGER.search(text):
            return f"{program} may run or write something by {text.split()[0] if text.split() else text!r}."
    return ""


def explain_installing(program: str, arguments: Sequence[Argument], spelled: Spelled) -> str:
    """A package by its name comes from the registry; anything else from wherever it says."""
    subcommands = {item.text for item in arguments if item.kind is Kind.SUBCOMMAND}
    if not subcommands & INSTALLING:
        return ""
    for item in arguments:
        if item.number >= spelled.words and item.kind is not Kind.OPERAND and "://" in item.text:
            return f"{program} would install by {item.text}."
        if item.kind is not Kind.OPERAND or item.number < spelled.words:
            continue
        if FETCHED.fullmatch(item.text) or (program in SHORTHANDS and REPOSITORY.fullmatch(item.text)):
            return f"{program} would install from {item.text}."
    return ""


def explain_transport(_program: str, arguments: Sequence[Argument], _spelled: Spelled) -> str:
    """`ext::id` runs id; `ssh://-oProxyCommand=id/` gives ssh an option."""
    known = {item.text for item in arguments if item.kind is Kind.SUBCOMMAND}
    if not known & REMOTE_SUBCOMMANDS:
        return ""
    for item in arguments:
        if item.kind in {Kind.OPERAND, Kind.SUBCOMMAND} and TRANSPORT.match(item.text):
            return f"git would start a program for {item.text}."
    return ""


def explain_web(program: str, arguments: Sequence[Argument], spelled: Spelled) -> str:
    """Http and https only, and no user before the host, which hides where it goes."""
    for item in arguments:
        if item.kind is not Kind.OPERAND or item.number < spelled.words:
            continue
        scheme = SCHEME.match(item.text)
        if scheme and "//" in item.text and scheme[1].lower() not in {"http", "https"}:
            return f"{program} would use {scheme[1]}."
        if scheme and "://" in item.text and USER.match(item.text):
            return f"{item.text} names a user before its host."
    return ""


def explain_package(_program: str, arguments: Sequence[Argument], _spelled: Spelled) -> str:
    """`go run pkg@version` fetches it."""
    subcommands = [item.text for item in arguments if item.kind is Kind.SUBCOMMAND]
    if "run" in subcommands and any("@" in text for text in list_texts(arguments)[:1]):
        return "go run would fetch what it runs."
    is_setting = "env" in subcommands and any(item.text.lstrip("-") in {"w", "u"} for item in arguments)
    return "go env changes what it runs." if is_setting else ""


SHORTHANDS = frozenset({"npm", "pnpm", "yarn", "bun"})
REMOTE_SUBCOMMANDS = words("clone fetch pull push remote ls-remote submodule archive")
CHECKS: Mapping[str, Callable[[str, Sequence[Argument], Spelled], str]] = {
    **dict.fromkeys(("test", "[", "[[", "printf", "wait", "kill", "jobs", "shift", "exit"), explain_test),
    **dict.fromkeys(("uniq", "xxd"), explain_second_operand),
    "ps": explain_ps,
    "sqlite3": explain_database,
    **dict.fromkeys(
        ("pip", "pip3", "uv", "npm", "pnpm", "yarn", "bun", "gem", "composer", "poetry", "pipx", "conda"),
        explain_installing,
    ),
    "git": explain_transport,
    **dict.fromkeys(("curl", "wget"), explain_web),
    "go": explain_package,
}
