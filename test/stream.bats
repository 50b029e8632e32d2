#!/usr/bin/env bats
# Large content, odd descriptors, and clients that go away.
load helper

setup() {
  site
  ok='GET / HTTP/1.1\r\nHost: a\r\n\r\n'
}

talk() {
  run --separate-stderr "$TOP/test/talk" "$@"
  report=${stderr##*talk: }
  echo "output: ${output:0:300}"
  echo "stderr: $stderr"
}

# The words of "talk: T s, status S, N bytes, K KiB".
received() { echo "$report" | sed 's/.* \([0-9]*\) bytes.*/\1/'; }
kibibytes() { echo "$report" | sed 's/.* \([0-9]*\) KiB.*/\1/'; }

@test "2 GiB pass through --echo at constant memory" {
  [ "${BIN##*/}" != build-asan ] || skip "ASan's memory is not ours"
  talk --unix \
    'send:POST /e HTTP/1.1\r\nHost: a\r\nContent-Length: 2147483648\r\n\r\n' \
    zeros:2147483648 half -- \
    "$BIN/perch" --log none --max-body 0 --echo /e "$SITE"
  [[ $report == *'status 0,'* ]]
  [ "$(received)" -gt 2147483648 ]
  [ "$(kibibytes)" -lt 4096 ]
}

# To read all of it would fill the page cache with zeros for 15 seconds;
# offsets beyond 2^32 are test_stream's.
@test "a file over 4 GiB has its whole length announced, and begins to come" {
  truncate -s 4294967299 "$SITE/big"
  talk 'send:GET /big HTTP/1.1\r\nHost: a\r\n\r\n' read:100000 reset -- \
    "$BIN/perch" --log none "$SITE"
  [[ $output == 'HTTP/1.1 200 OK'*'Content-Length: 4294967299'* ]]
  [ "$(received)" = 100000 ]
}

@test "a file that shrinks while it is sent is cut short at once" {
  truncate -s 50M "$SITE/shrinks"
  talk 'send:GET /shrinks HTTP/1.1\r\nHost: a\r\n\r\n' read:1000 sleep:0.1 \
    "truncate:$SITE/shrinks" read -- "$BIN/perch" --log none "$SITE"
  [[ $stderr == *'cut short: the file or the content ended early'* ]]
  [[ $report == *'status 0,'* ]]
  [ "$(received)" -lt 50000000 ]
}

@test "a file that grows while it is sent has the length that was promised" {
  truncate -s 20M "$SITE/grows"
  talk 'send:GET /grows HTTP/1.1\r\nHost: a\r\n\r\n' read:1000 sleep:0.1 \
    "append:$SITE/grows" 'send:HEAD / HTTP/1.0\r\n\r\n' read -- \
    "$BIN/perch" --log none "$SITE"
  head=$(printf 'HEAD /grows HTTP/1.0\r\n\r\nHEAD / HTTP/1.0\r\n\r\n' |
    "$BIN/perch" --log none "$SITE" | wc -c)
  [[ $report == *'status 0,'* ]]
  [ "$(received)" -gt 20971520 ]
  [ "$(received)" -lt $((20971520 + 1000 + head)) ]
}

@test "every pair of descriptors gets the same bytes" {
  seq 20000 >"$SITE/numbers"
  printf 'GET /numbers HTTP/1.1\r\nHost: a\r\n\r\n%b' "$ok" >"$SITE/request"
  cd "$SITE"
  perch="$BIN/perch --date 0 --log none ."
  $perch <request >../files
  cat request | $perch | cat >../pipes
  $perch <request | cat >../file-pipe
  : >../appended
  $perch <request >>../appended
  "$TOP/test/talk" --tcp file:request half read -- $perch >../tcp 2>/dev/null
  "$TOP/test/talk" --unix file:request half read -- $perch >../unix 2>/dev/null
  [ "$(grep -c '^HTTP/1.1 200 OK' ../files)" = 2 ]
  for other in pipes file-pipe appended tcp unix; do
    cmp ../files "../$other"
  done
  $perch <request >/dev/null
}

@test "a client that resets in the middle costs nothing but its connection" {
  truncate -s 50M "$SITE/large"
  talk 'send:GET /large HTTP/1.1\r\nHost: a\r\n\r\n' read:1000 reset -- \
    "$BIN/perch" --log none "$SITE"
  [[ $report == *'status 0,'* ]]
  [[ $stderr == *'cut short: the client is gone'* ]]
}

@test "a client that half-closes after its requests gets all its answers" {
  for kind in tcp unix pipe; do
    talk --$kind "send:$ok$ok$ok" half sleep:0.1 read -- \
      "$BIN/perch" --log none "$SITE"
    [ "$(grep -c small <<<"$output")" = 3 ]
    [ "$stderr" = "talk: $report" ]
  done
}

@test "a head of 100 KB sent at once still reads its 431" {
  long=$(printf '%0100000d' 0)
  printf 'GET / HTTP/1.1\r\nHost: a\r\nX: %s\r\n\r\n' "$long" >"$SITE/long"
  for kind in tcp unix pipe; do
    talk --$kind "file:$SITE/long" read -- \
      "$BIN/perch" --log none --drain-timeout 0.2 "$SITE"
    [[ $output == 'HTTP/1.1 431 '*'</html>' ]]
  done
}

@test "an answer to what is refused survives content that is still coming" {
  head -c 200000 /dev/zero >"$SITE/content"
  printf 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n' |
    cat - "$SITE/content" >"$SITE/post"
  talk --tcp "file:$SITE/post" read -- \
    "$BIN/perch" --log none --drain-timeout 0.2 "$SITE"
  [[ $output == 'HTTP/1.1 405 '*'Connection: close'*'</html>' ]]
}

@test "a pipelined burst is answered in a few writes" {
  if [ "${BIN##*/}" = build-asan ]; then skip "strace and ASan"; fi
  for _ in $(seq 100); do printf '%b' "$ok"; done >"$SITE/burst"
  "$TOP/test/talk" --unix "file:$SITE/burst" half read -- \
    strace -o "$BATS_TEST_TMPDIR/trace" "$BIN/perch" --log none "$SITE" \
    >"$BATS_TEST_TMPDIR/answers" 2>/dev/null
  [ "$(grep -c 'HTTP/1.1 200 OK' "$BATS_TEST_TMPDIR/answers")" = 100 ]
  [ "$(grep -c '^sendto' "$BATS_TEST_TMPDIR/trace")" -le 4 ]
}

@test "special files are not served, and do not hang" {
  mkfifo "$SITE/fifo" 2>/dev/null || true
  for path in /fifo /dev; do
    run bash -c "printf 'GET $path HTTP/1.0\r\n\r\n' |
      timeout 2 '$BIN/perch' --log none '$SITE'"
    [[ $output == 'HTTP/1.1 404 '* ]]
  done
}

@test "a file that may not be read is 403" {
  [ "$(id -u)" = 0 ] || skip "not root: cannot become another user"
  chmod 755 "$BATS_FILE_TMPDIR" "$BATS_RUN_TMPDIR" "$BATS_SUITE_TMPDIR" || true
  echo secret >"$SITE/secret"
  chmod 0 "$SITE/secret"
  run bash -c "printf 'GET /secret HTTP/1.0\r\n\r\n' |
    setpriv --reuid 65534 --regid 65534 --clear-groups \
    --bounding-set=-all '$BIN/perch' --log none '$SITE'"
  echo "$output"
  [[ $output == *'HTTP/1.1 403 '* ]]
}

@test "without openat2 paths are walked: the same files, no links at all" {
  mkdir -p "$SITE/docs/deep"
  echo deep >"$SITE/docs/deep/page"
  ln -sf page "$SITE/docs/deep/link"
  ln -sfn /etc "$SITE/etc"
  get() {
    printf 'GET %s HTTP/1.0\r\n\r\n' "$1" | "$BUILD/tool/no-openat2" \
      "$BIN/perch" --log none "$SITE" | head -1
  }
  [[ $(get /docs/deep/page) == *' 200 OK'* ]]
  [[ $(get /) == *' 200 OK'* ]]
  [[ $(get /docs) == *' 301 '* ]]
  [[ $(get /docs/deep/link) == *' 404 '* ]]
  [[ $(get /etc/passwd) == *' 404 '* ]]
  [[ $(get /docs/deep/page/) == *' 404 '* ]]
  [[ $(get "/docs/$(printf '%0300d' 0)") == *' 404 '* ]]
  [[ $(get /nothing/here) == *' 404 '* ]]
}

@test "a kept file is served only while its name leads to it, unchanged" {
  mkdir -p "$SITE/kept"
  echo second >"$SITE/kept/bbbb.html"
  get='GET /kept/ HTTP/1.1\r\nHost: a\r\n\r\n'
  ok() { grep -c "^$1" <<<"$output"; }
  talk "send:$get" read:100 sleep:0.05 "append:$SITE/kept/bbbb.html" \
    "send:$get" sleep:0.05 "append:$SITE/kept/aaaa.html" "send:$get" half \
    read -- "$BIN/perch" --log none --index aaaa.html --index bbbb.html "$SITE"
  # The second index as it was, grown, and then the first one.
  [ "$(ok 'Content-Length: 7')" = 1 ]
  [ "$(ok 'Content-Length: 4007')" = 1 ]
  [ "$(ok 'Content-Length: 4000')" = 1 ]
  rm "$SITE/kept/aaaa.html"
  get='GET /kept/bbbb.html HTTP/1.1\r\nHost: a\r\n\r\n'
  talk "send:$get$get" read:100 sleep:0.05 "truncate:$SITE/kept/bbbb.html" \
    "send:$get" sleep:0.05 "remove:$SITE/kept/bbbb.html" "send:$get" half \
    read -- "$BIN/perch" --log none "$SITE"
  [ "$(ok 'Content-Length: 4007')" = 2 ]
  [ "$(ok 'Content-Length: 1.$')" = 1 ]
  [[ $output == *'HTTP/1.1 404'* ]]
}
