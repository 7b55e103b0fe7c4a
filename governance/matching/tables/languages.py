"""Interpreters, editors and build tools: what gives them code on the command line.

A wildcard covers a script of the project that is named as a file; code in an option, from standard input or
from a module of any name needs a rule that spells it.
"""

from __future__ import annotations

from governance.matching.tables.programs import Program, reaches, reads, runs, words, writes

PYTHON = Program(
    options=(
        runs("-c", "runs code from the command line"),
        runs("-m", "runs any module"),
        runs("-i", "goes on to read code"),
    ),
    values=words("-W -X"),
    is_interpreter=True,
)
EDITOR = Program(
    options=(
        runs("-c --cmd -S -s -u -U -e -E --startuptime -W -w +:", "gives it commands"),
        reads("-i -V", "takes configuration from elsewhere"),
    )
)
PACKAGE_MANAGER_RUNS = {
    "exec": "runs a package's program",
    "x": "runs a package's program",
    "dlx": "fetches and runs a package's program",
    "explore": "runs a command",
    "create": "fetches and runs a package's program",
    "init": "fetches and runs a package's program",
    "edit": "starts an editor",
}
NPM = Program(
    options=(
        runs(
            "--script-shell --node-options --shell --editor --viewer --browser --git -c --call",
            "runs a program",
        ),
        reaches(
            "--prefix -C --dir --cwd --userconfig --globalconfig -g --global --registry", "acts elsewhere"
        ),
    ),
    dangerous_subcommands={
        **PACKAGE_MANAGER_RUNS,
        "config": "changes what it runs",
        "set": "changes what it runs",
        "publish": "sends the project away",
        "login": "handles passwords",
        "adduser": "handles passwords",
        "token": "handles passwords",
        "set-script": "changes what it runs",
        "pkg": "changes what it runs",
    },
)
MAKE = Program(
    options=(
        runs("-f --file --makefile --eval -E -I --include-dir", "takes rules from elsewhere"),
        reads("-C --directory", "works in another folder"),
        runs("*=:", "sets variables of the rules, the shell included"),
        runs("--jobserver-style --jobserver-auth", "talks to another make"),
    ),
    values=words("-j -l -o -W"),
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
            runs("--run --test-reporter", "runs a script or module"),
        ),
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
    **dict.fromkeys(("make", "gmake"), MAKE),
    **dict.fromkeys(("npm", "pnpm", "yarn"), NPM),
    **dict.fromkeys(
        ("pip", "pip3"),
        Program(
            options=(
                runs(
                    "-e --editable --config-settings -C --global-option --build-option --install-option",
                    "runs a build",
                ),
                reaches(
                    "-i --index-url --extra-index-url -f --find-links --trusted-host --proxy --python",
                    "takes packages or a program from elsewhere",
                ),
                reads("-r --requirement -c --constraint", "takes options from a file"),
                writes(
                    "-t --target --root --prefix --log --report -d --dest -w --wheel-dir --src --cache-dir",
                    "writes elsewhere",
                ),
            ),
            values=words("--timeout --retries"),
            dangerous_subcommands={"config": "changes what it runs"},
        ),
    ),
    "uv": Program(
        options=(
            reaches(
                "--index --index-url --default-index --extra-index-url --find-links --python -p "
                "--directory --project --config-file",
                "takes packages or a program from elsewhere",
            ),
        ),
        dangerous_subcommands={
            "run": "runs a program",
            "tool": "runs a package's program",
            "x": "runs a package's program",
            "publish": "sends the project away",
            "self": "replaces itself",
        },
    ),
    "cargo": Program(
        options=(
            runs("--config -Z +:", "sets which programs build"),
            reaches("--manifest-path --target-dir --registry --index --git -C", "works elsewhere"),
        ),
        dangerous_subcommands={
            "run": "runs the program",
            "r": "runs the program",
            "install": "builds and installs a package",
            "publish": "sends the project away",
            "login": "handles passwords",
            "xtask": "runs the program",
        },
    ),
    "rustc": Program(
        options=(
            runs("-C --codegen -Z --sysroot", "sets which programs link"),
            writes("-o --out-dir", "writes a file"),
        )
    ),
    "go": Program(
        options=(
            runs(
                "-exec -toolexec -vettool -overlay -modfile -ldflags -gcflags -asmflags "
                "-gccgoflags -compiler -pkgdir",
                "sets which programs build",
            ),
            writes(
                "-o -coverprofile -cpuprofile -memprofile -trace -outputdir -C",
                "writes a file, or works elsewhere",
            ),
        ),
        dangerous_subcommands={
            "run": "runs a program",
            "generate": "runs what the sources name",
            "env": "changes what it runs",
            "install": "installs a program",
            "get": "fetches code",
            "tool": "runs a tool",
            "telemetry": "sends data",
        },
        has_long_single_dash=True,
    ),
    **dict.fromkeys(
        ("gcc", "g++", "cc", "c++", "clang", "clang++"),
        Program(
            options=(
                runs(
                    "-B: -fplugin: -specs: -wrapper -Xclang -load -ld-path: --ld-path -fuse-ld: @:",
                    "loads code or runs a program",
                ),
            ),
            has_long_single_dash=True,
        ),
    ),
    "cmake": Program(
        options=(runs("-P -E -C --preset --build --install --open", "runs a script or command"),),
        has_long_single_dash=False,
    ),
    "mvn": Program(
        options=(
            reads("-f --file -s --settings -gs -t --toolchains", "takes rules from elsewhere"),
            runs("exec:: -D:", "runs a program, or sets what runs"),
        ),
        has_long_single_dash=True,
    ),
    **dict.fromkeys(
        ("gradle", "gradlew", "./gradlew"),
        Program(
            options=(
                runs(
                    "-I --init-script -b --build-file -c --settings-file -p --project-dir -g -P: -D:",
                    "takes rules from elsewhere",
                ),
            )
        ),
    ),
    "bazel": Program(
        options=(runs("--run_under --override_repository --bazelrc", "runs a program"),),
        dangerous_subcommands={"run": "runs a program"},
    ),
    "pytest": Program(
        options=(
            runs(
                "-p --pdbcls --pdb -c --rootdir --confcutdir -o --override-ini --import-mode",
                "loads code or takes configuration from elsewhere",
            ),
            writes(
                "--basetemp --junitxml --junit-xml --debug --pastebin --log-file --resultlog",
                "writes a file or sends it",
            ),
        ),
        values=words("-k -m -n --maxfail --tb --durations"),
    ),
    "prettier": Program(
        options=(
            runs("--plugin --config --plugin-search-dir", "loads code"),
            reads("--ignore-path", "takes configuration from elsewhere"),
        )
    ),
    "eslint": Program(
        options=(
            runs(
                "-c --config --plugin --rulesdir --parser --resolve-plugins-relative-to -f --format",
                "loads code",
            ),
            writes("-o --output-file --cache-location --cache-file", "writes a file"),
        )
    ),
    "tsc": Program(
        options=(
            writes(
                "--outDir --outFile --declarationDir --tsBuildInfoFile --generateTrace --generateCpuProfile",
                "writes files",
            ),
            reads("-p --project", "takes configuration from elsewhere"),
        )
    ),
    "jq": Program(
        options=(
            runs("-f --from-file -L", "takes its program from a file"),
            reads("--rawfile --slurpfile --argfile", "reads a file"),
        ),
        values=words("--indent"),
        first_operand="pattern",
    ),
    "yq": Program(
        options=(
            writes("-i --inplace -s --split-exp", "changes files"),
            runs("--from-file", "takes its program from a file"),
        ),
        first_operand="pattern",
    ),
    "terraform": Program(
        options=(reaches("-chdir:", "works elsewhere"), runs("-plugin-dir:", "loads programs")),
        dangerous_subcommands={
            "apply": "changes what runs",
            "destroy": "removes what runs",
            "console": "evaluates code",
        },
        has_long_single_dash=True,
    ),
    "ansible": Program(options=(runs("-m -a --module-name --args", "runs a command"),)),
    "helm": Program(
        options=(runs("--post-renderer", "runs a program"),),
        dangerous_subcommands={"plugin": "runs programs"},
    ),
}
