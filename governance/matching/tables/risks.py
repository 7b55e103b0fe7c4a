"""What a program does that a person should look at twice, whatever the rules say.

Each entry says what it does. Words, not patterns: found as they are, behind a path, and behind wrappers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from governance.matching.tables.programs import words
from governance.matching.verdicts import RiskKind

DESTRUCTIVE, NETWORK, PRIVILEGE = RiskKind.DESTRUCTIVE, RiskKind.NETWORK, RiskKind.PRIVILEGE
PERSISTENCE, OBFUSCATION = RiskKind.PERSISTENCE, RiskKind.OBFUSCATION

REMOVES = "removes files"
DISKS = "writes to disks and their partitions"
RIGHTS = "acts with other rights, or changes them"
POWER = "stops the machine, or what runs on it"
REMOTE = "acts on another machine"
ANY_TEXT = "runs a text as a program, so its own name does not say what happens"
LATER = "makes something run later or by itself"
TAKES = "takes from or sends to other machines"


def spread(kind: RiskKind, sentence: str, names: str) -> dict[str, tuple[RiskKind, str]]:
    return dict.fromkeys(names.split(), (kind, sentence))


# Program → (kind, what it does), whatever its words.
SERIOUS: Mapping[str, tuple[RiskKind, str]] = {
    **spread(DESTRUCTIVE, REMOVES, "rm unlink shred srm truncate"),
    **spread(DESTRUCTIVE, DISKS, "dd mkfs mkswap fdisk sfdisk parted wipefs losetup cryptsetup"),
    **spread(DESTRUCTIVE, POWER, "shutdown reboot halt poweroff kill pkill killall service init telinit"),
    **spread(DESTRUCTIVE, "removes a database", "dropdb dropuser mysqladmin"),
    **spread(
        PRIVILEGE, RIGHTS, "sudo doas su pkexec runuser chown chgrp setfacl visudo passwd setcap setpriv"
    ),
    **spread(
        PRIVILEGE, "changes who may use the machine", "useradd usermod userdel groupadd gpasswd chpasswd"
    ),
    **spread(
        PRIVILEGE,
        "changes what the machine lets through",
        "iptables ip6tables nft ufw sysctl modprobe insmod",
    ),
    **spread(PRIVILEGE, "leaves or changes its root", "chroot nsenter unshare mount umount pivot_root"),
    **spread(NETWORK, REMOTE, "ssh scp sftp nc ncat netcat socat telnet ftp lftp tftp sshfs autossh mosh"),
    **spread(PERSISTENCE, LATER, "crontab at batch launchctl schtasks chsh update-rc.d chkconfig"),
    **spread(OBFUSCATION, ANY_TEXT, "eval source . exec"),
}
# These are worth a word, not a second look.
NOTED: Mapping[str, tuple[RiskKind, str]] = {
    **spread(NETWORK, TAKES, "curl wget http https xh aria2c gh glab aws gcloud az doctl flyctl heroku"),
    **spread(NETWORK, "asks other machines", "dig nslookup ping traceroute whois"),
}
# (Program, word) → the same, where the word stands behind it as a subcommand or option.
WORDS: Mapping[tuple[str, str], tuple[RiskKind, str]] = {
    (program, word): (kind, sentence)
    for kind, sentence, program, names in (
        (DESTRUCTIVE, REMOVES, "find", "-delete"),
        (DESTRUCTIVE, "removes what was not committed", "git", "clean"),
        (DESTRUCTIVE, "rewrites the history", "git", "filter-branch filter-repo"),
        (DESTRUCTIVE, "removes images, containers or volumes", "docker", "rm rmi prune"),
        (DESTRUCTIVE, "removes images, containers or volumes", "podman", "rm rmi prune"),
        (DESTRUCTIVE, "removes what runs", "kubectl", "delete drain"),
        (DESTRUCTIVE, "removes or changes what runs", "terraform", "destroy apply"),
        (DESTRUCTIVE, "removes or changes what runs", "tofu", "destroy apply"),
        (DESTRUCTIVE, "removes what runs", "helm", "uninstall delete"),
        (DESTRUCTIVE, "removes what is stored elsewhere", "aws", "rm rb delete terminate-instances"),
        (DESTRUCTIVE, "removes what is stored elsewhere", "gcloud", "delete"),
        (DESTRUCTIVE, "removes what is stored elsewhere", "az", "delete"),
        (DESTRUCTIVE, "removes what is stored elsewhere", "gh", "delete"),
        (DESTRUCTIVE, "empties a database", "redis-cli", "FLUSHALL FLUSHDB flushall flushdb"),
        (DESTRUCTIVE, "removes packages", "apt", "remove purge autoremove"),
        (DESTRUCTIVE, "removes packages", "apt-get", "remove purge autoremove"),
        (DESTRUCTIVE, POWER, "systemctl", "stop kill poweroff reboot halt isolate mask"),
        (PERSISTENCE, LATER, "systemctl", "start restart enable edit link set-default daemon-reload"),
        (PERSISTENCE, "changes what git runs", "git", "config"),
        (PERSISTENCE, "publishes a package", "npm", "publish unpublish"),
        (PERSISTENCE, "publishes a package", "cargo", "publish yank"),
        (PERSISTENCE, "publishes a package", "twine", "upload"),
        (PRIVILEGE, "opens this machine to a container", "docker", "--privileged --pid=host --net=host"),
        (PRIVILEGE, "opens this machine to a container", "podman", "--privileged --pid=host --net=host"),
        (NETWORK, "sends a file away", "curl", "-T --upload-file -F --form --data-binary"),
        (NETWORK, "sends a file away", "wget", "--post-file --body-file"),
    )
    for word in names.split()
}
UNCOMMITTED = "removes what was not committed"
CHANGES = "removes changes of files"
OTHERS_WORK = "overwrites or removes what others have"
OPENS = "opens this machine to a container"
DATA = "removes what a database holds"
ANYTHING = "(?:.* )?"
HOST_FOLDER = r"(?:-v|--volume|--mount)[ =](?:\S*(?:src|source)=)?(?:/|/etc|/root|/home|/var)(?:[ :/,]|$)"
FORCING = r"(?:-\w*[fd]\w*|--force\S*|--delete|--mirror|--prune|[+:]\S+)(?: |$)"
HARMLESS_MODE = r"(?:[ugoa]*[-+][rxX]+|u[-+=][rwxX]+|0?[0-7][0145][0145])"
# Programs whose risk depends on several words: a pattern over what stands behind it, joined by blanks.
LINES: tuple[tuple[str, re.Pattern[str], RiskKind, str], ...] = tuple(
    (program, re.compile(pattern), kind, sentence)
    for kind, program, pattern, sentence in (
        (DESTRUCTIVE, "git", rf"{ANYTHING}reset {ANYTHING}--(?:hard|merge|keep)\b", UNCOMMITTED),
        (DESTRUCTIVE, "git", rf"{ANYTHING}checkout {ANYTHING}(?:--|\.|-f|--force)(?: |$)", CHANGES),
        (DESTRUCTIVE, "git", rf"{ANYTHING}restore (?!--staged(?: |$))", CHANGES),
        (DESTRUCTIVE, "git", rf"{ANYTHING}push {ANYTHING}{FORCING}", OTHERS_WORK),
        (
            DESTRUCTIVE,
            "git",
            rf"{ANYTHING}(?:branch|tag) {ANYTHING}(?:-\w*[dD]\w*|--delete)(?: |$)",
            "removes names",
        ),
        (DESTRUCTIVE, "git", rf"{ANYTHING}stash (?:drop|clear)(?: |$)", "removes kept changes"),
        (DESTRUCTIVE, "git", rf"{ANYTHING}reflog (?:expire|delete)(?: |$)", "removes the last way back"),
        (PRIVILEGE, "chmod", rf"(?!{HARMLESS_MODE} (?!-))", RIGHTS),
        (PRIVILEGE, "docker", rf"{ANYTHING}{HOST_FOLDER}", OPENS),
        (PRIVILEGE, "podman", rf"{ANYTHING}{HOST_FOLDER}", OPENS),
        (NETWORK, "rsync", rf"{ANYTHING}(?:[^ /]+:|rsync://)", REMOTE),
        (DESTRUCTIVE, "rsync", rf"{ANYTHING}--(?:delete|remove-source-files)", REMOVES),
        (DESTRUCTIVE, "mv", rf"{ANYTHING}/dev/null$", REMOVES),
        (DESTRUCTIVE, "tar", rf"{ANYTHING}--remove-files", REMOVES),
        (DESTRUCTIVE, "psql", r"(?is).*\b(?:drop|truncate|delete from)\b", DATA),
        (DESTRUCTIVE, "mysql", r"(?is).*\b(?:drop|truncate|delete from)\b", DATA),
        (DESTRUCTIVE, "sqlite3", r"(?is).*\b(?:drop|delete from)\b", DATA),
    )
)
# Options with which an interpreter runs the text that follows them.
INTERPRETERS = ("python", "node", "perl", "ruby", "php", "lua", "deno", "bun", "pwsh", "osascript")
PROGRAM_OPTIONS = words("-c -e -E -r -p --eval --print -Command -EncodedCommand eval")
# Git's configuration is only read by these.
READING_CONFIG = words("--get --get-all --get-regexp --get-urlmatch --list -l get list")
# What the name of a tool says that takes things away.
REMOVING_NAMES = words("delete remove drop destroy purge wipe truncate uninstall erase")
