"""Compilers, build tools, filters and what deploys: options that load code, run it or write elsewhere."""

from __future__ import annotations

from governance.matching.tables.programs import Program, reaches, reads, runs, words, writes

TOOLS: dict[str, Program] = {
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
