"""Programs that talk to other machines, containers or services."""

from __future__ import annotations

from governance.matching.tables.programs import Program, reaches, reads, runs, words, writes

OPENING = reaches(
    "-v --volume --mount --privileged --device --pid --net --network --ipc --userns --cap-add "
    "--security-opt --volumes-from --cgroupns --uts --add-host --gpus",
    "opens this machine to the container",
)
ELSEWHERE = reaches(
    "-H --host --context --config --url --connection --root --runtime --tlscacert --tlscert --tlskey",
    "talks to another service",
)
ENTRY = runs("--entrypoint", "names the program")
SETTINGS = reads("--env-file", "takes settings from a file")
CONTAINER_VALUES = words(
    "-e --env -w --workdir -u --user --name -p --publish -t --tag -n --tail --since --until --format "
    "--filter -l "
    "--log-level"
)
INSIDE = {"run": 2, "exec": 2, "create": 2}
CONTAINER_ACTIONS = {
    "run": "runs a program",
    "exec": "runs a program",
    "cp": "copies files in or out",
    "commit": "makes an image",
    "create": "makes a container",
    "export": "writes a file",
    "attach": "talks to a program",
}
IMAGE_ACTIONS = {
    "build": "runs what the file names",
    "import": "makes an image",
    "load": "makes an image",
    "push": "sends an image away",
    "save": "writes a file",
}
COMPOSE = Program(
    options=(
        ENTRY,
        SETTINGS,
        OPENING,
        reaches("--project-directory", "works elsewhere"),
    ),
    values=words(
        "-p --project-name -f --file --profile -t --timeout --tail --since --format -w --workdir --scale"
    ),
    takes_abbreviations=False,
    dangerous_subcommands={
        **dict.fromkeys(
            words("up build create start restart pull push watch bridge scale"), "runs what the file names"
        ),
        "run": "runs a program",
        "exec": "runs a program",
        "cp": "copies files in or out",
        "publish": "sends the project away",
        "alpha": "is not known here",
    },
    spelled_after={
        "run": 2,
        "exec": 2,
        **dict.fromkeys(words("up build create start restart pull push watch scale"), -1),
    },
)
CONTAINER = Program(
    options=(
        ELSEWHERE,
        OPENING,
        ENTRY,
        SETTINGS,
    ),
    values=CONTAINER_VALUES | words("-f -c"),
    takes_abbreviations=False,
    subcommands={
        **{
            name: Program(
                options=(ELSEWHERE, OPENING, ENTRY, SETTINGS),
                values=CONTAINER_VALUES,
                takes_abbreviations=False,
            )
            for name in words(
                "ps logs images inspect info version stats top port diff events history search tag "
                "start stop restart "
                "kill pause unpause rm rmi rename wait update logout pull help"
            )
        },
        "compose": COMPOSE,
        "container": Program(
            options=(OPENING, ENTRY, SETTINGS),
            values=CONTAINER_VALUES,
            dangerous_subcommands=CONTAINER_ACTIONS,
            spelled_after=INSIDE,
            takes_abbreviations=False,
        ),
        "image": Program(
            values=CONTAINER_VALUES, dangerous_subcommands=IMAGE_ACTIONS, takes_abbreviations=False
        ),
        "builder": Program(
            values=CONTAINER_VALUES,
            dangerous_subcommands={"build": "runs what the file names"},
            takes_abbreviations=False,
        ),
        **{
            name: Program(
                options=(runs("-d --driver -o --opt", "loads a driver or opens this machine"),),
                values=words("-f --filter --format"),
                takes_abbreviations=False,
                dangerous_subcommands={"create": "may open this machine", "connect": "joins networks"},
            )
            for name in ("volume", "network")
        },
        "system": Program(
            values=words("--filter --format -f"),
            takes_abbreviations=False,
            dangerous_subcommands={
                "dial-stdio": "opens the service",
                "connection": "talks to another service",
                "service": "opens a port",
                "migrate": "changes the service",
                "reset": "removes everything",
            },
        ),
        "manifest": Program(dangerous_subcommands={"push": "sends an image away"}, takes_abbreviations=False),
    },
    dangerous_subcommands={
        **CONTAINER_ACTIONS,
        **IMAGE_ACTIONS,
        "buildx": "runs what the file names",
        "plugin": "loads programs",
        "login": "handles passwords",
        "swarm": "joins other machines",
        "context": "talks to another service",
        "service": "runs programs on a swarm",
        "stack": "runs programs on a swarm",
        "node": "changes a swarm",
        "secret": "handles passwords",
        "config": "handles settings of a swarm",
        "trust": "handles keys",
        "checkpoint": "writes a container's memory",
        "debug": "runs a program",
        "scout": "sends data",
        "init": "writes files",
    },
    spelled_after=INSIDE,
    harmless_forms={
        "buildx": words("ls version inspect du"),
        "plugin": words("ls inspect"),
        "context": words("ls show"),
        "stack": words("ls ps services"),
        "service": words("ls ps logs inspect"),
        "node": words("ls ps inspect"),
    },
)
CLUSTER = Program(
    options=(
        reaches(
            "--kubeconfig --server -s --context --cluster --token --as --as-group --user --raw",
            "acts elsewhere, or as another",
        ),
        reads("--filename -k --kustomize", "takes what runs from a file"),
    ),
    values=words("-n --namespace -l --selector -o --output -c --container --tail --since"),
    takes_abbreviations=False,
    subcommands={
        "logs": Program(
            options=(
                reaches(
                    "--kubeconfig --server -s --context --cluster --token --as --as-group --user",
                    "acts elsewhere",
                ),
            ),
            values=words("-n --namespace -l --selector -c --container --tail --since --since-time"),
            takes_abbreviations=False,
        ),
        **{
            name: Program(
                options=(
                    reaches(
                        "--kubeconfig --server -s --context --cluster --token --as --as-group --user --raw",
                        "acts elsewhere, or as another",
                    ),
                    reads("-f --filename -k --kustomize", "takes what runs from a file"),
                ),
                values=words(
                    "-n --namespace -l --selector -o --output -c --container --tail --since --field-selector"
                ),
                texts=words("-o --output"),
                takes_abbreviations=False,
            )
            for name in words(
                "get describe top explain version cluster-info api-resources api-versions apply "
                "create delete replace "
                "patch label annotate scale autoscale rollout set expose drain cordon uncordon taint "
                "diff wait auth "
                "events kustomize completion options help certificate"
            )
        },
    },
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
    spelled_after={"exec": 2, "run": 2, "debug": 2, "rsh": 2},
    harmless_forms={
        "config": words("current-context get-contexts get-clusters"),
        "plugin": words("list"),
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
                " --cacert --etag-compare --proxy-key --proxy-cert --pubkey --capath --egd-file "
                "--random-file",
                "takes settings or passwords from a file",
            ),
            reads(
                "-w --write-out",
                "takes its format from a file, or writes one",
                harmless=r"(?!@)(?:(?!%output|%\{output).)*",
            ),
            reads(
                "-H --header",
                "takes headers from a file",
                harmless=r"(?!@)(?!(?i:authorization|cookie|x-api-key)).*",
            ),
            reaches("-X --request", "does more than ask", harmless="GET|HEAD|OPTIONS"),
            reaches(
                "-T --upload-file -F --form --data-binary --data-urlencode -d --data --data-raw "
                "--data-ascii --json "
                "--url-query -x --proxy --preproxy --socks5 --socks4 --socks4a --socks5-hostname "
                "--resolve --connect-to "
                "--unix-socket --abstract-unix-socket --doh-url -u "
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
    "docker-compose": COMPOSE,
    **dict.fromkeys(("kubectl", "oc"), CLUSTER),
    "gh": Program(
        options=(
            reads("-F --field --input --body-file -f --raw-field", "sends a file"),
            reaches("--hostname", "talks to another host"),
        ),
        values=words("-t --title -b --body -R --repo -L --limit --json --jq --template -l --label"),
        texts=words("-t --title -b --body --jq --template"),
        takes_abbreviations=False,
        harmless_forms={
            "auth": words("status"),
            "alias": words("list"),
            "extension": words("list"),
            "config": words("get list"),
            "secret": words("list"),
        },
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
