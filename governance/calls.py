"""A permission request's content as the call that rules judge, whatever its verb.

What the engine says and what the call's own arguments say must agree; where they do not, or where the
content says something that no rule looks at, that is a doubt, and an allowing verdict becomes a question. The
forms are those of OpenCode 1.18 (its `metadata`, its tools' arguments); the API's requests follow them.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from governance.content import RequestContent
from governance.matching.book import RuleBook, judge_call
from governance.matching.calls import BASH, FETCH, PATH_VERBS, TASK, WRITING_VERBS, Call
from governance.matching.rules import Effect
from governance.matching.verdicts import Verdict

EXTERNAL, GLOB, GREP = "external_directory", "glob", "grep"

# Arguments whose meaning is known; any other one might change what the call does.
_PATHS = frozenset({"filePath", "path"})
KNOWN_ARGUMENTS: dict[str, frozenset[str]] = {
    "bash": frozenset({"command", "description", "timeout", "workdir"}),
    "read": _PATHS | {"offset", "limit"},
    "edit": _PATHS | {"oldString", "newString", "replaceAll", "content"},
    "write": _PATHS | {"content"},
    "list": _PATHS | {"ignore"},
    "glob": _PATHS | {"pattern"},
    "grep": _PATHS | {"pattern", "include"},
    "webfetch": frozenset({"url", "format", "timeout"}),
    "task": frozenset({"description", "prompt", "subagent_type", "command", "task_id", "session_id"}),
}
# Of a unified diff: the files it is about.
DIFF_FILES = re.compile(r"^--- ([^\t\n]+).*\n\+\+\+ ([^\t\n]+)", re.MULTILINE)


def judge_content(content: RequestContent, book: RuleBook, *, wall_limit_s: float | None = None) -> Verdict:
    """What the rules say of a request. Never raises."""
    verdict = judge_call(read_call(content), book, wall_limit_s=wall_limit_s)
    doubt = explain_doubt(content) if verdict.effect is Effect.ALLOW else ""
    if not doubt:
        return verdict
    return replace(verdict, effect=Effect.ASK, reason=doubt, rule=None, findings=(*verdict.findings, doubt))


def read_call(content: RequestContent) -> Call:
    """Never raises: what is missing or of another kind is left empty, and `explain_doubt` speaks of it."""
    call = Call(content.permission, directory=read_directory(content))
    if content.permission == BASH:
        return replace(call, command=read_command(content))
    if content.permission == FETCH:
        return replace(call, url=next(iter(list_said(content, "url", content.patterns)), ""))
    if content.permission == TASK:
        return replace(call, subagent=next(iter(list_said(content, "subagent_type", content.patterns)), ""))
    if content.permission in PATH_VERBS:
        return replace(call, paths=tuple(list_paths(content)))
    return replace(call, arguments=content.arguments) if call.is_tool else call


def explain_doubt(content: RequestContent) -> str:
    """Why no rule may allow this, whatever it covers; "" when nothing speaks against it."""
    verb = content.permission
    known = KNOWN_ARGUMENTS.get(verb)
    strange = sorted(set(content.arguments or {}) - known) if known is not None else []
    if strange:
        return f"Its argument {strange[0][:60]} is not known to any rule."
    if content.diff and (verb not in WRITING_VERBS or not is_diff_of(content)):
        return "It comes with a diff that is not about what it asks for."
    if verb == BASH:
        return explain_bash(content)
    if content.command not in {"", said(content.arguments, "command")} and verb != EXTERNAL:
        return "It comes with a command that is not what it asks for."
    if verb in {FETCH, TASK}:
        name = "url" if verb == FETCH else "subagent_type"
        return "" if len(set(list_said(content, name, content.patterns))) == 1 else CONTRADICTS
    if verb in {GLOB, GREP}:
        return explain_search(content)
    if verb not in PATH_VERBS and content.patterns not in ([], ["*"]):
        return "It names patterns that no rule looks at."
    return ""


CONTRADICTS = "The request and the call's arguments do not say the same."


def explain_bash(content: RequestContent) -> str:
    if not all(pattern in content.command for pattern in content.patterns):
        return "The engine names a part that the command does not hold."
    if not isinstance((content.arguments or {}).get("workdir", ""), str):
        return "Where it runs can't be told."
    return ""


def explain_search(content: RequestContent) -> str:
    if len(set(list_said(content, "pattern", content.patterns))) != 1:
        return CONTRADICTS
    return "" if len(set(list_said(content, "path"))) <= 1 else CONTRADICTS


def read_directory(content: RequestContent) -> str:
    """The project folder, "" when it is none that holds anything in: then absolute paths lie outside."""
    directory = content.directory
    if not directory.startswith("/"):
        return ""
    normal = "/" + posixpath.normpath(directory).lstrip("/")
    return "" if normal == "/" else normal


def read_command(content: RequestContent) -> str:
    """The command; asked to run in another folder, it is judged as entering that folder first."""
    folder, directory = said(content.arguments, "workdir"), content.directory
    if not folder or posixpath.normpath(posixpath.join(directory, folder)) == posixpath.normpath(directory):
        return content.command
    return f"cd {shlex.quote(folder)}\n{content.command}"


def list_paths(content: RequestContent) -> list[str]:
    """Every path that the request names, as it is written there."""
    verb = content.permission
    if verb == EXTERNAL:
        return unique([*content.patterns, said(content.metadata, "filepath")])
    if verb in {GLOB, GREP}:
        folders = list_said(content, "path") or [content.directory or "."]
        if verb == GREP:
            return unique(folders)
        return unique(
            posixpath.join(folder, pattern)
            for folder in folders
            for pattern in list_said(content, "pattern", content.patterns)
        )
    named = [
        said(content.metadata, "filepath"),
        said(content.metadata, "path"),
        said(content.arguments, "filePath"),
        said(content.arguments, "path"),
    ]
    # The engine shortens a path by its work tree, which need not be the project folder.
    others = [pattern for pattern in content.patterns if not any(is_tail(pattern, name) for name in named)]
    found = unique([*named, *others])
    return found or ([content.directory or "."] if verb == "list" else [])


def is_tail(pattern: str, path: str) -> bool:
    return bool(pattern) and (path == pattern or path.endswith("/" + pattern))


def is_diff_of(content: RequestContent) -> bool:
    """Whether every file that the diff names is one that the request names."""
    named = [posixpath.normpath(posixpath.join(content.directory, path)) for path in list_paths(content)]
    for file in (file for pair in DIFF_FILES.findall(content.diff) for file in pair):
        tails = {file, re.sub(r"^[ab]/", "", file)}
        if file != "/dev/null" and not any(is_tail(tail, path) for tail in tails for path in named):
            return False
    return True


def list_said(content: RequestContent, name: str, patterns: Iterable[str] = ()) -> list[str]:
    """What metadata, arguments and patterns say under one name, each once; the arguments come first."""
    return unique([said(content.arguments, name), said(content.metadata, name), *patterns])


def said(facts: dict[str, Any] | None, name: str) -> str:
    value = (facts or {}).get(name)
    return value if isinstance(value, str) else ""


def unique(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(text for text in texts if text))
