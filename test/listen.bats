#!/usr/bin/env bats
# perch-listen: addresses, usage, processes, who started us.
load helper
load launcher

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
  eventually logs '127.0.0.1 - -'
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
  # It has looked by a connection, whose process may still have the socket.
  eventually has_children 0
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
  UNDER=("$SUPERVISOR" tcp:PORT "unix:$PWD/s" --)
  listens systemd "$SITE"
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

@test "a socket that inetd passes for wait is served, and nothing is logged to it" {
  needs_root
  new_port
  # As inetd does: it is 0, 1 and 2, and nothing else is open.
  cat >wait.pl <<'END'
use Socket; my $s;
socket($s, AF_INET, SOCK_STREAM, 0) and setsockopt($s, SOL_SOCKET, SO_REUSEADDR, 1) and
  bind($s, sockaddr_in(shift, INADDR_LOOPBACK)) and listen($s, 5) or die $!;
open STDIN, "<&", $s and open STDOUT, ">&", $s and open STDERR, ">&", $s or die;
exec @ARGV;
END
  perl wait.pl $PORT "$LISTEN" inetd "$SITE" 3>&- 2>"$LOG" &
  PID=$!
  STARTED+=("$PID")
  eventually serves
  [ "$(readlink /proc/$PID/fd/0 /proc/$PID/fd/1)" = $'/dev/null\n/dev/null' ]
  serves
  kill -HUP $PID
  eventually serves
  kill -TERM $PID
  exits 0 $PID
  run "$LISTEN" inetd "$SITE" </dev/null
  [ "$status" = 2 ]
  [[ $output == 'perch-listen: inetd: descriptor '*' is not a listening stream socket' ]]
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

@test "what a launcher cannot do without is named, with status 1" {
  local call
  for call in eventfd getrandom; do
    run -1 timeout 10 "$BUILD/tool/without" $call "$LISTEN" "unix:$PWD/s" "$SITE"
    echo "$output"
    [ "$output" = "perch-listen: $call: Function not implemented" ]
  done
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
  fails 2 '--ready-fd: not the number of a descriptor' --ready-fd 0 8080 "$SITE"
  fails 2 '--grace: not a number of seconds' --grace x 8080 "$SITE"
  for mode in '' 8 1000 0x1 66666666666666666666666; do
    fails 2 '--socket-mode: not an octal mode' "--socket-mode=$mode" 8080 "$SITE"
  done
  fails 2 "a DIRECTORY and a PROGRAM: $SITE" 8080 "$SITE" -- cat
  fails 2 '--: no PROGRAM follows' 8080 --
  printf -v many '127.0.0.1:%d,' {1..65}
  fails 2 'too many addresses' "$many" "$SITE"
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

# A page that is touched is what a short connection costs most: see
# src/layout.ld. Fields 10 and 11 of stat(5) count them, the launcher's and its
# children's. It was 6 and 17 before anyone looked.
@test "a connection touches few pages" {
  local headers
  headers=$(readelf -lSsW "$LISTEN")
  [[ $headers != *INTERP* && $headers != *__asan_init* &&
    $headers != *.note.ABI-tag* ]] || skip 'a promise of musl builds'
  local before after i
  listens --log none 127.0.0.1:PORT "$SITE"
  for i in 1 2 3; do serves; done
  eventually has_children 0
  read -r -a before <"/proc/$PID/stat"
  for ((i = 0; i < 40; i++)); do serves; done
  eventually has_children 0
  read -r -a after <"/proc/$PID/stat"
  echo "launcher $((after[9] - before[9])), children $((after[10] - before[10]))"
  ((after[9] - before[9] <= 40 * 4))
  # Three of them came with the sandbox.
  ((after[10] - before[10] <= 40 * 10))
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
  needs_root
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
  needs_root
  UNDER=(sh -c 'exec "$@" <&- >&- 2>&-' sh)
  listens 127.0.0.1:PORT "$SITE"
  serves
  [ "$(readlink /proc/$PID/fd/2)" = /dev/null ]
}

@test "--exec serves in a fresh image that knows the client" {
  needs_root
  local a
  listens --exec --header '/ X-Kept: yes' PORT "$SITE"
  hold a
  eventually grep -qz '^PERCH_CONNECTION=1$' "/proc/$HELD/environ"
  tr '\0' '\n' <"/proc/$HELD/environ" >environment
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

# --- who started us

@test "--ready-fd gets a newline and is closed, when all is ready" {
  needs_root
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
  needs_root
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
  needs_root
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

@test "--user: SIGHUP goes on as that user" {
  needs_root
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
