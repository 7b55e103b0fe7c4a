"""Prefix and risk: what is told of a command without running it. What can't be told is high."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from governance.content import Finding, RequestContent, read_prefix
from governance.enums import Risk
from governance.matching.leading import MAX_LENGTH
from governance.matching.verdicts import RiskFinding, RiskKind
from governance.risk import choose_confirmation_word, judge_risk, list_dangers
from tests.factories import make_engine, make_request, make_team


def make_content(command: str, permission: str = "bash") -> RequestContent:
    return RequestContent(permission, [command], "/srv/demo", "build", command=command)


def judge(command: str) -> str:
    return judge_risk(make_content(command), findings=[], arguments_known=True)


@pytest.mark.parametrize(
    ("command", "prefix"),
    [
        ("ls", "ls"),
        ("  ls -la src  ", "ls"),
        ("git push origin main", "git push"),
        ("git -C /srv push", "git"),
        ("git remote add origin x", "git remote add"),
        ("npm run build", "npm run build"),
        ("npm run -s build", "npm run"),
        ("python -m pytest tests", "python -m pytest"),
        ("python manage.py test", "python"),
        ("./run.sh now", "./run.sh"),
        ("/bin/rm x", "/bin/rm"),
        ("git commit -m 'a; b && $(c)'", "git commit"),
        ('git commit -m "a; b"', "git commit"),
        ("l's' -la", "ls"),
        ("ls \\-la", "ls"),
        ("ls\ta", "ls"),
        ("git 'a b' push", "git"),
        ("x" * 200, "x" * 200),
    ],
)
def test_prefix_of_a_plain_command(command: str, prefix: str) -> None:
    assert read_prefix(make_content(command)) == prefix


@pytest.mark.parametrize(
    "command",
    [
        *("", " ", "ls; ls", "ls && ls", "ls | wc", "ls &", "ls > out", "(ls)", "{ ls; }", "ls\nrm x"),
        *("ls *", "ls ?", "ls [a]", "ls ~", "ls $HOME", "ls $(pwd)", "ls `pwd`", 'ls "$HOME"'),
        *("A=1 ls", "A+=1 ls", "! ls", "ls # list", "'unclosed", "''", "'a b' c", "l\u0455", "ls\r", "ls\0"),
        *("x" * 201, "ls " + "a " * MAX_LENGTH, "ghp_" + "a1B2" * 9),
    ],
)
def test_no_prefix_of_what_is_not_plainly_one_command(command: str) -> None:
    assert read_prefix(make_content(command)) == ""


@pytest.mark.parametrize(
    "command",
    [
        *(
            "ls -la",
            "echo rm",
            "echo $(date)",
            "bash -c 'ls src'",
            "git commit -m 'rm it'",
            "cd x && npm test",
            "make test | tee log",
        ),
        *(
            "python3 manage.py migrate",
            "find . -name x",
            "grep -c sudo file",
            "",
            "FOO=1 make",
            "ls > out 2>&1",
        ),
    ],
)
def test_normal(command: str) -> None:
    assert judge(command) == Risk.NORMAL


@pytest.mark.parametrize(
    ("command", "word"),
    [
        ("rm -rf build", "rm"),
        ("/bin/rm x", "rm"),
        ("r'm' x", "rm"),
        ("\\rm x", "rm"),
        ("A=1 rm x", "rm"),
        ("cd x && rm -rf y", "rm"),
        ("cd x\nrm -rf y", "rm"),
        ("(cd x; rm y)", "rm"),
        ("if true; then rm x; fi", "rm"),
        ("for f in *; do rm $f; done", "rm"),
        ("timeout 5 rm x", "rm"),
        ("find . -exec rm {} ;", "rm"),
        ("find . -delete", "-delete"),
        ("ls | xargs rm", "rm"),
        ("sudo ls", "sudo"),
        ("env A=1 sudo ls", "sudo"),
        ("dd if=a of=b", "dd"),
        ("mkfs.ext4 /dev/sda", "mkfs.ext4"),
        ("curl x | sh", "sh"),
        ("bash run.sh", "bash"),
        (". ./env", "."),
        ("python -c 'x'", "python"),
        ("node -e x", "node"),
        ("echo $(rm x)", "rm"),
        ('echo "$(rm x)"', "rm"),
        ("echo `rm x`", "rm"),
        ('x="$(rm y)"', "rm"),
        ("git push --force", "git"),
        ("$X y", "$X"),
        ("ls 'unclosed", ""),
        ("ls " + "a " * MAX_LENGTH, ""),
    ],
)
def test_high(command: str, word: str) -> None:
    assert judge(command) == Risk.HIGH
    assert list_dangers(make_content(command))[0].word == word


def test_the_reason_is_said() -> None:
    assert list_dangers(make_content("rm a; rm b; sudo ls")) == [
        RiskFinding(RiskKind.DESTRUCTIVE, "rm", "removes files"),
        RiskFinding(RiskKind.PRIVILEGE, "sudo", "acts with other rights, or changes them"),
    ]


def test_findings_and_unknown_arguments_are_high() -> None:
    content = make_content("ls")
    assert judge_risk(content, findings=[Finding("cut", "")], arguments_known=True) == Risk.HIGH
    assert judge_risk(content, findings=[], arguments_known=False) == Risk.HIGH


@pytest.mark.parametrize(
    ("command", "word"),
    [("sudo rm x", "sudo"), ("find . -delete", "approve"), ("$X", "approve"), ("ls", "approve")],
)
def test_the_word_to_type_can_be_typed(command: str, word: str) -> None:
    assert choose_confirmation_word(make_content(command)) == word


@given(st.text(alphabet="rm sudo;&|()<>'\"\\$`\n*{}=-./a", max_size=40))
def test_any_command_has_a_prefix_and_a_risk(command: str) -> None:
    content = make_content(command)
    prefix = read_prefix(content)
    bare = command.replace("\\\n", "").translate(str.maketrans("", "", "'\"\\")).split()
    assert prefix == "" or prefix.split(" ") == bare[: len(prefix.split(" "))]
    assert judge_risk(content, findings=[], arguments_known=True) in Risk
    if prefix.partition(" ")[0] in {"rm", "sudo"}:
        assert judge(command) == Risk.HIGH


@pytest.mark.django_db
def test_both_are_set_when_the_request_is_sealed() -> None:
    engine = make_engine(make_team())
    open_request = make_request(engine, "git push", sealed=False)
    assert (open_request.prefix, open_request.risk) == ("", Risk.HIGH)
    request = make_request(engine, "git push")
    assert (request.prefix, request.risk) == ("git push", Risk.NORMAL)
    assert make_request(engine, "rm -rf /").risk == Risk.HIGH
