"""What a program's options, subcommands and code can do that a wildcard does not cover."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from governance.matching.arguments import Argument, Kind, read_arguments
from governance.matching.scripts import is_plain_awk, is_plain_sed
from governance.matching.spelled import Spelled
from governance.matching.tables.lookup import PROGRAMS
from governance.matching.tables.programs import Danger
from governance.matching.tables.wrappers import (
    ANYWHERE,
    FOLLOWED,
    RUNNERS,
    SHELL_LETTERS,
    SHELL_WORDS,
    SHELLS,
)
from governance.matching.words import Word

# With these an interpreter needs no file.
INFORMING = frozenset({"--version", "-V", "--help", "-h", "-version", "-v", "version", "help", "--test"})
AWKS = frozenset({"awk", "gawk", "mawk", "nawk", "original-awk"})
# How many words a rule has to spell after a dangerous subcommand; one where it is not said.
SPELLED_AFTER = {
    **{(program, sub): 2 for program in ("docker", "podman", "nerdctl") for sub in ("exec", "run")},
    **{(program, sub): 3 for program in ("kubectl", "oc") for sub in ("exec", "run")},
}
# These need a rule that says every word.
ONLY_EXACTLY = frozenset({"config", "set", "login", "auth", "alias", "token", "configure"})


def explain_program(program: str, words: tuple[Word, ...], spelled: Spelled) -> str:
    """Why a wildcard does not cover what these words make the program do, "" when it does."""
    if program in ANYWHERE and program not in FOLLOWED and len(words) > 1:
        is_spelled = program in RUNNERS and spelled.words > 1 and not words[1].text.startswith("-")
        if not is_spelled:
            return f"{program} {ANYWHERE[program]}; what exactly is not worked out."
    if program in SHELLS:
        return explain_shell(program, words)
    known = PROGRAMS.get(program)
    if known is None:
        return ""
    arguments = read_arguments(known, words)
    for argument in arguments:
        if why := explain_argument(program, argument, words, spelled):
            return why
    if known.is_interpreter and not reads_file(arguments):
        return f"{program} would run what comes from its input."
    return ""


def explain_shell(program: str, words: tuple[Word, ...]) -> str:
    """Its -c is read and judged by itself; a file is a script of the project; all else is asked about."""
    options = []
    for word in words[1:]:
        if not word.text.startswith(("-", "+")) or word.text == "-":
            break
        options.append(word.text)
    operands = words[1 + len(options) :]
    if not operands and options and all(option in INFORMING for option in options):
        return ""
    if not operands or is_input(operands[0].text):
        return f"{program} would run what comes from its input."
    for option in options:
        if option not in SHELL_WORDS and not (option[0] == "-" and set(option[1:]) <= SHELL_LETTERS):
            return f"{program} {option} is not worked out."
    return ""


def is_input(text: str) -> bool:
    """A file that is no file: standard input, a descriptor, something of a process."""
    return text == "-" or text.startswith(("/dev/stdin", "/dev/fd", "/proc/"))


def reads_file(arguments: Sequence[Argument]) -> bool:
    """Whether an interpreter gets a file, or only says something about itself."""
    for argument in arguments:
        if argument.kind is Kind.OPTION and argument.text in INFORMING:
            return True
        if argument.kind in {Kind.OPERAND, Kind.SUBCOMMAND}:
            return not is_input(argument.text)
    return False


def explain_argument(program: str, argument: Argument, words: tuple[Word, ...], spelled: Spelled) -> str:
    match argument.kind:
        case Kind.OPTION:
            return explain_option(program, argument, words, spelled)
        case Kind.SUBCOMMAND:
            return explain_subcommand(program, argument, words, spelled)
        case Kind.OPERAND:
            if argument.number < spelled.words:
                return ""
            if argument.danger is not None:
                return f"{program} {argument.text} {argument.danger.why}."
            return explain_code(program, argument, words) if argument.is_first_operand else ""
    return ""


def explain_option(program: str, argument: Argument, words: tuple[Word, ...], spelled: Spelled) -> str:
    danger, text = argument.danger, argument.text
    if danger is None:
        return ""
    following = words[argument.number + 1].text if argument.number + 1 < len(words) else ""
    takes_next = "=" not in text and bool(following) and not following.startswith("-")
    if argument.number + takes_next < spelled.words:
        return ""
    if danger.danger is Danger.WRITES and writes_nowhere(text, following):
        return ""
    return f"{program} {text.partition('=')[0]} {danger.why}."


def writes_nowhere(text: str, following: str) -> bool:
    """`-o /dev/null`."""
    return text.endswith(("=/dev/null", "o/dev/null")) or (following == "/dev/null" and "=" not in text)


def explain_subcommand(program: str, argument: Argument, words: tuple[Word, ...], spelled: Spelled) -> str:
    name, known, after = argument.text, argument.known, argument.number + 1
    why = known.dangerous_subcommands.get(name)
    if why is not None:
        needed = len(words) if name in ONLY_EXACTLY else after + SPELLED_AFTER.get((program, name), 1)
        return f"{program} {name} {why}." if spelled.words < min(needed, max(len(words), after + 1)) else ""
    if known.subcommands and name not in known.subcommands and after > spelled.words:
        return f"{program} {name} is not known here."
    if program == "git" and name == "config" and len(words) > spelled.words:
        return explain_git_config([word.text for word in words[after:]])
    return ""


def explain_git_config(texts: list[str]) -> str:
    """Reading is fine: one name, or a reading option; setting is not."""
    if any(text in {"get", "list", "-l"} or text.startswith(("--get", "--list")) for text in texts):
        return ""
    operands = [text for text in texts if not text.startswith("-")]
    return "git config changes what git runs." if len(operands) > 1 else ""


def explain_code(program: str, argument: Argument, words: tuple[Word, ...]) -> str:
    """The first operand, where it is code."""
    if argument.known.first_operand != "code":
        return ""
    if program == "sed":
        scripts = list(list_expressions(words)) or [argument.text]
        return "" if all(map(is_plain_sed, scripts)) else "The script of sed may run or write something."
    if program in AWKS:
        is_plain = is_plain_awk(argument.text)
        return "" if is_plain else f"The program of {program} may run, read or write something."
    return f"{program} runs or changes what its operand says."


def list_expressions(words: tuple[Word, ...]) -> Iterator[str]:
    """The scripts of sed that stand in options."""
    for number, word in enumerate(words):
        text = word.text
        is_letters = text.startswith("-") and not text.startswith("--")
        if (text.startswith("--e") and "=" in text) or (is_letters and "e" in text[:-1]):
            yield text.partition("=" if text.startswith("--") else "e")[2]
        elif (text == "--expression" or (is_letters and text.endswith("e"))) and number + 1 < len(words):
            yield words[number + 1].text
