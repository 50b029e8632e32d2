#!/usr/bin/env bats
# Real clients: curl, wget, and a raw socket, against perch-listen.
load helper

setup_file() {
  load helper
  site
  seq 60000 >"$SITE/numbers"
  echo 'a b' >"$SITE/with blank.txt"
  mkdir -p "$SITE/docs"
  echo docs >"$SITE/docs/index.html"
  listen --log none --echo /echo "$SITE"
}

teardown_file() {
  load helper
  unlisten
}

setup() {
  U=http://127.0.0.1:$PORT
}

get() { curl -sS -m 10 "$@"; }

@test "curl fetches a file, whole" {
  get "$U/numbers" | cmp - "$SITE/numbers"
}

@test "curl reuses the connection for several requests" {
  run get -o /dev/null -o /dev/null -o /dev/null -w '%{num_connects}' \
    "$U/" "$U/numbers" "$U/missing"
  [ "$output" = 100 ]
}

@test "curl with HTTP/1.0 gets the file and the end of the connection" {
  run get -0 -i "$U/"
  [[ $output == *'200 OK'*'Connection: close'*small ]]
}

@test "curl with HTTP/1.0 and keep-alive keeps it" {
  run get -0 -H 'Connection: keep-alive' -o /dev/null -o /dev/null \
    -w '%{num_connects}' "$U/" "$U/"
  [ "$output" = 10 ]
}

@test "curl -T - uploads in chunks, and gets them back in chunks" {
  run --separate-stderr bash -c "curl -sS -m 10 -v -T - '$U/echo' \
    <'$SITE/numbers' 2>'$BATS_TEST_TMPDIR/log' | cmp - '$SITE/numbers'"
  [ "$status" = 0 ]
  grep -q '> Transfer-Encoding: chunked' "$BATS_TEST_TMPDIR/log"
  grep -q '< Transfer-Encoding: chunked' "$BATS_TEST_TMPDIR/log"
  grep -q '< HTTP/1.1 100 Continue' "$BATS_TEST_TMPDIR/log"
}

@test "curl waits for 100 (Continue), and gets it" {
  run get -v --expect100-timeout 5 -H 'Expect: 100-continue' \
    --data-binary "@$SITE/numbers" -o /dev/null -w '%{time_total}' "$U/echo"
  [[ $output == *'< HTTP/1.1 100 Continue'*'< HTTP/1.1 200 OK'* ]]
  # Had it come too late, curl would have waited the 5 seconds.
  awk -v t="${lines[-1]##*[!0-9.]}" 'BEGIN { exit !(t < 2) }'
}

@test "curl gets a final answer instead of 100 (Continue)" {
  run get -v --expect100-timeout 5 -H 'Expect: 100-continue' \
    --data-binary "@$SITE/numbers" "$U/"
  [[ $output == *'< HTTP/1.1 405 Method Not Allowed'* ]]
  [[ $output != *'100 Continue'* ]]
}

@test "curl --data gets its content back with its length" {
  run get -i --data 'a=b&c=d' "$U/echo"
  [[ $output == *'Content-Length: 7'*'a=b&c=d' ]]
}

@test "curl --path-as-is cannot climb out of the root" {
  for path in ../etc/passwd ../../../../etc/passwd %2e%2e/etc/passwd \
    ..%2f..%2fetc/passwd docs/../../etc/passwd; do
    run get --path-as-is -o /dev/null -w '%{http_code}' "$U/$path"
    [ "$output" = 404 ]
  done
}

@test "curl -I shows what curl would get, and nothing more" {
  run get -I "$U/numbers"
  [[ $output == *"Content-Length: $(wc -c <"$SITE/numbers")"* ]]
}

@test "curl -L follows from a directory to its index" {
  run get -L -w ' %{url_effective}' "$U/docs?x=1"
  [ "${lines[0]}" = docs ]
  [ "${lines[1]}" = " $U/docs/?x=1" ]
}

@test "curl fetches a name with a blank" {
  run get "$U/with%20blank.txt"
  [ "$output" = 'a b' ]
}

@test "eight curls at once" {
  run get -Z --parallel-max 8 -o /dev/null -w '%{http_code}\n' \
    "$U/numbers?[1-40]"
  [ "$(grep -c 200 <<<"$output")" = 40 ]
}

@test "wget fetches a file" {
  wget -q -O "$BATS_TEST_TMPDIR/out" "$U/numbers"
  cmp "$BATS_TEST_TMPDIR/out" "$SITE/numbers"
}

@test "wget reports what is missing" {
  run wget -nv -O /dev/null "$U/missing"
  [ "$status" = 8 ]
  [[ $output == *'404: Not Found'* ]]
}

@test "a raw socket: two requests in one segment, two answers, then the end" {
  exec 8<>"/dev/tcp/127.0.0.1/$PORT"
  printf 'GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n' >&8
  run cat <&8
  exec 8>&-
  [ "$(grep -c small <<<"$output")" = 2 ]
}
