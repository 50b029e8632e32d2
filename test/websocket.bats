#!/usr/bin/env bats
# WebSockets: what becomes of a conversation, however it ends, and that
# nothing of it is left. What frames say is in the golden cases.
load helper
load tool/talk

# program NAME: makes a program of standard input.
program() {
  cat >"$SITE/$1"
  chmod +x "$SITE/$1"
}

# script NAME LINE...: makes a shell script of them.
script() {
  printf '%s\n' '#!/bin/sh' "${@:2}" | program "$1"
}

# perl NAME LINE...: makes a program of packets of them; its socket is S.
perl_packets() {
  printf '%s\n' '#!/usr/bin/perl' 'use Socket; $| = 1;' \
    'open S, "+<&=3" or die;' "${@:2}" | program "$1"
}

setup_file() {
  site
  cd "$SITE"
  script farewell 'echo $$ >>pids' 'while read -r line; do echo "$line"; done' \
    'sleep 0.2; echo last; exit 3'
  script stubborn 'trap "" TERM; echo $$ >>pids; echo begun' \
    'while :; do sleep 0.05; done'
  script silent 'echo $$ >>pids; exec sleep 60'
  script family 'echo $$ >>pids; sleep 60 & echo $! >>pids' \
    '(trap "" TERM; while :; do sleep 0.05; done) & echo $! >>pids' 'cat'
  script exits 'exit $1'
  script crashes 'kill -SEGV $$'
  script complains 'echo "what is wrong" >&2' \
    'head -c 300000 /dev/zero | tr "\0" x >&2; echo >&2; cat'
  perl_packets asks 'recv S, $p, 65542, 0; send S, "tbye", 0;' \
    'send S, "c\x0f\xa1why", 0; sleep 60;'
  perl_packets records 'open F, ">packets";' \
    'while (defined recv(S, $p, 65542, 0) && length $p) {' \
    '  print F unpack("H*", substr $p, 0, 40), " ", length $p, "\n" }' \
    'print F "end\n"; close F;'
}

setup() {
  SITE=$BATS_FILE_TMPDIR/site
  rm -f "$SITE/pids" "$SITE/packets"
  cd "$SITE"
}

# The least that a build is to show: others find nothing new in more.
count() {
  [ "$BUILD" -ef "$TOP/build" ] && [ -z "${QUICK:-}" ] && echo 10000 || echo 500
}

HANDSHAKE='send:GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n'

# frame BYTE TEXT: sets $frame to a step that sends it, with a key of zeros.
frame() {
  printf -v frame 'send:\\x%s\\x%02x\\0\\0\\0\\0%s' "$1" $((128 + ${#2})) "$2"
}

# talks 'PROGRAM...' STEP... [-- OPTION...]: a client talks with the program;
# "text:TEXT" and "close" are steps, too. Sets $frames to what comes behind
# the head, in which what is not printable is as \xHH.
talks() {
  local steps=() rule=$1 step
  shift
  while [ $# -gt 0 ] && [ "$1" != -- ]; do
    step=$1
    case $step in
    text:*) frame 81 "${step#text:}"; step=$frame ;;
    close) step='send:\x88\x82\0\0\0\0\x03\xe8' ;;
    esac
    steps+=("$step")
    shift
  done
  status=0
  # The output holds NULs.
  "$BUILD/tool/talk" "$HANDSHAKE" "${steps[@]}" -- "$BIN/perch" --log none \
    --drain-timeout 0.1 --websocket-close-timeout 0.1 --websocket-grace 0.2 \
    --websocket "/ws $rule" "${@:2}" "$SITE" \
    >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" || status=$?
  frames=$(perl -0777 -ne 's/.*?\r\n\r\n//s;
    s/[^ -~]/sprintf "\\x%02x", ord $&/ge; print' "$BATS_TEST_TMPDIR/out")
  stderr=$(<"$BATS_TEST_TMPDIR/err")
  report=${stderr##*talk: }
  seconds=${report%% s,*}
  echo "frames: ${frames:0:300}"
  echo "stderr: ${stderr:0:1000}"
}

# is_gone: no process that wrote its number to "pids" is left.
is_gone() {
  local pid try
  [ -s pids ]
  for try in {1..40}; do
    while read -r pid; do
      [ ! -e "/proc/$pid" ] || grep -q '^State:.Z' "/proc/$pid/status" || {
        sleep 0.05
        continue 2
      }
    done <pids
    return 0
  done
  echo "alive: $pid: $(tr '\0' ' ' <"/proc/$pid/cmdline")"
  return 1
}

@test "a client closes: the program's last messages still come, then the answer" {
  talks ./farewell text:one close read -- --websocket-grace 5
  [ "$frames" = '\x81\x03one\x81\x04last\x88\x02\x03\xe8' ]
  within 0.2 0.6
  is_gone
}

@test "a client goes without a word: the program sees the end, and is gone" {
  talks ./farewell text:one half read -- --websocket-grace 5
  [ "$frames" = '\x81\x03one\x81\x04last\x88\x02\x03\xf3' ]
  is_gone
  rm pids
  talks ./farewell text:one read:186 reset
  is_gone
}

@test "a program that does not end gets SIGTERM after the grace, then SIGKILL" {
  talks ./silent read:181 close read
  [ "$frames" = '\x88\x02\x03\xe8' ]
  within 0.2 0.6
  is_gone
  rm pids
  talks ./stubborn read:188 close read
  [ "$frames" = '\x81\x05begun\x88\x02\x03\xe8' ]
  within 0.4 0.8
  is_gone
  rm pids
  talks ./stubborn read:188 reset
  within 0.4 0.8
  is_gone
}

@test "what a program leaves behind in its group ends with it" {
  talks ./family text:x read:184 close read
  [[ $frames == '\x81\x01x\x88\x02\x03\xe8' ]]
  is_gone
  [ "$(wc -l <pids)" = 3 ]
}

@test "a program ends: 1000, or 1011 if it fails; or with the code it asked for" {
  talks './exits 0' read
  [ "$frames" = '\x88\x02\x03\xe8' ]
  within 0.1 0.4
  talks './exits 3' read
  [ "$frames" = '\x88\x02\x03\xf3' ]
  talks ./crashes read
  [ "$frames" = '\x88\x02\x03\xf3' ]
  # Whoever answers is not waited for.
  talks 'seq 3' read:190 close read -- --websocket-close-timeout 9
  [ "$frames" = '\x81\x011\x81\x012\x81\x013\x88\x02\x03\xe8' ]
  within 0 0.4
  talks 'packets ./asks' text:x read
  [ "$frames" = '\x81\x03bye\x88\x05\x0f\xa1why' ]
}

@test "lines that are cut anywhere by what is read at once are whole" {
  script long 'yes "$(printf "%0900d" 7)" | head -n 2000'
  talks ./long read -- --websocket-max-message 1000
  [ "$frames" = "$(perl -e 'print map("\\x81~\\x03\\x84" . "0" x 899 . "7", 1 .. 2000), "\\x88\\x02\\x03\\xe8"')" ]
}

@test "what a program may not say ends it with 1011, and is in the log" {
  local failed=0 rule say why
  while IFS='|' read -r rule say why; do
    case $rule in
    packets) perl_packets wrong "send S, \$_, 0 for $say; sleep 60;" ;;
    *) printf '%s\n' '#!/usr/bin/perl' "\$| = 1; print $say; sleep 60;" | program wrong ;;
    esac
    talks "$rule ./wrong" read -- --websocket-max-message 10 --websocket-lines-escape
    [ "$frames" = '\x88\x02\x03\xf3' ] && [[ $stderr == *": $why"* ]] || {
      echo "not: $rule, $why"
      failed=1
    }
  done <<'END'
lines|"a\\x\n"|the program's line has a backslash that means nothing
lines|"a\\\n"|the program's line has a backslash that means nothing
lines|"x" x 11, "\n"|the program's line is over the limit
lines|"x" x 100000|the program's line is over the limit
lines|"\xff\n"|the program's text is not UTF-8
packets|"x"|the program's packet is of no known kind
packets|"T12"|the program's part has no number
packets|"T1234\x02"|the program's part is neither the last nor another
packets|"c\x03"|the program's close is malformed
packets|"t\xff"|the program's text is not UTF-8
packets|"T1234\0a", "B1234\1a"|the program's parts of one message are of both kinds
packets|"T1234\0abcdef", "T1234\1abcdef"|the program's message in parts is over the limit
packets|"T1234\0\xff"|the program's text in parts is not UTF-8
packets|"T1234\1\xc3"|the program's text in parts is not UTF-8
packets|map(pack("aNCa", "B", $_, 0, "a"), 1 .. 300)|too many of the program's senders have begun a message in parts
END
  return $failed
}

@test "SIGTERM: 1001, behind the program's last messages" {
  talks ./farewell text:one read:186 term read -- --websocket-grace 5
  [ "$frames" = '\x81\x03one\x81\x04last\x88\x02\x03\xe9' ]
  is_gone
  rm pids
  talks ./silent read:181 term read
  [ "$frames" = '\x88\x02\x03\xe9' ]
  is_gone
}

@test "a program of packets is told of pings, and of the end with its code" {
  talks 'packets ./records' text:hello 'send:\x89\x82\0\0\0\0hi' \
    'send:\x82\x81\0\0\0\0\xff' sleep:0.1 \
    'send:\x88\x85\0\0\0\0\x0f\xa0bye' read -- --websocket-grace 5
  [ "$frames" = '\x8a\x02hi\x88\x05\x0f\xa0bye' ]
  sort packets >"$BATS_TEST_TMPDIR/sorted"
  cat packets
  [ "$(<"$BATS_TEST_TMPDIR/sorted")" = \
    $'62ff 2\n630fa0627965 6\n706869 3\n7468656c6c6f 6\nend' ]
  for case in 03ee:half 03e9:term; do
    talks 'packets ./records' read:181 "${case#*:}" read -- \
      --websocket-grace 5
    [ "$(<packets)" = "63${case%:*} 3"$'\nend' ]
  done
  talks 'packets ./records' 'send:\x83\x80\0\0\0\0' read -- --websocket-grace 5
  [ "$(<packets)" = $'6303ea 3\nend' ]
}

@test "a silent client is pinged, and given up if it does not answer" {
  talks ./silent sleep:0.7 read -- --websocket-ping 0.2 \
    --websocket-pong-timeout 0.2
  [ "$frames" = '\x89\x00' ]
  [[ $stderr == *': the client answers no pings'* ]]
  is_gone
  rm pids
  # Whatever it sends counts: else there would be no second ping.
  talks ./silent read:183 'send:\x8a\x80\0\0\0\0' read:2 \
    'send:\x8a\x80\0\0\0\0' close read -- --websocket-ping 0.2 \
    --websocket-pong-timeout 1
  [ "$frames" = '\x89\x00\x89\x00\x88\x02\x03\xe8' ]
}

@test "what a program says on standard error is in the log, bounded, and holds nobody up" {
  talks ./complains text:x read:184 close read -- --max-cgi-log 2000
  [ "$frames" = '\x81\x01x\x88\x02\x03\xe8' ]
  [[ $stderr == *': program '*': what is wrong'* ]]
  [ ${#stderr} -lt 4000 ]
}

@test "a program that cannot be executed is 500, and none is 426, before the 101" {
  printf '#!/nonexistent\n' | program broken
  talks ./broken half read
  [[ $(head -1 "$BATS_TEST_TMPDIR/out") == 'HTTP/1.1 500 '* ]]
  [[ $stderr == *'500: the program could not be executed'* ]]
}

@test "--websocket-auth lets in, or answers" {
  script auth 'case $HTTP_COOKIE in' \
    'yes) printf "Status: 204\n\n" ;;' \
    'go) printf "Status: 303\nLocation: /login\n\n" ;;' \
    '*) printf "Status: 401\nWWW-Authenticate: X\n\nno\n" ;;' 'esac'
  for case in yes:101 go:303 x:401; do
    cookie="Cookie: ${case%:*}\r\n\r\n"
    HANDSHAKE=${HANDSHAKE%\\r\\n}$cookie talks cat close half read -- \
      --websocket-auth "$SITE/auth"
    [[ $(head -1 "$BATS_TEST_TMPDIR/out") == "HTTP/1.1 ${case#*:} "* ]]
  done
  # What is no handshake is not asked about.
  printf 'GET /ws HTTP/1.1\r\nHost: a\r\n\r\n' >request
  perch --websocket '/ws cat' --websocket-auth "$SITE/auth" \
    <request >out 2>/dev/null
  [[ $(head -1 out) == 'HTTP/1.1 426 '* ]]
}

@test "--auth comes before the handshake" {
  echo 'a:$2b$04$invalid' >"$BATS_TEST_TMPDIR/users"
  talks cat half read -- --auth "/ws $BATS_TEST_TMPDIR/users"
  [[ $(head -1 "$BATS_TEST_TMPDIR/out") == 'HTTP/1.1 401 '* ]]
}

@test "options say what is wrong with a rule" {
  for case in 'ws cat|does not begin with a slash' '/ws|no program' \
    '/ws packets|no program' "/ws cat$(printf ' a%.0s' {1..64})|too many arguments" '/ws nonesuch-program|no such program' \
    '/ws /nonexistent|No such file'; do
    status=0
    perch --websocket "${case%|*}" --check 2>err || status=$?
    cat err
    [ "$status" = 2 ]
    [[ $(<err) == *"${case#*|}"* ]]
  done
}

# many COMMAND...: 8 processes send at once to a client that takes what the
# command lets through.
many() {
  local n
  n=$(count)
  "$BUILD/tool/talk" "$HANDSHAKE" read -- "$BIN/perch" --log none \
    --websocket-close-timeout 0.1 \
    --websocket "/ws packets $BUILD/tool/many 8 $n" "$SITE" 2>err | "$@" |
    "$BUILD/tool/many" --check 8 "$n" >checked || {
    cat checked err
    return 1
  }
  [ "$(<checked)" = "$((8 * n)) messages, closed with 1000" ]
  report=$(<err)
  [[ $report == *', status 0, '* ]]
}

@test "8 processes send at once: all of it arrives, unmixed, each sender's in order" {
  many cat
}

@test "the same with a client that reads slowly" {
  many perl -e 'while (sysread STDIN, $_, 65536) {
    syswrite STDOUT, $_; select undef, undef, undef, 0.001 }'
}

@test "a slow program stops our reads, and gets all of it" {
  script counts 'sleep 0.5; wc -c'
  perl -e '$m = "x" x 60000;
    print "\x81\xfe", pack("n", 60000), "\0" x 4, $m for 1 .. 300;
    print "\x88\x80\0\0\0\0"' >messages
  talks ./counts file:messages read -- --websocket-grace 5
  [ "$frames" = '\x81\x0818000300\x88\x00' ]
  # With what other builds add it is another matter.
  peak=${report##* bytes, }
  ! [ "$BUILD" -ef "$TOP/build" ] || [ "${peak%% *}" -lt 3000 ]
}

@test "a slow client stops the program, one that does not read is given up; others hear on" {
  script floods 'echo $$ >>pids; exec yes'
  talks ./floods sleep:0.8 -- --write-timeout 0.3
  [[ $stderr == *'cut short: the client was too slow'* ]]
  is_gone
  rm pids
  # While nothing goes out, what comes in still goes to the program.
  script both 'echo $$ >>pids; yes & sed -u "/stop/{w heard' 'q}" >/dev/null' \
    'sleep 60'
  talks ./both sleep:0.3 text:stop sleep:0.5 -- --write-timeout 0.7
  [ "$(<heard)" = stop ]
  is_gone
}

@test "kill -9 of the program, or of perch: nothing hangs, and no process is left" {
  script victim 'echo $$ >>pids; echo $PPID >>perch; echo hello; exec cat'
  rm -f perch
  for victim in pids perch; do
    rm -f pids perch
    talks ./victim read:188 read >talked &
    until [ -s pids ] && [ -s perch ]; do sleep 0.05; done
    kill -9 "$(<$victim)"
    wait $!
    cat talked
    is_gone
    [ "$victim" = perch ] ||
      grep -qx 'frames: \\x81\\x05hello\\x88\\x02\\x03\\xf3' talked
  done
  # Of many processes on one socket, too, that send or receive.
  perl_packets flock 'for (1 .. 4) { next if fork; ' \
    'open P, ">>pids"; print P "$$\n"; close P;' \
    'if ($_ % 2) { 1 while send S, "tx", 0 } else { recv S, $p, 9, 0 }' \
    'exit }' 'open P, ">perch"; print P getppid; close P; sleep 60;'
  rm -f pids perch
  talks 'packets ./flock' read:184 sleep:0.5 >talked &
  until [ -s perch ] && [ "$(wc -l <pids)" = 4 ]; do sleep 0.05; done
  kill -9 "$(<perch)"
  is_gone
  wait
}
