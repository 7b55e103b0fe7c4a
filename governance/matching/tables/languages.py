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
            "--userconfig --globalconfig -g --global --registry --location --cache --modules-folder",
            "acts elsewhere",
        ),
    ),
    values=words("--prefix -C --dir --cwd --filter -F -w --workspace --tag --loglevel"),
    takes_abbreviations=False,
    spelled_after={"exec": 1, "x": 1, "dlx": 1, "explore": 2, "create": 1, "init": 1},
    harmless_forms={
        "config": words("get list ls"),
        "pkg": words("get"),
        "token": words("list"),
        "init": words("-y --yes"),
        **dict.fromkeys(("exec", "x", "dlx", "create"), words("--help")),
    },
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
        runs("*=:", "sets variables of the rules, the shell included"),
        runs("--jobserver-style --jobserver-auth", "talks to another make"),
    ),
    values=words("-C --directory -o -W --what-if --old-file"),
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
                writes(
                    "-t --target --root --prefix --log --report -d --dest -w --wheel-dir --src --cache-dir",
                    "writes elsewhere",
                ),
            ),
            values=words("--timeout --retries -r --requirement -c --constraint"),
            dangerous_subcommands={"config": "changes what it runs"},
            harmless_forms={"config": words("list get debug")},
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
        harmless_forms={"tool": words("list dir"), "self": words("version")},
        spelled_after={"run": 1, "tool": 2, "x": 1},
    ),
    **dict.fromkeys(
        ("poetry", "pdm", "hatch", "rye", "pipenv", "pipx"),
        Program(
            options=(
                reaches("--directory --index-url -i --pypi-mirror --python --repository", "works elsewhere"),
            ),
            values=words("-C --project -P"),
            dangerous_subcommands={
                "run": "runs a program",
                "shell": "starts a shell",
                "config": "changes where it fetches from",
                "publish": "sends the project away",
                "self": "replaces itself or adds plugins",
                "plugin": "loads code",
                "runpip": "runs a program",
                "install-all": "installs programs",
                "inject": "installs programs",
            },
            spelled_after={"run": 1},
            harmless_forms={"config": words("--list")},
        ),
    ),
    "bundle": Program(
        options=(reaches("--gemfile --path --retry --source", "works elsewhere"),),
        dangerous_subcommands={
            "exec": "runs a program",
            "config": "changes what it runs",
            "console": "runs code",
            "open": "starts an editor",
            "plugin": "loads code",
            "gem": "makes a project",
        },
        spelled_after={"exec": 1},
        harmless_forms={"config": words("list get")},
    ),
    "gem": Program(
        options=(
            reaches(
                "-s --source --clear-sources -i --install-dir --config-file", "takes packages from elsewhere"
            ),
        ),
        dangerous_subcommands={
            "exec": "runs a package's program",
            "open": "starts an editor",
            "push": "sends a package away",
            "sources": "changes where it fetches from",
            "signin": "handles passwords",
        },
    ),
    "composer": Program(
        options=(reaches("-d --working-dir --repository --repository-url", "works elsewhere"),),
        dangerous_subcommands={
            "exec": "runs a program",
            "config": "changes what it runs",
            "global": "acts elsewhere",
            "create-project": "fetches and runs a project",
            "self-update": "replaces itself",
        },
        spelled_after={"exec": 1},
    ),
    "rake": Program(
        options=(
            runs(
                "-e --execute -E --execute-continue -p --execute-print -f --rakefile -r --require -I "
                "--libdir "
                "-R --rakelibdir -N -g --system",
                "runs code from elsewhere",
            ),
        )
    ),
    **dict.fromkeys(
        ("rails", "bin/rails"),
        Program(
            dangerous_subcommands={
                "runner": "runs code",
                "r": "runs code",
                "console": "runs code",
                "c": "runs code",
                "dbconsole": "runs code",
                "db": "runs code",
                "new": "runs a template",
                "plugin": "makes a project",
                "app:template": "runs a template",
                "credentials:edit": "starts an editor",
            }
        ),
    ),
    "mix": Program(
        dangerous_subcommands={
            "run": "runs code",
            "eval": "runs code",
            "cmd": "runs a command",
            "do": "runs other tasks",
            "archive.install": "installs code",
            "escript.install": "installs code",
        }
    ),
    "dotnet": Program(
        options=(runs("-p: /p: --property: @: -logger: --logger --settings", "sets what it runs"),),
        dangerous_subcommands={
            "run": "runs the program",
            "exec": "runs a program",
            "fsi": "runs code",
            "tool": "installs or runs programs",
            "msbuild": "runs any target",
            "new": "runs a template",
            "nuget": "sends or fetches packages",
            "script": "runs code",
        },
        takes_abbreviations=False,
    ),
    **dict.fromkeys(
        ("ts-node", "tsx", "esno", "swc-node"),
        Program(
            options=(
                runs("-e --eval -p --print -r --require --import --loader -i --interactive", "runs code"),
                runs("-C --compiler --cwd-mode --scope-dir -P --project --script-mode", "loads code"),
            ),
            takes_abbreviations=False,
            is_interpreter=True,
        ),
    ),
    **dict.fromkeys(
        (
            "elixir",
            "scala",
            "groovy",
            "kotlin",
            "clojure",
            "clj",
            "ocaml",
            "runghc",
            "runhaskell",
            "crystal",
            "nim",
            "bb",
        ),
        Program(
            options=(
                runs(
                    "-e --eval -r --require -S -i --init -M -X -T -A -m --main --report -pa -pz "
                    "--erl --rpc-eval "
                    "-classpath -cp",
                    "runs code from the command line",
                ),
            ),
            is_interpreter=True,
        ),
    ),
    **dict.fromkeys(
        ("jest", "vitest", "mocha", "ava", "playwright", "cypress", "karma"),
        Program(
            options=(
                runs(
                    "-c --config --globalSetup --globalTeardown --setupFiles --setupFilesAfterEnv "
                    "--runner --resolver "
                    "--testRunner --transform --reporters --environment --testEnvironment -r "
                    "--require --import "
                    "--loader --rootDir --root --dir --node-option --config-file --ui",
                    "loads code",
                    harmless="node|jsdom|happy-dom|default|verbose|summary|dot|line|list|spec|tap|progress|forks|threads",
                ),
                writes(
                    "--outputFile --coverageDirectory --output --reporter-options --json-output",
                    "writes a file",
                ),
            ),
            values=words("-t --testNamePattern -g --grep --project"),
            texts=words("-t --testNamePattern -g --grep"),
            takes_abbreviations=False,
        ),
    ),
    "ruff": Program(
        options=(
            writes("-o --output-file", "writes a file"),
            reads(
                "--config",
                "takes configuration from elsewhere",
                harmless=r"(?!/|~|.*\.\.).*(?:ruff|pyproject)\.toml",
            ),
            reaches("--cache-dir", "writes elsewhere"),
        ),
        values=words(
            "--select --ignore --extend-select --output-format --line-length --target-version --exclude"
        ),
        takes_abbreviations=False,
    ),
    "mypy": Program(
        options=(
            runs(
                "--python-executable --install-types --custom-typeshed-dir --shadow-file",
                "runs a program or loads code",
            ),
            reads(
                "--config-file",
                "takes configuration, and plugins, from elsewhere",
                harmless=r"(?:\./)?(?:mypy\.ini|setup\.cfg|pyproject\.toml|\.mypy\.ini)",
            ),
            runs("-c --command -m --module -p --package", "checks code from elsewhere"),
            writes(
                "--html-report --xml-report --txt-report --any-exprs-report --cobertura-xml-report "
                "--linecount-report --linecoverage-report --lineprecision-report --xslt-html-report "
                "--xslt-txt-report --junit-xml --cache-dir",
                "writes files",
            ),
        ),
        takes_abbreviations=False,
    ),
    "black": Program(
        options=(
            runs("-c --code", "takes code"),
            reads("--config", "takes configuration from elsewhere", harmless=r"(?:\./)?pyproject\.toml"),
        ),
        takes_abbreviations=False,
    ),
    "flake8": Program(
        options=(
            runs(
                "--config --append-config --format",
                "loads code",
                harmless="default|pylint|setup.cfg|.flake8|tox.ini",
            ),
            writes("--output-file --tee", "writes a file"),
        ),
        takes_abbreviations=False,
    ),
    "pylint": Program(
        options=(
            runs("--load-plugins --rcfile --init-hook --generate-toml-config", "loads code"),
            writes("--output", "writes a file"),
        ),
    ),
    "tox": Program(
        options=(
            runs(
                "-c --conf --root --workdir -x --override --installpkg --devenv -i",
                "takes commands from elsewhere",
            ),
        ),
        dangerous_subcommands={"exec": "runs a program", "e": "runs a program"},
    ),
    "nox": Program(options=(runs("-f --noxfile", "takes commands from elsewhere"),)),
    "pre-commit": Program(
        options=(runs("-c --config", "takes commands from elsewhere"),),
        dangerous_subcommands={
            "try-repo": "fetches and runs code",
            "init-templatedir": "brings hooks along",
            "install": "makes hooks run by themselves",
            "hook-impl": "runs hooks",
        },
    ),
    "webpack": Program(
        options=(runs("-c --config --node-env-file -o --output-path", "loads code or writes"),)
    ),
    "vite": Program(options=(runs("-c --config --outDir", "loads code or writes"),)),
    "rollup": Program(options=(runs("-c --config -p --plugin -o --file -d --dir", "loads code or writes"),)),
    "esbuild": Program(options=(writes("--outfile --outdir --servedir", "writes files"),)),
    "babel": Program(
        options=(
            runs("--config-file --plugins --presets -o --out-file -d --out-dir", "loads code or writes"),
        )
    ),
    "protoc": Program(
        options=(runs("--plugin @:", "runs a program"), writes("--descriptor_set_out -o", "writes a file"))
    ),
    "ninja": Program(options=(reads("-f", "takes rules from elsewhere"),), values=words("-C -j")),
    "just": Program(
        options=(
            runs(
                "-f --justfile -d --working-directory --shell --shell-arg -c --command --set -e --edit",
                "runs other code",
            ),
        )
    ),
    "task": Program(options=(runs("-t --taskfile -d --dir --global -g", "runs other code"),)),
    "cargo": Program(
        options=(
            runs("--config -Z +:", "sets which programs build"),
            reaches(
                "--manifest-path --target-dir --registry --index --git -C --lockfile-path", "works elsewhere"
            ),
        ),
        values=words("-p --package --features -F -j --jobs --test --bin --example --target --profile"),
        subcommands=dict.fromkeys(
            words(
                "build b check c clean doc d new init add remove rm test t bench update search fmt "
                "clippy tree "
                "metadata fetch vendor verify-project version help generate-lockfile locate-project "
                "pkgid fix "
                "package nextest audit deny outdated machete udeps sort llvm-cov tarpaulin expand "
                "hack info rustdoc"
            ),
            Program(
                options=(
                    runs("--config -Z", "sets which programs build"),
                    reaches(
                        "--manifest-path --target-dir --registry --index --git -C --lockfile-path",
                        "works elsewhere",
                    ),
                ),
                values=words(
                    "-p --package --features -F -j --jobs --test --bin --example --target --profile -i"
                ),
            ),
        ),
        dangerous_subcommands={
            "watch": "runs commands",
            "make": "runs tasks",
            "script": "runs code",
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
                "-o -coverprofile -cpuprofile -memprofile -trace -outputdir -test.outputdir -mutexprofile "
                "-blockprofile",
                "writes a file",
            ),
        ),
        values=words("-C -run -bench -count -timeout -tags -p -parallel"),
        texts=words("-run -bench"),
        dangerous_subcommands={
            "run": "runs a program",
            "generate": "runs what the sources name",
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
            runs("exec: -Dexec: -D:", "runs a program, or sets what runs", harmless="-DskipTests(?:=true)?"),
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
                "--pdbcls --pdb -c --rootdir --confcutdir -o --override-ini --import-mode "
                "--config-file --pyargs",
                "loads code or takes configuration from elsewhere",
            ),
            runs("-p", "loads code", harmless=r"no:[\w.-]+"),
            writes(
                "--basetemp --junitxml --junit-xml --debug --pastebin --log-file --resultlog",
                "writes a file or sends it",
            ),
        ),
        values=words("-k -m -n -r -W --maxfail --tb --durations"),
        texts=words("-k -m -W"),
    ),
    "prettier": Program(
        options=(runs("--plugin --config --plugin-search-dir", "loads code"),),
        values=words("--ignore-path"),
    ),
    "eslint": Program(
        options=(
            runs(
                "-c --config --plugin --rulesdir --parser --resolve-plugins-relative-to --flag",
                "loads code",
            ),
            runs(
                "-f --format",
                "loads code",
                harmless="stylish|json|compact|unix|html|junit|tap|checkstyle|visualstudio|json-with-metadata",
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
        ),
        values=words("-p --project -b --build --target --module"),
    ),
    "jq": Program(
        options=(
            runs("-f --from-file -L --library-path", "takes its program from a file"),
            reads("--rawfile --slurpfile --argfile", "reads a file"),
        ),
        values=words("--indent"),
        first_operand="pattern",
        takes_abbreviations=False,
        is_reading=True,
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
