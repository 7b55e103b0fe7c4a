"""What a program's options, subcommands and code can do that a wildcard does not cover."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from governance.matching.arguments import Argument, Kind, read_arguments
from governance.matching.launched import find_launched
from governance.matching.operands import explain_operands
from governance.matching.paths import strip_system_folder
from governance.matching.scripts import explain_filter, is_plain_awk, is_plain_sed
from governance.matching.spelled import Spelled
from governance.matching.tables.lookup import ANY_PROGRAM, PROGRAMS
from governance.matching.tables.programs import Danger, Options
from governance.matching.tables.wrappers import (
    ANYWHERE,
    COMMANDED,
    FOLLOWED,
    SHELL_LETTERS,
    SHELL_WORDS,
    SHELLS,
)
from governance.matching.words import Word

# With these a program only says something about itself.
INFORMING = frozenset({"--version", "-V", "--help", "-h", "-version", "-v", "version", "help", "--test"})
AWKS = frozenset({"awk", "gawk", "mawk", "nawk", "original-awk"})
FILTERS = frozenset({"jq", "yq", "gojq", "jaq"})
# These need a rule that says every word.
ONLY_EXACTLY = frozenset({"config", "set", "login", "auth", "alias", "token", "configure"})
MAX_LAYERS = 4
UNCLEAR_SED = "The script of sed may run or write something."


def explain_program(program: str, words: tuple[Word, ...], spelled: Spelled, layers: int = 0) -> str:
    """Why a wildcard does not cover what these words make the program do, "" when it does."""
    launched = find_launched(program, words)
    if launched is not None:
        if launched >= spelled.words or launched >= len(words) or layers > MAX_LAYERS:
            return f"{program} runs another program; the rule does not say which."
        inner = words[launched:]
        name = strip_system_folder(inner[0].text)
        return explain_program(name, inner, spelled.after(launched), layers + 1)
    return explain_itself(program, words, spelled)


def explain_itself(program: str, words: tuple[Word, ...], spelled: Spelled) -> str:
    """The same of a program that runs no other one which its words name."""
    if program in ANYWHERE and program not in FOLLOWED and not 1 < len(words) <= spelled.words:
        return f"{program} {ANYWHERE[program]}; what exactly is not worked out."
    if program in COMMANDED and spelled.words < len(words) and not only_informs(words):
        return f"{program} {COMMANDED[program]}."
    if program in SHELLS:
        return explain_shell(program, words)
    return explain_arguments(program, words, spelled)


def explain_arguments(program: str, words: tuple[Word, ...], spelled: Spelled) -> str:
    known = PROGRAMS.get(program, ANY_PROGRAM)
    arguments = read_arguments(known, words)
    for argument in arguments:
        if why := explain_argument(program, argument, arguments, words, spelled):
            return why
    if known.is_interpreter and not reads_file(arguments):
        return f"{program} would run what comes from its input."
    if program == "sed" and not all(map(is_plain_sed, list_expressions(words))):
        return UNCLEAR_SED
    return explain_operands(program, arguments, spelled)


def only_informs(words: tuple[Word, ...]) -> bool:
    return len(words) > 1 and all(word.text in INFORMING for word in words[1:])


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


def explain_argument(
    program: str,
    argument: Argument,
    arguments: Sequence[Argument],
    words: tuple[Word, ...],
    spelled: Spelled,
) -> str:
    match argument.kind:
        case Kind.OPTION:
            return explain_option(program, argument, words, spelled)
        case Kind.SUBCOMMAND:
            return explain_subcommand(program, argument, arguments, words, spelled)
        case Kind.OPERAND:
            if argument.number < spelled.words:
                return ""
            if argument.danger is not None:
                return f"{program} {argument.text} {argument.danger.why}."
            return explain_code(program, argument)
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
    if danger.harmless is not None and danger.harmless.fullmatch(find_value(text, danger, following)):
        return ""
    return f"{program} {text.partition('=')[0]} {danger.why}."


def find_value(text: str, danger: Options, following: str) -> str:
    """The value of an option, in its own word or in the next."""
    name, equals, value = text.partition("=")
    if any(option.endswith(":") and text.startswith(option[:-1]) for option in danger.names):
        return text
    if text.startswith("--"):
        return value if equals else following
    if name in danger.names:
        return value if equals else following
    for number, letter in enumerate(text[1:], 1):
        if f"-{letter}" in danger.names:
            return text[number + 1 :] or following
    return following


def writes_nowhere(text: str, following: str) -> bool:
    """`-o /dev/null`."""
    return text.endswith(("=/dev/null", "o/dev/null")) or (following == "/dev/null" and "=" not in text)


def explain_subcommand(
    program: str,
    argument: Argument,
    arguments: Sequence[Argument],
    words: tuple[Word, ...],
    spelled: Spelled,
) -> str:
    name, known, after = argument.text, argument.known, argument.number + 1
    if argument.danger is not None and after > spelled.words:
        return f"{program} {name} {argument.danger.why}."
    why = known.dangerous_subcommands.get(name)
    if why is not None:
        following = words[after].text if after < len(words) else ""
        if following and following in known.harmless_forms.get(name, ()):
            return ""
        if name in ONLY_EXACTLY:
            is_covered = spelled.words >= max(len(words), after + 1)
        else:
            needed = known.spelled_after.get(name, 0)
            is_covered = spelled.words >= after + min(needed, 0) and (
                needed <= 0 or count_spelled(arguments, after, spelled) >= needed
            )
        return "" if is_covered else f"{program} {name} {why}."
    if known.subcommands and name not in known.subcommands and after > spelled.words:
        return f"{program} {name} is not known here."
    if program == "git" and name == "config" and len(words) > spelled.words:
        return explain_git_config([word.text for word in words[after:]])
    return ""


def count_spelled(arguments: Sequence[Argument], after: int, spelled: Spelled) -> int:
    """How many operands behind a subcommand the rule says itself."""
    return sum(
        after <= argument.number < spelled.words and argument.kind in {Kind.OPERAND, Kind.SUBCOMMAND}
        for argument in arguments
    )


def explain_git_config(texts: list[str]) -> str:
    """Reading is fine: one name, or a reading option; setting is not."""
    options = texts[: texts.index("--")] if "--" in texts else texts
    if any(text in {"get", "list", "-l"} or text.startswith(("--get", "--list")) for text in options):
        return "" if "--" not in texts else "git config after -- is not worked out."
    operands = [text for text in texts if not text.startswith("-")]
    is_reading = len(operands) <= 1 and "--" not in texts
    return "" if is_reading else "git config changes what git runs."


def explain_code(program: str, argument: Argument) -> str:
    """The first operand, where it is code."""
    if not argument.is_first_operand:
        return ""
    if program == "sed":
        return "" if is_plain_sed(argument.text) else UNCLEAR_SED
    if program in AWKS:
        is_plain = is_plain_awk(argument.text)
        return "" if is_plain else f"The program of {program} may run, read or write something."
    if program in FILTERS:
        return explain_filter(program, argument.text)
    if argument.known.first_operand == "code":
        return f"{program} runs or changes what its operand says."
    return ""


def list_expressions(words: tuple[Word, ...]) -> Iterator[str]:
    """The scripts of sed that stand in options."""
    for number, word in enumerate(words):
        text = word.text
        name, equals, value = text.partition("=")
        following = words[number + 1].text if number + 1 < len(words) else ""
        if len(name) > 2 and "--expression".startswith(name):
            yield value if equals else following
        elif text.startswith("-") and not text.startswith("--") and "e" in text:
            yield text.partition("e")[2] or following
