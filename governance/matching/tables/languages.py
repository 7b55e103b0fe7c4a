"""Interpreters, editors and build tools: what gives them code on the command line.

A wildcard covers a script of the project that is named as a file; code in an option, from standard input or
from a module of any name needs a rule that spells it.
"""

from __future__ import annotations

from governance.matching.tables.packages import PACKAGE_MANAGER_RUNS
from governance.matching.tables.programs import Program, reaches, reads, runs, words, writes

PYTHON = Program(
    options=(
        runs("-c", "runs code from the command line"),
        runs("-m", "runs any module"),
        runs("-i", "goes on to read code"),
    ),
    values=words("-W -X --check-hash-based-pycs"),
    texts=words("-W -X"),
    takes_abbreviations=False,
    is_interpreter=True,
)
EDITOR = Program(
    options=(
        runs("-c --cmd -S -s -u -U -e -E --startuptime -W -w +:", "gives it commands"),
        reads("-i -V", "takes configuration from elsewhere"),
    )
)
LANGUAGES: dict[str, Program] = {
    **dict.fromkeys(
        words(
            "python python2 python3 pypy pypy3 python3.8 python3.9 python3.10 python3.11 "
            "python3.12 python3.13 python3.14"
        ),
        PYTHON,
    ),
    "node": Program(
        options=(
            runs("-e --eval -p --print -i --interactive -pe", "runs code from the command line"),
            runs("-r --require --import --loader --experimental-loader", "loads a module first"),
            reaches("--inspect --inspect-brk --inspect-port --inspect-wait", "opens a debugger"),
            reads(
                "--env-file --env-file-if-exists --experimental-config-file --build-snapshot",
                "takes settings from a file",
            ),
            runs("--run --test-reporter", "runs a script or module", harmless="spec|tap|dot|junit|lcov"),
            runs("-S --experimental-sea-config --openssl-config --snapshot-blob", "loads code"),
            writes(
                "--redirect-warnings --diagnostic-dir --cpu-prof-dir --heap-prof-dir --report-dir "
                "--report-directory --tls-keylog --trace-event-file-pattern --localstorage-file "
                "--test-reporter-destination",
                "writes a file",
            ),
        ),
        values=words("-C --conditions --title"),
        takes_abbreviations=False,
        is_interpreter=True,
    ),
    "deno": Program(
        options=(runs("--config --import-map --preload", "loads code"),),
        dangerous_subcommands=dict.fromkeys(
            words("eval run repl install serve task x jupyter upgrade compile"), "runs code"
        ),
        is_interpreter=True,
    ),
    "bun": Program(
        options=(runs("-e --eval -p --print -r --preload --config -c", "runs code"),),
        dangerous_subcommands={**PACKAGE_MANAGER_RUNS, "repl": "runs code", "upgrade": "replaces itself"},
        is_interpreter=True,
    ),
    "ruby": Program(
        options=(runs("-e -r -S -x -s -n -p -i -I -C --yjit-log", "runs code from the command line"),),
        values=words("-E -F -K"),
        is_interpreter=True,
    ),
    "perl": Program(
        options=(runs("-e -E -M -m -d -x -S -n -p -i -I -D -s", "runs code from the command line"),),
        is_interpreter=True,
    ),
    "php": Program(
        options=(
            runs(
                "-r -B -R -E -F -z -a -f --run --process-code --process-begin --process-end --process-file",
                "runs code",
            ),
            runs("-d --define -c --php-ini", "sets what it loads"),
            reaches("-S -t", "serves files"),
        ),
        is_interpreter=True,
    ),
    **dict.fromkeys(
        words("lua luajit lua5.1 lua5.3 lua5.4"),
        Program(options=(runs("-e -l -i", "runs code from the command line"),), is_interpreter=True),
    ),
    "Rscript": Program(options=(runs("-e -g --default-packages", "runs code"),), is_interpreter=True),
    "R": Program(options=(runs("-e -f --file --args", "runs code"),), is_interpreter=True),
    "julia": Program(
        options=(runs("-e -E --eval --print -L --load -i -J --sysimage", "runs code"),), is_interpreter=True
    ),
    "tclsh": Program(is_interpreter=True),
    "wish": Program(is_interpreter=True),
    "expect": Program(options=(runs("-c -f -b -i", "runs code"),), is_interpreter=True),
    "osascript": Program(options=(runs("-e -l", "runs code"),), is_interpreter=True),
    "swift": Program(options=(runs("-e", "runs code"),), is_interpreter=True),
    "pwsh": Program(
        options=(runs("-c -Command -e -EncodedCommand -f -File", "runs code"),), is_interpreter=True
    ),
    "powershell": Program(
        options=(runs("-c -Command -e -EncodedCommand", "runs code"),), is_interpreter=True
    ),
    "guile": Program(options=(runs("-c -e -l -s", "runs code"),), is_interpreter=True),
    "sbcl": Program(options=(runs("--eval --load --script", "runs code"),), is_interpreter=True),
    "ghci": Program(is_interpreter=True),
    "jshell": Program(is_interpreter=True),
    "irb": Program(is_interpreter=True),
    "java": Program(
        options=(
            runs(
                "-javaagent:: -agentlib:: -agentpath:: -Xbootclasspath:: -XX:OnError: "
                "-XX:OnOutOfMemoryError:",
                "loads code or runs a program",
            ),
            runs("@:", "takes options from a file"),
        ),
        has_long_single_dash=True,
    ),
    "sqlite3": Program(
        options=(runs("-cmd -init", "runs its commands, which can run a shell"),),
        first_operand="",
        has_long_single_dash=True,
        is_interpreter=True,
    ),
    "psql": Program(
        options=(
            runs(
                "-c -f --command --file -v --set -o --output -L --log-file",
                "runs its commands, which can run a shell",
            ),
        ),
        is_interpreter=True,
    ),
    "mysql": Program(
        options=(
            runs(
                "-e --execute --init-command --pager --tee --plugin-dir --default-auth",
                "runs its commands, which can run a shell",
            ),
        ),
        is_interpreter=True,
    ),
    "gdb": Program(
        options=(runs("-ex -x -iex -ix --eval-command --command -batch --args -p", "runs its commands"),),
        is_interpreter=True,
        has_long_single_dash=True,
    ),
    "ed": Program(is_interpreter=True),
    "ex": Program(is_interpreter=True, options=EDITOR.options),
    "bc": Program(is_interpreter=True),
    "dc": Program(is_interpreter=True, options=(runs("-e -f --expression --file", "runs code"),)),
    **dict.fromkeys(words("vi vim nvim view vimdiff rvim gvim"), EDITOR),
    "emacs": Program(
        options=(
            runs(
                "--eval --execute -f --funcall -l --load --script -x --batch -batch -eval -load -q",
                "runs code",
            ),
        ),
        has_long_single_dash=True,
    ),
    "nano": Program(
        options=(runs("-s --speller -B --backup -C --backupdir -f --rcfile", "runs a program or writes"),)
    ),
}
