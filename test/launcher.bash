# Loaded by the .bats files that start perch-listen.

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
# in an argument, and :PORT at its end in one of the command UNDER it.
listens() {
  local attempt
  for attempt in 1 2 3 4 5; do
    new_port
    : >"$LOG"
    begin "${UNDER[@]/%:PORT/:$PORT}" "$LISTEN" --ready-fd 9 "${@//PORT/$PORT}" && return
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
# the shell alone: this file makes hundreds of requests. A server may have left
# before all was sent.
get() {
  local connection
  connect connection "${@:2}" || return
  printf 'GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n' \
    "${1:-/}" >&$connection 2>/dev/null || true
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
  for ((i = 0; i < 600; i++)); do
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
# gone PID: it has ended, and is waited for perhaps.
gone() {
  local stat
  read -r stat 2>/dev/null <"/proc/$1/stat" || return 0
  [[ $stat == *') Z '* ]]
}

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
  eventually gone "$2" || {
    ps -o pid,ppid,stat,wchan:20,args -p "$2" --ppid "$2"
    return 1
  }
  local status=0
  wait "$2" || status=$?
  echo "exit status $status"
  [ "$status" = "$1" ]
}

# fails STATUS MESSAGE ARG...: one line, and that status.
fails() {
  local status=0 out err
  timeout 10 "$LISTEN" "${@:3}" >out 2>err || status=$?
  IFS= read -r -d '' out <out || true
  IFS= read -r -d '' err <err || true
  [ "$status$out$err" = "$1${LISTEN##*/}: $2"$'\n' ] && return
  echo "${LISTEN##*/} ${*:3}: status $status, stdout '$out', stderr '$err'"
  return 1
}

serves_root() {
  get /etc/passwd
  [ "$code" = 200 ]
}

# open_to_all: everybody can get to the test's folder.
open_to_all() {
  local folder=$PWD
  until [ "$folder" = /tmp ] || [ "$folder" = / ]; do
    chmod a+x "$folder"
    folder=${folder%/*}
    folder=${folder:-/}
  done
}
