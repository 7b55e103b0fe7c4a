"""What would be started, told from the list of arguments itself, never from a line of text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from mcp_servers.checks.known_names import KnownNames
from mcp_servers.checks.results import BLOCKING, HIGH, CheckResult, find_worst, finding, not_checked, passed
from mcp_servers.content import McpServerContent

NAME = "launcher"
_INTERPRETER = re.compile(r"(?:python(?:3(?:\.[0-9]{1,2})?)?|node(?:js)?)")
# They run a line of text, or whatever they are told to.
SHELLS = frozenset(
    {
        *("ash", "bash", "busybox", "cmd", "cmd.exe", "csh", "dash", "elvish", "fish", "ksh", "mksh", "nu"),
        *("powershell", "powershell.exe", "pwsh", "rbash", "sh", "tcsh", "toybox", "xonsh", "yash", "zsh"),
    }
)
# They start another program, often with other rights: what runs in the end is not what is approved.
WRAPPERS = frozenset(
    {
        *("at", "awk", "chroot", "chrt", "doas", "env", "eval", "exec", "expect", "find", "flock", "gdb"),
        *(
            "ionice",
            "ltrace",
            "make",
            "nice",
            "nohup",
            "nsenter",
            "parallel",
            "perl",
            "php",
            "pkexec",
            "ruby",
        ),
        *("runuser", "screen", "script", "sed", "setarch", "setpriv", "setsid", "socat", "ssh", "ssh-agent"),
        *("stdbuf", "strace", "su", "sudo", "systemd-run", "taskset", "tclsh", "time", "timeout", "tmux"),
        *("unshare", "watch", "xargs", "xvfb-run"),
    }
)
# They fetch code when they start, another one each time.
FETCHERS = frozenset(
    {
        *("bun", "bunx", "cargo", "conda", "corepack", "curl", "deno", "dnx", "dotnet", "gem", "git", "go"),
        *("mamba", "npm", "npx", "pip", "pip3", "pipenv", "pipx", "pnpm", "pnpx", "poetry", "pixi", "rye"),
        *("tsx", "ts-node", "uv", "uvx", "wget", "yarn"),
    }
)
CONTAINERS = frozenset({"docker", "nerdctl", "podman", "lxc", "runc", "kubectl", "crictl", "ctr"})

# Code in the arguments: nothing of it is in any package or file.
_INLINE = {"python": ("-c",), "node": ("-e", "--eval", "-p", "--print", "-pe", "-i", "--interactive")}
# They load other code before the program, or open a door into it.
_LOADING = ("-r", "--require", "--import", "--loader", "--experimental-loader", "--inspect", "--env-file")
_SHELL_SIGNS = re.compile(r"\|\||&&|[|;`]|\$\(|>\s*[/&]|<\(")


def check_launcher(content: McpServerContent, known: KnownNames) -> CheckResult:
    if content.is_remote:
        return passed(NAME, "A remote server starts no program here.")
    if content.package and content.package.kind == "oci":
        return not_checked(NAME, "Images are not started here; what runs the image decides how.", HIGH)
    found = [*iterate_program_findings(content, known), *iterate_argument_findings(content)]
    if found:
        worst = find_worst(found)
        sentences = " ".join(result.sentence for result in found)
        return finding(NAME, worst, sentences, problems=[result.sentence for result in found])
    if content.package:
        return passed(NAME, "The installed program of the package is started, without a shell or a fetcher.")
    return passed(NAME, f"It starts {PurePosixPath(content.program).name}, without a shell in between.")


def iterate_program_findings(content: McpServerContent, known: KnownNames) -> Iterator[CheckResult]:
    if content.package:
        return
    name = PurePosixPath(content.program).name.lower()
    if name in SHELLS:
        yield finding(NAME, BLOCKING, f"It starts a shell ({name}).")
    elif name in FETCHERS:
        yield finding(NAME, BLOCKING, f"{name} fetches what it runs; name the package and its exact version.")
    elif name in WRAPPERS:
        yield finding(NAME, BLOCKING, f"{name} starts another program; name that one.")
    elif name in CONTAINERS:
        yield finding(NAME, BLOCKING, f"{name} reaches around every bound; name the image as a package.")
    elif content.program not in known.programs and not is_interpreter(content.program):
        yield finding(NAME, BLOCKING, "The program is none that this deployment allows.")


def is_interpreter(program: str) -> bool:
    return _INTERPRETER.fullmatch(PurePosixPath(program).name) is not None


def iterate_argument_findings(content: McpServerContent) -> Iterator[CheckResult]:
    if not content.package and is_interpreter(content.program):
        yield from iterate_interpreter_findings(content)
    for argument in content.arguments:
        if argument.lower().startswith(("--privileged", "--cap-add", "--security-opt")):
            yield finding(NAME, BLOCKING, f"The argument {argument[:40]} asks for more rights.")
    names = [PurePosixPath(argument).name.lower() for argument in content.arguments]
    for name, after in zip(names, content.arguments[1:], strict=False):
        if name in SHELLS and after.startswith(("-c", "/c", "-l", "-Command")):
            yield finding(NAME, BLOCKING, f"Its arguments start a shell ({name} {after[:8]}).")
    if any(_SHELL_SIGNS.search(argument) for argument in content.arguments):
        yield finding(NAME, HIGH, "An argument reads like a line for a shell (pipes or several commands).")


def iterate_interpreter_findings(content: McpServerContent) -> Iterator[CheckResult]:
    """Options in front of the script; what stands behind it is the script's own."""
    is_python = PurePosixPath(content.program).name.startswith("python")
    inline = _INLINE["python" if is_python else "node"]
    script = ""
    for argument in content.arguments:
        if is_python and argument.startswith("-m"):
            yield finding(NAME, HIGH, "It runs a module of the machine's Python, which nothing pins.")
            return
        if not argument.startswith("-"):
            script = argument
            break
        name = argument.partition("=")[0]
        if argument == "-" or name in inline or (is_python and re.match(r"-[A-Za-z]*c", argument)):
            yield finding(NAME, BLOCKING, f"{name} runs code out of the arguments.")
            return
        if not is_python and name in _LOADING:
            yield finding(NAME, BLOCKING, f"{name} loads other code, or opens a door into the program.")
            return
    if not script.startswith("/"):
        yield finding(NAME, BLOCKING, "An interpreter needs the absolute path of the script that it runs.")
