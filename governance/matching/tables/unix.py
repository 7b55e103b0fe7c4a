"""The tools of every Unix system. Source: their manual pages (GNU coreutils 9, findutils 4.9, and so on)."""

from __future__ import annotations

from governance.matching.tables.programs import (
    Program,
    harmless,
    reaches,
    reads,
    runs,
    words,
    writes,
)

PATTERN_FIRST = {"first_operand": "pattern"}
NO_PATHS = {"takes_paths": False}

UNIX: dict[str, Program] = {
    # Neither run nor write anything, whatever their options; and show no file's content.
    **{
        name: harmless(values, tells_names_only=True)
        for name, values in {
            "ls": "-I -w --ignore",
            "dir": "",
            "stat": "-c --format",
            "du": "-d --max-depth --exclude",
            "df": "-t -x",
            "realpath": "",
            "readlink": "",
            "[": "",
            "[[": "",
            "test": "",
            "which": "",
            "type": "",
        }.items()
    },
    # Neither run nor write anything, whatever their options.
    **{
        name: harmless(values)
        for name, values in {
            "cat": "",
            "head": "-n -c --lines --bytes",
            "wc": "",
            "nl": "-b -w -s",
            "tac": "",
            "rev": "",
            "cut": "-d -f -c -b --delimiter --fields --characters",
            "paste": "-d",
            "join": "-t -1 -2 -o",
            "comm": "",
            "cmp": "-n",
            "diff": "-U -C -x -I -W --label",
            "fold": "-w",
            "fmt": "-w",
            "column": "-t -s",
            "expand": "-t",
            "unexpand": "-t",
            "od": "-A -t -N -j",
            "hexdump": "-n -s -e",
            "strings": "-n",
            "cksum": "",
            "md5sum": "",
            "sha1sum": "",
            "sha256sum": "",
            "sha512sum": "",
            "b2sum": "",
            "tail": "-n -c --lines --bytes",
            "pwd": "",
            "true": "",
            "false": "",
            ":": "",
            "uname": "",
            "nproc": "",
            "id": "",
            "whoami": "",
            "groups": "",
            "tty": "",
            "uptime": "",
            "free": "",
            "ps": "-o -p -u -C",
            "pgrep": "-u",
            "lsof": "-p -i",
            "cal": "",
            "locale": "",
            "getconf": "",
        }.items()
    },
    **{
        name: harmless(values, **NO_PATHS)
        for name, values in {
            "echo": "",
            "seq": "-s -f",
            "sleep": "",
            "basename": "-s",
            "dirname": "",
            "expr": "",
        }.items()
    },
    **{
        name: harmless(
            "-e -f -m -A -B -C --include --exclude --exclude-dir --max-count --regexp --file",
            texts=words("-e --regexp --include --exclude --exclude-dir"),
            givers=words("-e -f --regexp --file"),
            **PATTERN_FIRST,
        )
        for name in ("grep", "egrep", "fgrep", "zgrep")
    },
    "tr": harmless(takes_paths=False),
    "printf": Program(options=(writes("-v", "sets a variable"),), takes_paths=False),
    "mkdir": Program(values=words("-m")),
    "touch": Program(values=words("-d -t -r")),
    "cp": Program(values=words("-t -S")),
    "mv": Program(values=words("-t -S")),
    "ln": Program(values=words("-t -S")),
    "install": Program(
        options=(runs("--strip-program", "strips with that program"),), values=words("-m -o -g -t")
    ),
    "rm": Program(),
    "rmdir": Program(),
    "tee": Program(),
    "chmod": Program(),
    "chown": Program(),
    "truncate": Program(values=words("-s")),
    "cd": Program(),
    "pushd": Program(),
    "sort": Program(
        options=(
            runs("--compress-program", "compresses temporary files with it"),
            writes("-o --output", "writes a file"),
            reads("--files0-from", "takes its files from a file"),
            writes("-T --temporary-directory", "writes temporary files there"),
        ),
        values=words("-k -t -S --key --field-separator --parallel"),
        texts=words("-t --field-separator"),
        is_reading=True,
    ),
    "uniq": Program(values=words("-f -s -w"), is_reading=True),
    "shuf": Program(options=(writes("-o --output", "writes a file"),), values=words("-n -i")),
    "split": Program(
        options=(runs("--filter", "runs a command for each piece"),), values=words("-l -b -n -a")
    ),
    "csplit": Program(values=words("-f -n")),
    "bat": Program(
        options=(
            runs(
                "--pager --paging --diff --config-file --generate-config-file",
                "starts a pager or writes",
                harmless="never",
            ),
        ),
        values=words("-l --language -r --line-range --style --theme -H"),
        is_reading=True,
    ),
    "7z": Program(
        options=(reads("-i@: -x@: @:", "takes names from a file"), writes("-sdel", "removes what it packs")),
        has_long_single_dash=True,
    ),
    "iconv": Program(options=(writes("-o --output", "writes a file"),), values=words("-f -t")),
    "dd": Program(options=(writes("of=:", "writes a file or a device"),)),
    "date": Program(
        options=(
            writes("-s --set", "sets the clock"),
            reads("-f --file", "shows a file's lines in its errors", harmless=r"(?!.*/)%.*"),
        ),
        values=words("-d --date -j -v -r"),
        takes_paths=False,
    ),
    "hostname": Program(options=(reads("-F --file", "sets the name from a file"),)),
    "file": Program(
        options=(
            writes("-C --compile", "writes a compiled table"),
            reads("-m --magic-file -f --files-from", "reads rules"),
        )
    ),
    "xxd": Program(options=(writes("-r", "writes bytes back"),), values=words("-l -s -c -g")),
    "tree": Program(
        options=(writes("-o -R", "writes a file"),),
        values=words("-L -P -I"),
        texts=words("-P -I"),
        is_reading=True,
        tells_names_only=True,
    ),
    "find": Program(
        options=(
            runs("-exec -execdir -ok -okdir", "runs a command on what it finds"),
            writes("-delete", "removes what it finds"),
            writes("-fprint -fprint0 -fprintf -fls -fprint: -fls:", "writes a file"),
            reads("-files0-from", "takes its folders from a file"),
        ),
        values=words(
            "-name -iname -path -ipath -wholename -iwholename -regex -iregex -type -maxdepth -mindepth "
            "-size -mtime -mmin -atime -ctime -perm -user -group -printf -lname -newermt"
        ),
        texts=words("-name -iname -path -ipath -wholename -iwholename -regex -iregex -printf -lname"),
        has_long_single_dash=True,
        is_reading=True,
        tells_names_only=True,
    ),
    "fd": Program(
        options=(runs("-x -X --exec --exec-batch", "runs a command on what it finds"),),
        values=words("-e -t -d -E --extension --type --max-depth --exclude"),
        texts=words("-e -E --extension --exclude"),
        first_operand="pattern",
        is_reading=True,
        tells_names_only=True,
    ),
    "rg": Program(
        options=(
            runs("--pre --hostname-bin", "runs a program"),
            runs("-z --search-zip", "runs programs that unpack"),
            reads("-f --file", "reads its patterns from a file"),
        ),
        values=words(
            "-e -g -t -T -A -B -C -m --glob --type --type-not --max-count --max-depth --iglob -M -j --sort "
            "--regexp"
        ),
        texts=words("-e -g --glob --iglob --regexp"),
        givers=words("-e -f --regexp --file --files"),
        first_operand="pattern",
        is_reading=True,
    ),
    "ag": Program(options=(runs("--pager", "runs a program"),), first_operand="pattern"),
    "ack": Program(
        options=(runs("--pager", "runs a program"), reads("--ackrc", "takes configuration from elsewhere")),
        first_operand="pattern",
    ),
    "sed": Program(
        options=(
            writes("-i --in-place", "changes files"),
            runs("-f --file", "takes its script from a file"),
        ),
        values=words("-e -l --expression --line-length"),
        texts=words("-e --expression"),
        givers=words("-e --expression"),
        first_operand="code",
        is_reading=True,
    ),
    **{
        name: Program(
            options=(
                runs(
                    "-f --file -E --exec -i --include -l --load -e --source -W", "takes code from elsewhere"
                ),
                writes("-o --pretty-print -d --dump-variables -p --profile", "writes a file"),
                runs("-D --debug", "starts its debugger"),
            ),
            values=words("-F -v --field-separator --assign"),
            texts=words("-F --field-separator"),
            first_operand="code",
            is_reading=True,
        )
        for name in ("awk", "gawk", "mawk", "nawk", "original-awk")
    },
    "tar": Program(
        options=(
            runs("--to-command --checkpoint-action -I --use-compress-program", "runs a program"),
            runs("-F --info-script --new-volume-script --rsh-command --rmt-command", "runs a program"),
            writes("-P --absolute-names", "writes outside the folder"),
            writes("--remove-files", "removes what it packs"),
            reads("-T --files-from -X --exclude-from", "takes names, and options, from a file"),
        ),
        values=words("-f -C --file --directory --exclude --strip-components --transform"),
        texts=words("--exclude --transform --strip-components"),
        has_bundle_first=True,
    ),
    "zip": Program(
        options=(
            runs("-T -TT --unzip-command --test", "runs a program"),
            writes("-m --move", "removes what it packs"),
        )
    ),
    "unzip": Program(options=(writes("-::", "writes outside the folder"),), values=words("-d -x")),
    "cpio": Program(
        options=(
            runs("--rsh-command", "runs a program"),
            writes("-O -F --file", "writes a file"),
            writes("--absolute-filenames", "writes outside the folder"),
        )
    ),
    "patch": Program(
        options=(writes("-o --output -r --reject-file", "writes a file"), runs("-e --ed", "runs ed")),
        values=words("-p -i -d --strip --input --directory"),
    ),
    "sdiff": Program(
        options=(writes("-o --output", "writes a file"), runs("--diff-program", "runs a program"))
    ),
    "diff3": Program(options=(runs("--diff-program", "runs a program"),)),
    "less": Program(
        options=(
            writes("-o -O --log-file --LOG-FILE", "writes a file"),
            runs("+:", "gives it commands"),
            reads("-k --lesskey-file --lesskey-src --lesskey-content", "gives its keys commands"),
        )
    ),
    "more": Program(options=(runs("+:", "gives it commands"),)),
    "man": Program(
        options=(
            runs("-P --pager -H --html -X --gxditview -T --troff-device -p --preprocessor", "runs a program"),
            reads(
                "-C --config-file -M --manpath -l --local-file", "takes pages or configuration from elsewhere"
            ),
        )
    ),
    "env": Program(
        options=(
            runs("-S --split-string", "splits a string into a command"),
            reaches("-C --chdir", "changes the folder"),
        )
    ),
    "systemctl": Program(
        options=(reaches("-H --host -M --machine --root", "acts on another system"),),
        subcommands=dict.fromkeys(
            words(
                "status show is-active is-enabled is-failed list-units list-unit-files list-timers "
                "list-dependencies cat help start stop restart reload"
            ),
            Program(takes_paths=True),
        ),
        dangerous_subcommands=dict.fromkeys(
            words(
                "enable disable link mask unmask edit revert set-property set-environment unset-environment "
                "import-environment isolate daemon-reexec reenable preset add-wants add-requires poweroff "
                "reboot halt kexec switch-root"
            ),
            "changes which services run",
        ),
    ),
    "journalctl": Program(
        options=(
            writes("--vacuum-size --vacuum-time --vacuum-files --rotate", "removes log entries"),
            reaches("-D --directory --root -M --machine", "reads another system's log"),
        )
    ),
    "crontab": Program(options=(runs("-e -r -i", "changes what runs by itself"),), first_operand="code"),
    "at": Program(options=(runs("-f --file -t --time now:", "runs commands later"),), first_operand="code"),
    "batch": Program(is_interpreter=True, options=(runs("-f", "runs commands later"),)),
    "xargs": Program(options=(reads("-a --arg-file", "takes words from a file"),)),
    "strace": Program(),
    "hg": Program(
        options=(
            runs("--config --config-file --debugger --profile -t --tool", "sets any configuration"),
            reaches("--cwd -R --repository", "works elsewhere"),
        ),
        values=words("-m --message -u --user -r --rev"),
        texts=words("-m --message -u --user"),
    ),
    "svn": Program(
        options=(
            runs("--config-option --config-dir --diff-cmd --diff3-cmd --editor-cmd", "runs a program"),
            reads("-F --file --targets", "reads a file"),
        ),
        values=words("-m --message -r"),
        texts=words("-m --message"),
    ),
    "openssl": Program(
        dangerous_subcommands={"s_server": "opens a port", "engine": "loads a library"},
        options=(
            runs("-engine -provider -provider-path -config", "loads a library"),
            writes("-out -writerand -keyout -sess_out -signer", "writes a file"),
        ),
        has_long_single_dash=True,
    ),
    "gpg": Program(
        options=(
            writes("-o --output", "writes a file"),
            runs(
                "--exec-path --photo-viewer --agent-program --dirmngr-program --pinentry-program "
                "--keyserver-options",
                "runs a program",
            ),
        )
    ),
    "base64": harmless("-w"),
    "gzip": Program(values=words("-S")),
    "mount": Program(
        options=(reaches("-a -t -o --bind", "changes what the folders are"),), first_operand="code"
    ),
    "umount": Program(first_operand="code"),
}
