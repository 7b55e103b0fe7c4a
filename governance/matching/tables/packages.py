"""Package managers, build tools, test runners and linters: what gives them code, or lets them fetch or write.

A wildcard covers what the project's own files tell them to do; what comes from elsewhere needs a rule for it.
"""

from __future__ import annotations

from governance.matching.tables.programs import Program, reaches, reads, runs, words, writes

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

PACKAGES: dict[str, Program] = {
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
}
