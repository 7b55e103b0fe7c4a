"""Operands that lead out of the project, or to what holds secrets or runs by itself."""

from __future__ import annotations

from governance.matching.arguments import Argument, Kind, read_arguments
from governance.matching.paths import PERSISTENT, find_paths, leads_outside, may_hold_secrets
from governance.matching.spelled import Spelled
from governance.matching.tables.lookup import PROGRAMS
from governance.matching.tables.programs import Program
from governance.matching.tables.wrappers import SHELLS
from governance.matching.words import Word

# What follows a script is the script's, also for shells.
SCRIPTED = Program(is_interpreter=True)


def explain_places(program: str, words: tuple[Word, ...], spelled: Spelled) -> str:
    """Why a wildcard does not cover where these words lead, "" when it does."""
    known = SCRIPTED if program in SHELLS else PROGRAMS.get(program)
    if known is not None and not known.takes_paths:
        return ""
    arguments = read_arguments(known, words)
    if program in {"cd", "pushd"} and not goes_somewhere(arguments):
        return f"{program} leads to a folder that is not known before it runs."
    is_reading = (known is not None and (known.is_harmless or known.is_reading)) or program == "git"
    shows_content = known is None or not known.tells_names_only
    for argument in arguments:
        if argument.number >= spelled.words and not argument.is_text:
            why = explain_argument(argument, spelled, is_reading=is_reading, shows_content=shows_content)
            if why:
                return why
    return ""


def goes_somewhere(arguments: list[Argument]) -> bool:
    """Whether cd gets a folder that its words name; `-` is the one before."""
    operands = [argument.text for argument in arguments if argument.kind is not Kind.OPTION]
    others = {argument.text for argument in arguments if argument.kind is Kind.OPTION} - {"-L", "-P"}
    return bool(operands) and operands[0] != "-" and not others


def explain_argument(
    argument: Argument, spelled: Spelled, *, is_reading: bool, shows_content: bool = True
) -> str:
    in_folder = argument.kind in {Kind.OPERAND, Kind.SUBCOMMAND}
    is_inside = False
    paths = find_paths(argument.word)
    if in_folder and spelled.folder and argument.number >= spelled.folder_from:
        if why := explain_leaving(argument.text, spelled.folder):
            return why
        # The folder is the rule's own word; what stands in it is not.
        is_inside, paths = True, [argument.text.removeprefix(spelled.folder)]
    for text in paths:
        if (
            not is_inside
            and spelled.place
            and leads_outside(text, spelled.place, has_tilde=argument.word.has_tilde)
        ):
            return f"{text} leads out of the project."
        if shows_content and may_hold_secrets(text, has_glob=argument.word.has_glob):
            return f"{text} may hold secrets."
        if not is_reading and PERSISTENT.search(text):
            return f"What stands in {text} runs by itself."
    return ""


def explain_leaving(text: str, folder: str) -> str:
    if not text.startswith(folder) or any(part == ".." for part in text.split("/")):
        return f"{text} is not in {folder}."
    return ""
