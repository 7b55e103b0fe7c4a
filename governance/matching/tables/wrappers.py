"""Programs that run the program named in their operands, or in a string.

HARMLESS: the program behind them is judged as if they were not there. FOLLOWED: which words are the command
is worked out exactly, so an allow rule can cover both. The others only strengthen denials: each of their
operands may begin a command (ANYWHERE), or each one after a certain word (AFTER).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HarmlessWrapper:
    """flags take no value, values take one; operands: how many come before the command."""

    why: str
    flags: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()
    operands: int = 0


HARMLESS: Mapping[str, HarmlessWrapper] = {
    "command": HarmlessWrapper("skips functions of that name", frozenset({"-p"})),
    "nice": HarmlessWrapper("lowers the priority", values=frozenset({"-n", "--adjustment"})),
    "time": HarmlessWrapper("measures how long it takes", frozenset({"-p"})),
    "timeout": HarmlessWrapper(
        "ends it after a while",
        frozenset({"--foreground", "--preserve-status", "-v", "--verbose"}),
        frozenset({"-k", "--kill-after", "-s", "--signal"}),
        operands=1,
    ),
}

# How a wrapper that is followed takes its options: (flags, options with a value in the next word).
FOLLOWED: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    name: (frozenset(flags.split()), frozenset(values.split()))
    for name, flags, values in (
        ("sudo", "-n -E -H -k -b -S --non-interactive --set-home --", "-u --user -g --group"),
        ("doas", "-n", "-u"),
        ("env", "-i - --ignore-environment", "-u --unset"),
        ("nohup", "", ""),
        ("setsid", "-w --wait -f --fork", ""),
        ("stdbuf", "", "-i -o -e"),
        ("ionice", "-t", "-c -n"),
        ("exec", "-c -l", "-a"),
        ("builtin", "", ""),
        ("xargs", "-0 -r -t -x --null --no-run-if-empty --verbose", "-d -n -P -L -s --max-args --max-procs"),
        ("chronic", "", ""),
        ("busybox", "", ""),
        ("toybox", "", ""),
    )
}
# These put words of their own behind the command's: from standard input, or file names.
APPENDING = frozenset({"xargs"})

ANYWHERE: Mapping[str, str] = {
    name: why
    for why, names in (
        ("runs it as another user", "sudo doas su runuser pkexec gosu su-exec sg newgrp chpst setuidgid"),
        ("runs it as another user", "s6-setuidgid envuidgid softlimit sudoedit run0 please calife"),
        ("is a modifier of another shell", "noglob nocorrect repeat"),
        ("runs it as the first process", "tini dumb-init catatonit start-stop-daemon daemonize daemon"),
        ("runs it in other surroundings", "env exec builtin nohup setsid stdbuf ionice chrt taskset numactl"),
        (
            "runs it within limits",
            "prlimit systemd-run setpriv ulimit cgexec cpulimit trickle systemd-inhibit",
        ),
        ("runs it within limits", "eatmydata faketime schedtool systemd-cat run-one retry sem"),
        ("runs it in another root or namespace", "chroot nsenter unshare bwrap firejail proot fakeroot"),
        ("runs it in another root or namespace", "systemd-nspawn lxc-attach lxc-execute machinectl capsh"),
        ("runs it in another root or namespace", "fakechroot pivot_root schroot distrobox-enter toolbox"),
        ("runs it with variables of its own", "cross-env cross-env-shell dotenv direnv mise with-contenv"),
        ("holds many programs", "busybox toybox"),
        ("runs it in another terminal", "unbuffer xvfb-run dbus-run-session winpty rlwrap script coproc"),
        ("runs it in another terminal", "dbus-launch startx xinit ssh-agent dtach abduco sshpass logsave"),
        ("runs it again and again", "xargs parallel entr watch watchexec chronic flock lockf hyperfine ts"),
        ("runs it again and again", "ifne pee vipe lckdo mispipe zrun onchange nodemon run-parts"),
        ("runs it on another system", "wine wine64 mono box64 wsl cmd.exe cmd"),
        ("runs it on another architecture", "arch linux32 linux64 setarch caffeinate catchsegv"),
        (
            "runs it under a debugger",
            "strace ltrace gdb valgrind perf rr uftrace heaptrack truss dtruss bpftrace",
        ),
        ("runs a package's program", "npx pnpx bunx uvx"),
        ("runs it elsewhere", "tsocks usewithtor pdsh clush dsh rsh rexec rlogin"),
        ("runs it elsewhere", "ssh autossh mosh dbclient torsocks torify proxychains proxychains4 adb"),
        ("runs it in a terminal multiplexer", "tmux screen"),
        ("runs it later", "at batch"),
    )
    for name in names.split()
}

# Of these a rule may spell the program behind them: `npx eslint *`.
RUNNERS = frozenset({"npx", "pnpx", "bunx", "uvx"})
# Python runs a module of this name as a program.
MODULES = frozenset({"python", "python2", "python3", "pypy", "pypy3"}) | {
    f"python3.{minor}" for minor in range(8, 16)
}
# The word behind which a program stands; a wildcard covers it only when the rule says that program.
LAUNCHING: Mapping[str, frozenset[str]] = {
    name: frozenset(markers.split())
    for name, markers in (
        ("npm", "exec x explore"),
        ("pnpm", "exec dlx"),
        ("yarn", "exec dlx"),
        ("bun", "x"),
        ("uv", "run"),
        ("pipx", "run runpip"),
        ("poetry", "run"),
        ("pipenv", "run"),
        ("pdm", "run"),
        ("hatch", "run"),
        ("rye", "run"),
        ("bundle", "exec"),
        ("rbenv", "exec"),
        ("pyenv", "exec"),
        ("jenv", "exec"),
        ("nodenv", "exec"),
        ("nvm", "exec"),
        ("fnm", "exec"),
        ("volta", "run"),
        ("asdf", "exec"),
        ("mise", "exec x"),
        ("conda", "run"),
        ("mamba", "run"),
        ("micromamba", "run"),
        ("rustup", "run"),
        ("nix", "-c --command run shell develop"),
        ("nix-shell", "--run --command"),
        ("devbox", "run"),
        ("lerna", "exec"),
        ("rush", "exec"),
        ("heroku", "run local"),
        ("foreman", "run"),
        ("honcho", "run"),
        ("op", "run"),
        ("doppler", "run"),
        ("infisical", "run"),
        ("chamber", "exec"),
        ("aws-vault", "exec"),
        ("vagrant", "ssh"),
        ("lxc", "exec"),
        ("incus", "exec"),
        ("flatpak", "run"),
        ("distrobox", "enter"),
        ("toolbox", "run"),
        ("composer", "exec"),
        ("dotnet", "exec"),
    )
}
# These take commands from their input or from whoever sits before them, whatever file they are given.
COMMANDED: Mapping[str, str] = {
    name: why
    for why, names in (
        (
            "takes commands that can start a shell",
            "ed ex vi vim nvim view vimdiff rvim gvim emacs nano pico mc",
        ),
        ("runs what comes from its input besides", "dc gdb lldb ghci jshell irb pry iex erl R octave maxima"),
        ("takes commands that can start a shell", "ftp sftp lftp telnet psql mysql mariadb mongo mongosh"),
        ("takes commands that can start a shell", "redis-cli cqlsh sqlplus usql impala-shell beeline"),
        ("runs the macros of its files", "m4"),
    )
    for name in names.split()
}

# The words after which a command may begin.
AFTER: Mapping[str, frozenset[str]] = {
    name: frozenset(markers.split())
    for name, markers in (
        ("find", "-exec -execdir -ok -okdir"),
        ("fd", "-x -X --exec --exec-batch"),
        ("fdfind", "-x -X --exec --exec-batch"),
        ("git", "run foreach -x --exec"),
        ("docker", "exec run --entrypoint"),
        ("podman", "exec run --entrypoint"),
        ("nerdctl", "exec run --entrypoint"),
        ("kubectl", "exec run --"),
        ("oc", "exec run rsh --"),
        ("vagrant", "ssh -c --"),
        ("npm", "exec x explore --"),
        ("pnpm", "exec dlx"),
        ("yarn", "exec dlx run"),
        ("bun", "x run exec"),
        ("uv", "run x"),
        ("pipx", "run"),
        ("poetry", "run"),
        ("pipenv", "run"),
        ("pdm", "run"),
        ("hatch", "run"),
        ("rye", "run"),
        ("bundle", "exec"),
        ("rbenv", "exec"),
        ("pyenv", "exec"),
        ("nvm", "exec run"),
        ("volta", "run"),
        ("asdf", "exec"),
        ("nix", "-c --command run shell develop"),
        ("nix-shell", "--run --command"),
        ("ip", "exec"),
        ("go", "-exec"),
        ("rustup", "run"),
        ("ruby-build", "exec"),
        ("mise", "exec x --"),
        ("conda", "run"),
        ("mamba", "run"),
        ("micromamba", "run"),
    )
}

# Whole command lines: the option whose value is one, "" for the first operand and what follows it.
STRINGS: Mapping[str, frozenset[str]] = {
    "eval": frozenset({""}),
    "trap": frozenset({""}),
    "su": frozenset({"-c", "--command"}),
    "runuser": frozenset({"-c", "--command"}),
    "script": frozenset({"-c", "--command"}),
    "flock": frozenset({"-c", "--command"}),
    "npx": frozenset({"-c", "--call"}),
    "npm": frozenset({"-c", "--call"}),
    "env": frozenset({"-S", "--split-string"}),
    "nix-shell": frozenset({"--run", "--command"}),
    "watch": frozenset({""}),
    "ssh": frozenset({""}),
    "parallel": frozenset({""}),
    "hyperfine": frozenset({""}),
    "entr": frozenset({"-s"}),
    "mapfile": frozenset({"-C"}),
    "readarray": frozenset({"-C"}),
    "complete": frozenset({"-C", "-F"}),
    "cross-env-shell": frozenset({""}),
    "concurrently": frozenset({""}),
    "nodemon": frozenset({"-x", "--exec"}),
    "tmux": frozenset({""}),
    "vagrant": frozenset({"-c", "--command"}),
    "git": frozenset({"-x", "--exec", "foreach"}),
}

SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ksh", "mksh", "ash", "fish", "rbash", "csh", "tcsh"})
# Of `bash [option …] -c CODE`: letters that only change how it runs.
SHELL_LETTERS = frozenset("celuxvf")
SHELL_WORDS = frozenset({"--norc", "--noprofile", "--posix", "--login", "--verbose"})
