"""Public SSH keys as text: reading what people paste, writing what sshd reads; no database."""
