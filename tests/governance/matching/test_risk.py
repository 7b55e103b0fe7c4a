from __future__ import annotations

import time

import pytest
from hypothesis import given, strategies as st

from governance.matching.calls import PATH_VERBS, Call
from governance.matching.risk import assess_call, is_serious
from governance.matching.tables.risks import LINES, NOTED, SERIOUS, WORDS
from governance.matching.verdicts import RiskFinding, RiskKind
from tests.governance.matching.corpus import read_corpus

PLACE = "/work/project"
DESTRUCTIVE, NETWORK, SECRET = RiskKind.DESTRUCTIVE, RiskKind.NETWORK, RiskKind.CREDENTIAL_PATH
OUTSIDE, PRIVILEGE = RiskKind.OUTSIDE_PROJECT, RiskKind.PRIVILEGE
PERSISTENCE, OBFUSCATION = RiskKind.PERSISTENCE, RiskKind.OBFUSCATION


def list_kinds(call: Call) -> list[tuple[RiskKind, str, bool]]:
    return [(item.kind, item.word, item.is_serious) for item in assess_call(call)]


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("ls -la src", []),
        ("git status && git log | head", []),
        ("make test > out.txt 2>&1", []),
        ("grep -rn 'rm -rf /etc/passwd' src", []),
        ("echo .env", []),
        ("git log -- .git/config", []),
        ("bash -c 'ls && git status'", []),
        ("chmod +x run.sh", []),
        ("chmod 644 a", []),
        ("git restore --staged a", []),
        ("git config --get user.name", []),
        ("rm -rf build", [(DESTRUCTIVE, "rm", True)]),
        ("timeout 5 nice /bin/rm x", [(DESTRUCTIVE, "rm", True)]),
        ("bash -lc 'cd x && rm y'", [(DESTRUCTIVE, "rm", True)]),
        ("eval 'rm x'", [(OBFUSCATION, "eval", True), (DESTRUCTIVE, "rm", True)]),
        ("ls | xargs -0 rm", [(DESTRUCTIVE, "rm", True)]),
        ("find . -name x -delete", [(DESTRUCTIVE, "-delete", True)]),
        ("find . -exec rm {} +", [(DESTRUCTIVE, "rm", True)]),
        ("git -C sub reset --hard HEAD", [(DESTRUCTIVE, "git", True)]),
        ("git push -uf origin main", [(DESTRUCTIVE, "git", True)]),
        ("git push origin :main", [(DESTRUCTIVE, "git", True)]),
        ("git push origin main", []),
        ("git branch -D x", [(DESTRUCTIVE, "git", True)]),
        ("git clean -fd", [(DESTRUCTIVE, "git clean", True)]),
        ("git config core.pager x", [(PERSISTENCE, "git config", True)]),
        ("chmod 777 a", [(PRIVILEGE, "chmod", True)]),
        ("chmod u+s a", [(PRIVILEGE, "chmod", True)]),
        ("chmod -R 755 a", [(PRIVILEGE, "chmod", True)]),
        (
            "docker run -v /etc:/x img",
            [(PRIVILEGE, "docker", True), (OUTSIDE, "/etc:/x", False), (OUTSIDE, "/x", False)],
        ),
        ("docker run --privileged x", [(PRIVILEGE, "--privileged", True)]),
        ("sudo -n ls", [(PRIVILEGE, "sudo", True)]),
        ("psql -c 'DROP TABLE x'", [(DESTRUCTIVE, "psql", True)]),
        ("curl -s https://example.org", [(NETWORK, "curl", False)]),
        ("curl -T a https://example.org", [(NETWORK, "curl", False), (NETWORK, "-T", True)]),
        ("ssh web ls", [(NETWORK, "ssh", True)]),
        ("rsync -a x host:y", [(NETWORK, "rsync", True)]),
        ("crontab -e", [(PERSISTENCE, "crontab", True)]),
        ("cp x .git/hooks/pre-commit", [(PERSISTENCE, ".git/hooks/pre-commit", True)]),
        ("echo x >> ~/.bashrc", [(PERSISTENCE, "~/.bashrc", True), (OUTSIDE, "~/.bashrc", True)]),
        ("cat .env", [(SECRET, ".env", True)]),
        ("cat ~/.ssh/id_rsa", [(SECRET, "~/.ssh/id_rsa", True), (OUTSIDE, "~/.ssh/id_rsa", False)]),
        ("cat /proc/1/environ", [(SECRET, "/proc/1/environ", True), (OUTSIDE, "/proc/1/environ", False)]),
        ("cat /etc/hosts", [(OUTSIDE, "/etc/hosts", False)]),
        ("cp a ../../b", [(OUTSIDE, "../../b", True)]),
        ("ls > /var/tmp/out", [(OUTSIDE, "/var/tmp/out", False)]),  # noqa: S108 - read, not written
        ("ls > /var/tmp/../x", [(OUTSIDE, "/var/tmp/../x", True)]),  # noqa: S108 - read, not written
        ("$X a", [(OBFUSCATION, "$X", True)]),
        ("$(echo rm) a", [(OBFUSCATION, "$(echo rm)", True)]),
        ("bash run.sh", [(OBFUSCATION, "bash", True)]),
        ("python3 -c 'print(1)'", [(OBFUSCATION, "python3", True)]),
        ("echo eA== | base64 -d | sh", [(OBFUSCATION, "base64", True), (OBFUSCATION, "sh", True)]),
        ("ls; rm a; rm b", [(DESTRUCTIVE, "rm", True)]),
        ("", []),
    ],
)
def test_what_a_command_could_do(command: str, found: list[tuple[RiskKind, str, bool]]) -> None:
    assert list_kinds(Call("bash", command, directory=PLACE)) == found


def test_what_can_not_be_read_is_a_finding_and_still_searched() -> None:
    assert assess_call(Call("bash", "rm x; ls 'a", directory=PLACE)) == (
        RiskFinding(OBFUSCATION, "", "what it runs can't be told: a quote is not closed."),
        RiskFinding(DESTRUCTIVE, "rm", "removes files"),
    )
    assert is_serious(assess_call(Call("bash", "ls \u202e")))
    assert is_serious(assess_call(Call("bash", "a " * 40_000)))
    assert is_serious(assess_call(Call("bash", "ls\0")))


@pytest.mark.parametrize("name", sorted({*SERIOUS, *NOTED}))
def test_every_program_of_the_tables_is_found_behind_a_path_and_a_wrapper(name: str) -> None:
    kind, sentence = {**NOTED, **SERIOUS}[name]
    expected = RiskFinding(kind, name, sentence, is_serious=name in SERIOUS)
    assert expected in assess_call(Call("bash", f"{name} x"))
    assert expected in assess_call(Call("bash", f"ls && timeout 5 nice {name} x"))
    if name != ".":
        assert expected in assess_call(Call("bash", f"sh -c '/opt/{name} x'"))


@pytest.mark.parametrize(("program", "word"), sorted(WORDS))
def test_every_word_of_the_tables_is_found(program: str, word: str) -> None:
    kind, sentence = WORDS[program, word]
    found = assess_call(Call("bash", f"{program} {word} x"))
    assert (kind, sentence) in [(item.kind, item.sentence) for item in found]


def test_every_line_of_the_tables_is_about_a_program_that_is_tried_here() -> None:
    programs = {program for program, *_ in LINES}
    assert programs == {"git", "chmod", "docker", "podman", "rsync", "mv", "tar", "psql", "mysql", "sqlite3"}
    for command in (
        *("podman run --mount type=bind,src=/etc x", "mv a /dev/null", "tar cf a --remove-files b"),
        *("mysql -e 'truncate x'", "sqlite3 a.db 'delete from x'", "rsync -a --delete a b"),
        *("git checkout -- a", "git restore a", "git stash drop", "git reflog expire --all", "git tag -d x"),
    ):
        assert is_serious(assess_call(Call("bash", command))), command


@pytest.mark.parametrize(
    ("call", "found"),
    [
        (Call("read", paths=("src/a",), directory=PLACE), []),
        (Call("read", paths=("/etc/hosts",), directory=PLACE), [(OUTSIDE, "/etc/hosts", False)]),
        (Call("read", paths=(".env",), directory=PLACE), [(SECRET, ".env", True)]),
        (Call("edit", paths=("src/a",), directory=PLACE), []),
        (Call("edit", paths=("../x",), directory=PLACE), [(OUTSIDE, "../x", True)]),
        (Call("write", paths=(".husky/x",), directory=PLACE), [(PERSISTENCE, ".husky/x", True)]),
        (Call("read", paths=(".husky/x",), directory=PLACE), []),
        (Call("external_directory", paths=("/srv/*",), directory=PLACE), [(OUTSIDE, "/srv/*", False)]),
        (Call("read", paths=("a\\b",), directory=PLACE), [(OBFUSCATION, "a\\b", True)]),
        (Call("webfetch", url="https://a.example/"), [(NETWORK, "a.example", False)]),
        (Call("webfetch", url="http://127.0.0.1/"), [(NETWORK, "127.0.0.1", True)]),
        (Call("webfetch", url="https://a@b.example/"), [(OBFUSCATION, "https://a@b.example/", True)]),
        (Call("task", subagent="general"), []),
        (Call("doom_loop"), []),
        (Call("files_read", arguments={"path": "a"}), []),
        (Call("files_delete", arguments={}), [(DESTRUCTIVE, "delete", True)]),
        (Call("files_read", arguments={"a": [{"b": "~/.aws/x"}]}), [(SECRET, "~/.aws/x", True)]),
    ],
)
def test_what_another_call_could_do(call: Call, found: list[tuple[RiskKind, str, bool]]) -> None:
    assert list_kinds(call) == found


VERBS = st.sampled_from(["bash", *sorted(PATH_VERBS), "webfetch", "task", "files_read"])


@given(VERBS, st.text(max_size=80))
def test_any_call_has_its_risks(verb: str, text: str) -> None:
    call = Call(verb, text, (text,), text, text, {"a": text}, PLACE)
    assert not any("could not be looked at" in item.sentence for item in assess_call(call))


@given(st.sampled_from(sorted({case.command for case in read_corpus()})))
def test_every_command_of_the_corpus_has_its_risks(command: str) -> None:
    found = assess_call(Call("bash", command, directory=PLACE))
    assert not any("could not be looked at" in item.sentence for item in found)


@pytest.mark.parametrize(
    "command",
    [
        "git " + "push a " * 4000,
        "sudo " * 4000,
        "rm x;" * 4000,
        "psql " + "d" * 19_000,
        "a" * 64_000,
        "x/" * 9000,
    ],
)
def test_no_command_takes_long(command: str) -> None:
    before = time.process_time()
    assess_call(Call("bash", command, directory=PLACE))
    assert time.process_time() - before < 2
