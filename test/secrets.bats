#!/usr/bin/env bats
# What one request says is in no later one's answer, and in the log it is
# nothing but text of its line.
# shellcheck disable=SC2016  # dollars that mean nothing to the shell
load helper

setup() {
  load helper
  site
  cd "$BATS_TEST_TMPDIR" || return
  mkdir -p "$SITE/cgi" "$SITE/list" "$SITE/private"
  seq 2000 >"$SITE/text.txt"
  head -c 100000 /dev/urandom >"$SITE/large"
  echo small >"$SITE/small.txt"
  touch "$SITE/list/"{a,b,c}
  printf '#!/bin/sh\nprintf "Content-Type: text/plain\\n\\n"\nenv\ncat\n' >"$SITE/cgi/env"
  chmod +x "$SITE/cgi/env"
  echo "ann:$(mkpasswd -m bcrypt -R 4 secret)" >users
  OPTIONS=(--cgi /cgi/ --listing --gzip 1 --auth "/private/ $PWD/users" --websocket '/ws cat')
}

# The mark is in all of a request that a client says. Its own answer, which
# has it nowhere, comes before others of each kind.
@test "nothing of one request is in what a later one is answered" {
  local marked=() others=() long m o
  printf -v long '%*s' 7000 ''
  long=${long// /MARK}
  long=${long:0:7000}
  marked=(
    "GET /small.txt?$long HTTP/1.1\r\nHost: a\r\nAuthorization: Basic MARKMARK\r\nCookie: c=$long\r\nUser-Agent: MARK\r\nReferer: http://MARK/\r\nX-MARK: MARK\r\nAccept-Language: MARK\r\n\r\n"
    "POST /small.txt HTTP/1.1\r\nHost: a\r\nContent-Length: 7000\r\n\r\n$long"
    "PUT /small.txt HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1b58;MARK=MARK\r\n$long\r\n0\r\nX-MARK: $long\r\n\r\n"
    "GET /private/x HTTP/1.1\r\nHost: a\r\nAuthorization: Basic TUFSSzpNQVJLTUFSS01BUks=\r\nIf-None-Match: \"$long\"\r\nRange: bytes=0-MARK\r\n\r\n"
  )
  others=(
    'GET /small.txt HTTP/1.1\r\nHost: a\r\n\r\n'
    'GET /text.txt HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n'
    'GET /large HTTP/1.1\r\nHost: a\r\nRange: bytes=0-9,20-29,99990-\r\n\r\n'
    'HEAD /large HTTP/1.1\r\nHost: a\r\n\r\n'
    'GET /list/ HTTP/1.1\r\nHost: a\r\n\r\n'
    'GET /none HTTP/1.1\r\nHost: a\r\n\r\n'
    'GET /private/ HTTP/1.1\r\nHost: a\r\n\r\n'
    'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n'
    'TRACE / HTTP/1.1\r\nHost: a\r\n\r\n'
    'GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'
    'GET /cgi/env HTTP/1.1\r\nHost: a\r\n\r\n'
    'POST /cgi/env HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc'
    'POST /cgi/env HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n'
  )
  for m in "${marked[@]}"; do
    for o in "${others[@]}"; do printf "$m$o"; done
    # And where what follows is no request.
    printf "$m"'GARBAGE\r\n\r\n' >"last.${#m}"
  done >all
  for request in all last.*; do
    perch "${OPTIONS[@]}" --log none "$SITE" <$request >reply
    tr -d '\0' <reply | grep -ac '^HTTP/1.1 ' >>counts
    # What is compressed shows nothing by itself.
    refute grep -aq MARK reply
  done
  cat counts
  # The last of them, wrong passwords, end the connection after a while.
  [ "$(sort -n counts | tail -1)" -ge $((2 * (${#marked[@]} - 1) * ${#others[@]})) ]
  # What is searched for would be found.
  printf 'POST /cgi/env HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nMARK' |
    perch "${OPTIONS[@]}" --log none "$SITE" | grep -aq MARK
}

@test "nothing that a client says begins a line of the log, ends one or is more than text" {
  local e=$'\e[31m' text request
  script='#!/bin/sh\nprintf "a\\033[31m\\r\\nFORGED \\001\\377\\nContent-Type: a/b\\n\\n" >&2\nprintf "Content-Type: a/b\\n\\n"\n'
  printf "$script" >"$SITE/cgi/says"
  chmod +x "$SITE/cgi/says"
  for request in \
    "GET /${e}FORGED HTTP/1.1\r\nHost: a\r\n\r\n" \
    "GET /%%0d%%0aFORGED%%1b%%00?%%0aFORGED HTTP/1.1\r\nHost: a\r\n\r\n" \
    "GET /?\"%%22\\\\\"\xff HTTP/1.1\r\nHost: a\r\n\r\n" \
    "GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: \" 200 1\xe2\x80\xae\t$e\r\nReferer: \\\\\"\r\n\r\n" \
    "GET / HTTP/1.1\r\nHost: ${e}a\r\n\r\n" \
    "GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: a\rFORGED\r\n\r\n" \
    "GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: a\x00FORGED\r\n\r\n" \
    "G\x1b[31mT / HTTP/1.1\r\nHost: a\r\n\r\n" \
    "\x1b\x00\x01\x7f\x80\xffFORGED\nFORGED\r\n\r\n" \
    "GET /private/x HTTP/1.1\r\nHost: a\r\nAuthorization: Basic $(printf 'a\nFORGED \e[31m:b' | base64 -w0)\r\n\r\n" \
    "GET /private/x HTTP/1.1\r\nHost: a\r\nAuthorization: Basic $(printf 'a"\xe2\x80\xae:b' | base64 -w0)\r\n\r\n" \
    "GET /cgi/says HTTP/1.1\r\nHost: a\r\n\r\n" \
    "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\x88\x89\x00\x00\x00\x00\x03\xe8\nFORGED"; do
    for format in combined json; do
      exchange "$request" "${OPTIONS[@]}" --log $format --explain
      [ ${#stderr_lines[@]} -ge 1 ]
      printf '%s\n' "${stderr_lines[@]}"
      refute grep -q '[^ -~]' <(printf '%s\n' "$stderr")
      refute grep -q '^FORGED' <(printf '%s\n' "$stderr")
    done
  done
  exchange $'PROXY TCP4 1.2.3.4\e[31m 1.2.3.5 1 2\r\nFORGED\r\n' --log combined --proxy-protocol
  refute grep -q '[^ -~]' <(printf '%s\n' "$stderr")
  refute grep -q '^FORGED' <(printf '%s\n' "$stderr")
}
