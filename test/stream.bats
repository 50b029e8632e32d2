#!/usr/bin/env bats
# Large content, odd descriptors, and clients that go away.
load helper
load tool/talk

setup() {
  site
  ok='GET / HTTP/1.1\r\nHost: a\r\n\r\n'
  perch=("$BIN/perch" --log none)
}


@test "2 GiB pass through --echo at constant memory" {
  slow
  [ "${BIN##*/}" != build-asan ] || skip "ASan's memory is not ours"
  talk --unix \
    'send:POST /e HTTP/1.1\r\nHost: a\r\nContent-Length: 2147483648\r\n\r\n' \
    zeros:2147483648 half -- "${perch[@]}" --max-body 0 --echo /e "$SITE"
  [[ $report == *'status 0,'* ]]
  [ "$received" -gt 2147483648 ]
  [ "$kibibytes" -gt 0 ]
  [ "$kibibytes" -lt 4096 ]
}

@test "a file over 4 GiB, one that shrinks or grows, a reset in the middle" {
  truncate -s 4294967299 "$SITE/big"
  truncate -s 50M "$SITE/shrinks" "$SITE/large"
  truncate -s 20M "$SITE/grows"
  get='HTTP/1.1\r\nHost: a\r\n\r\n'
  # To read all of it would fill the page cache with zeros for 15 seconds;
  # offsets beyond 2^32 are test_stream's.
  begin big "send:GET /big $get" read:100000 reset -- "${perch[@]}" "$SITE"
  begin shrinks "send:GET /shrinks $get" read:1000 sleep:0.1 \
    "truncate:$SITE/shrinks" read -- "${perch[@]}" "$SITE"
  begin grows "send:GET /grows $get" read:1000 sleep:0.1 \
    "append:$SITE/grows" 'send:HEAD / HTTP/1.0\r\n\r\n' read -- \
    "${perch[@]}" "$SITE"
  begin resets "send:GET /large $get" read:1000 reset -- \
    "${perch[@]}" "$SITE"

  # Its whole length is announced, and it begins to come.
  heard big
  [[ $output == 'HTTP/1.1 200 OK'*'Content-Length: 4294967299'* ]]
  [ "$received" = 100000 ]

  # It is cut short at once.
  heard shrinks
  [[ $stderr == *'cut short: the file or the content ended early'* ]]
  [[ $report == *'status 0,'* ]]
  [ "$received" -lt 50000000 ]

  # It has the length that was promised.
  heard grows
  exchange 'HEAD /grows HTTP/1.0\r\n\r\nHEAD / HTTP/1.0\r\n\r\n' --log none
  head=$((${#output} + 1))
  [[ $report == *'status 0,'* ]]
  [ "$received" -gt 20971520 ]
  [ "$received" -lt $((20971520 + 1000 + head)) ]

  # It costs nothing but its connection.
  heard resets
  [[ $report == *'status 0,'* ]]
  [[ $stderr == *'cut short: the client is gone'* ]]
}

@test "every pair of descriptors gets the same bytes" {
  seq 20000 >"$SITE/numbers"
  printf 'GET /numbers HTTP/1.1\r\nHost: a\r\n\r\n%b' "$ok" >"$SITE/request"
  cd "$SITE"
  perch="$BIN/perch --date 0 --log none ."
  begin tcp --tcp file:request half read -- $perch
  begin unix --unix file:request half read -- $perch
  begin pipe --pipe file:request half read -- $perch
  $perch <request >../files
  cat request | $perch | cat >../pipes
  $perch <request | cat >../file-pipe
  : >../appended
  $perch <request >>../appended
  $perch <request >/dev/null
  [ "$(grep -c '^HTTP/1.1 200 OK' ../files)" = 2 ]
  for other in pipes file-pipe appended; do
    cmp ../files "../$other"
  done
  for other in tcp unix pipe; do
    heard $other
    cmp ../files "$BATS_TEST_TMPDIR/$other.out"
  done
}

@test "a client that half-closes, or sends more than is read, gets its answers" {
  printf 'GET / HTTP/1.1\r\nHost: a\r\nX: %0100000d\r\n\r\n' 0 >"$SITE/long"
  {
    printf 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n'
    printf '%0200000d' 0
  } >"$SITE/post"
  for kind in tcp unix pipe; do
    begin "half $kind" --$kind "send:$ok$ok$ok" half sleep:0.1 read -- \
      "${perch[@]}" "$SITE"
    begin "long $kind" --$kind "file:$SITE/long" read -- \
      "${perch[@]}" --drain-timeout 0.2 "$SITE"
  done
  begin post --tcp "file:$SITE/post" read -- \
    "${perch[@]}" --drain-timeout 0.2 "$SITE"

  for kind in tcp unix pipe; do
    # After a half-close come all the answers.
    heard "half $kind"
    count small
    [ "$count" = 3 ]
    [ "$stderr" = "talk: $report" ]
    # A head of 100 KB sent at once still reads its 431.
    heard "long $kind"
    [[ $output == 'HTTP/1.1 431 '*'</html>' ]]
  done
  # An answer to what is refused survives content that is still coming.
  heard post
  [[ $output == 'HTTP/1.1 405 '*'Connection: close'*'</html>' ]]
}

@test "a pipelined burst is answered in a few writes" {
  if [ "${BIN##*/}" = build-asan ]; then skip "strace and ASan"; fi
  printf -v burst '%.0s'"$ok" {1..100}
  talk --unix "send:$burst" half read -- \
    strace -e trace=sendto -o "$BATS_TEST_TMPDIR/trace" "${perch[@]}" "$SITE"
  count 'HTTP/1.1 200 OK'
  [ "$count" = 100 ]
  [ "$(grep -c '^sendto' "$BATS_TEST_TMPDIR/trace")" -le 4 ]
}

@test "a file that may not be read is 403" {
  [ "$EUID" = 0 ] || skip "not root: cannot become another user"
  chmod 755 "$BATS_FILE_TMPDIR" "$BATS_RUN_TMPDIR" "$BATS_SUITE_TMPDIR" || true
  echo secret >"$SITE/secret"
  chmod 0 "$SITE/secret"
  run bash -c "printf 'GET /secret HTTP/1.0\r\n\r\n' |
    setpriv --reuid 65534 --regid 65534 --clear-groups \
    --bounding-set=-all '$BIN/perch' --log none '$SITE'"
  echo "$output"
  [[ $output == *'HTTP/1.1 403 '* ]]
}

@test "special files are not served; without openat2 no links are either" {
  mkfifo "$SITE/fifo"
  # They do not hang.
  for path in /fifo /dev; do
    exec 8< <(printf 'GET %s HTTP/1.0\r\n\r\n' "$path" |
      exec timeout 2 "${perch[@]}" "$SITE")
    IFS= read -r -d '' output <&8 || :
    exec 8<&-
    echo "$path: $output"
    [[ $output == 'HTTP/1.1 404 '* ]]
  done

  # Paths are walked: the same files, no links at all.
  mkdir -p "$SITE/docs/deep"
  echo deep >"$SITE/docs/deep/page"
  ln -s page "$SITE/docs/deep/link"
  ln -s /etc "$SITE/etc"
  walk() {
    printf 'GET %s HTTP/1.0\r\n\r\n' "$2" >"$BATS_TEST_TMPDIR/request"
    "$BUILD/tool/without" openat2 "${perch[@]}" "$SITE" \
      <"$BATS_TEST_TMPDIR/request" >"$BATS_TEST_TMPDIR/reply"
    read -r output <"$BATS_TEST_TMPDIR/reply"
    echo "$2: $output"
    [[ $output == *" $1"* ]]
  }
  walk '200 OK' /docs/deep/page
  walk '200 OK' /
  walk 301 /docs
  walk 404 /docs/deep/link
  walk 404 /etc/passwd
  walk 404 /docs/deep/page/
  printf -v long '%0300d' 0
  walk 404 "/docs/$long"
  walk 404 /nothing/here
}

@test "a kept file is served only while its name leads to it, unchanged" {
  [ "${BIN##*/}" != build-asan ] || skip "ASan is too slow for its pauses"
  mkdir -p "$SITE/kept"
  echo second >"$SITE/kept/bbbb.html"
  get='GET /kept/ HTTP/1.1\r\nHost: a\r\n\r\n'
  ok() {
    count $'\n'"Content-Length: $1$CR"$'\n'
    echo "$1: $count"
    [ "$count" = "$2" ]
  }
  talk "send:$get" read:100 sleep:0.05 "append:$SITE/kept/bbbb.html" \
    "send:$get" sleep:0.05 "append:$SITE/kept/aaaa.html" "send:$get" half \
    read -- "${perch[@]}" --index aaaa.html --index bbbb.html "$SITE"
  # The second index as it was, grown, and then the first one.
  ok 7 1
  ok 4007 1
  ok 4000 1
  rm "$SITE/kept/aaaa.html"
  get='GET /kept/bbbb.html HTTP/1.1\r\nHost: a\r\n\r\n'
  talk "send:$get$get" read:100 sleep:0.05 "truncate:$SITE/kept/bbbb.html" \
    "send:$get" sleep:0.05 "remove:$SITE/kept/bbbb.html" "send:$get" half \
    read -- "${perch[@]}" "$SITE"
  ok 4007 2
  ok 1 1
  [[ $output == *'HTTP/1.1 404'* ]]
}
