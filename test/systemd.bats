#!/usr/bin/env bats
# The units in systemd/, as make install leaves them.
load helper

setup_file() {
  export MISSING ROOT=$BATS_FILE_TMPDIR/prefix
  MISSING=$(missing systemd-analyze)
  [ -n "$MISSING" ] || make -s -C "$TOP" install PREFIX="$ROOT" DESTDIR=
}

setup() {
  [ -z "$MISSING" ] || skip "$MISSING"
  cd "$ROOT/lib/systemd/system"
}

@test "systemd has nothing to say against the units, whose programs are where they were installed" {
  units=(*)
  echo "${units[*]}"
  [ "${units[*]}" = 'perch-listen.service perch-listen.socket perch-tls.service perch-tls.socket perch.socket perch@.service' ]
  grep -x "ExecStart=$ROOT/bin/perch /srv/www" perch@.service
  grep -x "ExecStart=$ROOT/bin/perch-listen systemd /srv/www" perch-listen.service
  # Unknown keys and values are no failure, but they are said.
  run systemd-analyze verify --man=no ./*
  echo "$output"
  [ "$status" = 0 ]
  [ -z "$output" ]
}

# In tenths, as --threshold counts.
@test "the launcher is exposed by 0.5 at most, a connection of its own by 2.5" {
  systemd-analyze security --offline=true --no-pager --threshold=5 \
    ./perch-listen.service ./perch-tls.service
  systemd-analyze security --offline=true --no-pager --threshold=25 \
    ./perch@.service
}

@test "no client can stop a socket, fill the memory with units or the journal with lines" {
  for socket in perch perch-listen perch-tls; do
    grep -x TriggerLimitIntervalSec=0 $socket.socket
  done
  for line in Accept=yes MaxConnections=512 MaxConnectionsPerSource=64; do
    grep -x "$line" perch.socket
  done
  for line in CollectMode=inactive-or-failed SyslogLevel=notice LogLevelMax=notice; do
    grep -x "$line" perch@.service
  done
  grep -x Type=notify perch-listen.service
  grep -x Type=notify perch-tls.service
}

@test "the options that the units give are right" {
  site
  "$ROOT/bin/perch" --check "$SITE"
  "$ROOT/bin/perch-listen" --check systemd "$SITE"
  cd "$BATS_TEST_TMPDIR"
  openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out cert -subj /CN=a \
    2>/dev/null
  command=$(sed -n '/^ExecStart=/,/[^\\]$/p' "$ROOT/lib/systemd/system/perch-tls.service" |
    sed 's/^ExecStart=//;s/\\$//;s,/srv/www,"$SITE",' | tr '\n' ' ')
  CREDENTIALS_DIRECTORY=$PWD
  eval "${command/perch-tls /perch-tls --check }"
}
