"""git: what its options and subcommands can run or write. Source: git's manual pages, 2.39 to 2.47.

Its configuration can run programs for many subcommands; an agent that may write `.git/config` needs no
option for it. What is kept off here is what the command line itself brings along.
"""

from __future__ import annotations

from governance.matching.tables.programs import Program, reaches, reads, runs, words, writes

DIFF = (
    runs("--ext-diff", "runs the configured diff program"),
    runs("--textconv", "runs the configured converter"),
    writes("--output", "writes the diff to a file"),
)
TRANSPORT = (
    runs("--upload-pack --receive-pack --exec", "names the program at the other end"),
    runs("ext::: fd:::", "names a program as the transport"),
    runs("--server-option", "is handed to the other end's program"),
)
PLAIN = Program()
DIFFING = Program(options=DIFF)
MESSAGE = words("-m --message --author --date")
LOG_TEXTS = words("-S -G --grep --author --committer -m --message --since --until --format --pretty --date")
STRATEGIES = "ours|theirs|recursive|ort|resolve|octopus|subtree"

GIT = Program(
    options=(
        runs("-c --config-env", "sets any configuration, aliases and pagers included"),
        runs("--exec-path", "names the folder of git's own programs"),
        runs("-p --paginate", "starts the configured pager"),
        reads("--git-dir --work-tree --attr-source --super-prefix", "takes configuration from elsewhere"),
    ),
    values=words("-C --namespace"),
    subcommands={
        **dict.fromkeys(
            words(
                "add branch check-ignore cherry-pick clean count-objects describe fsck gc "
                "ls-files ls-tree merge-base mv name-rev prune read-tree reset restore "
                "rev-list rev-parse revert rm show-ref sparse-checkout status switch "
                "symbolic-ref update-index update-ref version worktree write-tree "
                "checkout cherry show-branch for-each-ref merge-tree hash-object verify-commit "
                "verify-tag check-attr check-mailmap check-ref-format stripspace var"
            ),
            PLAIN,
        ),
        **dict.fromkeys(words("blame annotate diff diff-files diff-index diff-tree range-diff"), DIFFING),
        **dict.fromkeys(
            words("log show shortlog stash reflog whatchanged"),
            Program(options=DIFF, values=LOG_TEXTS, texts=LOG_TEXTS),
        ),
        **dict.fromkeys(
            words("merge tag"),
            Program(
                values=MESSAGE,
                texts=MESSAGE,
                options=(runs("-s --strategy", "runs a program of that name", harmless=STRATEGIES),),
            ),
        ),
        "apply": Program(options=(writes("--unsafe-paths", "patches outside the tree"),)),
        "am": PLAIN,
        "help": Program(options=(runs("-w --web", "starts a browser"),)),
        "archive": Program(
            options=(
                runs("--exec", "names the program at the other end"),
                reaches("--remote", "asks another repository"),
                writes("-o --output", "writes a file"),
            )
        ),
        "bisect": Program(dangerous_subcommands={"run": "runs a program for each step"}),
        "bundle": Program(dangerous_subcommands={"create": "writes a file"}),
        "cat-file": Program(options=(runs("--textconv --filters", "runs the configured converter"),)),
        "clone": Program(
            options=(
                *TRANSPORT,
                runs("-u", "names the program at the other end"),
                runs("-c --config", "sets any configuration"),
                runs("--template", "brings hooks along"),
                writes("--separate-git-dir", "writes elsewhere"),
                runs("--recurse-submodules --recursive", "fetches from wherever the repository says"),
            )
        ),
        "commit": Program(
            values=words("-m --message --author --date -C --fixup --squash --cleanup --trailer"),
            texts=words("-m --message --author --date --trailer"),
        ),
        "config": Program(
            options=(
                runs(
                    "--add --replace-all --unset --unset-all --rename-section --remove-section -e --edit",
                    "changes what git runs",
                ),
                reads("-f --file --blob", "takes configuration from elsewhere"),
            ),
            dangerous_subcommands=dict.fromkeys(
                ("set", "unset", "edit", "rename-section", "remove-section"), "changes what git runs"
            ),
        ),
        "fetch": Program(options=TRANSPORT),
        "format-patch": Program(options=(*DIFF, writes("-o --output-directory", "writes files there"))),
        "grep": Program(
            options=(
                runs("-O --open-files-in-pager", "starts a program on the files"),
                runs("--ext-grep --textconv", "runs a configured program"),
            ),
            values=words("-e -f -A -B -C -m"),
            texts=words("-e"),
            givers=words("-e -f"),
            first_operand="pattern",
        ),
        "init": Program(
            options=(
                runs("--template", "brings hooks along"),
                writes("--separate-git-dir", "writes elsewhere"),
            )
        ),
        "ls-remote": Program(options=TRANSPORT),
        "notes": Program(values=MESSAGE, texts=MESSAGE),
        "pull": Program(options=TRANSPORT),
        "push": Program(options=TRANSPORT),
        "rebase": Program(options=(runs("-x --exec", "runs a command after each commit"),)),
        "remote": Program(options=(runs("ext::: fd:::", "names a program as the transport"),)),
        "submodule": Program(
            options=TRANSPORT, dangerous_subcommands={"foreach": "runs a command in each submodule"}
        ),
    },
    dangerous_subcommands={
        "credential": "hands out stored passwords",
        "daemon": "serves the repository",
        "difftool": "starts a program on the files",
        "fast-import": "rewrites the repository from a stream",
        "filter-branch": "runs commands over the whole history",
        "hook": "runs hooks",
        "instaweb": "starts a web server",
        "interpret-trailers": "runs configured commands",
        "maintenance": "schedules commands",
        "mergetool": "starts a program on the files",
        "send-email": "sends files away",
        "shell": "is a shell",
        "upload-archive": "is the other end of a transport",
        "upload-pack": "is the other end of a transport",
        "receive-pack": "is the other end of a transport",
    },
)
