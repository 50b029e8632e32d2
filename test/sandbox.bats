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
  [ -x "$HOLE/perch" ] || make -s -C "$TOP" BUILD="$BUILD" "$HOLE/perch" \
    "$HOLE/perch-listen" "$HOLE/trap"
  mkdir "$DATA"
  echo secret >"$DATA/secret"
  start_other
}

# Another's process, of the same user, with a socket for datagrams.
start_other() {
  rm -f "$DATA/socket"
  perl -MSocket -e '
    socket S, AF_UNIX, SOCK_DGRAM, 0;
    bind S, sockaddr_un($ARGV[0]) or die;
    sleep 1000' "$DATA/socket" >/dev/null 2>&1 3>&- &
  OTHER=$!
  disown
  echo $OTHER >"$BATS_FILE_TMPDIR/other"
  until [ -S "$DATA/socket" ]; do sleep 0.01; done
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
  OPTIONS=()
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
    "option|*|killed"
    "datagram $DATA/socket|done|killed"
    "back|done|killed"
    "duplicate|done|killed"
    "move|done|killed"
    "share|done|killed"
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
    "${OPTIONS[@]}" "$SITE" <request 2>>"$LOG") || :
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

# over_tls: all of $ACTS are asked for, by a connection for each; to start a
# client costs more than that. by_answer is told what came of one.
declare -gA ANSWERS
over_tls() {
  local act what all=() i=0
  for act in "${ACTS[@]}"; do
    [ $i = 0 ] || all+=(--next)
    i=$((i + 1))
    all+=(-sk --max-time 10 -o /dev/null -D "head.$i" -H "Hole: ${act%%|*}"
      -H 'Connection: close' "https://127.0.0.1:$PORT/")
  done
  rm -f head.*
  curl "${all[@]}" || true
  i=0
  for act in "${ACTS[@]}"; do
    i=$((i + 1)) answer=
    IFS= read -r -d '' answer <"head.$i" || true
    ANSWERS[${act%%|*}]=$answer
  done
}

by_answer() {
  answer=${ANSWERS[$1]}
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
  start_other
}

@test "in its sandbox perch reads what it serves, and nothing else" {
  ACTS+=("message||killed")
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
    "kill $PID|done|killed" "message||killed" "splice||killed")
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

# tls: makes a pair of keys, and has perch-tls's hole for $LISTEN.
tls() {
  [ -x "$BIN/perch-tls" ] || skip 'no perch-tls'
  [ -x "$HOLE/perch-tls" ] || make -s -C "$TOP" BUILD="$BUILD" "$HOLE/perch-tls"
  MODE=on LISTEN=$HOLE/perch-tls
  mkdir secret
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
    -subj /CN=a -keyout secret/key -out pem 2>/dev/null
  TLS=(--crash-pause 0 --tls-cert pem --tls-key secret/key)
}

# reach PID...: the acts that are to reach these.
reach() {
  local pid
  for pid; do
    ACTS+=("kill $pid||killed" "trace $pid||killed" "memory $pid||killed"
      "own $pid||killed" "read /proc/$pid/environ||Permission denied"
      "read /proc/$pid/mem||Permission denied"
      "list /proc/$pid/fd||Permission denied")
  done
}

@test "and those of perch-tls, which have its keys in their memory, and reach no other's" {
  tls
  listens --sandbox on "${TLS[@]}" 127.0.0.1:PORT "$SITE"
  hold sibling
  ACTS+=("read $PWD/secret/key||Permission denied" "ask $PWD/secret/key||killed"
    "splice||killed")
  reach "$PID" "$HELD"
  over_tls
  all_held by_answer
  kill -HUP $PID
  eventually logs 'reloaded'
  over_tls
  all_held by_answer
  kill -0 "$HELD" "$OTHER"
  eventually logs 'was killed by signal 31: a system call that it may not make'
}

@test "nor its broker, nor who opens its keys" {
  tls
  programs
  if [ "$(id -u)" = 0 ]; then
    open_to_all
    chmod 700 secret
    chmod a+r passwords
    TLS+=(--user nobody)
  fi
  listens --sandbox on "${TLS[@]}" "${PROGRAMS[@]}" 127.0.0.1:PORT "$SITE"
  children $PID
  openers=("${CHILDREN[@]}")
  brokers
  [ "${#openers[@]} ${#BROKERS[@]}" = "$(($(id -u) == 0)) 1" ]
  ACTS+=("ask $PWD/secret/key||Permission denied" "ask $PWD/pem||Permission denied")
  reach "$PID" "${openers[@]}" "${BROKERS[@]}"
  over_tls
  all_held by_answer
  program_acts
  ACTS=("${ACTS[@]/#with SSL_PROTOCOL=x|*/with SSL_PROTOCOL=x||$SHOWN*xmine}")
  over_tls
  all_held by_answer
  brokers
  kill -0 "${openers[@]}" "${BROKERS[@]}" $PID
  serves_tls
}

serves_tls() { [ "$(curl -sk -m 5 "https://127.0.0.1:$PORT/")" = small ]; }

# has_only PID TARGET...: its descriptors lead there, in any order.
has_only() {
  local fd have=() want
  for fd in "/proc/$1/fd/"*; do
    fd=$(readlink "$fd")
    have+=("${fd%%:\[*}")
  done
  want=$(printf '%s\n' "${@:2}" | sort)
  have=$(printf '%s\n' "${have[@]}" | sort)
  [ "$have" = "$want" ]
}

# holds_only TARGET...: a connection to $PID has these.
holds_only() {
  local held
  hold held
  eventually has_only "$HELD" "$@"
  exec {held}>&-
}

# The same, before and after a reload.
stays_with() {
  holds_only "$@"
  kill -HUP $PID
  eventually logs 'reloaded'
  holds_only "$@"
}

@test "a connection has its client, the directory, the log, its broker, and nothing else of what the launcher has or was started with" {
  needs_root
  programs
  standard=(/dev/null /dev/null "$LOG" "$SITE")
  # shellcheck disable=SC2016  # for the shell under it
  UNDER=(sh -c 'exec 4<"$0" "$@" <"$0" >>"$0"' "$DATA/secret")
  listens 127.0.0.1:PORT,unix:$PWD/s "$SITE"
  holds_only "${standard[@]}" socket
  listens --exec 127.0.0.1:PORT "$SITE"
  holds_only socket socket "$LOG" "$SITE"
  listens "${PROGRAMS[@]}" 127.0.0.1:PORT "$SITE"
  stays_with "${standard[@]}" socket socket
  tls
  open_to_all
  TLS+=(--user nobody)
  listens "${TLS[@]}" 127.0.0.1:PORT "$SITE"
  holds_only "${standard[@]}" socket
  listens "${TLS[@]}" "${PROGRAMS[@]}" 127.0.0.1:PORT "$SITE"
  stays_with "${standard[@]}" socket socket
}

@test "where the log goes by datagrams they go to nobody else" {
  for MODE in off on; do
    printf 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nHole: address %s\r\n\r\n' \
      "$DATA/socket" >request
    IFS= read -r -d '' answer < <(perl -MSocket -e '
      socketpair A, B, AF_UNIX, SOCK_DGRAM, 0;
      open STDERR, ">&A";
      exec @ARGV' "$HOLE/perch" --sandbox $MODE --log none "$SITE" <request) || true
    heard
    heard[${#heard[@]}]=$result
  done
  [ "${heard[*]}" = 'done killed' ]
}

@test "who asks on a socket, and is answered on a pipe, gets a file without splice" {
  answer=$(perl -MSocket -e '
    socketpair A, B, AF_UNIX, SOCK_STREAM, 0;
    syswrite B, "GET /big HTTP/1.0\r\n\r\n";
    shutdown B, 1;
    open STDIN, "<&A";
    exec @ARGV' "$BIN/perch" --sandbox on --log none "$SITE" | tail -c 20000000 | wc -c)
  [ "$answer" = 20000000 ]
}

@test "built with -DSANDBOX_TRAP it says which call it was" {
  LISTEN=$HOLE/trap
  listens --sandbox on --crash-pause 0 127.0.0.1:PORT "$SITE"
  by_socket "kill $OTHER"
  [ "$result" = killed ]
  number=$(printf '#include <sys/syscall.h>\nSYS_kill' | cc -E -P - | tail -1)
  eventually logs "perch-listen: not in the sandbox: system call: $number"
  eventually logs 'was killed by signal 31: a system call that it may not make'
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

# programs: $PROGRAMS are options of a site that has some of each kind.
programs() {
  mkdir -p "$SITE/cgi" "$SITE/other"
  cat >"$SITE/cgi/show" <<'END'
#!/bin/sh
echo "$SCRIPT_FILENAME $PATH$LD_PRELOAD$BASH_ENV$HTTP_PROXY$SSL_PROTOCOL$HTTP_X$MINE"
END
  cp "$SITE/cgi/show" "$SITE/other/show"
  printf '#!/bin/sh\nprintf "Status: 200\\n\\n$$\\n"\nexec sleep 1000\n' >"$SITE/cgi/long"
  printf '#!/bin/sh\nprintf "Status: 200\n\n$MINE\n"\n' >"$SITE/cgi/say"
  chmod +x "$SITE/cgi/"* "$SITE/other/show"
  cp "$SITE/cgi/show" "$DATA/show"
  : >passwords
  ln -sf "$BIN/perch-auth" "$HOLE/perch-auth"
  PROGRAMS=(--cgi /cgi/ --websocket '/ws cat' --auth "/private/ $PWD/passwords" --env MINE=mine)
}

# brokers: sets BROKERS. They are children of the thread that has started them.
brokers() {
  local task
  BROKERS=()
  for task in "/proc/$PID/task/"*; do
    [ "$task" = "/proc/$PID/task/$PID" ] || read -r -a BROKERS <"$task/children" || true
  done
}

has_brokers() {
  brokers
  [ ${#BROKERS[@]} = "$1" ]
}

# long NAME: connects, has a program started that does not end, $program.
long() {
  connect "$1"
  ask "${!1}" /cgi/long
  program=
  while [[ ! $program =~ ^[0-9]{2,}$ ]]; do
    read -r -t 5 -u "${!1}" program
    program=${program%$'\r'}
  done
  [ -d "/proc/$program" ]
}

# What a connection may have started, and what not. Who asks for more than its
# due is turned out, and hears no more.
turned_out='Resource temporarily unavailable'
program_acts() {
  SHOWN="$SITE/cgi/show /usr/local/bin"
  ACTS=(
    "cgi /cgi/show|$SHOWN*"
    "cgi /cgi/show/more|$SHOWN*"
    "with HTTP_X=x|$SHOWN*xmine"
    "with REMOTE_USER=me|$SHOWN*mine"
    "with PATH_INFO=/../..|$SHOWN*mine"
    "with SCRIPT_FILENAME=/etc/passwd|$SHOWN*mine"
    "with MINE=x|$turned_out"
    "with PATH=/tmp|$turned_out"
    "with LD_PRELOAD=/tmp/x|$turned_out"
    "with BASH_ENV=/tmp/x|$turned_out"
    "with HTTP_PROXY=evil|$turned_out"
    "with HTTP_AUTHORIZATION=x|$turned_out"
    "with SSL_PROTOCOL=x|$turned_out"
    "with nothing|$turned_out"
    "cgi /cgi/none|No such file or directory"
    "cgi /cgi/../other/show|$turned_out"
    "cgi /cgi/../../data/show|$turned_out"
    "cgi /cgi/./show|$turned_out"
    "cgi cgi/show|$turned_out"
    "cgi $DATA/show|$turned_out"
    "cgi /bin/sh|$turned_out"
    "cgi /other/show|$turned_out"
    "cgi|$turned_out"
    "websocket /ws|done"
    "websocket /cgi/show|$turned_out"
    "websocket-auth /ws|$turned_out"
    "password $PWD/passwords|done"
    "password /etc/shadow|$turned_out"
    "two /cgi/show|$turned_out"
    "spool|$turned_out"
    "signal|No such process"
    "flood|[BC]*"
    "raw 00|Broken pipe"
    "raw 000000000000000000000000ffffffff|Broken pipe"
    "raw 00000000000000000200000003000000|Broken pipe"
    "raw 00000000000000000000000003000000616263616263|Broken pipe"
    "raw 63000000000000000000000000000000|Broken pipe"
    "nothing|done"
  )
  ACTS=("${ACTS[@]/|/||}")
}

@test "with programs perch is in its sandbox too, and its broker starts what the options name, and no more" {
  programs
  OPTIONS=("${PROGRAMS[@]}")
  MODE=on
  all_held by_perch
  kill -0 "$OTHER"
  program_acts
  all_held by_perch
  logs 'perch: broker: refused a connection: a variable that no request has'
  logs 'perch: broker: refused a connection: a path that leads elsewhere'
  logs 'perch: broker: refused a connection: a path without a program'
}

@test "so do the connections of perch-listen with programs, and none reaches another's" {
  needs_root
  local socket count=0
  programs
  MODE=on LISTEN=$HOLE/perch-listen
  listens --sandbox on --crash-pause 0 "${PROGRAMS[@]}" 127.0.0.1:PORT "$SITE"
  has_brokers 1
  broker=${BROKERS[0]}
  long sibling
  ACTS+=("kill $program|done|killed" "trace $program|done|killed"
    "kill $broker|done|killed" "read /proc/$broker/environ|*|Permission denied")
  all_held by_socket
  program_acts
  all_held by_socket
  kill -0 "$program"
  # Of its own it has the client, and the broker.
  eventually has_children 1
  for socket in /proc/"${CHILDREN[0]}"/fd/*; do
    [[ $(readlink "$socket") != socket:* ]] || count=$((count + 1))
  done
  [ $count = 2 ]
  # With the connection goes the program.
  kill -KILL "${CHILDREN[0]}"
  eventually gone "$program"
}

@test "a host's programs are those in its directory" {
  programs
  mkdir -p hosts/default hosts/a
  cp -r "$SITE/cgi" hosts/a/cgi
  cp -r "$SITE/cgi" hosts/default/cgi
  cp -r "$SITE/cgi" cgi
  SITE=$PWD/hosts
  OPTIONS=(--hosts --cgi /cgi/)
  MODE=on
  ACTS=("host a||$SITE/a/cgi/show*" "host b||$SITE/default/cgi/show*"
    "host ..||$SITE/default/cgi/show*" "host /etc||$SITE/default/cgi/show*"
    "cgi /cgi/../../../cgi/show||$turned_out")
  all_held by_perch
}

@test "a broker that is killed takes its programs along, and there is another; a reload leaves it to who has it" {
  local first second
  programs
  printf '%s\n' 'cgi /cgi/' 'sandbox on' 'env MINE=mine' >conf
  listens --config conf 127.0.0.1:PORT "$SITE"
  long first
  has_brokers 1
  kill -KILL "${BROKERS[0]}"
  eventually gone "$program"
  eventually says_mine mine
  logs 'perch-listen: the broker of programs has ended: there will be another'
  exec {first}>&-
  has_brokers 1
  long second
  echo 'env MINE=another' >>conf
  kill -HUP $PID
  eventually logs 'reloaded'
  says_mine another
  kill -0 "$program"
  exec {second}>&-
  eventually gone "$program"
  says_mine another
}

says_mine() {
  get /cgi/say
  [ "$code" = 200 ] && [[ $answer == *"$1"$'\n'* ]]
}

@test "with --sandbox on no PROGRAM is served, since it would be started outside" {
  fails 2 '--sandbox: a PROGRAM is started outside of it' --sandbox on 127.0.0.1:1 -- cat
}
