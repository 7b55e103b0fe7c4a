"""Programs that talk to other machines, containers or services."""

from __future__ import annotations

from governance.matching.tables.programs import Program, reaches, reads, runs, words, writes

CONTAINER = Program(
    options=(
        reaches(
            "-H --host -c --context --config --url --connection --root --runtime", "talks to another service"
        ),
        reaches(
            "-v --volume --mount --privileged --device --pid --net --network --ipc --userns --cap-add "
            "--security-opt --volumes-from --cgroupns --uts",
            "opens this machine to the container",
        ),
        runs("--entrypoint", "names the program"),
        reads("--env-file -f --file", "takes settings from a file"),
    ),
    values=words("-e --env -w --workdir -u --user --name -p --publish -t --tag -n --tail --format --filter"),
    dangerous_subcommands={
        "run": "runs a program",
        "exec": "runs a program",
        "build": "runs what the file names",
        "buildx": "runs what the file names",
        "compose": "runs what the file names",
        "cp": "copies files in or out",
        "plugin": "loads programs",
        "commit": "makes an image",
        "create": "makes a container",
        "import": "makes an image",
        "load": "makes an image",
        "login": "handles passwords",
        "push": "sends an image away",
        "save": "writes a file",
        "export": "writes a file",
        "swarm": "joins other machines",
    },
)
CLUSTER = Program(
    options=(
        reaches(
            "--kubeconfig --server -s --context --cluster --token --as --as-group --user",
            "acts elsewhere, or as another",
        ),
        reads("-f --filename -k --kustomize", "takes what runs from a file"),
    ),
    values=words("-n --namespace -l --selector -o --output -c --container --tail --since"),
    dangerous_subcommands={
        "exec": "runs a program",
        "run": "runs a program",
        "debug": "runs a program",
        "attach": "talks to a program",
        "cp": "copies files in or out",
        "edit": "starts an editor",
        "port-forward": "opens a port",
        "proxy": "opens a port",
        "plugin": "runs programs",
        "config": "changes where it acts",
        "rsh": "runs a program",
    },
)

NETWORK: dict[str, Program] = {
    "curl": Program(
        options=(
            writes(
                "-o --output -O --remote-name --remote-name-all -J --remote-header-name "
                "--output-dir --create-dirs "
                "-c --cookie-jar -D --dump-header --trace --trace-ascii --stderr --libcurl --hsts --alt-svc "
                "--etag-save --create-file-mode",
                "writes a file",
            ),
            reads(
                "-K --config -b --cookie -n --netrc --netrc-file --netrc-optional -E --cert --key"
                " --cacert -w --write-out --etag-compare",
                "takes settings or passwords from a file",
            ),
            reaches(
                "-T --upload-file -F --form --data-binary --data-urlencode -d --data --data-raw "
                "--data-ascii --json "
                "--url-query -x --proxy --preproxy --socks5 --socks4 --socks4a --socks5-hostname "
                "--resolve --connect-to "
                "--unix-socket --abstract-unix-socket --doh-url -X --request -H --header -u "
                "--user -e --referer -A --user-agent "
                "--interface --dns-servers --variable --expand-url --next -Q --quote",
                "sends data",
            ),
            runs("--engine --proto-default --proto --crlfile", "loads a library or changes the protocol"),
        ),
        values=words("-m --max-time --connect-timeout --retry --retry-delay -r --range --max-redirs"),
    ),
    "wget": Program(
        options=(
            writes(
                "-O --output-document -o --output-file -a --append-output -P --directory-prefix "
                "--save-cookies "
                "--warc-file --warc-tempdir --hsts-file --rejected-log -r --recursive -m --mirror"
                " -N -x --force-directories --delete-after",
                "writes files",
            ),
            runs("--use-askpass -e --execute", "runs a program or sets what it does"),
            reads(
                "-i --input-file --config --load-cookies --certificate --private-key "
                "--ca-certificate -B --base --http-password --password",
                "reads a file",
            ),
            reaches(
                "--post-file --post-data --body-file --body-data --method --header --user "
                "--proxy-user --bind-address --referer -U --user-agent",
                "sends data",
            ),
        ),
        values=words("-t --tries -T --timeout -w --wait --tries"),
    ),
    "ssh": Program(
        options=(
            runs("-o -F -I -J -W -w -D -L -R -S -E -O -P", "runs a program, opens a port or loads a library"),
        ),
        values=words("-p -l -i -b -c -m -e"),
    ),
    "scp": Program(options=(runs("-S -o -F -J -D -i -X", "runs a program"),), first_operand="code"),
    "sftp": Program(
        options=(runs("-S -o -F -J -b -D -s -i", "runs a program or commands"),), is_interpreter=True
    ),
    "rsync": Program(
        options=(
            runs(
                "-e --rsh --rsync-path --daemon --config --dparam -M --remote-option --early-input",
                "runs a program",
            ),
            writes(
                "--log-file --write-batch --only-write-batch --backup-dir --temp-dir -T "
                "--partial-dir --compare-dest --link-dest --copy-dest",
                "writes elsewhere",
            ),
            writes(
                "--delete --delete-before --delete-during --delete-after --delete-excluded "
                "--delete-delay --del --remove-source-files",
                "removes files",
            ),
            reads(
                "--files-from --include-from --exclude-from --password-file --read-batch -f --filter",
                "takes names from a file",
            ),
        ),
        values=words("--exclude --include --bwlimit --timeout"),
    ),
    **dict.fromkeys(
        ("nc", "ncat", "netcat"),
        Program(
            options=(
                runs("-e -c --exec --sh-exec --lua-exec", "runs a program"),
                reaches("-l -L --listen", "opens a port"),
            ),
            is_interpreter=False,
            first_operand="pattern",
        ),
    ),
    "socat": Program(
        options=(
            runs("EXEC: exec: SYSTEM: system: SHELL: shell:", "runs a program"),
            reaches("*:", "connects anything with anything"),
        )
    ),
    "telnet": Program(),
    "ftp": Program(is_interpreter=True),
    "tcpdump": Program(
        options=(
            runs("-z --postrotate-command", "runs a program"),
            writes("-w -G -C -F -V", "writes or reads a file"),
        )
    ),
    "nmap": Program(
        options=(
            runs("--script --script-args --datadir --servicedb", "runs scripts"),
            writes("-oN -oX -oG -oA -oS", "writes a file"),
        ),
        has_long_single_dash=True,
    ),
    "dig": Program(options=(reads("-f -k", "reads a file"),), takes_paths=False),
    "ping": Program(values=words("-c -i -W -w"), takes_paths=False),
    **dict.fromkeys(("docker", "podman", "nerdctl"), CONTAINER),
    "docker-compose": Program(
        options=(reads("-f --file --env-file --project-directory", "takes what runs from a file"),),
        dangerous_subcommands={"run": "runs a program", "exec": "runs a program", "cp": "copies files"},
    ),
    **dict.fromkeys(("kubectl", "oc"), CLUSTER),
    "gh": Program(
        options=(
            reads("-F --field --input --body-file -f --raw-field", "sends a file"),
            reaches("--hostname -H --header", "talks to another host"),
        ),
        dangerous_subcommands={
            "alias": "gives a command another meaning",
            "extension": "runs programs",
            "auth": "handles passwords",
            "config": "changes what it runs",
            "codespace": "runs programs elsewhere",
            "secret": "handles passwords",
            "api": "does anything the account may",
            "ssh-key": "handles keys",
            "gpg-key": "handles keys",
            "browse": "starts a browser",
        },
    ),
    "aws": Program(
        options=(
            reaches(
                "--endpoint-url --profile --ca-bundle --cli-input-json --cli-input-yaml --query",
                "acts elsewhere",
            ),
        ),
        dangerous_subcommands={"configure": "handles passwords", "ssm": "runs commands elsewhere"},
    ),
    "apt": Program(options=(runs("-o --option -c --config-file", "sets what it runs"),)),
    "apt-get": Program(options=(runs("-o --option -c --config-file", "sets what it runs"),)),
    "dpkg": Program(
        options=(
            runs(
                "-i --install --unpack --configure --admindir --root --instdir --pre-invoke "
                "--post-invoke --triggers-only",
                "runs a package's scripts",
            ),
        )
    ),
    "rpm": Program(
        options=(
            runs(
                "-i -U -F --install --upgrade --eval --pipe --define -D -E --load --root --dbpath",
                "runs a package's scripts or macros",
            ),
        )
    ),
    "brew": Program(
        dangerous_subcommands={
            "sh": "starts a shell",
            "services": "changes which services run",
            "tap": "takes packages from elsewhere",
            "edit": "starts an editor",
        }
    ),
}
