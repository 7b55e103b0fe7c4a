"""Simple commands: assignments, words, redirects, and the here-documents that come after the line."""

from __future__ import annotations

import re
from abc import abstractmethod

from governance.matching.cursor import BLANKS, META, NAME
from governance.matching.word_reader import WordReader
from governance.matching.words import UNKNOWN, Assignment, Budget, Redirect, SimpleCommand, Word

ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\+?=)")
REDIRECT = re.compile(r"(\d*)(<<<|<<-|<<|<&|<>|<|>>|>&-|<&-|>&|>\||>)|(&>>|&>)")
CLOSINGS = frozenset({">&-", "<&-"})
# A brace that only the shell's variable redirects have: {fd}>file.
VARIABLE_DESCRIPTOR = re.compile(r"\{[A-Za-z_][A-Za-z0-9_]*\}[<>]")
# A substitution that only hands on a document; not when a function could stand in for cat.
LITERAL = re.compile(r"\$\(\s*cat[ \t]*<<[ \t]*(?:'[A-Za-z_]+'|\"[A-Za-z_]+\")[ \t]*\n")
SHADOWED = re.compile(r"\bcat['\"\\]*\s*\(|\bfunction\b|\balias\b|\bcommand_not_found")
MAX_DELIMITER = 64
MAX_HERE_DOCUMENTS = 4


class HereDocument:
    """A `<<` whose body comes after the line."""

    __slots__ = ("delimiter", "is_quoted", "position", "strips_tabs")

    def __init__(self, delimiter: str, *, is_quoted: bool, strips_tabs: bool) -> None:
        self.delimiter = delimiter
        self.is_quoted = is_quoted
        self.strips_tabs = strips_tabs
        self.position: tuple[int, int] = (-1, -1)


class CommandReader(WordReader):
    """Reads one simple command at a time; `commands` holds all that were found, also inside words."""

    def __init__(self, source: str, budget: Budget, start: int = 0, end: int | None = None) -> None:
        super().__init__(source, budget, start, end)
        self.commands: list[SimpleCommand] = []
        # (document, the redirects of its command, that command's number)
        self.pending: list[tuple[HereDocument, list[Redirect], int]] = []

    @abstractmethod
    def read_function_body(self) -> None:
        """What follows `name ()`."""

    @abstractmethod
    def read_expanded(self, start: int, end: int) -> str:
        """A here-document's body, UNKNOWN where it is expanded; its commands are added."""

    def count_commands(self) -> int:
        return len(self.commands)

    def find_literal(self, start: int, first: int) -> str | None:
        """`$(cat <<'END' …)`: the document, without the line breaks at its end."""
        if len(self.commands) != first + 1 or not LITERAL.match(self.source, start, self.end):
            return None
        if SHADOWED.search(self.source):
            return None
        command = self.commands[first]
        (document,) = command.redirects or (None,)
        if document is None or len(command.words) != 1 or command.assignments or UNKNOWN in document.body:
            return None
        return document.body.rstrip("\n")

    def refuse_waiting(self, text: str) -> None:
        if self.pending and "\n" in text:
            self.fail("A line ends inside a word while a here-document waits.")

    def skip_blanks(self) -> None:
        """Blanks, joined lines, and a comment up to the end of its line."""
        while self.at < self.end:
            character = self.source[self.at]
            if character in BLANKS:
                self.at += 1
            elif character == "\\" and self.peek(1) == "\n":
                if self.pending:
                    self.fail("A line goes on while a here-document waits.")
                self.at += 2
            elif character == "#" and (self.at == 0 or self.source[self.at - 1] in META):
                line_end = self.source.find("\n", self.at, self.end)
                self.at = self.end if line_end < 0 else line_end
            else:
                return

    def skip_lines(self) -> None:
        """The same, and line breaks with the here-documents that begin after them."""
        while True:
            self.skip_blanks()
            if self.peek() != "\n":
                return
            self.at += 1
            self.budget.spend()
            if self.pending:
                self.read_bodies()

    def read_simple(self) -> None:
        start = self.at
        words: list[Word] = []
        assignments: list[Assignment] = []
        redirects: list[Redirect] = []
        while True:
            self.skip_blanks()
            self.budget.spend()
            if self.take_redirect(redirects):
                continue
            character = self.peek()
            if not character or (character in META and not self.at_process_substitution()):
                break
            if not words and self.take_assignment(assignments):
                continue
            words += self.read_word()
        if self.peek() == "(":
            if len(words) == 1 and not assignments and not redirects:
                self.read_function(words[0])
                return
            self.fail("A bracket inside a command.")
        if not (words or assignments or redirects):
            self.fail("A command is missing.")
        last = max(
            [word.end for word in words]
            + [item.value.end for item in assignments]
            + [item.target.end if item.target else item.start for item in redirects]
        )
        self.add(SimpleCommand(tuple(words), tuple(assignments), tuple(redirects), start, last), redirects)

    def read_function(self, name: Word) -> None:
        if not NAME.fullmatch(name.text) or name.is_quoted:
            self.fail("A function with an unusual name.")
        self.take("(")
        self.skip_blanks()
        self.take(")")
        self.read_function_body()

    def add(self, command: SimpleCommand, redirects: list[Redirect] | None = None) -> None:
        self.budget.spend_command()
        self.commands.append(command)
        number = len(self.commands) - 1
        if redirects is not None:
            for position, (document, owner, _) in enumerate(self.pending):
                if owner is redirects:
                    self.pending[position] = (document, owner, number)

    def take_assignment(self, assignments: list[Assignment]) -> bool:
        found = ASSIGNMENT.match(self.source, self.at, self.end)
        if not found:
            return False
        start = self.at
        self.at = found.end()
        if self.peek() == "(":
            self.fail("An array.")
        if not self.peek() or self.peek() in META:
            value = Word("", self.at, self.at)
        else:
            value = self.read_word(is_value=True)[0]
        whole = Word(value.text, start, self.at, value.has_glob, value.has_tilde, value.is_quoted)
        assignments.append(Assignment(found[1], found[2], whole))
        return True

    def take_redirect(self, redirects: list[Redirect]) -> bool:
        character = self.peek()
        if character == "{" and VARIABLE_DESCRIPTOR.match(self.source, self.at, self.end):
            self.fail("A redirect that names its descriptor by a variable.")
        if not character or character not in "<>&0123456789" or self.at_process_substitution():
            return False
        found = REDIRECT.match(self.source, self.at, self.end)
        if not found:
            return False
        start = self.at
        operator = found[2] or found[3]
        self.at = found.end()
        if operator in {"<", ">"} and self.peek() == "(" and not found[1]:
            self.fail("A redirect to a process substitution.")
        if operator in CLOSINGS:
            if self.peek() and self.peek() not in META:
                self.fail("A redirect that moves a descriptor.")
            redirects.append(Redirect(operator, found[1] or "", None, start, "-"))
            return True
        self.skip_blanks()
        if not self.peek() or (self.peek() in META and not self.at_process_substitution()):
            self.fail("A redirect without a target.")
        if operator in {"<<", "<<-"}:
            self.take_here_document(start, operator, found[1] or "", redirects)
            return True
        made = self.read_word()
        if len(made) != 1:
            self.fail("A redirect to several targets.")
        redirects.append(Redirect(operator, found[1] or "", made[0], start))
        return True

    # Here-documents -------------------------------------------------------------------------------

    def take_here_document(
        self, start: int, operator: str, descriptor: str, redirects: list[Redirect]
    ) -> None:
        delimiter = self.read_word()[0]
        is_plain = delimiter.is_known and delimiter.text.isprintable() and not delimiter.has_glob
        if not is_plain or not 0 < len(delimiter.text) <= MAX_DELIMITER:
            self.fail("A here-document whose end is unclear.")
        if len(self.pending) >= MAX_HERE_DOCUMENTS:
            self.fail("More here-documents on a line than are followed.")
        document = HereDocument(delimiter.text, is_quoted=delimiter.is_quoted, strips_tabs=operator == "<<-")
        redirects.append(Redirect(operator, descriptor, None, start))
        self.pending.append((document, redirects, -1))

    def read_bodies(self) -> None:
        """The bodies of here-documents, from the beginning of a line."""
        for document, redirects, number in self.pending:
            start = self.at
            while True:
                if self.at >= self.end:
                    self.fail("A here-document does not end.")
                line_end = self.source.find("\n", self.at, self.end)
                line_end = self.end if line_end < 0 else line_end
                line = self.source[self.at : line_end]
                body_end = self.at
                self.at = min(line_end + 1, self.end)
                self.budget.spend()
                if (line.lstrip("\t") if document.strips_tabs else line) == document.delimiter:
                    break
                if line_end == self.end:
                    self.fail("A here-document does not end.")
            self.set_body(document, redirects, number, start, body_end)
        self.pending.clear()

    def set_body(
        self, document: HereDocument, redirects: list[Redirect], number: int, start: int, end: int
    ) -> None:
        body = self.source[start:end] if document.is_quoted else self.read_expanded(start, end)
        command = self.commands[number]
        index = next(i for i, item in enumerate(redirects) if item.target is None and not item.body)
        old = redirects[index]
        redirects[index] = Redirect(old.operator, old.descriptor, None, old.start, body or "\n")
        self.commands[number] = SimpleCommand(
            command.words, command.assignments, tuple(redirects), command.start, command.end
        )
