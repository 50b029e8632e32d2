# Loaded by every .bats file.
# shellcheck disable=SC2034  # what is set here is used there
bats_require_minimum_version 1.5.0

TOP=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
# Where the programs are: as given, or seen from the top of the tree.
BIN=${BIN:-$TOP}
[ -d "$BIN" ] || BIN=$TOP/$BIN
BIN=$(cd "$BIN" && pwd)

BUILD=${BUILD:-$TOP/build}

export LC_ALL=C
CR=$'\r'
# They would be taken for the client's address.
unset TCPREMOTEIP REMOTE_ADDR REMOTE_HOST SOCAT_PEERADDR NCAT_REMOTE_ADDR

# Each skip is a line in the file $SKIPPED, if that is set.
if [ -n "${SKIPPED:-}" ] && ! declare -F recorded_skip >/dev/null; then
  eval "recorded_$(declare -f skip)"
  skip() {
    echo "${BATS_TEST_FILENAME##*/}: ${1:-}" >>"$SKIPPED"
    recorded_skip "$@"
  }
fi

perch() {
  "$BIN/perch" "$@"
}

# site: makes a small document root, $SITE, for the tests of a file.
site() {
  SITE=$BATS_FILE_TMPDIR/site
  [ -d "$SITE" ] || mkdir "$SITE"
  echo small >"$SITE/index.html"
  export SITE
}

# exchange REQUEST [ARG]...: sends REQUEST, a format of printf, to perch
# and sets $output to what it answers, $stderr to what it logs, $status.
exchange() {
  local to=$BATS_TEST_TMPDIR
  # shellcheck disable=SC2059  # it is a format
  printf "$1" >"$to/request"
  status=0
  perch "${@:2}" "$SITE" <"$to/request" >"$to/reply" 2>"$to/log" || status=$?
  # Up to a NUL, if there is one; $(<FILE) would cost a process.
  IFS= read -r -d '' output <"$to/reply" || :
  IFS= read -r -d '' stderr <"$to/log" || :
  output=${output%$'\n'} stderr=${stderr%$'\n'}
  mapfile -t stderr_lines <"$to/log"
}

# refute COMMAND...: fails if it succeeds. A plain "! COMMAND" is looked at
# in the last line of a test alone.
refute() {
  ! "$@"
}

# needs_root: skips what others may not do, such as to look into processes that
# are in a sandbox, even their own.
needs_root() {
  [ "$(id -u)" = 0 ] || skip 'needs root'
}

# listen [OPTION]... [DIRECTORY | -- PROGRAM]: starts perch-listen, or what
# $LAUNCHER says, on a free port of 127.0.0.1, and sets $PORT and $LISTENER,
# its pid.
listen() {
  # A file's set-up has no test's folder.
  local try options=() to=${BATS_TEST_TMPDIR:-$BATS_FILE_TMPDIR}
  while [ $# -gt 1 ] && [ "$1" != -- ]; do
    options+=("$1")
    shift
  done
  for try in 1 2 3 4 5 6 7 8; do
    PORT=$((20000 + RANDOM % 12000))
    rm -f "$to/ready"
    mkfifo "$to/ready"
    "$BIN/${LAUNCHER:-perch-listen}" --ready-fd 9 "${options[@]}" "127.0.0.1:$PORT" "$@" \
      9>"$to/ready" 3>&- 2>"$to/listen.log" &
    LISTENER=$!
    # An empty read: it ended, most likely since the port is in use.
    if read -r <"$to/ready"; then
      export PORT LISTENER
      return 0
    fi
    wait "$LISTENER" || true
  done
  cat "$to/listen.log"
  return 1
}

unlisten() {
  [ -z "${LISTENER:-}" ] || { kill "$LISTENER" && wait "$LISTENER"; } || true
}

# accesses: ends perch-listen, so that its log is complete, and sets $accesses
# to a line "TARGET STATUS BYTES ORDINAL" for each request in it.
accesses() {
  unlisten
  LISTENER=
  accesses=$(sed -nE 's/^[^"]*"[A-Z]+ ([^ "]*) [^"]*" ([0-9]+ [0-9]+) .* ([0-9]+)$/\1 \2 \3/p' \
    "$BATS_TEST_TMPDIR/listen.log")
  echo "$accesses"
}

# missing COMMAND...: says why tests that need them are to be skipped, or
# nothing. In other builds they would find nothing that is new.
missing() {
  local command
  if ! [ "$BUILD" -ef "$TOP/build" ]; then
    echo 'only for what is built in build/'
    return
  fi
  for command; do
    if ! command -v "$command" >/dev/null; then
      echo "no $command"
      return
    fi
  done
}

# slow: first in a test that takes long and would find the same in every
# build: it is left out where $QUICK is set.
slow() {
  [ -z "${QUICK:-}" ] || skip 'not with QUICK'
}

# converse STEP... -- OPTION...: perch over a connection, by test/talk. Sets
# $output, $stderr, and $report, its last line, with $seconds.
converse() {
  local steps=()
  while [ "$1" != -- ]; do
    steps+=("$1")
    shift
  done
  shift
  run --separate-stderr "$BUILD/tool/talk" "${steps[@]}" -- \
    "$BIN/perch" --log none --drain-timeout 0.1 "$@" "$SITE"
  report=${stderr##*talk: }
  seconds=${report%% s,*}
  echo "output: ${output:0:300}"
  echo "stderr: $stderr"
}

# within LOW HIGH: it ended by itself, after that time; later on a machine
# that is busy, but not as late as by the time-outs' defaults.
within() {
  [[ $report == *'status 0,'* ]]
  awk -v t="$seconds" -v low="$1" -v high="$2" \
    'BEGIN { exit !(t >= low && t <= high + 6) }'
}
