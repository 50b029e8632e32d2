#!/usr/bin/env bats
# Programs: what they are told, what becomes of what they send, and that
# they end when they should.
load helper
load tool/talk

# program NAME: makes a program of standard input.
program() {
  cat >"$SITE/cgi/$1"
  chmod +x "$SITE/cgi/$1"
}

# script NAME LINE...: makes a shell script of them.
script() {
  printf '%s\n' '#!/bin/sh' "${@:2}" | program "$1"
}

setup_file() {
  site
  mkdir -p "$SITE/cgi/deep/er"
  script show 'printf "Content-Type: text/plain\n\n"' \
    'env | grep -v ^_= | sort'
  script type 'printf "Content-Type: text/plain\n\n"; cat'
  cp "$SITE/cgi/show" "$SITE/cgi/deep/er/show"
  echo 'secret source' >"$SITE/cgi/source"
  # What is alive can be told by its number.
  script silent 'echo $$ >>pids; exec sleep 60'
  script stubborn 'trap "" TERM' 'echo $$ >>pids' \
    'printf "Content-Type: text/plain\n\nbegun\n"' \
    'while :; do sleep 0.1; done'
  script family 'echo $$ >>pids' 'sleep 60 & echo $! >>pids' \
    'printf "Content-Type: text/plain\n\nbegun\n"; wait'
}

setup() {
  SITE=$BATS_FILE_TMPDIR/site
  rm -f "$SITE/cgi/pids"
  perch=("$BIN/perch" --log none --drain-timeout 0.1 --cgi /cgi/)
}

# get PATH [OPTION]...: asks for it by GET, over files.
get() {
  exchange "GET ${1//%/%%} HTTP/1.1\r\nHost: a\r\n\r\n" --log none \
    --cgi /cgi/ "${@:2}"
}

# is_gone: no process that wrote its number to "pids" is left.
is_gone() {
  local pid try
  [ -s "$SITE/cgi/pids" ]
  for try in {1..40}; do
    while read -r pid; do
      [ ! -e "/proc/$pid" ] || grep -q '^State:.Z' "/proc/$pid/status" || {
        sleep 0.1
        continue 2
      }
    done <"$SITE/cgi/pids"
    return 0
  done
  echo "alive: $pid: $(tr '\0' ' ' <"/proc/$pid/cmdline")"
  return 1
}

@test "the first regular file on the path is the program, the rest is PATH_INFO, decoded once" {
  get '/cgi/show/a%20b/%2561/../c/?x=%20y'
  [[ $output == 'HTTP/1.1 200 OK'* ]]
  [[ $output == *$'\nSCRIPT_NAME=/cgi/show\n'* ]]
  [[ $output == *$'\nPATH_INFO=/a b/c/\n'* ]]
  [[ $output == *$'\n'"PATH_TRANSLATED=$SITE/a b/c/"$'\n'* ]]
  [[ $output == *$'\nQUERY_STRING=x=%20y\n'* ]]
  [[ $output == *$'\n'"SCRIPT_FILENAME=$SITE/cgi/show"$'\n'* ]]
  [[ $output == *$'\nREQUEST_URI=/cgi/show/a%20b/%2561/../c/?x=%20y\n'* ]]
  [[ $output == *$'\n'"PWD=$SITE/cgi"$'\n'* ]]
  get /cgi/deep/er/show/x
  [[ $output == *$'\nSCRIPT_NAME=/cgi/deep/er/show\n'* ]]
  [[ $output == *$'\n'"PWD=$SITE/cgi/deep/er"$'\n'* ]]
  get /cgi/show
  [[ $output == *SCRIPT_NAME* && $output != *PATH_* ]]
}

@test "what is no program is never sent: 403 or 404" {
  for case in 403:/cgi/source 403:/cgi/source/x 404:/cgi/ 404:/cgi/deep \
    404:/cgi/deep/ 404:/cgi/none 404:/cgi/.hidden 404:/cgi/deep%2Fer/show; do
    get "${case#*:}"
    echo "$case: ${output%%$CR*}"
    [[ $output == "HTTP/1.1 ${case%%:*} "* ]]
    [[ $output != *secret* ]]
  done
  ln -sf /bin/cat "$SITE/cgi/out"
  get /cgi/out
  [[ $output == 'HTTP/1.1 404 '* ]]
  ln -sf show "$SITE/cgi/link"
  get /cgi/link/x
  [[ $output == *$'\nSCRIPT_NAME=/cgi/link\n'* ]]
  # A file that cannot be executed, whatever its permissions say.
  printf '#!/nonexistent\nsecret\n' | program broken
  printf 'secret\n' | program text
  for path in /cgi/broken /cgi/text; do
    get "$path"
    [[ $output == 'HTTP/1.1 500 '* && $output != *secret* ]]
    [[ $stderr == *'500: the program could not be executed' ]]
  done
}

@test "where the kernel has no openat2 programs are found, and no links followed" {
  ln -sf show "$SITE/cgi/link"
  for case in 200:/cgi/show/x 200:/cgi/deep/er/show 404:/cgi/link 403:/cgi/source; do
    printf 'GET %s HTTP/1.0\r\n\r\n' "${case#*:}" >"$BATS_TEST_TMPDIR/request"
    read -r output < <("$BUILD/tool/without" openat2 "${perch[@]}" "$SITE" \
      <"$BATS_TEST_TMPDIR/request" 2>/dev/null)
    echo "$case: $output"
    [[ $output == "HTTP/1.1 ${case%%:*} "* ]]
  done
}

@test "a rule may name a file, a pattern, or a program for all of it; the last counts" {
  get /cgi/show/x --cgi '/cgi/show/ /bin/false'
  [[ $output == 'HTTP/1.1 502 '* ]]
  exchange 'GET /any/x/y HTTP/1.0\r\n\r\n' --log none \
    --cgi "/any/ $SITE/cgi/show"
  [[ $output == *$'\nSCRIPT_NAME=/any\n'* && $output == *$'\nPATH_INFO=/x/y\n'* ]]
  [[ $output == *$'\n'"SCRIPT_FILENAME=$SITE/cgi/show"$'\n'* ]]
  exchange 'GET /cgi/show/x HTTP/1.0\r\n\r\n' --log none --cgi '/cgi/s*w'
  [[ $output == *$'\nSCRIPT_NAME=/cgi/show\n'* && $output == *$'\nPATH_INFO=/x\n'* ]]
  exchange 'GET /show HTTP/1.0\r\n\r\n' --log none --cgi "/show $SITE/cgi/show"
  [[ $output == *$'\nSCRIPT_NAME=/show\n'* && $output != *PATH_INFO* ]]
  exchange 'GET /showing HTTP/1.0\r\n\r\n' --log none \
    --cgi "/show $SITE/cgi/show"
  [[ $output == 'HTTP/1.1 404 '* ]]
}

@test "the environment has the meta-variables, fields, and nothing else of ours" {
  SECRET=1 LANG=xx TZ=UTC exchange 'POST http://example.org:81/cgi/show?q HTTP/1.1\r\nHost: a\r\nCookie: a=1\r\nX-A: 1\r\ncookie: b=2\r\nx-a: 2\r\nX_A: wrong\r\nProxy: evil\r\nAuthorization: Basic x\r\nProxy-Authorization: y\r\nContent-Type: text/x\r\nContent-Length: 3\r\n\r\nabc' \
    --log none --cgi /cgi/ --env 'FOO=a=b' --env SECRET2 --env REMOTE_USER=ci
  body=${output#*$'\r\n\r\n'}
  want=(AUTH_TYPE CONTENT_LENGTH=3 CONTENT_TYPE=text/x DOCUMENT_ROOT="$SITE"
    FOO=a=b GATEWAY_INTERFACE=CGI/1.1 'HTTP_COOKIE=a=1; b=2'
    HTTP_HOST=example.org:81 'HTTP_X_A=1, 2' LANG=xx
    PATH=/usr/local/bin:/usr/bin:/bin QUERY_STRING=q REMOTE_ADDR=
    REMOTE_USER=ci REQUEST_METHOD=POST 'REQUEST_URI=/cgi/show?q'
    SCRIPT_FILENAME="$SITE/cgi/show" SCRIPT_NAME=/cgi/show
    SERVER_NAME=example.org SERVER_PORT=80 SERVER_PROTOCOL=HTTP/1.1
    SERVER_SOFTWARE=perch/0.1.0 TZ=UTC)
  for variable in "${want[@]:1}"; do
    echo "$variable"
    [[ $'\n'$body == *$'\n'"$variable"$'\n'* ]]
  done
  [[ $body =~ REQUEST_ID=[0-9a-f]{16} ]]
  for name in SECRET evil wrong HTTP_AUTH HTTP_PROXY HTTP_CONTENT AUTH_TYPE; do
    [[ $body != *$name* ]]
  done
  # What the shell adds is PWD; the rest is counted: the chunk's framing, too.
  [ "$(grep -c = <<<"$body")" = $((${#want[@]} - 1 + 2)) ]

  exchange 'GET /cgi/show HTTP/1.0\r\nAuthorization: Basic x\r\n\r\n' \
    --log none --cgi /cgi/ --cgi-auth
  [[ $output == *$'\nHTTP_AUTHORIZATION=Basic x\n'* ]]
  [[ $output == *$'\nSERVER_PROTOCOL=HTTP/1.0\n'* ]]
  [[ $output != *CONTENT_* ]]
}

@test "a slash that is encoded is in no program's name, and stays as it is behind it" {
  cp "$SITE/cgi/show" "$SITE/cgi/sh%2Fow"
  get '/cgi/sh%2Fow'
  [[ $output == 'HTTP/1.1 404 '* && $stderr == *"an encoded slash is in no program's name"* ]]
  get '/cgi/deep%2Fer/show'
  [[ $output == 'HTTP/1.1 404 '* ]]
  get '/cgi/show/a%2Fb'
  [[ $output == 'HTTP/1.1 200 '*$'\nPATH_INFO=/a%2Fb\n'* ]]
}

@test "what --env says goes over what is told of a request" {
  get '/cgi/show/path' --env REQUEST_URI=ours --env PATH_TRANSLATED=ours
  [[ $output == *$'\nREQUEST_URI=ours\n'* && $output == *$'\nPATH_TRANSLATED=ours\n'* ]]
  [[ $output != *REQUEST_URI=/* && $output != *PATH_TRANSLATED=/* ]]
}

@test "a local redirect that is too long, or that never ends, is 502" {
  script long 'printf "Location: /%033000d\n\n" 1'
  script round 'printf "Location: /cgi/round\n\n"'
  get /cgi/long
  [[ $output == 'HTTP/1.1 502 '* && $stderr == *"the program's redirect is too long"* ]]
  get /cgi/round
  [[ $output == 'HTTP/1.1 502 '* && $stderr == *'too many local redirects'* ]]
}

@test "both ends of a connection are told; launchers say what the socket cannot" {
  listen --log none --cgi /cgi/ "$SITE"
  output=$(curl -s "http://127.0.0.1:$PORT/cgi/show")
  unlisten
  [[ $output == *$'\n'"REMOTE_ADDR=127.0.0.1"$'\n'* ]]
  [[ $output =~ REMOTE_PORT=[0-9]+ ]]
  [[ $output == *$'\n'"SERVER_ADDR=127.0.0.1"$'\n'"SERVER_NAME=127.0.0.1"$'\n'"SERVER_PORT=$PORT"$'\n'* ]]
  TCPREMOTEIP=192.0.2.1 TCPREMOTEPORT=7 TCPLOCALIP=192.0.2.2 TCPLOCALPORT=8 \
    SSL_PROTOCOL=TLSv1.3 get /cgi/show
  [[ $output == *$'\nHTTPS=on\n'*$'\nREMOTE_ADDR=192.0.2.1\nREMOTE_HOST=192.0.2.1\nREMOTE_PORT=7\n'*$'\nSERVER_ADDR=192.0.2.2\n'*$'\nSERVER_PORT=8\n'* ]]
}

@test "a program has descriptors 0, 1, 2, default signals, a group, its limits" {
  printf '%s\n' '#!/usr/bin/perl' \
    'print "Content-Type: text/plain\n\n";' \
    'opendir D, "/proc/self/fd"; $own = fileno D;' \
    '@fds = grep !/^\.|^$own$/, readdir D;' \
    'print "fds @{[sort @fds]}\n";' \
    'print `grep ^Sig /proc/self/status`;' \
    'print "group ", getpgrp == $$ ? "own" : "other", "\n";' \
    'print `ulimit -t; ulimit -n`;' | program perl
  exec 7</dev/null
  (
    trap '' USR1 CHLD HUP
    exchange 'GET /cgi/perl HTTP/1.0\r\n\r\n' --log none --cgi /cgi/ \
      --cgi-limit 'cpu 5' --cgi-limit 'files 20'
    echo "$output" >"$BATS_TEST_TMPDIR/output"
  )
  output=$(<"$BATS_TEST_TMPDIR/output")
  echo "$output"
  # The script's own is 3.
  [[ $output =~ $'\n'fds\ 0\ 1\ 2(\ 3)?$'\n' ]]
  [[ $output == *$'SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n'* ]]
  [[ $output == *$'group own\n5\n20' ]]
}

@test "content goes to the program as it comes, however it is framed" {
  exchange 'POST /cgi/type HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET /cgi/show HTTP/1.0\r\n\r\n' \
    --log none --cgi /cgi/
  [[ $output == *$'\r\n5\r\nhello\r\n0\r\n\r\n'*CONTENT* || $output == *hello*SCRIPT_NAME* ]]
  exchange 'POST /cgi/type HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n' \
    --log none --cgi /cgi/
  [[ $output == *hello* || $output == *he*llo* ]]
  # There is no CONTENT_LENGTH with chunks, unless they are spooled.
  post='POST /cgi/show HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n0\r\n\r\n'
  exchange "$post" --log none --cgi /cgi/
  [[ $output == *SCRIPT_NAME* && $output != *CONTENT_LENGTH* ]]
  mkdir -p "$BATS_TEST_TMPDIR/spool"
  exchange "$post" --log none --cgi /cgi/ --cgi-spool "$BATS_TEST_TMPDIR/spool"
  [[ $output == *$'\nCONTENT_LENGTH=2\n'* ]]
  exchange "${post/show/type}" --log none --cgi /cgi/ \
    --cgi-spool "$BATS_TEST_TMPDIR/spool"
  [[ $output == *$'\r\n2\r\nhe\r\n0\r\n'* ]]
  [ -z "$(ls -A "$BATS_TEST_TMPDIR/spool")" ]
}

@test "content streams in while output streams out" {
  talk --tcp 'send:POST /cgi/type HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n' \
    read:100 send:hello sleep:0.2 send:again half read -- \
    "${perch[@]}" --cgi-timeout 5 "$SITE"
  [[ $output == *hello*again*0$CR* ]]
  lasted 0 2
}

@test "who writes before it reads, reads nothing, or closes early does not deadlock" {
  script writer 'printf "Content-Type: text/plain\n\n"' \
    'head -c 400000 /dev/zero | tr "\0" x' 'wc -c'
  script deaf 'printf "Content-Type: text/plain\n\n"' 'exec <&-' \
    'head -c 400000 /dev/zero | tr "\0" x; echo end'
  script exits 'printf "Content-Type: text/plain\n\ndone\n"'
  {
    printf 'POST /cgi/writer HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n'
    head -c 300000 /dev/zero
  } >"$SITE/long"
  for name in writer deaf exits; do
    sed "1s/writer/$name/" "$SITE/long" >"$SITE/$name.req"
    for kind in tcp unix; do
      begin "$name $kind" --$kind "file:$SITE/$name.req" half read -- \
        "${perch[@]}" --cgi-timeout 10 "$SITE"
    done
  done
  for kind in tcp unix; do
    heard "writer $kind"
    lasted 0 3
    [[ ${output: -30} == *300000*0$CR* ]]
    [ "$received" -gt 400000 ]
    heard "deaf $kind"
    lasted 0 3
    [[ ${output: -30} == *end*0$CR* ]]
    heard "exits $kind"
    lasted 0 3
    [[ $output == *done* ]]
  done
}

@test "a program answers before it reads, or the client is asked for its content" {
  script refuses 'printf "Status: 403\nContent-Length: 3\n\nno\n"; cat >/dev/null'
  script late 'n=$(wc -c); printf "Content-Type: text/plain\n\n$n\n"'
  post='HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n'
  begin refuses --tcp "send:POST /cgi/refuses $post" half read -- \
    "${perch[@]}" --cgi-continue 3 "$SITE"
  begin late --tcp "send:POST /cgi/late $post" read:25 send:hello half read -- \
    "${perch[@]}" "$SITE"
  # Who says 200 wants the content, and would wait for it.
  begin type --tcp "send:POST /cgi/type $post" read:25 send:hello half read -- \
    "${perch[@]}" --cgi-continue 3 "$SITE"
  begin spool --tcp \
    "send:POST /cgi/late HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n" \
    read:25 'send:5\r\nhello\r\n0\r\n\r\n' half read -- \
    "${perch[@]}" --cgi-spool "$BATS_TEST_TMPDIR" "$SITE"
  heard refuses
  [[ $output == 'HTTP/1.1 403 '*'Connection: close'*no ]]
  lasted 0 1
  for name in late type spool; do
    heard "$name"
    [[ $output == $'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 '* ]]
    [[ $output == *hello* || $output == *$'\r\n5\n'* ]]
    lasted 0 1
  done
}

@test "a head is parsed with bounds: status, location, lengths, fields" {
  script says 'printf %s "$QUERY_STRING" | sed "s/%0A/\n/g; s/%0D/\r/g; s/%20/ /g; s/%25/%/g"'
  # QUERY STATUS: what it says, and what becomes of it.
  while read -r query want; do
    get "/cgi/says?$query"
    echo "$query: ${output%%$'\r\n\r\n'*}"
    [[ $output == "HTTP/1.1 $want"* ]]
  done <<'END'
Status:%20404%20None%0A%0Agone 404 Not Found
Status:%20299%0D%0A%0D%0Aodd 299 Success
Location:%20http://a/b%0A%0A 302 Found
Status:%20307%0ALocation:%20/x%0A%0A 307 Temporary
Location:%20//host/%0A%0A 302 Found
Content-Type:%20a/b%0A%0Ahello 200 OK
Content-Length:%203%0A%0Aabc 200 OK
Content-Length:%203%0A%0Aabcdef 200 OK
Status:%20204%0A%0A 204 No Content
Status:%20304%0AETag:%20a%0A%0A 304 Not
Status:%20100%0A%0A 502 Bad Gateway
Status:%20101%0A%0A 502 Bad Gateway
Status:%20600%0A%0A 502 Bad Gateway
Status:%2020%0A%0A 502 Bad Gateway
Status:%202000%0A%0A 502 Bad Gateway
Status:%20200%0AStatus:%20200%0A%0A 502 Bad Gateway
Content-Length:%20-1%0A%0Ax 502 Bad Gateway
Content-Length:%205,%207%0A%0Ax 502 Bad Gateway
Content-Length:%205%0AContent-Length:%205%0A%0Ahello 502 Bad Gateway
Content-Length:%2099999999999999999999%0A%0Ahello 502 Bad Gateway
X%20Y:%20a%0A%0A 502 Bad Gateway
X:%20a%0Db%0A%0A 502 Bad Gateway
X:%20a%0A%20b%0A%0A 502 Bad Gateway
no%20field%0A%0A 502 Bad Gateway
%0Ahello 502 Bad Gateway
X:%20a 502 Bad Gateway
END
  get '/cgi/says?X:%201%0ATransfer-Encoding:%20chunked%0AConnection:%20upgrade%0AKeep-Alive:%201%0AUpgrade:%20x%0ASet-Cookie:%20a%0ASet-Cookie:%20b%0A%0Aok'
  [[ $output == *$'\r\nX: 1\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0'* ]]
  [[ $output != *upgrade* && $output != *Keep* ]]
  # Date and Server are the program's, if it gives them.
  get '/cgi/says?Date:%20x%0AServer:%20y%0A%0Aok'
  [[ $output == $'HTTP/1.1 200 OK\r\nDate: x\r\nServer: y\r\nTransfer'* ]]
  # As much as was announced, and not more.
  get '/cgi/says?Content-Length:%203%0A%0Aabcdef'
  [[ $output == *$'\r\n\r\nabc' ]]
  [[ $stderr == *'the program sent more than it announced' ]]
  local to=$BATS_TEST_TMPDIR
  # Nor if it comes late, with the program's end right behind it.
  printf '#!/bin/sh\nprintf "Content-Length: 1000000\n\n"; head -c 1000000 "$DOCUMENT_ROOT/zeros"; printf more' >"$SITE/cgi/late"
  chmod +x "$SITE/cgi/late"
  head -c 1000000 /dev/zero >"$SITE/zeros"
  for _ in 1 2 3 4 5 6 7 8; do
    perch --log none --cgi /cgi/ "$SITE" 2>"$to/log" >"$to/reply" <<<$'GET /cgi/late HTTP/1.0\r\n\r'
    [ "$(stat -c %s "$to/reply")" -gt 1000000 ]
    grep 'the program sent more than it announced' "$to/log"
  done
  # Less ends the connection.
  exchange 'GET /cgi/says?Content-Length:%%209%%0A%%0Aabcdef HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.0\r\n\r\n' \
    --log none --cgi /cgi/
  [[ $output == *$'\r\n\r\nabcdef' ]]
  [[ $stderr == *'cut short: the program sent less than it announced' ]]
}

@test "a long head is refused, HEAD has no content, HTTP/1.0 no chunks" {
  script long 'printf "X: %070000d\n\nhello" 1'
  script fits 'printf "X: %060000d\n\nhello" 1'
  get /cgi/long
  [[ $output == 'HTTP/1.1 502 '* && $stderr == *'head is larger than the limit' ]]
  get /cgi/fits
  [[ $output == *$'01\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n'* || $output == *hello* ]]
  get /cgi/fits --max-cgi-head 4K
  [[ $output == 'HTTP/1.1 502 '* ]]
  script head 'printf "Content-Length: 5\n\nhello"; echo $REQUEST_METHOD >&2'
  exchange 'HEAD /cgi/head HTTP/1.1\r\nHost: a\r\n\r\nGET /cgi/head HTTP/1.1\r\nHost: a\r\n\r\n' \
    --log none --cgi /cgi/
  [[ $output == *$'Length: 5\r\n\r\nHTTP/1.1 200 OK'*$'\r\n\r\nhello' ]]
  [[ $stderr == *': HEAD'*': GET' ]]
  exchange 'GET /cgi/type HTTP/1.0\r\n\r\n' --log none --cgi /cgi/
  [[ $output != *chunked* && $output == *'Connection: close'* ]]
}

@test "local redirects, ten at most; X-Sendfile with ranges; 103; nph-" {
  script again 'n=${QUERY_STRING:-0}' \
    '[ "$n" = 10 ] && { printf "Content-Type: text/plain\n\nend\n"; exit; }' \
    'printf "Location: /cgi/again?%s\n\n" $((n + 1))'
  script round 'printf "Location: /cgi/round\n\n"'
  script page 'printf "Location: /index.html\n\n"'
  get /cgi/again
  [[ $output == 'HTTP/1.1 200 OK'*end* ]]
  get /cgi/round
  [[ $output == 'HTTP/1.1 502 '* && $stderr == *'502: too many local redirects' ]]
  get /cgi/page
  [[ $output == 'HTTP/1.1 200 OK'*small ]]
  exchange 'POST /cgi/page HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /cgi/page HTTP/1.0\r\n\r\n' \
    --log none --cgi /cgi/
  [[ $output == 'HTTP/1.1 200 OK'*small*'HTTP/1.1 200 OK'*small ]]

  mkdir -p "$SITE/.private"
  echo 0123456789 >"$SITE/.private/ten"
  script file 'printf "X-Sendfile: $PATH_INFO\nContent-Type: a/b\nX-Mine: 1\nETag: no\n\n"'
  exchange 'GET /cgi/file/.private/ten HTTP/1.1\r\nHost: a\r\nRange: bytes=2-3\r\n\r\n' \
    --log none --cgi /cgi/
  [[ $output == 'HTTP/1.1 206 '*'X-Mine: 1'*'Content-Type: a/b'*'Content-Range: bytes 2-3/11'*23 ]]
  [[ $output != *'ETag: no'* ]]
  get /cgi/file/.private/none
  [[ $output == 'HTTP/1.1 404 '* ]]
  # Its type is its own: the next one's is the file's.
  mkdir -p "$SITE/data"
  echo text >"$SITE/data/t.txt"
  file='GET /cgi/file/data/t.txt HTTP/1.1\r\nHost: a\r\n\r\n'
  plain='GET /data/t.txt HTTP/1.1\r\nHost: a\r\n\r\n'
  exchange "$file$plain$plain$file$plain" --log none --cgi /cgi/
  mapfile -t types < <(grep ^Content-Type <<<"${output//$CR/}")
  echo "${types[@]}"
  [ "${types[*]}" = "Content-Type: a/b ${types[1]} ${types[1]} Content-Type: a/b ${types[1]}" ]
  [[ ${types[1]} == 'Content-Type: text/plain'* ]]
  script escapes 'printf "X-Sendfile: /../../etc/passwd\n\n"'
  get /cgi/escapes
  [[ $output == 'HTTP/1.1 502 '* ]]

  script hints 'printf "Status: 103\nLink: </a>; rel=preload\n\n"' \
    'printf "Content-Type: a/b\n\nhello"'
  get /cgi/hints
  [[ $output == $'HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\nHTTP/1.1 200 OK'*hello* ]]
  exchange 'GET /cgi/hints HTTP/1.0\r\n\r\n' --log none --cgi /cgi/
  [[ $output == 'HTTP/1.1 200 OK'*hello ]]

  script nph-raw 'printf "HTTP/1.0 299 Mine\r\nA: b\r\n\r\nbytes"'
  script nph-none :
  exchange 'GET /cgi/nph-raw HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.0\r\n\r\n' \
    --log none --cgi /cgi/
  [ "$output" = $'HTTP/1.0 299 Mine\r\nA: b\r\n\r\nbytes' ]
  get /cgi/nph-none
  [[ $output == 'HTTP/1.1 502 '* ]]
}

@test "no output, a crash, silence: 502, 504; a crash behind the head cuts" {
  script none :
  script crash 'kill -SEGV $$'
  script crashes 'printf "Content-Type: a/b\n\nbegun\n"; kill -SEGV $$'
  get /cgi/none
  [[ $output == 'HTTP/1.1 502 '* && $stderr == *'502: the program sent no head' ]]
  get /cgi/crash
  [[ $output == 'HTTP/1.1 502 '* && $stderr == *'crashed before its head' ]]
  exchange 'GET /cgi/crashes HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.0\r\n\r\n' \
    --log none --cgi /cgi/
  [[ $output == *begun* && $output != *$'\r\n0\r\n'* ]]
  [[ $stderr == *'cut short: the program crashed' ]]
  get /cgi/silent --cgi-timeout 0.3
  [[ $output == 'HTTP/1.1 504 '* ]]
  is_gone
}

@test "a client that is gone takes the program along, at whatever time" {
  # Reset while it is silent, before and behind its head; FIN; 3 kinds. By
  # then the program must have begun, which takes ASan longer.
  n=0 pause=0.4
  [ "${BIN##*/}" != build-asan ] || pause=2
  for what in silent family stubborn; do
    for how in reset 'half sleep:5'; do
      n=$((n + 1))
      head=
      [ $what = silent ] || head=read:40
      begin $n --tcp "send:GET /cgi/$what HTTP/1.1\r\nHost: a\r\n\r\n" $head \
        sleep:$pause $how -- "${perch[@]}" --half-close-grace 0.3 --cgi-grace 0.5 "$SITE"
    done
  done
  for ((i = 1; i <= n; i++)); do
    heard $i
    lasted 0.4 4
  done
  is_gone
  [ "$(wc -l <"$SITE/cgi/pids")" = 8 ]
}

@test "a half-closed client gets its answer; a grace of 0 waits for ever" {
  script late-answer 'sleep 0.6; printf "Content-Type: a/b\n\nhello\n"'
  begin default --tcp 'send:GET /cgi/late-answer HTTP/1.1\r\nHost: a\r\n\r\n' \
    half read -- "${perch[@]}" "$SITE"
  begin never --tcp 'send:GET /cgi/late-answer HTTP/1.1\r\nHost: a\r\n\r\n' \
    half read -- "${perch[@]}" --half-close-grace 0 "$SITE"
  begin short --tcp 'send:GET /cgi/late-answer HTTP/1.1\r\nHost: a\r\n\r\n' \
    half read -- "${perch[@]}" --half-close-grace 0.2 "$SITE"
  heard default
  [[ $output == *hello* ]]
  heard never
  [[ $output == *hello* ]]
  heard short
  [[ $output == 'HTTP/1.1 504 '* ]]
  [[ $stderr == *'the client has ended its side, and the program is silent'* ]]
}

@test "a background child holds neither response nor connection, and lives on" {
  script background 'sleep 1.5 & echo $! >background.pid' \
    'printf "Content-Type: a/b\n\nhello\n"'
  talk --tcp 'send:GET /cgi/background HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.0\r\n\r\n' \
    read -- "${perch[@]}" "$SITE"
  [[ $output == *hello*0$CR*small ]]
  kill -0 "$(<"$SITE/cgi/background.pid")"
  lasted 0 1
}

@test "when perch is killed its program dies" {
  mkfifo "$BATS_TEST_TMPDIR/in"
  "${perch[@]}" "$SITE" <"$BATS_TEST_TMPDIR/in" >/dev/null &
  exec 8>"$BATS_TEST_TMPDIR/in"
  printf 'GET /cgi/silent HTTP/1.1\r\nHost: a\r\n\r\n' >&8
  for try in {1..50}; do
    [ ! -s "$SITE/cgi/pids" ] || break
    sleep 0.1
  done
  kill -KILL $!
  exec 8>&-
  is_gone
}

@test "what it says on stderr is logged by the line, with its id, and bounded" {
  script complains 'echo one >&2; printf "two\033" >&2' \
    'printf "Content-Type: a/b\n\n$REQUEST_ID\n"'
  get /cgi/complains
  id=$(grep -o '[0-9a-f]\{16\}' <<<"$output")
  [ "$stderr" = "perch: -: program $id: one"$'\n'"perch: -: program $id: two\\x1b" ]
  script floods 'head -c 10000000 /dev/zero | tr "\0" x >&2' \
    'seq 100000 >&2' 'printf "Content-Type: a/b\n\nhello\n"'
  get /cgi/floods --max-cgi-log 3000
  [[ $output == *hello* ]]
  [[ ${stderr_lines[0]} == *xxx... ]]
  [ "${#stderr_lines[@]}" -lt 1000 ]
  [[ ${stderr_lines[-1]} == *': what it says further is dropped' ]]
}

@test "nothing is left open behind a program" {
  # It may be there before perch has closed its own ends of the pipes.
  script fds 'sleep 0.2' 'printf "Content-Type: a/b\n\n"' \
    'echo fds $(ls /proc/$PPID/fd)'
  request='GET /cgi/fds HTTP/1.1\r\nHost: a\r\n\r\n'
  post='POST /cgi/%s HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc'
  # shellcheck disable=SC2059
  printf -v others "$post" type none crash show
  others=${others//$CR/\\r} others=${others//$'\n'/\\n}
  exchange "$request$request$others$others$request" --log none --cgi /cgi/
  mapfile -t fds < <(grep '^fds' <<<"$output")
  printf '%s\n' "${fds[@]}"
  [ "${#fds[@]}" = 3 ]
  [ "${fds[0]}" = "${fds[1]}" ]
  [ "${fds[0]}" = "${fds[2]}" ]
}

@test "a reset is seen while content goes in, and while output is blocked" {
  script sink 'echo $$ >>pids; cat >/dev/null; sleep 60'
  script slow-sink 'echo $$ >>pids; sleep 60'
  script fire 'echo $$ >>pids; printf "Content-Type: a/b\n\n"; exec cat /dev/zero'
  post='HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nhello'
  begin sink --tcp "send:POST /cgi/sink $post" sleep:0.3 reset -- \
    "${perch[@]}" "$SITE"
  begin slow-sink --tcp "send:POST /cgi/slow-sink $post" sleep:0.3 reset -- \
    "${perch[@]}" "$SITE"
  begin fire --tcp 'send:GET /cgi/fire HTTP/1.1\r\nHost: a\r\n\r\n' \
    read:100000 sleep:0.3 reset -- "${perch[@]}" "$SITE"
  begin fire-pipe --pipe 'send:GET /cgi/fire HTTP/1.1\r\nHost: a\r\n\r\n' \
    read:100000 sleep:0.1 reset -- "${perch[@]}" "$SITE"
  # It takes nothing any more, but stays.
  begin stuck --tcp 'send:GET /cgi/fire HTTP/1.1\r\nHost: a\r\n\r\n' \
    read:1000 sleep:5 read -- "${perch[@]}" --write-timeout 0.4 "$SITE"
  for name in sink fire fire-pipe; do
    heard $name
    lasted 0 1
    [[ $name = sink || $stderr == *'cut short: the client is gone'* ]]
  done
  heard stuck
  echo "stuck: $stderr $report"
  [[ $stderr == *'cut short: the client was too slow'* ]]
  is_gone
}

@test "content that ends early or is malformed is not taken for the whole" {
  script counts 'trap "echo told >&2; exit" TERM' 'echo $$ >>pids' \
    'n=$(wc -c)' 'echo "whole $n" >&2' 'printf "Content-Type: a/b\n\n$n"'
  exchange 'POST /cgi/counts HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhello' \
    --log none --cgi /cgi/
  [[ $output == 'HTTP/1.1 400 '* && $stderr != *whole* ]]
  exchange 'POST /cgi/counts HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nx' \
    --log none --cgi /cgi/
  [[ $output == 'HTTP/1.1 400 '* && $stderr != *whole* ]]
  exchange 'POST /cgi/counts HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n' \
    --log none --cgi /cgi/ --max-body 4
  [[ $output == 'HTTP/1.1 413 '* && $stderr != *whole* ]]
  talk --tcp 'send:POST /cgi/counts HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhello' \
    read -- "${perch[@]}" --body-timeout 0.3 "$SITE"
  [[ $output == 'HTTP/1.1 408 '* && $stderr != *whole* ]]
  is_gone
}

@test "a slow client and a slow program are not held against each other" {
  script steps 'printf "Content-Type: a/b\n\n"' \
    'for i in 1 2 3; do sleep 0.3; echo $i; done'
  script reads-late 'sleep 0.8; n=$(wc -c)' 'printf "Content-Type: a/b\n\n$n"'
  script much 'printf "Content-Type: a/b\n\n"; head -c 3000000 /dev/zero'
  begin steps --tcp 'send:GET /cgi/steps HTTP/1.0\r\n\r\n' read -- \
    "${perch[@]}" --cgi-timeout 0.7 --write-timeout 0.2 "$SITE"
  # Content that is held up by the program is not late.
  {
    printf 'POST /cgi/reads-late HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n'
    head -c 300000 /dev/zero
  } >"$SITE/late.req"
  begin late --tcp "file:$SITE/late.req" half read -- \
    "${perch[@]}" --body-timeout 0.3 --half-close-grace 2 "$SITE"
  # A program whose output is not taken is not silent.
  begin much --unix 'send:GET /cgi/much HTTP/1.0\r\n\r\n' sleep:0.8 read -- \
    "${perch[@]}" --cgi-timeout 0.4 "$SITE"
  heard steps
  [[ $output == *$'1\n2\n3' ]]
  heard late
  [[ $output == *300000* ]]
  heard much
  [ "$received" -gt 3000000 ]
}

@test "where SIGCHLD is ignored a crash is seen all the same" {
  script crashes 'printf "Content-Type: a/b\n\nbegun\n"; kill -SEGV $$'
  (
    trap '' CHLD
    get /cgi/crashes
    [[ $stderr == *'cut short: the program crashed' ]]
    get /cgi/show
    [[ $output == *SCRIPT_NAME* ]]
  )
}

@test "first bytes come at once, compressed too" {
  script event 'printf "Content-Type: text/event-stream\n\n"' \
    'printf "data: 1\n\n"; sleep 1.5; printf "data: 2\n\n"'
  listen --log none --cgi /cgi/ "$SITE"
  for options in -sN '-sN --compressed'; do
    # shellcheck disable=SC2086
    curl $options "http://127.0.0.1:$PORT/cgi/event" |
      while IFS= read -r line; do
        echo "$line $EPOCHREALTIME"
      done >"$BATS_TEST_TMPDIR/events" &
    start=$EPOCHREALTIME
    wait $!
    cat "$BATS_TEST_TMPDIR/events"
    # The first does not wait for the second, however late both may be on a
    # machine that is busy.
    awk -v start="$start" '$1 == "data:" { time[$2] = $3 }
      END { print time[1] - start " s"; exit !(time[2] - time[1] > 0.3) }' \
      "$BATS_TEST_TMPDIR/events"
  done
  curl -s --compressed -D - -o "$BATS_TEST_TMPDIR/body" \
    "http://127.0.0.1:$PORT/cgi/show" >"$BATS_TEST_TMPDIR/head"
  grep -i '^content-encoding: gzip' "$BATS_TEST_TMPDIR/head"
  grep SCRIPT_NAME "$BATS_TEST_TMPDIR/body"
  unlisten
}

@test "content of any size passes at constant memory, however slowly it is read" {
  [ "${BIN##*/}" != build-asan ] || skip "ASan's memory is not ours"
  printf '%s\n' '#!/usr/bin/perl' \
    'my $n = 0;' \
    'while (my $k = sysread STDIN, my $b, 1 << 20) {' \
    '  $n += $k; select undef, undef, undef, 0.1 if $i++ < 5; }' \
    '($kib) = `cat /proc/@{[getppid]}/status` =~ /VmHWM:\s*(\d+)/;' \
    'print "Content-Type: a/b\n\n$n $kib\n";' | program slow
  listen --log none --max-body 0 --cgi /cgi/ "$SITE"
  small=$(curl -s -d x "http://127.0.0.1:$PORT/cgi/slow")
  size=200000000
  [ -z "${LARGE:-}" ] || size=2147483648
  large=$(head -c $size /dev/zero |
    curl -s -T - "http://127.0.0.1:$PORT/cgi/slow")
  unlisten
  echo "$small, $large"
  [ "${large% *}" = "$size" ]
  [ $((${large#* } - ${small#* })) -lt 1024 ]
}

@test "a launcher that stops lets a response end, and kills after its grace" {
  script long-answer 'echo $$ >>pids' \
    'printf "Content-Type: a/b\n\n"; sleep 0.5; echo hello'
  listen --log none --grace 3 --cgi /cgi/ "$SITE"
  curl -s "http://127.0.0.1:$PORT/cgi/long-answer" >"$BATS_TEST_TMPDIR/one" &
  one=$!
  curl -s "http://127.0.0.1:$PORT/cgi/silent" >"$BATS_TEST_TMPDIR/two" &
  for try in {1..100}; do
    [ ! -s "$SITE/cgi/pids" ] || [ "$(wc -l <"$SITE/cgi/pids")" != 2 ] || break
    sleep 0.1
  done
  unlisten
  wait $one
  [ "$(<"$BATS_TEST_TMPDIR/one")" = hello ]
  is_gone
}
