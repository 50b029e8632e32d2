#!/bin/sh
# Shows a directory of another machine to a browser on this one, by ssh and
# nothing else: there no port is open and no server runs, but for perch while
# a connection lasts.
#
#   examples/hosts/ssh.sh HOST /srv/www     and then http://127.0.0.1:8080/
#
# The other machine can let a key do this and nothing else, by a line in
# authorized_keys:
#
#   restrict,command="/usr/local/bin/perch /srv/www" ssh-ed25519 AAAA...
#
# One login for all connections, of which sshd allows ten at a time, is had by
# ControlMaster and ControlPath; see ssh_config(5).
exec socat -t 60 TCP-LISTEN:8080,bind=127.0.0.1,fork,reuseaddr,max-children=64 \
  "EXEC:ssh -o BatchMode=yes $1 exec perch $2"
