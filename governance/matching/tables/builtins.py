"""Builtins of the shell that change what later commands are or do. Source: the bash manual.

A wildcard never covers them, save in the forms listed as harmless.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from governance.matching.tables.programs import words

# name → (why, operands that change nothing dangerous; None where there are none)
CHANGING: Mapping[str, tuple[str, re.Pattern[str] | None]] = {
    ".": ("runs a file in this shell", None),
    "source": ("runs a file in this shell", None),
    "alias": ("gives a command another meaning", None),
    "unalias": ("gives a command another meaning", None),
    "bind": ("runs commands on keys", None),
    "complete": ("runs commands on completion", None),
    "compgen": ("may run a function or command", None),
    "declare": ("sets variables that programs obey", re.compile(r"-[pfF]+")),
    "typeset": ("sets variables that programs obey", re.compile(r"-[pfF]+")),
    "local": ("sets variables that programs obey", None),
    "readonly": ("sets variables that programs obey", re.compile(r"-p")),
    "export": ("sets variables that programs obey", re.compile(r"-p")),
    "unset": ("removes variables or functions", None),
    "enable": ("loads or hides builtins", None),
    "exec": ("replaces the shell, or its files", None),
    "eval": ("runs its words as a command line", None),
    "trap": ("runs a command later", re.compile(r"-[lp]")),
    "fc": ("runs commands again", re.compile(r"-l")),
    "hash": ("changes which program a name is", re.compile(r"-[rl]")),
    "let": ("computes, which can run commands", None),
    "read": ("sets variables", None),
    "mapfile": ("sets variables, and may run a command", None),
    "readarray": ("sets variables, and may run a command", None),
    "getopts": ("sets variables", None),
    "set": (
        "changes how the shell runs",
        re.compile(r"[-+](?:[euxvfC]+|[eux]*o|e?o)|pipefail|errexit|nounset|xtrace"),
    ),
    "shopt": ("changes how the shell runs", re.compile(r"-[pq]")),
    "coproc": ("runs a command beside this one", None),
    "suspend": ("stops the shell", None),
    "logout": ("ends the shell", None),
    "ulimit": ("changes limits", re.compile(r"-a")),
    "umask": ("changes the rights of new files", None),
    "popd": ("changes the folder to an earlier one", None),
    "dirs": ("changes the list of folders", None),
    "disown": ("lets a command outlive the shell", None),
    "setenv": ("sets variables that programs obey", None),
    "emulate": ("changes how the shell runs", None),
    "zmodload": ("loads modules into the shell", None),
    "autoload": ("defines functions from files", None),
    "sched": ("runs a command later", None),
}

# Variables that change how a program looks or reports, and can't make it run or reach anything.
# Their values hold no path: a locale or a zone may be one, and its file is read.
PLAIN_VALUE = re.compile(r"(?!.*\.\.)[A-Za-z0-9_.,:@+=-]*")
HARMLESS_VARIABLES: Mapping[str, re.Pattern[str]] = {
    **dict.fromkeys(
        sorted(
            words(
                "CI CLICOLOR CLICOLOR_FORCE COLUMNS DEBIAN_FRONTEND FORCE_COLOR LANG LANGUAGE LC_ALL "
                "LC_COLLATE LC_CTYPE LC_MESSAGES LC_NUMERIC LC_TIME LINES NODE_ENV NO_COLOR "
                "PYTHONDONTWRITEBYTECODE PYTHONHASHSEED PYTHONIOENCODING PYTHONUNBUFFERED PYTHONUTF8 "
                "RAILS_ENV "
                "RUST_BACKTRACE TERM CARGO_TERM_COLOR GIT_TERMINAL_PROMPT GIT_OPTIONAL_LOCKS "
                "CGO_ENABLED GOOS "
                "GOARCH VERBOSE DEBUG LOG_LEVEL RUST_LOG PORT NEXT_TELEMETRY_DISABLED DO_NOT_TRACK "
                "PIP_DISABLE_PIP_VERSION_CHECK PY_COLORS BABEL_ENV APP_ENV"
            )
        ),
        PLAIN_VALUE,
    ),
    "TZ": re.compile(r"(?!.*\.\.)[A-Za-z0-9_+-][A-Za-z0-9_+/,.:-]*"),
    # Pagers that only pass on.
    **dict.fromkeys(("PAGER", "GIT_PAGER", "MANPAGER", "GH_PAGER"), re.compile(r"cat|")),
}
