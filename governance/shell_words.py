"""The words of a shell command, as far as they can be told without running it.

Small on purpose: it answers "is this plainly one command, and which" and "which programs are named here". It
never allows anything.
"""

from __future__ import annotations

import re
import shlex

# Longer ones take long to read, and nobody reads them as one plain command.
MAX_LENGTH = 20_000
OPERATORS = frozenset(";&|()<>")
# One command of plain words: nothing that a shell would replace, group, join or redirect. Quoted words may
# hold what the quotes make harmless.
PLAIN_COMMAND = re.compile(
    r"""
    (?: [A-Za-z0-9_@%+=:,./-]++       # bare
      | '[^'\x00-\x1f\x7f]*+'         # in single quotes nothing is special
      | "[^"$`\\!\x00-\x1f\x7f]*+"    # in double quotes these are
      | [ ]++
    )++
    """,
    re.VERBOSE,
)
PLAIN_WORD = re.compile(r"[A-Za-z0-9_@%+=:,./-]+")
ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\+?=")


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


def read_plain_words(command: str) -> list[str] | None:
    """The words of a command that is plainly one, quotes removed; None when it is not, or might not be."""
    text = command.strip(" ")
    if len(text) > MAX_LENGTH or not PLAIN_COMMAND.fullmatch(text):
        return None
    words = shlex.split(text)
    return None if not words or skip_assignments(words) != words else words


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


def split_commands(command: str) -> list[list[str]] | None:
    """The words between the operators of a list, pipeline or group; None when even that can't be told.

    Reads more than a shell would take for commands (comments, here-documents, the targets of redirects), and
    never less, except inside quotes and substitutions: see `hides_a_command`.
    """
    if len(command) > MAX_LENGTH:
        return None
    lexer = shlex.shlex(
        command.replace("\n", " ; "), posix=True, punctuation_chars="".join(sorted(OPERATORS))
    )
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        tokens = list(lexer)
    except ValueError:
        return None
    commands: list[list[str]] = [[]]
    for token in tokens:
        if token and set(token) <= OPERATORS:
            commands.append([])
        else:
            commands[-1].append(token)
    return [words for words in commands if words]


def skip_assignments(words: list[str]) -> list[str]:
    """From the program's name on."""
    for index, word in enumerate(words):
        if not ASSIGNMENT.match(word):
            return words[index:]
    return []


def hides_a_command(word: str) -> bool:
    """Whether a shell would run what stands inside of this word."""
    return "`" in word or "$(" in word
