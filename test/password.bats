#!/usr/bin/env bats
# --auth: who is asked, who may come in, and what that costs and tells.
load helper

setup_file() {
  load helper
  site
  mkdir -p "$SITE/private" "$SITE/open"
  for file in private/a open/a; do echo "$file" >"$SITE/$file"; done
  cd "$BATS_FILE_TMPDIR" || return
  {
    echo "ann:$(mkpasswd -m bcrypt -R 4 secret)"
    echo "b o:$(mkpasswd -m bcrypt -R 4 'other: one')"
    # To check this one takes seconds.
    echo 'slow:$y$jFT$mOjg0sFskESX8nvn1hRGh/$fNDR1GGeJBIE3Dgs4xFQ94y.NI1A0hJGTqgOihA45CA'
  } >users
  echo "carl:$(mkpasswd -m bcrypt -R 4 third)" >others
}

setup() {
  # ASan's search for leaks does not go with strace.
  export ASAN_OPTIONS=detect_leaks=0
  cd "$BATS_FILE_TMPDIR" || return
  AUTH=(--auth "/private/ $PWD/users")
}

# basic USER:PASSWORD: the field for it.
basic() { printf 'Authorization: Basic %s' "$(printf %s "$1" | base64)"; }

# asks LINE...: for /private/a; LINE is a field. Sets $answers, the statuses.
asks() {
  request=
  local line
  for line; do
    request+="GET ${TARGET:-/private/a} HTTP/1.1\r\nHost: a\r\n$line\r\n\r\n"
  done
  # An empty field line would end the head too early.
  request=${request//a\\r\\n\\r\\n\\r\\n/a\\r\\n\\r\\n}
  exchange "$request" "${AUTH[@]}" "${OPTIONS[@]}"
  answers=
  local rest=$'\n'$output
  while [[ $rest == *$'\nHTTP/1.1 '* ]]; do
    rest=${rest#*$'\nHTTP/1.1 '}
    answers+=" ${rest:0:3}"
  done
  answers=${answers# }
  echo "$answers; $stderr"
}

# logged TEXT: a line of the log begins so.
logged() { [[ $'\n'$stderr == *$'\n'"$1"* ]]; }

@test "who says nothing is asked, by the pattern's name, without a word in the log" {
  asks ''
  [ "$answers" = 401 ]
  [[ $output == *$'\n'"WWW-Authenticate: Basic realm=\"/private/\", charset=\"UTF-8\"$CR"* ]]
  [ ${#stderr_lines[@]} = 1 ]
  logged '- - - ['
}

@test "the right password gets in, and the log has the user" {
  asks "$(basic ann:secret)"
  [ "$answers" = 200 ]
  [[ $output == *private/a ]]
  logged '- - ann ['
  asks "$(basic 'b o:other: one')"
  [ "$answers" = 200 ]
  logged '- - b+o ['
  OPTIONS=(--log json)
  asks "$(basic ann:secret)"
  [[ $stderr == *'"user":"ann"'* ]]
}

@test "a wrong one does not, nor an unknown user, and neither is in the log" {
  for who in ann:Secret ann:secret2 ann: :secret nobody:secret \
    'b o:secret' 'ann ::secret' carl:third; do
    asks "$(basic "$who")"
    [ "$answers" = 401 ]
    logged 'perch: -: 401: a wrong user or password'
    logged '- - - ['
    refute grep -qi "ann\|secret\|nobody\|third\|carl\|$(printf %s "$who" | base64)" \
      "$BATS_TEST_TMPDIR/log"
  done
}

@test "what is no Basic credentials is refused with its reason" {
  while IFS='|' read -r value reason; do
    asks "Authorization: $value"
    [ "$answers" = 401 ]
    logged "perch: -: 401: $reason"
  done <<END
Bearer abc|the scheme is not Basic
Basic|nothing behind Basic
Basic !!|what stands behind Basic is not base64
Basic YW5u|no colon behind the user
Basic YQo6Yg==|a control character in user or password
Basic $(printf '%0400d:%0400d' 1 2 | base64 -w0)|user and password are too long
Basic $(printf '%0300d:b' 1 | base64 -w0)|the user is too long
Basic $(printf 'a:%0300d' 1 | base64 -w0)|the password is too long
END
}

# Under ASan perch-auth does not go with strace, and gets no word of us.
@test "one password is checked once for a connection, and another again" {
  needs_root
  slow
  PERCH=("$BIN/perch" "${AUTH[@]}" --log none "$SITE")
  request="GET /private/a HTTP/1.1\r\nHost: a\r\n$(basic ann:secret)\r\n\r\n"
  other="GET /private/a HTTP/1.1\r\nHost: a\r\n$(basic 'b o:other: one')\r\n\r\n"
  # shellcheck disable=SC2059
  printf "$request$request$request$other$other$request" |
    strace -f -qq -e trace=execve -o trace "${PERCH[@]}" >reply
  [ "$(grep -ac '^HTTP/1.1 200' reply)" = 6 ]
  [ "$(grep -c 'perch-auth", ' trace)" = 3 ]
}

@test "the process of the connection never opens the file of hashes" {
  needs_root
  printf 'GET /private/a HTTP/1.1\r\nHost: a\r\n%s\r\n\r\n' \
    "$(basic ann:secret)" |
    strace -qq -e trace=file -o trace "$BIN/perch" "${AUTH[@]}" "$SITE" >reply \
      2>/dev/null
  grep -q '^HTTP/1.1 200' reply
  grep -q private/a trace
  refute grep 'open.*users' trace
}

@test "so many wrong passwords end the connection" {
  local wrong
  wrong=$(basic ann:wrong)
  OPTIONS=(--auth-attempts 3)
  asks "$wrong" "$(basic ann:secret)" "$wrong" '' "$wrong" "$(basic ann:secret)"
  [ "$answers" = '401 200 401 401 401' ]
  [ "$(grep -ac '^Connection: close' <<<"$output")" = 1 ]
  OPTIONS=()
  asks "$wrong" "$wrong" "$wrong" "$wrong" "$wrong" "$wrong"
  [ "$answers" = '401 401 401 401 401' ]
}

@test "the last rule that matches counts, and has its own users" {
  AUTH+=(--auth "/private/a $PWD/others")
  asks "$(basic ann:secret)" "$(basic carl:third)"
  [ "$answers" = '401 200' ]
  # The same credentials are not good for another file.
  request="GET /private/a HTTP/1.1\r\nHost: a\r\n$(basic carl:third)\r\n\r\n"
  request+="GET /private/b HTTP/1.1\r\nHost: a\r\n$(basic carl:third)\r\n\r\n"
  exchange "$request" "${AUTH[@]}"
  [ "$(grep -ac '^HTTP/1.1 401' <<<"$output")" = 1 ]
}

@test "every method, redirect, program and rewrite is behind the password" {
  printf '/public/* /private/:splat 200\n/page/* /private/:splat 404\n' \
    >"$SITE/_redirects"
  OPTIONS=(--echo /private/echo --redirect '/private/r /open/a'
    --pages-rules --fallback /private/a)
  for TARGET in /private/a /private/nothing /private/ /private/r \
    /private/echo /public/a /page/a /nothing /open/../private/a \
    //private//a /%%70rivate/a; do
    asks ''
    [ "$answers" = 401 ]
    [[ $output != *private/a ]]
  done
  for method in HEAD POST OPTIONS DELETE; do
    exchange "$method /private/echo HTTP/1.1\r\nHost: a\r\n\r\n" "${AUTH[@]}" \
      "${OPTIONS[@]}"
    [[ $output == 'HTTP/1.1 401 '* ]]
  done
  for TARGET in /open/a /private; do
    asks ''
    [[ $answers == [23]0[0-9] ]]
  done
}

@test "a page for 401 may lie where the password is wanted" {
  OPTIONS=(--error-page '401 /private/a')
  asks ''
  [ "$answers" = 401 ]
  [[ $output == *private/a ]]
}

@test "content that waits for 100 is not asked for without a password" {
  exchange 'POST /private/echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc' \
    "${AUTH[@]}" --echo /private/echo
  [[ $output == 'HTTP/1.1 401 '* ]]
}

@test "a check that takes too long is 500, and its process is gone" {
  OPTIONS=(--auth-timeout 0.05)
  asks "$(basic slow:secret)"
  [ "$answers" = 500 ]
  logged "perch: $BIN/perch-auth: it took too long"
  logged 'perch: -: 500: the password could not be checked'
  refute pgrep -f "perch-auth $PWD/users"
}

@test "what perch-auth has to say is in the log" {
  echo 'ann:plain' >plain
  AUTH=(--auth "/private/ $PWD/plain")
  asks "$(basic ann:plain)"
  [ "$answers" = 500 ]
  logged "perch: perch-auth: $PWD/plain: line 1: "
  rm plain
  exchange "GET / HTTP/1.1\r\nHost: a\r\n\r\n" "${AUTH[@]}"
  [ "$status" = 2 ]
}

@test "whoever starts us ignores SIGCHLD: a password is checked all the same" {
  printf 'GET /private/a HTTP/1.1\r\nHost: a\r\n%s\r\n\r\n' \
    "$(basic ann:secret)" >request
  sh -c 'trap "" CHLD; exec "$@"' sh "$BIN/perch" "${AUTH[@]}" "$SITE" \
    <request >reply 2>/dev/null
  grep -q '^HTTP/1.1 200' reply
}

@test "curl -u and --anyauth get in, behind the launcher too" {
  listen "${AUTH[@]}" --log none "$SITE"
  U=http://127.0.0.1:$PORT
  [ "$(curl -sS -m 10 -u ann:secret "$U/private/a")" = private/a ]
  [ "$(curl -sS -m 10 --anyauth -u ann:secret "$U/private/a")" = private/a ]
  [ "$(curl -sS -m 10 -o /dev/null -w '%{http_code}' -u ann:no "$U/private/a")" = 401 ]
  [ "$(curl -sS -m 10 "$U/open/a")" = open/a ]
  unlisten
}
