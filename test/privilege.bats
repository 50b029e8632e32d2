#!/usr/bin/env bats
# What root gives up, and to whom: programs as a user of their own, --chroot.
load helper
load launcher

eval "launcher_$(declare -f setup_file)"
setup_file() {
  launcher_setup_file
  export HOLE=$BUILD/hole
  [ "$(id -u)" = 0 ] || return 0
  [ -x "$HOLE/perch-listen" ] || make -s -C "$TOP" BUILD="$BUILD" "$HOLE/perch-listen"
  mkdir "$SITE/cgi"
  cat >"$SITE/cgi/who" <<'EOF'
#!/bin/sh
printf 'Content-Type: text/plain\n\n'
echo "$(id -un):$(id -Gn)" $(sed -n 's/^\(Cap\(Inh\|Prm\|Eff\|Amb\)\|NoNewPrivs\):\s*/\1=/p' /proc/self/status)
ls -d /etc/passwd
EOF
  cat >"$SITE/cgi/stay" <<'EOF'
#!/bin/sh
printf 'Content-Type: text/plain\n\n'
echo pid $$
trap '' TERM
while :; do sleep 0.1; done
EOF
  chmod +x "$SITE/cgi/"*
  # Another user is to get there.
  cd "$SITE"
  open_to_all
}

eval "launcher_$(declare -f setup)"
setup() {
  needs_root
  launcher_setup
  DAEMON="daemon:$(id -Gn daemon) CapInh=0000000000000000 CapPrm=0000000000000000 CapEff=0000000000000000 CapAmb=0000000000000000 NoNewPrivs=1"
}

# is_daemon TEXT: the program was that user's and had nothing besides.
is_daemon() {
  [[ $1 == *"$DAEMON"*/etc/passwd* ]] || {
    echo "$1"
    return 1
  }
}

# has THREAD NAME=VALUE...: these are its capabilities, the last digits.
has() {
  local status pair
  status=$(tr -d '\t' <"/proc/$1/status")
  for pair in "${@:2}"; do
    grep -q "^${pair%=*}:0*${pair#*=}\$" <<<"$status" || {
      grep ^Cap <<<"$status"
      echo "and not $pair"
      return 1
    }
  done
}

# the_broker: sets $BROKER to that of $PID.
the_broker() { BROKER=$(pgrep -n -P "$PID" -x perch-broker); }

# stays: sets $STAYING to a program that does not end by itself, whose client
# is at $connection.
stays() {
  connect connection
  ask $connection /cgi/stay
  while read -r -t 5 -u $connection line; do
    line=${line%$'\r'}
    [[ $line != pid* ]] || break
  done
  STAYING=${line#pid }
  [ "$(stat -c %U "/proc/$STAYING")" = daemon ]
}

@test "user=: programs are that user's, and end when they must, by perch and by launchers" {
  local sandbox launcher
  for sandbox in auto off; do
    exchange 'GET /cgi/who HTTP/1.0\r\n\r\n' --sandbox $sandbox --cgi /cgi/ \
      --program-sandbox user=daemon
    is_daemon "$output"
    listens --user nobody --sandbox $sandbox --cgi /cgi/ --cgi-grace 0.1 \
      --program-sandbox user=daemon 127.0.0.1:PORT "$SITE"
    get /cgi/who
    is_daemon "$answer"
    # It ignores SIGTERM, and is killed in spite of whose it is.
    stays
    exec {connection}>&-
    eventually gone "$STAYING"
    # And with who started it.
    stays
    the_broker
    kill -KILL "$BROKER"
    eventually gone "$STAYING"
    exec {connection}>&-
    kill $PID
    eventually gone $PID
  done
  # With the right of root that somebody else has left.
  listens --cgi /cgi/ --program-sandbox user=daemon 127.0.0.1:PORT "$SITE"
  get /cgi/who
  is_daemon "$answer"
  command -v setpriv || return 0
  output=$(printf 'GET /cgi/who HTTP/1.0\r\n\r\n' |
    setpriv --reuid nobody --clear-groups --inh-caps +setuid,+setgid,+kill \
      --ambient-caps +setuid,+setgid,+kill "$BIN/perch" --log none \
      --cgi /cgi/ --program-sandbox user=daemon "$SITE")
  is_daemon "$output"
}

@test "what it keeps for --chroot and programs no connection has, and no program" {
  local thread none=(CapInh=0 CapPrm=0 CapEff=0 CapAmb=0)
  for sandbox in auto off; do
    listens --user nobody --chroot --sandbox $sandbox --cgi /cgi/ \
      --program-sandbox user=daemon 127.0.0.1:PORT "$SITE"
    for reload in false true; do
      if $reload; then
        kill -HUP $PID
        eventually logs reloaded
      fi
      # 5, 6, 7, 18: to signal, set groups and user, to change the root.
      the_broker
      has "$BROKER" CapInh=0 CapPrm=e0 CapEff=20 CapAmb=0
      has "$PID" "${none[@]}"
      for thread in "/proc/$PID/task/"*; do
        [ "${thread##*/}" = "$PID" ] || has "${thread#/proc/}" CapPrm=400e0 CapEff=0
      done
      hold held
      has "$HELD" "${none[@]}"
      exec {held}>&-
      get /cgi/who
      is_daemon "$answer"
    done
    kill $PID
    eventually gone $PID
  done
}

@test "--chroot: connections are in it, with programs outside, also after a reload" {
  LISTEN=$HOLE/perch-listen
  echo secret >"$BATS_TEST_TMPDIR/secret"
  chmod a+r "$BATS_TEST_TMPDIR/secret"
  # What a connection could read that was taken over.
  holds() {
    local connection
    connect connection
    printf 'GET / HTTP/1.0\r\nHole: read %s\r\n\r\n' "$1" >&$connection
    IFS= read -r -d '' -t 5 -u $connection answer || true
    exec {connection}>&-
    [[ $answer == *"Hole: $2"* ]]
  }
  listens --user nobody --chroot --sandbox off --cgi /cgi/ 127.0.0.1:PORT "$SITE"
  for reload in false true; do
    if $reload; then
      kill -HUP $PID
      eventually logs reloaded
    fi
    serves
    holds /index.html small
    holds /etc/passwd 'No such file'
    holds /../../../../../../etc/passwd 'No such file'
    holds "$BATS_TEST_TMPDIR/secret" 'No such file'
    hold held
    [ "$(readlink "/proc/$HELD/root")" = "$SITE" ]
    [ "$(readlink "/proc/$HELD/cwd")" = "$SITE" ]
    exec {held}>&-
    get /cgi/who
    [[ $answer == *nobody:*NoNewPrivs=0*/etc/passwd* ]]
  done
  # The program got nothing of what is kept.
  [[ $answer == *CapPrm=0000000000000000*CapAmb=0000000000000000* ]]
}

@test "what cannot be had is refused, at the start and at a reload" {
  # OPTIONS, and what is wrong with them.
  while IFS='|' read -r options wrong; do
    # shellcheck disable=SC2086  # they are several
    run -2 "$LISTEN" $options
    echo "$options: $output"
    [ "$output" = "perch-listen: $wrong" ]
  done <<END
--chroot 127.0.0.1:80 $SITE|--chroot: it needs --user
--chroot --user root 127.0.0.1:80 $SITE|root: root leaves a chroot when it likes
--chroot --user nobody --exec 127.0.0.1:80 $SITE|--chroot: what is executed is outside of it
--chroot --user nobody 127.0.0.1:80 -- cat|--chroot: what is executed is outside of it
--exec --user nobody --program-sandbox user=daemon 127.0.0.1:80 $SITE|--exec: it cannot change to the user of --program-sandbox
END
  command -v setpriv || skip 'no setpriv'
  cd /
  run -1 --separate-stderr setpriv --reuid nobody --clear-groups "$BIN/perch" \
    --program-sandbox user=daemon "$SITE" </dev/null
  [ "$stderr" = 'perch: --program-sandbox: user: Operation not permitted' ]

  new_port
  run -1 setpriv --reuid nobody --clear-groups "$LISTEN" \
    --program-sandbox user=daemon "127.0.0.1:$PORT" /
  [ "$output" = 'perch-listen: --program-sandbox: user: Operation not permitted' ]

  # What was given up does not come back: the old options stay.
  cd "$BATS_TEST_TMPDIR"
  echo "cgi /cgi/" >conf
  chmod a+rx . conf
  listens --user nobody --config "$PWD/conf" 127.0.0.1:PORT "$SITE"
  echo "program-sandbox user=daemon" >>conf
  kill -HUP $PID
  eventually logs 'nobody: this user cannot change to the user of --program-sandbox, or its root'
  eventually logs 'not reloaded: the new options are refused'
  get /cgi/who
  [[ $answer == *nobody:* ]]
}
