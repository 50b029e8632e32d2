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
  cd "$BATS_TEST_TMPDIR"
}

# get ARG...: curl, with what it says in ./out and ./log, $output and $log.
get() {
  status=0
  curl -sS -m 10 "$@" >out 2>log || status=$?
  IFS= read -r -d '' output <out || :
  IFS= read -r -d '' log <log || :
  output=${output%$'\n'}
  echo "status: $status, output: ${output:0:1000}"
  echo "log: $log"
}

@test "curl fetches files, whole, over one connection" {
  get -w '%{num_connects}' -o numbers -o blank -o /dev/null -o /dev/null \
    "$U/numbers" "$U/with%20blank.txt" "$U/" "$U/missing"
  [ "$status" = 0 ]
  cmp numbers "$SITE/numbers"
  # A name with a blank.
  cmp blank "$SITE/with blank.txt"
  [ "$output" = 1000 ]
}

@test "curl with HTTP/1.0 gets the connection's end, or keeps it if it asks" {
  get -0 -i "$U/" --next -sS -m 10 -0 -H 'Connection: keep-alive' \
    -o /dev/null -o /dev/null -w '%{num_connects}' "$U/" "$U/"
  [[ $output == *'200 OK'*'Connection: close'*small$'\n10' ]]
}

@test "curl -T - uploads in chunks, and gets them back in chunks" {
  get -v -T - "$U/echo" <"$SITE/numbers"
  [ "$status" = 0 ]
  cmp out "$SITE/numbers"
  [[ $log == *'> Transfer-Encoding: chunked'* ]]
  [[ $log == *'< Transfer-Encoding: chunked'* ]]
  [[ $log == *'< HTTP/1.1 100 Continue'* ]]
}

@test "curl waits for 100 (Continue), and gets it, or a final answer" {
  get -v --expect100-timeout 5 -H 'Expect: 100-continue' \
    --data-binary "@$SITE/numbers" -o /dev/null -o /dev/null \
    -w '%{time_total}\n' "$U/echo" "$U/"
  echoed=${log%%'> POST / '*} refused=${log#*'> POST / '}
  [[ $echoed == *'< HTTP/1.1 100 Continue'*'< HTTP/1.1 200 OK'* ]]
  # Had it come too late, curl would have waited the 5 seconds.
  [[ $output =~ ^[01]\. ]]
  [ "$refused" != "$log" ]
  [[ $refused == *'< HTTP/1.1 405 Method Not Allowed'* ]]
  [[ $refused != *'100 Continue'* ]]
}

@test "curl --data gets its content back; -I gets the length; -L an index" {
  get -i --data 'a=b&c=d' "$U/echo" \
    --next -sS -m 10 -w '\n' -I "$U/numbers" \
    --next -sS -m 10 -L -w ' %{url_effective}' "$U/docs?x=1"
  IFS= read -r -d '' numbers <"$SITE/numbers" || :
  rest=${output#*'a=b&c=d'}
  echoed=${output%"$rest"}
  [[ $echoed == *'Content-Length: 7'*'a=b&c=d' ]]
  # What curl would get, and nothing more.
  [[ $rest == 'HTTP/1.1 200 OK'*"Content-Length: ${#numbers}$CR"* ]]
  # From a directory to its index.
  [[ $rest == *$CR$'\n\ndocs\n '"$U/docs/?x=1" ]]
}

@test "curl --path-as-is cannot climb out of the root" {
  null=(-o /dev/null)
  get --path-as-is -w '%{http_code} ' "${null[@]}" "${null[@]}" \
    "${null[@]}" "${null[@]}" "${null[@]}" \
    "$U/../etc/passwd" "$U/../../../../etc/passwd" "$U/%2e%2e/etc/passwd" \
    "$U/..%2f..%2fetc/passwd" "$U/docs/../../etc/passwd"
  [ "$output" = '404 404 404 404 404 ' ]
}

@test "eight curls at once" {
  get -Z --parallel-max 8 -o /dev/null -w '%{http_code} ' "$U/numbers?[1-40]"
  printf -v all '%.0s200 ' {1..40}
  [ "$output" = "$all" ]
}

@test "wget fetches a file, and reports what is missing" {
  run wget -nv -O out "$U/numbers" "$U/missing"
  [ "$status" = 8 ]
  [[ $output == *"$U/numbers "*' -> "out"'* ]]
  [[ $output == *"$U/missing:"*'404: Not Found'* ]]
  cmp out "$SITE/numbers"
}

@test "a raw socket: two requests in one segment, two answers, then the end" {
  exec 8<>"/dev/tcp/127.0.0.1/$PORT"
  printf 'GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n' >&8
  # Up to the end: read fails there, but not with its time-out's status.
  IFS= read -r -t 10 -d '' output <&8 || [ $? = 1 ]
  exec 8>&-
  echo "$output"
  [[ $output == *small*small$'\n' && $output != *small*small*small* ]]
}
