"""The words that say what a plain command does: `git push`, `npm run build`, `python -m pytest`."""

from __future__ import annotations

import re

from governance.matching.honesty import explain_dishonest
from governance.matching.strict_reader import read_once
from governance.matching.words import SimpleCommand

# Longer ones take long to read, and nobody reads them as one plain command.
MAX_LENGTH = 20_000
PLAIN_WORD = re.compile(r"[A-Za-z0-9_@%+=:,./-]+")


def word_set(text: str, separator: str | None = None) -> frozenset[str]:
    return frozenset(text.split(separator))


# Programs whose next word says what they do, and beginnings of which the next two do.
SAYS_IT_IN_TWO = word_set(
    "apt apt-get brew bun bundle cargo composer conda dnf docker dotnet gem git go gradle hg jj kubectl make "
    "mvn npm npx nx pip pip3 pipx pnpm podman poetry rails svn systemctl terraform uv yarn"
)
SAYS_IT_IN_THREE = word_set(
    "aws,az,bun run,bundle exec,docker compose,gcloud,gh,git remote,git stash,glab,npm run,pnpm run,"
    "poetry run,python -m,python3 -m,uv pip,uv run,yarn run",
    ",",
)


def read_quickly(command: str) -> tuple[SimpleCommand, ...] | str:
    """Every simple command of a text; else why it can't be read. By our own reader: it allows nothing."""
    if len(command) > MAX_LENGTH:
        return "It is very long."
    if "\0" in command:
        return "It holds a character that is not shown as it is (U+0000)."
    try:
        reading = read_once(command)
    except RecursionError:
        return "It is nested too deep."
    return reading.problem or reading.commands


def read_plain_command(command: str) -> SimpleCommand | None:
    """The one simple command that the text is, all of it known before the run; None when it is not."""
    commands = read_quickly(command)
    if isinstance(commands, str) or len(commands) != 1 or explain_dishonest(command):
        return None
    found = commands[0]
    is_whole = not (command[: found.start].strip() or command[found.end :].strip())
    is_bare = bool(found.words) and not (found.assignments or found.redirects)
    if not (is_whole and is_bare):
        return None
    is_known = all(
        word.is_known and not word.has_glob and not word.has_tilde and "\n" not in word.text
        for word in found.words
    )
    return found if is_known else None


def read_plain_words(command: str) -> list[str] | None:
    """Its words, quotes removed."""
    found = read_plain_command(command)
    return [word.text for word in found.words] if found else None


def take_leading_words(words: list[str]) -> list[str]:
    """Those that say what a plain command does; none when the program itself is no plain word."""
    if SAYS_IT_IN_THREE & {" ".join(words[:1]), " ".join(words[:2])}:
        wanted = 3
    else:
        wanted = 2 if words[:1] and words[0] in SAYS_IT_IN_TWO else 1
    taken: list[str] = []
    for word in words[:wanted]:
        begins = " ".join([*taken, word])
        if not PLAIN_WORD.fullmatch(word) or (word.startswith("-") and begins not in SAYS_IT_IN_THREE):
            break
        taken.append(word)
    return taken
