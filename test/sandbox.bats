#!/usr/bin/env bats
# What a connection can do that was taken over: programs with a hole in them
# (test/hole) that do what a client says.
load helper
load launcher

eval "launcher_$(declare -f setup_file)"
setup_file() {
  launcher_setup_file
  command -v nm >/dev/null
  # Sanitizers are in nobody's sandbox.
  if nm "$BIN/perch" 2>/dev/null | grep -q __asan_init; then
    export SANITIZED=1
    return
  fi
  export HOLE=$BUILD/hole DATA=$BATS_FILE_TMPDIR/data
  [ -x "$HOLE/perch" ] || make -s -C "$TOP" BUILD="$BUILD" "$HOLE/perch" "$HOLE/perch-listen"
  mkdir "$DATA"
  echo secret >"$DATA/secret"
  # Another's, who runs as the same user.
  sleep 1000 >/dev/null 2>&1 3>&- &
  disown
  echo $! >"$BATS_FILE_TMPDIR/other"
}

teardown_file() {
  [ -n "${SANITIZED:-}" ] || kill "$(cat "$BATS_FILE_TMPDIR/other")" 2>/dev/null || true
}

eval "launcher_$(declare -f setup)"
setup() {
  [ -z "${SANITIZED:-}" ] || skip 'sanitizers are in no sandbox'
  launcher_setup
  OTHER=$(cat "$BATS_FILE_TMPDIR/other")
  echo small >"$SITE/index.html"
  # WHAT, what comes of it outside of a sandbox, and inside.
  ACTS=(
    "read $SITE/index.html|small|small"
    "list $SITE|done|done"
    "nothing|done|done"
    "read /etc/passwd|root:*|Permission denied"
    "read $DATA/secret|secret|Permission denied"
    "read $SITE/../data/secret|secret|Permission denied"
    "read /proc/self/environ|?*|Permission denied"
    "read /proc/$OTHER/environ|?*|Permission denied"
    "list /|done|Permission denied"
    "write $SITE/index.html|done|Permission denied"
    "write $DATA/secret|done|Permission denied"
    "make $SITE/new|done|Permission denied"
    "cut $SITE/index.html|done|Permission denied"
    "cut $DATA/secret|done|Permission denied"
    "remove $SITE/new|done|killed"
    "execute /bin/true|killed|killed"
    "trace $OTHER|done|killed"
    "own $OTHER|*|killed"
    "memory $OTHER|*|killed"
    "socket|done|killed"
    "fork|done|killed"
    "clone|done|killed"
    "code|done|killed"
    "type|*|killed"
    "limit|*|killed"
    "many|done|*o* file*"
    "kill $OTHER|done|killed"
  )
}

# heard: sets $result to what the response in $answer says of the hole.
heard() {
  result=killed
  [[ ! $answer =~ Hole:\ ([^$'\r']*) ]] || result=${BASH_REMATCH[1]}
}

# How each program is asked to do something.
by_perch() {
  printf 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nHole: %s\r\n\r\n' "$1" >request
  IFS= read -r -d '' answer < <("$HOLE/perch" --sandbox "$MODE" --log none \
    "$SITE" <request 2>/dev/null) || :
  heard
}

by_socket() {
  local connection
  answer=
  connect connection || return
  printf 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nHole: %s\r\n\r\n' \
    "$1" >&$connection
  IFS= read -r -d '' -t 10 -u $connection answer || true
  exec {connection}>&-
  heard
}

by_curl() {
  answer=$(curl -sk --max-time 10 -o /dev/null -D - -H "Hole: $1" "$URL") || :
  heard
}

# all_held COMMAND: each of $ACTS comes to its end, in and out of the sandbox.
all_held() {
  local act failed=0 out in what
  for act in "${ACTS[@]}"; do
    IFS='|' read -r what out in <<<"$act"
    [ "$MODE" = off ] || out=$in
    "$1" "$what"
    # shellcheck disable=SC2053  # it is a pattern
    [[ $result == $out ]] && continue
    echo "$what: $result, and not $out"
    failed=1
  done
  return $failed
}

@test "without a sandbox a hole in perch reaches files, processes, programs, the network" {
  MODE=off all_held by_perch
  echo secret >"$DATA/secret"
  # The last of them has ended it.
  eventually gone "$OTHER"
  sleep 1000 >/dev/null 2>&1 3>&- &
  disown
  echo $! >"$BATS_FILE_TMPDIR/other"
}

@test "in its sandbox perch reads what it serves, and nothing else" {
  MODE=on all_held by_perch
  kill -0 "$OTHER"
  [ "$(cat "$DATA/secret")" = secret ]
  [ "$(cat "$SITE/index.html")" = small ]
}

@test "so do the connections of perch-listen, however many it has accepted, before and after a reload, and none harms another" {
  MODE=on LISTEN=$HOLE/perch-listen
  listens --sandbox on --crash-pause 0 127.0.0.1:PORT "$SITE"
  connect sibling
  ask $sibling /
  read -r -t 5 -u $sibling
  children $PID
  [ ${#CHILDREN[@]} = 1 ]
  ACTS+=("kill ${CHILDREN[0]}|done|killed" "trace ${CHILDREN[0]}|done|killed"
    "kill $PID|done|killed")
  all_held by_socket
  kill -HUP $PID
  eventually logs 'reloaded'
  all_held by_socket
  # It is still there, and is served.
  ask $sibling /
  while read -r -t 5 -u $sibling; do [[ $REPLY != HTTP/1.1* ]] || break; done
  [[ $REPLY == 'HTTP/1.1 200'* ]]
  eventually logs 'was killed by signal 31: a system call that it may not make'
}

@test "and those of its images with --exec" {
  MODE=on LISTEN=$HOLE/perch-listen
  listens --sandbox on --crash-pause 0 --exec 127.0.0.1:PORT "$SITE"
  all_held by_socket
}

@test "and those of perch-tls, which cannot read its key again" {
  [ -x "$BIN/perch-tls" ] || skip 'no perch-tls'
  [ -x "$HOLE/perch-tls" ] || make -s -C "$TOP" BUILD="$BUILD" "$HOLE/perch-tls"
  MODE=on LISTEN=$HOLE/perch-tls
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
    -subj /CN=a -keyout key -out pem 2>/dev/null
  listens --sandbox on --crash-pause 0 --tls-cert pem --tls-key key 127.0.0.1:PORT "$SITE"
  URL=https://127.0.0.1:$PORT/
  # To start curl takes longer than all else here.
  ACTS=("read $SITE/index.html|small|small" "read $PWD/key|?*|Permission denied"
    "read $DATA/secret|secret|Permission denied" "execute /bin/true|killed|killed"
    "kill $OTHER|done|killed" "socket|done|killed" "code|done|killed")
  all_held by_curl
}

@test "a connection of --hosts reads no file beside the hosts' directories" {
  mkdir -p hosts/default
  echo other >hosts/default/index.html
  SITE=$PWD/hosts
  ACTS=("read $PWD/hosts/default/index.html|other|other"
    "read $BATS_FILE_TMPDIR/site/index.html|small|Permission denied")
  MODE=on all_held by_perch
}

@test "where the kernel has no such thing it is said once, and with --sandbox on nothing is served" {
  without=("$BUILD/tool/without" landlock,seccomp)
  UNDER=("${without[@]}")
  listens 127.0.0.1:PORT "$SITE"
  logs 'perch-listen: sandbox: neither Landlock nor seccomp'
  serves
  UNDER=("$BUILD/tool/without" landlock)
  listens 127.0.0.1:PORT "$SITE"
  logs $'perch-listen: sandbox: no Landlock\n'
  serves
  run "$BUILD/tool/without" seccomp "$BIN/perch-listen" --sandbox on "unix:$PWD/s" "$SITE"
  echo "$status: $output"
  [ ! -e s ]
  [ "$status" = 1 ]
  [[ $output == 'perch-listen: no seccomp: '* ]]
  run --separate-stderr "${without[@]}" "$BIN/perch" --sandbox on "$SITE" </dev/null
  [ "$status" = 1 ]
  # shellcheck disable=SC2154  # run sets it
  [[ $stderr == 'perch: sandbox: neither Landlock nor seccomp' ]]
  exchange 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' --sandbox on
  [[ $output == 'HTTP/1.1 200'* ]]
  [ "$status" = 0 ]
}

@test "with --sandbox on no program is served, since it would be started outside" {
  local why='--sandbox: programs are started outside of it'
  local to=(--sandbox on 127.0.0.1:1)
  fails 2 "$why" --cgi /cgi/ "${to[@]}" "$SITE"
  fails 2 "$why" --websocket '/ws cat' "${to[@]}" "$SITE"
  fails 2 "$why" "${to[@]}" -- cat
}
