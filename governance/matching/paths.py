"""Where a word leads, judged from its text alone: links can't be followed here."""

from __future__ import annotations

import fnmatch
import posixpath
import re

from governance.matching.tables.programs import words
from governance.matching.words import SUBSTITUTED, UNKNOWN, Word

HARMLESS_PLACES = frozenset({"/dev/null"})
SYSTEM_FOLDERS = frozenset({"/bin", "/usr/bin", "/sbin", "/usr/sbin", "/usr/local/bin"})
# Values inside a word: after an option's name or letters, an operand's =, an @ as in curl's @file.
INNER = re.compile(
    r"(?:^--?[A-Za-z][A-Za-z0-9-]*=|^[A-Za-z_][A-Za-z0-9_.]*=|^-[A-Za-z0-9]+?|^@|=@|:(?!//)|,)(?=[/~.])"
)
FILE_URL = re.compile(r"(?:^|[=@:,'\"\s(])file:", re.IGNORECASE)
# What only shows which secrets there are to fill in.
SAMPLE = re.compile(r"(?:^|/)\.env(?:\.[\w-]+)*\.(?:example|sample|template|dist|defaults?)$", re.IGNORECASE)
SECRET = re.compile(
    r"(?:^|/)(?:\.ssh|\.aws|\.gnupg|\.kube|\.docker|\.azure|\.password-store|\.netrc|\.pgpass|\.npmrc|\.pypirc"
    r"|\.git-credentials|\.env(?:\.[^/]*)?|\.envrc|id_(?:rsa|dsa|ecdsa|ed25519)[^/]*|[^/]*\.(?:pem|p12|pfx|kdbx|keystore|jks)"
    r"|credentials(?:\.[^/]*)?|shadow|gshadow|sudoers|\.vault-token|\.config/gcloud|\.config/gh|\.terraform\.d"
    r"|secrets?\.(?:ya?ml|json|toml|env))(?:/|$)",
    re.IGNORECASE,
)
# Folders whose files run by themselves.
PERSISTENT = re.compile(
    r"(?:^|/)(?:\.git|\.bashrc|\.bash_profile|\.bash_login|\.bash_logout|\.profile|\.zshrc|\.zshenv|\.zprofile"
    r"|\.vimrc|\.inputrc|\.gitconfig|\.gitmodules|\.gitattributes|\.config/autostart|cron\.[a-z]+|crontab|systemd|init\.d|rc\.local"
    r"|authorized_keys|\.husky|\.github/workflows|\.opencode|opencode\.jsonc?)(?:/|$)",
    re.IGNORECASE,
)
WILDCARDS = re.compile(r"[*?[]")
SECRET_NAMES = words(
    ".ssh .aws .gnupg .kube .docker .azure .password-store .netrc .pgpass .npmrc .pypirc "
    ".git-credentials .env "
    ".env.local .envrc .vault-token .terraform.d"
)
OPEN_SECRET_NAMES = words(
    "id_rsa id_dsa id_ecdsa id_ed25519 credentials credentials.json shadow gshadow sudoers secrets.yaml "
    "secrets.yml secrets.json secret.yaml secret.yml secret.json"
)
SECRET_ENDINGS = words("pem p12 pfx kdbx keystore jks")
# No rule can allow these: what holds other processes' secrets, and the engine's and our own keys.
FORBIDDEN = re.compile(
    r"(?:^|[/=:@])proc/(?:[^/]*|.*)/?(?:task/[^/]*/)?(?:environ|mem|maps|cmdline/\.\./environ)$"
    r"|/\.local/share/opencode(?:/|$)|/\.config/opencode(?:/|$)|/\.local/state/opencode(?:/|$)"
    r"|(?:^|/)countersign\.keys$|/\.config/countersign(?:/|$)|/opencode/auth\.json$"
)


def find_paths(word: Word) -> list[str]:
    """What in this word could be a path that leads somewhere: itself, and values inside it."""
    text = word.text
    return [text, *(text[match.end() :] for match in INNER.finditer(text))]


def may_hold_secrets(text: str, *, has_glob: bool) -> bool:
    """Whether a path, or one that its wildcards may stand for, is known to hold secrets."""
    if SECRET.search(text):
        return not SAMPLE.search(text)
    return has_glob and any(names_secret(part) for part in text.split("/"))


def names_secret(part: str) -> bool:
    """Whether a name with wildcards is made for a secret: `.en?`, `id_r*`, `server.pe?`; not `*` alone."""
    if not WILDCARDS.search(part):
        return False
    folded = part.lower()
    if folded.startswith("."):
        return any(fnmatch.fnmatchcase(name, folded) for name in SECRET_NAMES)
    begins_plain = WILDCARDS.search(folded[:2]) is None
    if begins_plain and any(fnmatch.fnmatchcase(name, folded) for name in OPEN_SECRET_NAMES):
        return True
    _, dot, ending = folded.rpartition(".")
    if not dot or not WILDCARDS.search(ending) or not ending.strip("*?[]"):
        return False
    return any(fnmatch.fnmatchcase(name, ending) for name in SECRET_ENDINGS)


def leads_outside(text: str, folder: str, *, has_tilde: bool) -> bool:
    """Whether a path, taken from `folder`, leads out of it. Text that is no such path stays inside."""
    if text in HARMLESS_PLACES or text == SUBSTITUTED:
        return False
    if text.startswith("~") and (has_tilde or text[1:2] in {"", "/"}):
        return True
    if FILE_URL.search(text):
        return True
    if not text.startswith("/"):
        if ".." not in text:
            return False
        parts = text.split("/")
        if ".." not in parts:
            return False
        before = parts[: len(parts) - parts[::-1].index("..")]
        if any(is_open(part) for part in before):
            return True
        return posixpath.normpath(text).split("/")[0] == ".."
    if not folder:
        return True
    if any(part == ".." for part in text.split("/")) and any(is_open(part) for part in text.split("/")):
        return True
    return not is_inside(posixpath.normpath(text), folder)


def is_open(part: str) -> bool:
    """A name that the run may replace by another."""
    return UNKNOWN in part or any(character in part for character in "*?[")


def is_inside(path: str, folder: str) -> bool:
    """Of two absolute, normal paths; by whole names, so that a sibling with the same beginning is not."""
    base = posixpath.normpath(folder)
    path = "/" + path.lstrip("/")
    return path == base or path.startswith("/" if base == "/" else base + "/")


def strip_system_folder(program: str) -> str:
    """`/usr/bin/git` is git; a program of any other folder stays what it is."""
    folder, _, name = program.rpartition("/")
    return name if folder in SYSTEM_FOLDERS else program


def get_base_name(program: str) -> str:
    return program.rpartition("/")[2] or program
