#!/usr/bin/env bats
# perch-listen: sockets, processes, limits, signals.
load helper

LISTEN=$BIN/perch-listen
SUPERVISOR=$BUILD/tool/supervisor

# To fork a shell costs more here than to serve a connection: the helpers
# do as much as they can without.
setup_file() {
  export BATS_NO_PARALLELIZE_WITHIN_FILE=true
  site
  [ -x "$SUPERVISOR" ] || make -s -C "$TOP" BUILD="$BUILD" "$SUPERVISOR"
  mkfifo "$BATS_FILE_TMPDIR/ready" "$BATS_FILE_TMPDIR/never"
  head -c 20000000 /dev/zero >"$SITE/big"
  # A program that tells when it is told to stop.
  cat >"$BATS_FILE_TMPDIR/stubborn" <<'END'
#!/bin/sh
trap 'echo told' TERM
echo begun
while :; do sleep 0.02; done
END
  chmod +x "$BATS_FILE_TMPDIR/stubborn"
}

setup() {
  STARTED=()
  LOG=$BATS_TEST_TMPDIR/log
  : >"$LOG"
  cd "$BATS_TEST_TMPDIR"
  exec {NEVER}<>"$BATS_FILE_TMPDIR/never"
  # Some requests are sent to a launcher that is about to close.
  trap '' PIPE
}

teardown() {
  local pid
  for pid in "${STARTED[@]}"; do
    # Its children have to go too, and only it knows them.
    kill -STOP "$pid" 2>/dev/null || continue
    children "$pid"
    kill -KILL "${CHILDREN[@]}" "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
  done
  return 0
}

# Below those that clients are given.
new_port() { PORT=$((10000 + (RANDOM * 32768 + RANDOM) % 22000)); }

# begin COMMAND...: runs it in the background until it is ready, which it
# says on descriptor 9 and closes that, or has ended. Sets $PID.
begin() {
  "$@" 9>"$BATS_FILE_TMPDIR/ready" 3>&- 2>>"$LOG" &
  PID=$!
  STARTED+=("$PID")
  {
    read -r -t 10 || return
    read -r -t "${CLOSES:-5}" || true
  } <"$BATS_FILE_TMPDIR/ready"
}

# listens ARG...: starts perch-listen on a free $PORT, for which PORT stands
# in an argument; with the command UNDER in front.
listens() {
  local attempt
  for attempt in 1 2 3 4 5; do
    new_port
    : >"$LOG"
    begin "${UNDER[@]}" "$LISTEN" --ready-fd 9 "${@//PORT/$PORT}" && return
    grep -q 'ddress.* in use' "$LOG" || break
  done
  cat "$LOG"
  return 1
}

# connect NAME [HOST]: opens a connection, whose descriptor is $NAME then.
connect() {
  eval "exec {$1}<>/dev/tcp/${2:-127.0.0.1}/$PORT" 2>/dev/null
}

ask() { printf 'GET %s HTTP/1.1\r\nHost: a\r\n\r\n' "$2" >&"$1"; }

# says [HOST]: $answer is what is sent to a client that sends nothing.
says() {
  local connection
  connect connection "$@" || return
  IFS= read -r -d '' -t 5 -u $connection answer || true
  exec {connection}>&-
}

# get [TARGET [HOST]]: $answer is the response, and $code its status. In
# the shell alone: this file makes hundreds of requests.
get() {
  local connection
  connect connection "${@:2}" || return
  printf 'GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n' \
    "${1:-/}" >&$connection
  IFS= read -r -d '' -t 5 -u $connection answer || true
  exec {connection}>&-
  code=${answer:9:3}
}

# serves [HOST]: it answers there.
serves() {
  get / "$@"
  [[ $answer == 'HTTP/1.1 200 '*$'\nsmall\n' ]]
}

# refuses [HOST]: nobody listens there.
refuses() { ! get / "$@"; }

# at_unix [TEXT]: $answer is what comes from the socket s for that.
at_unix() {
  answer=$(perl -MSocket -e '
    alarm 5;
    socket S, AF_UNIX, SOCK_STREAM, 0;
    connect S, sockaddr_un("s") or die;
    syswrite S, $ARGV[0];
    print <S>;' "$1")
}

serves_unix() {
  at_unix $'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
  [[ $answer == 'HTTP/1.1 200 '*small ]]
}

# pause SECONDS: sleep, without a process for it.
pause() { read -r -t "$1" -u "$NEVER" || true; }

# eventually COMMAND...: until it succeeds, or for 3 seconds and more.
eventually() {
  local i
  for ((i = 0; i < 150; i++)); do
    "$@" && return
    pause 0.02
  done
  echo "never: $*"
  return 1
}

not() { ! "$@"; }
# logs TEXT: it is in the log.
logs() {
  local text
  IFS= read -r -d '' text <"$LOG" || true
  [[ $text == *"$1"* ]]
}
gone() { ! kill -0 "$1" 2>/dev/null; }

# children PID: sets CHILDREN.
children() {
  CHILDREN=()
  read -r -a CHILDREN 2>/dev/null <"/proc/$1/task/$1/children" || true
}

# has_children COUNT: $PID has, and CHILDREN is set.
has_children() {
  children "$PID"
  [ "${#CHILDREN[@]}" = "$1" ]
}

# fds PID: sets FDS.
fds() { FDS=("/proc/$1/fd/"*); }
has_fds() {
  fds "$PID"
  [ "${#FDS[@]}" -ge "$1" ] && [ "${#FDS[@]}" -le "${2:-$1}" ]
}

# hold NAME [HOST]: connects, and waits until a process is there for it,
# which is HELD then. Nobody else must connect.
hold() {
  local before
  children "$PID"
  before=" ${CHILDREN[*]} "
  connect "$@"
  eventually has_new_child "$before"
}

has_new_child() {
  children "$PID"
  for HELD in "${CHILDREN[@]}"; do
    [[ $1 == *" $HELD "* ]] || return 0
  done
  return 1
}

# hold_big NAME: a download that has begun, and does not go on.
hold_big() {
  hold "$1"
  ask "${!1}" /big
  read -r -t 5 -u "${!1}"
}

# has_rest FD: what is left to be read there is most of the big file.
has_rest() { [ "$(wc -c <&"$1")" -ge 20000000 ]; }

# exits STATUS PID: it ends by itself, with that.
exits() {
  eventually gone "$2"
  local status=0
  wait "$2" || status=$?
  echo "exit status $status"
  [ "$status" = "$1" ]
}

# fails STATUS MESSAGE ARG...: one line, and that status.
fails() {
  local status=0 out err
  timeout 2 "$LISTEN" "${@:3}" >out 2>err || status=$?
  IFS= read -r -d '' out <out || true
  IFS= read -r -d '' err <err || true
  [ "$status$out$err" = "$1perch-listen: $2"$'\n' ] && return
  echo "perch-listen ${*:3}: status $status, stdout '$out', stderr '$err'"
  return 1
}

# --- addresses

@test "ADDRESS:PORT listens there only" {
  listens 127.0.0.1:PORT "$SITE"
  serves
  refuses 127.0.0.2
  refuses ::1
}

@test "[ADDRESS]:PORT is IPv6 only" {
  listens '[::1]:PORT' "$SITE"
  serves ::1
  refuses
  listens '[::]:PORT' "$SITE"
  serves ::1
  refuses
}

@test "PORT listens on every address, of IPv6 and IPv4" {
  listens PORT "$SITE"
  serves
  serves 127.0.0.2
  serves ::1
  eventually logs '::1 - -'
  logs '127.0.0.1 - -'
}

@test "PORT listens on IPv4 where there is no IPv6" {
  strace -o /dev/null true 2>/dev/null || skip "needs strace"
  # strace has it open too.
  CLOSES=0.1
  UNDER=(strace -D -qq -o "$BATS_TEST_TMPDIR/trace" -e trace=socket
    -e inject=socket:error=EAFNOSUPPORT:when=1)
  listens PORT "$SITE"
  serves 127.0.0.2
  refuses ::1
}

@test "several addresses are served in turns" {
  local second
  new_port
  second=$PORT
  listens "127.0.0.1:PORT,127.0.0.1:$second,[::1]:PORT,unix:$PWD/s" "$SITE"
  serves
  PORT=$second serves
  serves ::1
  serves_unix
  serves
}

@test "unix:PATH makes a socket with --socket-mode, and removes it" {
  listens --socket-mode 0640 "unix:$PWD/s" "$SITE"
  [ "$(stat -c '%F %a' s)" = 'socket 640' ]
  serves_unix
  eventually logs '- - -'
  kill -TERM $PID
  exits 0 $PID
  [ ! -e s ]
}

@test "time-outs hold on a unix socket, which inherits none" {
  listens --header-timeout 0.1 "unix:$PWD/s" "$SITE"
  at_unix 'GET / HT'
  [[ $answer == 'HTTP/1.1 408 '* ]]
}

@test "a stale unix socket is replaced, and nothing else is" {
  listens "unix:$PWD/s" "$SITE"
  fails 1 "unix:$PWD/s: another process listens on it" "unix:$PWD/s" "$SITE"
  kill -KILL $PID
  wait $PID || true
  [ -S s ]
  listens "unix:$PWD/s" "$SITE"
  serves_unix
  echo precious >file
  fails 1 "unix:$PWD/file: exists, and is not a socket" "unix:$PWD/file" "$SITE"
  [ "$(cat file)" = precious ]
}

@test "a unix socket that another has put in the place of ours stays" {
  listens "unix:$PWD/s" "$SITE"
  rm s
  local first=$PID
  listens "unix:$PWD/s" "$SITE"
  kill -TERM $first
  exits 0 $first
  [ -S s ]
}

@test "systemd's sockets are served" {
  new_port
  begin "$SUPERVISOR" tcp:$PORT "unix:$PWD/s" -- \
    "$LISTEN" --ready-fd 9 systemd "$SITE"
  serves
  serves_unix
  kill -TERM $PID
  exits 0 $PID
  [ -S s ]
}

@test "systemd-socket-activate starts it" {
  command -v systemd-socket-activate || skip "not installed"
  new_port
  systemd-socket-activate -l "127.0.0.1:$PORT" "$LISTEN" systemd "$SITE" \
    3>&- 2>"$LOG" &
  PID=$!
  STARTED+=("$PID")
  eventually logs 'Listening on'
  serves
}

@test "what systemd passes must be listening stream sockets" {
  new_port
  run "$SUPERVISOR" tcp:$PORT udp:$PORT -- "$LISTEN" systemd
  [ "$status" = 2 ]
  [ "$output" = 'perch-listen: systemd: descriptor 4 is not a listening stream socket' ]
  run "$SUPERVISOR" file:/dev/zero -- "$LISTEN" systemd
  [ "$status" = 2 ]
  [[ $output == *'descriptor 3 is not'* ]]
  fails 2 'systemd: no socket was passed' systemd
  # They are another process's, whose child we are.
  LISTEN_PID=1 LISTEN_FDS=1 fails 2 'systemd: no socket was passed' systemd
}

@test "sockets of systemd that are not asked for are closed" {
  new_port
  local other=$PORT
  new_port
  begin "$SUPERVISOR" tcp:$other -- \
    "$LISTEN" --ready-fd 9 127.0.0.1:$PORT "$SITE"
  serves
  PORT=$other refuses
}

# --- usage

@test "a wrong address is named, with status 2" {
  local failed=0 address message
  while IFS='|' read -r address message; do
    fails 2 "$address: $message" "$address" "$SITE" || failed=1
  done <<'END'
0|not a port from 1 to 65535
65536|not a port from 1 to 65535
http|not a port from 1 to 65535
localhost:80|not a numeric address
1.2.3:80|not a numeric address
[::1]|not [ADDRESS]:PORT
[::x]:80|not a numeric address
unix:s|not an absolute path
END
  fails 2 'x: not a port from 1 to 65535' 8080,x "$SITE" || failed=1
  return $failed
}

@test "wrong usage has status 2" {
  fails 2 'no ADDRESS to listen on'
  fails 2 "$PWD/none: No such file or directory" 8080 "$PWD/none"
  fails 2 'nosuchuser: no such user' --user nosuchuser 8080 "$SITE"
  fails 2 'nosuchprogram: not found in PATH' 8080 -- nosuchprogram
  fails 2 '/none: No such file or directory' 8080 -- /none
  fails 2 "$SITE: Permission denied" 8080 -- "$SITE"
  fails 2 '--exec: a PROGRAM is always executed' --exec 8080 -- cat
  fails 2 '--ready-fd: it is not open' --ready-fd 77 8080 "$SITE"
  fails 2 '--grace: not a number of seconds' --grace x 8080 "$SITE"
}

@test "an address that cannot be had is named, with status 1" {
  listens 127.0.0.1:PORT "$SITE"
  fails 1 "127.0.0.1:$PORT: Address in use" "127.0.0.1:$PORT" "$SITE" ||
    fails 1 "127.0.0.1:$PORT: Address already in use" \
      "127.0.0.1:$PORT" "$SITE"
  run "$LISTEN" "192.0.2.1:$PORT" "$SITE"
  [ "$status" = 1 ]
  [[ $output == "perch-listen: 192.0.2.1:$PORT: "* ]]
  serves
}

@test "what was opened before a mistake is removed" {
  listens 127.0.0.1:PORT "$SITE"
  run "$LISTEN" "unix:$PWD/s,127.0.0.1:$PORT" "$SITE"
  [ "$status" = 1 ]
  [ ! -e s ]
}

@test "--check checks, and opens nothing" {
  listens 127.0.0.1:PORT "$SITE"
  run "$LISTEN" --check --user root "127.0.0.1:$PORT,unix:$PWD/s" "$SITE"
  [ "$status" = 0 ]
  [ -z "$output" ]
  [ ! -e s ]
  run "$LISTEN" --check "systemd,127.0.0.1:$PORT" -- cat
  [ "$status" = 0 ]
  fails 2 'x: not a port from 1 to 65535' --check x "$SITE"
  fails 2 'nosuchuser: no such user' --check --user nosuchuser 8080 "$SITE"
  fails 2 'nosuchprogram: not found in PATH' --check 8080 -- nosuchprogram
  fails 2 "none: No such file or directory" --check 8080 none
}

# --- processes

@test "every connection has a process, and none stays" {
  local a b
  listens 127.0.0.1:PORT "$SITE"
  has_children 0
  hold a
  hold b
  has_children 2
  exec {a}>&- {b}>&-
  eventually has_children 0
  for _ in 1 2 3 4 5; do serves; done
  eventually has_children 0
}

@test "a child that was killed is waited for" {
  local a
  listens 127.0.0.1:PORT "$SITE"
  hold a
  kill -KILL "$HELD"
  eventually has_children 0
  [ ! -e "/proc/$HELD" ]
  logs "process $HELD was killed by signal 9"
}

@test "it waits for its children where its parent ignores SIGCHLD" {
  UNDER=(sh -c 'trap "" CHLD; exec "$@"' sh)
  listens --max-connections 1 127.0.0.1:PORT "$SITE"
  for _ in 1 2 3; do
    serves
    eventually has_children 0
  done
}

@test "no descriptor leaks, to it or to a child" {
  local a before
  # Of what it is started with too.
  exec 7</dev/null 8</dev/null
  listens "127.0.0.1:PORT,127.0.0.2:PORT,unix:$PWD/s" "$SITE"
  exec 7>&- 8>&-
  fds $PID
  before=${FDS[*]}
  hold a
  # The document root and the connection.
  eventually held_has_fds 5
  for _ in 1 2 3 4 5; do serves; done
  fds $PID
  [ "${FDS[*]}" = "$before" ]
}

@test "it needs no standard descriptors" {
  UNDER=(sh -c 'exec "$@" <&- >&- 2>&-' sh)
  listens 127.0.0.1:PORT "$SITE"
  serves
  [ "$(readlink /proc/$PID/fd/2)" = /dev/null ]
}

@test "--exec serves in a fresh image that knows the client" {
  local a
  listens --exec --header '/ X-Kept: yes' PORT "$SITE"
  hold a
  tr '\0' '\n' <"/proc/$HELD/environ" >environment
  grep '^PERCH_CONNECTION=1$' environment
  grep '^TCPREMOTEIP=127.0.0.1$' environment
  # 0, 1 and 2, and the document root.
  eventually held_has_fds 4
  [ "$(grep stack "/proc/$HELD/maps")" != "$(grep stack "/proc/$PID/maps")" ]
  serves
  [[ $answer == *'X-Kept: yes'* ]]
  eventually logs '127.0.0.1 - -'
}

held_has_fds() { PID=$HELD has_fds "$1"; }

@test "--exec: SIGTERM ends an idle connection, and no download" {
  local a b
  listens --exec 127.0.0.1:PORT "$SITE"
  hold_big a
  hold b
  kill -TERM $PID
  eventually has_children 1
  has_rest $a
  exits 0 $PID
}

# --- programs

@test "a PROGRAM finds the connection, UCSPI, and nothing of ours" {
  local -x PROTO=old TCPREMOTEHOST=old REMOTE_ADDR=old PERCH_X=old
  new_port
  NOTIFY_SOCKET=$PWD/n \
    begin "$SUPERVISOR" tcp:$PORT -- "$LISTEN" --ready-fd 9 systemd \
    -- sh -c 'env
        grep ^Sig /proc/self/status
        echo "args: $*"
        exec ls -x /proc/self/fd' sh one 'two  three' 4>&- >/dev/null
  says
  echo "$answer" >answer
  cat answer
  grep '^PROTO=TCP$' answer
  grep '^TCPREMOTEIP=127.0.0.1$' answer
  grep '^TCPREMOTEPORT=[1-9][0-9]*$' answer
  grep '^TCPLOCALIP=127.0.0.1$' answer
  grep "^TCPLOCALPORT=$PORT\$" answer
  grep '^PATH=' answer
  ! grep -e =old -e LISTEN_ -e NOTIFY -e PERCH answer
  # The last is the directory.
  grep '^0 *1 *2 *3$' answer
  grep '^SigBlk:.0*$' answer
  # HUP, INT, PIPE and TERM; what else our parent ignores is its affair.
  (((0x$(sed -n 's/^SigIgn:.//p' answer) & 0x5003) == 0))
  grep '^args: one two  three$' answer
}

@test "a PROGRAM behind both families sees IPv4 as such" {
  listens PORT -- env
  says
  [[ $answer == *'TCPREMOTEIP=127.0.0.1'$'\n'* ]]
  [[ $answer == *'TCPLOCALIP=127.0.0.1'$'\n'* ]]
  says ::1
  [[ $answer == *'TCPREMOTEIP=::1'$'\n'* ]]
}

@test "a PROGRAM behind a unix socket has no TCP variables" {
  local -x TCPREMOTEIP=old
  listens "127.0.0.1:PORT,unix:$PWD/s" -- env
  says
  at_unix
  [[ $answer == *PROTO=UNIX* ]]
  [[ $answer != *$'\nTCP'* ]]
}

@test "a PROGRAM has no time-outs of ours" {
  local a
  listens --header-timeout 0.05 --idle-timeout 0.05 --write-timeout 1 \
    127.0.0.1:PORT -- cat
  hold a
  pause 0.2
  echo late >&$a
  read -r -t 5 -u $a
  [ "$REPLY" = late ]
}

@test "a PROGRAM that vanishes costs connections, not the launcher" {
  cp /bin/cat program
  listens 127.0.0.1:PORT -- ./program there
  rm program
  says
  [ -z "$answer" ]
  logs 'refused 1 connection, of 127.0.0.1: no process for it: No such file'
  cp /bin/echo program
  says
  [ "$answer" = $'there\n' ]
}

@test "a PROGRAM gets SIGTERM, and SIGKILL after --grace" {
  local a
  listens --grace 0.2 127.0.0.1:PORT -- "$BATS_FILE_TMPDIR/stubborn"
  connect a
  read -r -t 5 -u $a
  [ "$REPLY" = begun ]
  kill -TERM $PID
  read -r -t 5 -u $a
  [ "$REPLY" = told ]
  exits 0 $PID
}

# --- limits

@test "--max-connections: 503 above it, and recovery" {
  local a b
  listens --max-connections 2 --retry-after 7 127.0.0.1:PORT "$SITE"
  hold a
  hold b
  get
  [[ $answer == 'HTTP/1.1 503 '* ]]
  [[ $answer == *$'\r\nRetry-After: 7\r\n'* ]]
  [[ $answer == *$'\r\nConnection: close\r\n'* ]]
  has_children 2
  exec {a}>&-
  eventually has_children 1
  serves
}

@test "--max-connections: a child that was killed counts no more" {
  local a
  listens --max-connections 1 127.0.0.1:PORT "$SITE"
  for _ in 1 2 3; do
    hold a
    get
    [ "$code" = 503 ]
    kill -KILL "$HELD"
    eventually serves
    eventually has_children 0
  done
}

@test "--max-per-address: others are served on" {
  local a b
  listens --max-per-address 2 PORT "$SITE"
  hold a
  hold b
  get
  [ "$code" = 503 ]
  logs 'of 127.0.0.1: too many connections of one address'
  [ "$(curl -sS -m 5 --interface 127.0.0.2 "http://127.0.0.1:$PORT")" = small ]
  serves ::1
  exec {b}>&-
  eventually has_children 1
  serves
}

@test "--max-per-address does not concern unix sockets" {
  listens --max-per-address 1 "127.0.0.1:PORT,unix:$PWD/s" "$SITE"
  perl -MSocket -e '
    socket S, AF_UNIX, SOCK_STREAM, 0;
    connect S, sockaddr_un("s") or die;
    sleep 5;' 3>&- &
  STARTED+=($!)
  eventually has_children 1
  serves_unix
}

@test "a refused client reads its 503 though it has sent much" {
  local a
  listens --max-connections 1 127.0.0.1:PORT "$SITE"
  hold a
  run perl -MIO::Socket::INET -e '
    alarm 5;
    my $s = IO::Socket::INET->new("127.0.0.1:$ARGV[0]") or die;
    syswrite $s, "POST / HTTP/1.1\r\nHost: a\r\n\r\n" . "x" x 200000;
    select undef, undef, undef, 0.1;
    print <$s>;' $PORT
  [[ $output == 'HTTP/1.1 503 '* ]]
}

@test "refused connections do not stay" {
  local a c i before
  listens --max-connections 1 127.0.0.1:PORT "$SITE"
  fds $PID
  before=${#FDS[@]}
  hold a
  # More than may linger, and silent: they neither send nor close.
  for ((i = 0; i < 80; i++)); do connect c; done
  eventually has_fds $((before + 20)) $((before + 64))
  get
  [ "$code" = 503 ]
  has_fds 0 $((before + 64))
  eventually has_fds $before
}

@test "refusals are logged once a second at most, and counted" {
  local a i
  listens --max-connections 1 127.0.0.1:PORT "$SITE"
  hold a
  for ((i = 0; i < 6; i++)); do get; done
  [ "$(grep -c refused "$LOG")" = 1 ]
  logs 'refused 1 connection, of 127.0.0.1: too many connections'
  eventually logs 'refused 5 connections, the last of 127.0.0.1: too many'
}

@test "a PROGRAM's connections above the limit are closed" {
  local a
  listens --max-connections 1 127.0.0.1:PORT -- cat
  hold a
  says
  [ -z "$answer" ]
  has_children 1
}

# --- trouble

@test "without descriptors it waits, and neither spins nor ends" {
  command -v prlimit || skip "needs prlimit"
  local a before after
  listens 127.0.0.1:PORT "$SITE"
  fds $PID
  prlimit --pid $PID --nofile=${#FDS[@]}:1024
  connect a
  ask $a /
  eventually logs 'accept: '
  read -r -a before <"/proc/$PID/stat"
  pause 0.2
  read -r -a after <"/proc/$PID/stat"
  # Ticks of 10 ms, of itself and the kernel for it.
  [ $((after[13] + after[14] - before[13] - before[14])) -le 2 ]
  [ "$(grep -c 'accept: ' "$LOG")" = 1 ]
  prlimit --pid $PID --nofile=1024:1024
  read -r -t 5 -u $a
  [[ $REPLY == 'HTTP/1.1 200 '* ]]
}

@test "without processes it says 503, and goes on" {
  command -v prlimit && command -v setpriv || skip "needs prlimit, setpriv"
  [ "$(id -u)" = 0 ] || skip "needs root"
  # A user that has no other process.
  local as=(setpriv --reuid 64321 --regid 64321 --clear-groups)
  UNDER=("${as[@]}" prlimit --nproc=1:8)
  listens 127.0.0.1:PORT /
  get
  [ "$code" = 503 ]
  logs 'refused 1 connection, of 127.0.0.1: no process for it: Resource'
  "${as[@]}" prlimit --pid $PID --nproc=8:8
  serves_root
}

# --- the end

@test "SIGTERM lets a download finish, and takes no other" {
  local a
  listens 127.0.0.1:PORT "$SITE"
  hold_big a
  kill -TERM $PID
  eventually refuses
  kill -0 $PID
  has_rest $a
  exits 0 $PID
}

@test "SIGTERM ends idle connections at once" {
  local a
  listens 127.0.0.1:PORT "$SITE"
  hold a
  ask $a /
  read -r -t 5 -u $a
  kill -TERM $PID
  exits 0 $PID
}

@test "--grace is how long a stalled client may last" {
  local a
  listens --grace 0.2 127.0.0.1:PORT "$SITE"
  hold_big a
  kill -TERM $PID
  pause 0.1
  kill -0 $PID
  exits 0 $PID
  gone "$HELD"
}

@test "--grace 0 waits for nobody" {
  local a
  listens --grace 0 127.0.0.1:PORT "$SITE"
  hold_big a
  kill -INT $PID
  exits 0 $PID
  gone "$HELD"
}

@test "a second SIGTERM ends the grace" {
  local a
  listens --grace 60 127.0.0.1:PORT "$SITE"
  hold_big a
  kill -TERM $PID
  eventually refuses
  kill -0 $PID
  kill -TERM $PID
  exits 0 $PID
  gone "$HELD"
}

@test "SIGINT of a terminal does not tear responses off" {
  local a
  listens 127.0.0.1:PORT "$SITE"
  hold a
  kill -INT "$HELD"
  kill -HUP "$HELD"
  ask $a /
  read -r -t 5 -u $a
  [ "$REPLY" = "HTTP/1.1 200 OK$CR" ]
  serves
  kill -INT $PID
  exits 0 $PID
}

# --- reload

@test "SIGHUP under load loses no connection" {
  listens --log none --max-per-address 0 127.0.0.1:PORT "$SITE"
  # Prints how many of 150 connections did not bring the whole answer.
  perl -MIO::Socket::INET -e '
    alarm 20;
    local $SIG{PIPE} = "IGNORE";
    my $failed = 0;
    for (1..150) {
      my $s = IO::Socket::INET->new("127.0.0.1:$ARGV[0]");
      if (!$s) { $failed++; next }
      print $s "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
      my $answer = join "", <$s>;
      $answer =~ /^HTTP\/1.1 200 .*\nsmall\n$/s or $failed++;
    }
    print $failed;' $PORT >failed 3>&- &
  local load=$!
  while kill -0 $load 2>/dev/null; do
    kill -HUP $PID
    pause 0.02
  done
  wait $load
  [ "$(<failed)" = 0 ]
  [ "$(grep -c reloaded "$LOG")" -gt 2 ]
  kill -TERM $PID
  exits 0 $PID
}

@test "SIGTERM is not lost in a reload" {
  strace -o /dev/null true 2>/dev/null || skip "needs strace"
  # Of the old image, just before it executes the new one.
  CLOSES=0.1
  UNDER=(strace -D -qq -o "$BATS_TEST_TMPDIR/trace" -e trace=memfd_create
    -e inject=memfd_create:delay_enter=300000)
  listens 127.0.0.1:PORT "$SITE"
  kill -HUP $PID
  pause 0.2
  kill -TERM $PID
  exits 0 $PID
}

@test "SIGHUP makes new options take effect" {
  echo 'header / X-Version: 1' >config
  listens --config config 127.0.0.1:PORT "$SITE"
  has_version 1
  echo 'header / X-Version: 2' >config
  kill -HUP $PID
  eventually logs reloaded
  has_version 2
  # And once more, from the second image.
  echo 'header / X-Version: 3' >config
  kill -HUP $PID
  eventually has_version 3
}

has_version() {
  get
  [[ $answer == *"X-Version: $1"* ]]
}

@test "SIGHUP with wrong options changes nothing" {
  echo 'header / X-Version: 1' >config
  listens --config config 127.0.0.1:PORT "$SITE"
  echo 'no-such-option' >config
  kill -HUP $PID
  eventually logs 'not reloaded: the new options are refused'
  logs 'config: line 1: no-such-option'
  has_version 1
  echo 'header / X-Version: 2' >config
  kill -HUP $PID
  eventually has_version 2
}

@test "SIGHUP keeps children: limits, waiting, the end" {
  local a b
  listens --grace 60 --max-connections 2 127.0.0.1:PORT "$SITE"
  hold a
  hold_big b
  kill -HUP $PID
  eventually logs reloaded
  has_children 2
  get
  [ "$code" = 503 ]
  exec {a}>&-
  eventually has_children 1
  serves
  kill -TERM $PID
  eventually refuses
  kill -0 "$HELD"
  kill -TERM $PID
  exits 0 $PID
  gone "$HELD"
}

@test "SIGHUP executes a new binary, unless that is broken" {
  cp "$LISTEN" program
  LISTEN=./program listens 127.0.0.1:PORT "$SITE"
  cp "$LISTEN" new
  mv new program
  [[ $(readlink /proc/$PID/exe) == *'(deleted)' ]]
  kill -HUP $PID
  eventually logs reloaded
  [[ $(readlink /proc/$PID/exe) == */program ]]
  echo 'exit 1' >new
  chmod +x new
  mv new program
  kill -HUP $PID
  eventually logs 'not reloaded'
  serves
}

@test "SIGHUP keeps descriptors, unix sockets and systemd's" {
  local other launcher before
  new_port
  other=$PORT
  new_port
  begin "$SUPERVISOR" tcp:$other -- \
    "$LISTEN" --ready-fd 9 "systemd,127.0.0.1:$PORT,unix:$PWD/s" "$SITE"
  has_children 1
  fds "${CHILDREN[0]}"
  before=${#FDS[@]}
  kill -HUP $PID
  eventually logs reloaded
  fds "${CHILDREN[0]}"
  [ "${#FDS[@]}" = "$before" ]
  serves
  PORT=$other serves
  serves_unix
  kill -TERM $PID
  exits 0 $PID
  [ ! -e s ]
}

@test "of sockets handed over, those that stay do, others come and go" {
  local kept
  new_port
  kept=$PORT
  new_port
  PERCH_SOCKETS="3=127.0.0.1:$kept,4=unix:$PWD/gone" "$SUPERVISOR" \
    tcp:$kept "unix:$PWD/gone" -- \
    "$LISTEN" "127.0.0.1:$kept,127.0.0.1:$PORT" "$SITE" 3>&- 2>"$LOG" &
  STARTED+=($!)
  eventually logs reloaded
  serves
  PORT=$kept serves
  [ ! -e gone ]
}

@test "SIGHUP goes on where an address cannot be had" {
  local kept
  listens 127.0.0.1:PORT "$SITE"
  local taken=$PORT
  new_port
  PERCH_SOCKETS="3=127.0.0.1:$PORT" "$SUPERVISOR" tcp:$PORT -- \
    "$LISTEN" "127.0.0.1:$PORT,127.0.0.1:$taken" "$SITE" 3>&- 2>"$LOG" &
  STARTED+=($!)
  eventually logs reloaded
  logs "127.0.0.1:$taken: Address"
  serves
}

@test "what is handed over must make sense" {
  local sockets
  for sockets in x 2=80 3 =80 3=80,y=80; do
    PERCH_SOCKETS=$sockets \
      fails 2 'PERCH_SOCKETS is malformed' 127.0.0.1:80 "$SITE"
  done
  PERCH_SOCKETS=3=80 PERCH_CHILDREN=x \
    fails 2 'PERCH_CHILDREN is malformed' 127.0.0.1:80 "$SITE"
}

# --- who started us

@test "--ready-fd gets a newline and is closed, when all is ready" {
  listens 127.0.0.1:PORT "$SITE"
  [ ! -e /proc/$PID/fd/9 ]
  # Standard descriptors are never given to a connection.
  "$LISTEN" --ready-fd 1 "unix:$PWD/s" "$SITE" \
    3>&- >"$BATS_FILE_TMPDIR/ready" 2>"$LOG" &
  PID=$!
  STARTED+=("$PID")
  read -r -t 5 <"$BATS_FILE_TMPDIR/ready"
  eventually is_null "/proc/$PID/fd/1"
  serves_unix
}

is_null() { [ "$(readlink "$1")" = /dev/null ]; }

@test "systemd is told what goes on" {
  local socket
  for socket in "$PWD/n" "@perch-test-$$-$RANDOM"; do
    new_port
    : >said
    : >"$LOG"
    NOTIFY_SOCKET=$socket begin "$SUPERVISOR" -- \
      "$LISTEN" --ready-fd 9 "127.0.0.1:$PORT" "$SITE" >said
    kill -HUP $PID
    eventually logs reloaded
    kill -TERM $PID
    exits 0 $PID
    [ "$(sed 's/=[0-9]\{3,\}$/=N/' said | tr '\n' ' ')" = \
      'READY=1 RELOADING=1 MONOTONIC_USEC=N READY=1 STOPPING=1 ' ]
  done
}

@test "systemd is told of the end of a reload that failed" {
  new_port
  echo >config
  : >said
  NOTIFY_SOCKET=$PWD/n begin "$SUPERVISOR" -- "$LISTEN" --ready-fd 9 \
    --config config "127.0.0.1:$PORT" "$SITE" >said
  echo nonsense >config
  kill -HUP $PID
  eventually said_ready_twice
}

said_ready_twice() { [ "$(grep -c '^READY=1$' said)" = 2 ]; }

@test "--user: it and its children are that user for good" {
  [ "$(id -u)" = 0 ] || skip "needs root"
  local a process uid gid
  uid=$(id -u nobody)
  gid=$(id -g nobody)
  listens --user nobody 127.0.0.1:PORT "$SITE"
  hold a
  for process in $PID "$HELD"; do
    tr '\t' ' ' <"/proc/$process/status" >status
    grep "^Uid: $uid $uid $uid $uid\$" status
    grep "^Gid: $gid $gid $gid $gid\$" status
    ! grep '^Groups:.* 0 ' status
    grep '^CapPrm: 0*$' status
  done
}

@test "--user: it has that user's groups, and no others" {
  [ "$(id -u)" = 0 ] || skip "needs root"
  unshare -m true 2>/dev/null || skip "needs unshare"
  { cat /etc/group; echo 'perch-test:x:64322:games,nobody'; } >group
  UNDER=(unshare -m sh -c
    'mount --bind group /etc/group && exec "$@"' sh)
  listens --user nobody 127.0.0.1:PORT /
  tr '\t' ' ' <"/proc/$PID/status" >status
  grep "^Groups: $(id -g nobody) *64322 *\$\|^Groups: 64322 $(id -g nobody) *\$" \
    status
  serves_root
}

serves_root() {
  get /etc/passwd
  [ "$code" = 200 ]
}

@test "--user: SIGHUP goes on as that user" {
  [ "$(id -u)" = 0 ] || skip "needs root"
  # The new image opens the directory anew, and must be allowed to.
  listens --user nobody 127.0.0.1:PORT /
  kill -HUP $PID
  eventually logs reloaded
  grep -q "^Uid:.$(id -u nobody)" "/proc/$PID/status"
  serves_root
}

@test "--user needs the right to change" {
  [ "$(id -u)" = 0 ] && command -v setpriv || skip "needs root, setpriv"
  new_port
  run setpriv --reuid 64321 --regid 64321 --clear-groups \
    "$LISTEN" --user nobody "127.0.0.1:$PORT" /
  [ "$status" = 1 ]
  [ "$output" = 'perch-listen: nobody: Operation not permitted' ]
}

# --- the manual

@test "the manual has every option, in order" {
  "$LISTEN" --help | sed -n 's/^  --\([a-z-]*\).*/\1/p' >options
  sed -n 's/^\.It Fl -\([a-z-]*\).*/\1/p' "$TOP/man/perch-listen.8" \
    >described
  diff options described
  sort -c described
}
