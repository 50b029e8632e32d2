#!/usr/bin/env bats
# What a process costs: how it is linked, and its system calls.
load helper

# Processes cost here too: one readelf and one try of strace for all tests,
# and what they say in KIND, a word for each kind of build (see the
# Makefile's STATIC and MUSL_CC), and "untraced".
setup_file() {
  site
  export PERCH=$BIN/perch ELF=$BATS_FILE_TMPDIR/elf KIND=
  readelf -hldSsW "$PERCH" >"$ELF"
  IFS= read -r -d '' elf <"$ELF" || :
  [[ $elf != *$'\n  INTERP '* ]] || KIND+=' dynamic'
  [[ $elf != *__asan_init* ]] || KIND+=' asan'
  [[ $elf != *.note.ABI-tag* ]] || KIND+=' glibc'
  strace -o "$BATS_FILE_TMPDIR/true" true || KIND+=' untraced'
}

# has NAME REGEX: there is a line in $elf with NAME and REGEX behind it.
has() {
  [[ $elf =~ $1[^$'\n']*$2 ]]
}

@test "perch is position-independent, no segment of it nor its stack is written to and executed, and it needs no shared library" {
  IFS= read -r -d '' elf <"$ELF" || :
  has '  Type: +DYN'
  has FLAGS_1 PIE
  has $'\n  LOAD '
  has $'\n  GNU_STACK '
  refute has '(LOAD|GNU_STACK) ' ' RWE'
  has 'Dynamic section at '
  [[ $KIND != *dynamic* ]] ||
    skip 'the last: this perch is built with STATIC=0, for a dynamic loader'
  refute has NEEDED
}

# skip_if KIND WHY
skip_if() {
  [[ $KIND != *$1* ]] || skip "$2"
}

# trace FILE: sets $calls to the system calls in it, without pids and signals.
trace() {
  local line
  calls=()
  while IFS= read -r line; do
    [[ $line =~ ^([0-9]+ +)?(.*) ]]
    line=${BASH_REMATCH[2]}
    [[ $line == +++* || $line == ---* ]] || calls+=("$line")
  done <"$1"
}

# starts_in MAX: $calls has a first read of the request, and so many calls,
# execve included, in front of it.
starts_in() {
  local call count='' start=0
  for call in "${calls[@]}"; do
    [[ ! $call =~ ^(read|recvfrom)\(0, ]] || : "${count:=$start}"
    [[ ! $call =~ ^(read|recvfrom)\(0,\ \"GET ]] || local reads=1
    [ -n "$count" ] || echo "$((++start)) $call"
  done
  echo "$count calls before the first read of ${reads:-no} request"
  [ -n "$reads" ] && [ "$count" -le "$1" ]
}

GET='GET / HTTP/1.1\r\nHost: a\r\n\r\n'

@test "perch reads from a socket, TCP with options, or pipe after 10 system calls, 16 more for its sandbox, and allocates no memory" {
  needs_root
  # What it costs to start is a promise of musl builds: glibc does more.
  skip_if asan 'this perch is built with ASan'
  skip_if dynamic 'this perch is built with STATIC=0'
  skip_if glibc 'this perch is built with glibc'
  skip_if untraced 'strace may not trace here'
  cd "$BATS_TEST_TMPDIR"
  echo "a socket"
  "$TOP/test/talk" --unix "send:$GET" half read -- \
    strace -f -o unix "$PERCH" --sandbox off "$SITE" 2>/dev/null
  trace unix
  starts_in 10
  "$TOP/test/talk" --unix "send:$GET" half read -- \
    strace -f -o confined "$PERCH" --sandbox on "$SITE" 2>/dev/null
  trace confined
  starts_in 26

  echo "a TCP socket"
  "$TOP/test/talk" "send:$GET" half read -- \
    strace -f -o tcp "$PERCH" --log json --explain --max-head 8K \
    --sandbox off --header '/ X: y' --index a --index index.html --idle-timeout 1 "$SITE" \
    2>/dev/null
  trace tcp
  starts_in 10

  echo "a pipe"
  # shellcheck disable=SC2059
  printf "$GET$GET" | strace -f -o pipe "$PERCH" --sandbox off "$SITE" 2>/dev/null
  trace pipe
  starts_in 10
  for call in "${calls[@]}"; do
    [[ ! $call =~ ^(brk|mmap|mremap)\( ]] || { echo "$call" && false; }
  done
}

@test "a kept-alive request for a small file takes 6 system calls" {
  needs_root
  skip_if asan 'this perch is built with ASan'
  skip_if untraced 'strace may not trace here'
  exchange "$GET" --log none --date 0
  # With the newline at its end, which $output is without.
  one=$((${#output} + 1))
  "$TOP/test/talk" "send:$GET" "read:$one" "send:$GET" "read:$one" \
    "send:$GET" "read:$one" half read -- \
    strace -f -o "$BATS_TEST_TMPDIR/trace" "$PERCH" --log none --date 0 \
    "$SITE" 2>/dev/null
  trace "$BATS_TEST_TMPDIR/trace"
  # From the read of one request to that of the next.
  counts=() count=
  for call in "${calls[@]}"; do
    echo "$call"
    if [[ $call == 'recvfrom(0, "GET'* ]]; then
      [ -z "$count" ] || counts+=("$count")
      count=0
    fi
    [ -z "$count" ] || count=$((count + 1))
  done
  echo "${counts[*]}"
  [ "${#counts[@]}" = 2 ]
  # The first one finds out what its output is.
  [ "${counts[1]}" -le 6 ]
}

# under PERL COMMAND...: runs it after PERL, as a parent might leave it.
under() {
  perl -e "$1"'; exec @ARGV; die' "${@:2}"
}

LISTENS='use Socket; my $s;
  socket($s, AF_INET, SOCK_STREAM, 0) and
    bind($s, sockaddr_in(0, INADDR_LOOPBACK)) and listen($s, 1) and
    open(STDIN, "<&", $s) or die $!'

@test "a listening socket, as of inetd's wait, is said to be none to serve, in the log alone" {
  cd "$BATS_TEST_TMPDIR"
  run --separate-stderr under "$LISTENS" "$PERCH" "$SITE"
  [ "$status" = 2 ]
  [ "$stderr" = 'perch: standard input: a listening socket, which is for perch-listen, and not a connection' ]
  [ -z "$output" ]
  # Options are right or wrong whatever it was started with.
  under "$LISTENS" "$PERCH" --check "$SITE"
}

@test "a socket that LISTEN_FDS passes elsewhere is not taken for served" {
  run --separate-stderr under '$ENV{LISTEN_PID} = $$; $ENV{LISTEN_FDS} = 1' \
    "$PERCH" "$SITE" </dev/null
  [ "$status" = 2 ]
  [ "$stderr" = 'perch: standard input: not the socket, which is descriptor 3: StandardInput=socket is missing' ]
  # Those of another process, and those of Accept=yes, which are both.
  LISTEN_PID=1 LISTEN_FDS=1 perch "$SITE" </dev/null
  run --separate-stderr "$TOP/test/talk" "send:$GET" half read -- \
    perl -e '$ENV{LISTEN_PID} = $$; $ENV{LISTEN_FDS} = 1; exec @ARGV' \
    "$PERCH" "$SITE"
  [[ $output == 'HTTP/1.1 200 '* ]]
}

BLOCKS='use POSIX;
  my $all = POSIX::SigSet->new; $all->fillset; sigprocmask SIG_BLOCK, $all;
  $SIG{$_} = "IGNORE" for qw(TERM PIPE CHLD HUP INT)'

@test "signals that are blocked or ignored are put right" {
  echo "SIGTERM ends an idle connection"
  run --separate-stderr "$TOP/test/talk" "send:$GET" read:20 sleep:0.1 term read -- \
    perl -e "$BLOCKS; exec @ARGV" "$PERCH" --log none "$SITE"
  echo "$stderr"
  [[ $stderr == *'status 0,'* ]]
  awk -v t="${stderr##*talk: }" 'BEGIN { exit !(t + 0 < 10) }'

  echo "a client that is gone ends it as well, and no signal does"
  head -c 3000000 /dev/zero >"$SITE/large"
  { printf 'GET /large HTTP/1.0\r\n\r\n' | perch "$SITE" 2>"$BATS_TEST_TMPDIR/log" ||
    echo "status $?" >>"$BATS_TEST_TMPDIR/log"; } | head -c 1 >/dev/null
  grep -F 'cut short: the client is gone' "$BATS_TEST_TMPDIR/log"
  refute grep status "$BATS_TEST_TMPDIR/log"

  echo "a program's signals are fresh"
  mkdir -p "$SITE/cgi"
  printf '#!/bin/sh\necho "Content-Type: text/plain"; echo; grep Sig /proc/self/status\n' >"$SITE/cgi/signals"
  chmod +x "$SITE/cgi/signals"
  printf 'GET /cgi/signals HTTP/1.0\r\n\r\n' >"$BATS_TEST_TMPDIR/request"
  run under "$BLOCKS" "$PERCH" --log none --cgi /cgi/ "$SITE" \
    <"$BATS_TEST_TMPDIR/request"
  echo "$output"
  for set in SigPnd SigBlk SigIgn; do
    grep -E "^$set:.0{16}$" <<<"$output"
  done
}

@test "messages have their level in front where the log is the journal, and only there" {
  cd "$BATS_TEST_TMPDIR"
  : >journal
  stream=$(stat -c %d:%i journal)
  printf 'bad\r\n\r\n' >request
  JOURNAL_STREAM=$stream perch "$SITE" <request >reply 2>journal
  cat journal
  grep '^<5>perch: -: 400: ' journal
  grep '^- - - .* 400 ' journal
  status=0
  JOURNAL_STREAM=$stream perch --x 2>journal || status=$?
  [ "$status $(<journal)" = '2 <3>perch: --x: no such option' ]
  for other in "${stream}1" "${stream%:*}" x:y ''; do
    JOURNAL_STREAM=$other perch --x 2>journal || true
    [ "$(<journal)" = 'perch: --x: no such option' ]
  done

  # Whose connections do not have the environment that it was started with.
  : >listen.log
  JOURNAL_STREAM=$(stat -c %d:%i listen.log) listen "$SITE"
  run "$TOP/test/talk" --connect "$PORT" 'send:GET /no HTTP/1.0\r\n\r\n' read
  unlisten
  [[ $output == 'HTTP/1.1 404 '* ]]
  grep '^127.0.0.1 - - .* 404 ' listen.log
}

# As stunnel's: its ends are stunnel's own.
@test "the ends of a socket pair over loopback are nobody's where the environment knows better" {
  mkdir -p "$SITE/cgi"
  printf '#!/bin/sh\necho "Content-Type: text/plain"; echo; env\n' >"$SITE/cgi/env"
  chmod +x "$SITE/cgi/env"
  ask() {
    run --separate-stderr "$TOP/test/talk" \
      'send:GET /cgi/env HTTP/1.1\r\nHost: a\r\n\r\n' half read -- \
      "$PERCH" --log none --cgi /cgi/ "$SITE"
    echo "$output"
  }
  REMOTE_HOST=192.0.2.1 REMOTE_PORT=4711 ask
  [[ $output == *$'\nREMOTE_ADDR=192.0.2.1\n'* ]]
  [[ $output == *$'\nREMOTE_PORT=4711\n'* ]]
  [[ $output != *SERVER_ADDR* && $output == *$'\nSERVER_PORT=80\n'* ]]
  # A client on the same machine.
  REMOTE_HOST=127.0.0.1 REMOTE_PORT=4711 ask
  [[ $output == *$'\nREMOTE_PORT=4711\n'* && $output != *SERVER_ADDR* ]]
  ask
  [[ $output == *$'\nREMOTE_ADDR=127.0.0.1\n'* ]]
  [[ $output == *$'\nSERVER_ADDR=127.0.0.1\n'* ]]
}
