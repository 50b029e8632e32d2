#!/usr/bin/env bats
# Who the client is behind a proxy: the PROXY protocol and the fields that
# proxies add.
load helper

setup_file() {
  site
  mkdir -p "$SITE/cgi"
  printf '#!/bin/sh\necho "Content-Type: text/plain"; echo; env\n' >"$SITE/cgi/env"
  chmod +x "$SITE/cgi/env"
}

REQUEST='GET /cgi/env HTTP/1.0\r\n'
V2='\r\n\r\n\0\r\nQUIT\n'
ENDS='\xc0\0\2\1\xc6\x33\x64\1\xdc\4\1\xbb'

# proxied HEADER [ARG]...: what becomes of a request behind it.
proxied() {
  exchange "$1$REQUEST\r\n" --cgi /cgi/ "${@:2}"
  echo "$output"
  echo "$stderr"
}

# tells VARIABLE=VALUE...: the program was told so.
tells() {
  local variable
  for variable; do
    echo "wanted: $variable"
    [[ $'\n'$output == *$'\n'"$variable"$'\n'* ]]
  done
}

@test "a PROXY header of version 1 says who the client is" {
  proxied 'PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n' --proxy-protocol
  tells REMOTE_ADDR=192.0.2.1 REMOTE_PORT=56324 SERVER_ADDR=198.51.100.1 \
    SERVER_PORT=443
  [[ $output != *HTTPS* ]]
  [[ $stderr == '192.0.2.1 - - '* ]]
  # Whatever the environment says.
  REMOTE_ADDR=192.0.2.9 REMOTE_PORT=9 TCPLOCALIP=192.0.2.8 TCPLOCALPORT=8 \
    proxied 'PROXY TCP6 2001:db8::1 2001:db8::2 1 2\r\n' --proxy-protocol
  tells REMOTE_ADDR=2001:db8::1 REMOTE_PORT=1 SERVER_ADDR=2001:db8::2 SERVER_PORT=2
}

@test "and so does one of version 2, in which TLS counts, and a checksum" {
  proxied "$V2"'\x21\x11\0\x0c'"$ENDS" --proxy-protocol
  tells REMOTE_ADDR=192.0.2.1 REMOTE_PORT=56324 SERVER_ADDR=198.51.100.1 SERVER_PORT=443
  [[ $output != *HTTPS* ]]
  proxied "$V2"'\x21\x11\0\x14'"$ENDS"'\x20\0\5\1\0\0\0\0' --proxy-protocol=required
  tells REMOTE_ADDR=192.0.2.1 HTTPS=on
  proxied "$V2"'\x21\x11\0\x13'"$ENDS"'\3\0\4\x73\x7e\xe9\x19' --proxy-protocol
  tells REMOTE_ADDR=192.0.2.1
  proxied "$V2"'\x21\x11\0\x13'"$ENDS"'\3\0\4\x73\x7e\xe9\x1a' --proxy-protocol
  [ -z "$output" ]
  [ "$stderr" = 'perch: -: a wrong checksum in a PROXY header' ]
}

@test "what a proxy says of no client leaves the ends as they are" {
  for header in 'PROXY UNKNOWN\r\n' "$V2"'\x20\0\0\0' "$V2"'\x21\0\0\0'; do
    REMOTE_ADDR=192.0.2.9 REMOTE_PORT=9 proxied "$header" --proxy-protocol
    tells REMOTE_ADDR=192.0.2.9 REMOTE_PORT=9
  done
}

# As HAProxy and load balancers look whether we are alive.
@test "a health check is no error" {
  for check in '' "$V2"'\x20\0\0\0' 'PROXY UNKNOWN\r\n'; do
    exchange "$check" --proxy-protocol
    [ "$status $output $stderr" = '0  ' ]
  done
  run --separate-stderr "$TOP/test/talk" "send:$V2"'\x20\0\0\0' reset -- \
    "$BIN/perch" --proxy-protocol "$SITE"
  [[ $stderr == 'talk: '*'status 0,'* ]]
}

@test "the header may come in pieces, and many requests behind it" {
  converse 'drip:0.002:PROXY TCP4 192.0.2.1 198.51.100.1 5 6\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n' \
    'send:GET / HTTP/1.0\r\n\r\n' read -- --proxy-protocol --log common
  [[ $output == *'200 OK'*'200 OK'* ]]
  [[ $stderr == '192.0.2.1 '*$'\n192.0.2.1 '* ]]
}

@test "without a PROXY header, or with a malformed one, the log has a line and the client none" {
  while IFS='|' read -r request reason; do
    echo "$request"
    exchange "$request" --proxy-protocol
    [ "$status" = 0 ]
    [ -z "$output" ]
    [ "$stderr" = "perch: -: $reason" ]
  done <<'END'
GET / HTTP/1.0\r\n\r\n|no PROXY header
\r\nGET / HTTP/1.0\r\n\r\n|no PROXY header
PROXY TCP4 192.0.2.1 198.51.100.1 56324\r\n\r\n|a malformed port in a PROXY line
PROXY TCP4 192.0.2|the connection ended inside a PROXY header
\r\n\r\n\0\r\nQUIT\n\x11|a PROXY header of another version
\r\n\r\n\0\r\nQUIT\n\x21\x11\x10\x00|a PROXY header over the limit
END
  exchange "$V2"'\x20\0\0\xf1' --proxy-protocol --max-proxy-header 256
  [ "$stderr" = 'perch: -: a PROXY header over the limit' ]
}

@test "the header has a deadline of its own, --header-timeout" {
  converse 'send:PROXY TCP4 ' read -- --proxy-protocol --header-timeout 0.2
  [ -z "$output" ]
  within 0.2 0.2
  [[ $stderr == 'perch: 127.0.0.1: the PROXY header did not arrive in time'* ]]
  converse 'drip:0.03:PROXY TCP4 192.0.2.1 198.51.100.1 5 6' read -- \
    --proxy-protocol --header-timeout 0.2
  within 0.2 0.5
  [[ $stderr == *'did not arrive in time'* ]]
  # Who says nothing may be a check.
  converse read -- --proxy-protocol --header-timeout 0.2
  within 0.2 0.2
  [[ $stderr == 'talk: '* ]]
}

@test "with =optional a connection may begin with a request" {
  proxied '' --proxy-protocol=optional
  [[ $output == *$'\nREMOTE_ADDR=\n'* ]]
  proxied 'PROXY TCP4 192.0.2.1 198.51.100.1 5 6\r\n' --proxy-protocol=optional
  tells REMOTE_ADDR=192.0.2.1
  # These begin alike.
  exchange 'P' --proxy-protocol=optional
  [[ $output == 'HTTP/1.1 400 '* ]]
  exchange 'PROPFIND / HTTP/1.0\r\n\r\n' --proxy-protocol=optional
  [[ $output == 'HTTP/1.1 501 '* ]]
  exchange '\r\n\r\nGET / HTTP/1.0\r\n\r\n' --proxy-protocol=optional
  [[ $output == 'HTTP/1.1 200 '* ]]
  exchange 'PROXY X\r\n' --proxy-protocol=optional
  [ "$stderr" = 'perch: -: a PROXY line of an unknown family' ]
}

@test "the option's value is optional, also in a file, and without it PROXY is no method" {
  cd "$BATS_TEST_TMPDIR"
  line='PROXY TCP4 192.0.2.1 198.51.100.1 5 6\r\n'
  for value in '' ' required' ' optional'; do
    echo "proxy-protocol$value" >config
    proxied "$line" --config config
    tells REMOTE_ADDR=192.0.2.1
  done
  echo 'proxy-protocol yes' >config
  exchange '' --config config
  [ "$status $stderr" = '2 perch: --config: line 1: proxy-protocol: not required or optional' ]
  exchange '' --proxy-protocol=
  [ "$status" = 0 ]
  # The next argument is the directory, and not its value.
  exchange "$line$REQUEST\r\n" --proxy-protocol
  [[ $stderr == '192.0.2.1 '* ]]
  exchange "$line$REQUEST\r\n"
  [[ $output == 'HTTP/1.1 '[45]* ]]
}

@test "perch-listen's connections have PROXY headers too, also with --exec" {
  for option in --log=combined --exec; do
    listen --proxy-protocol "$option" "$SITE"
    run curl -sS --haproxy-protocol "http://127.0.0.1:$PORT/"
    [ "$output" = small ]
    exec {fd}<>"/dev/tcp/127.0.0.1/$PORT"
    printf 'PROXY TCP4 192.0.2.1 198.51.100.1 5 6\r\nGET / HTTP/1.0\r\n\r\n' >&"$fd"
    read -r -u "$fd" line
    exec {fd}>&-
    [[ $line == *'200 OK'* ]]
    unlisten
    cat "$BATS_TEST_TMPDIR/listen.log"
    grep '^127.0.0.1 - ' "$BATS_TEST_TMPDIR/listen.log"
    grep '^192.0.2.1 - ' "$BATS_TEST_TMPDIR/listen.log"
  done
  LISTENER=
}

# --- fields

# forwarded FIELDS [ARG]...: a request with them.
forwarded() {
  exchange "$REQUEST$1\r\n" --cgi /cgi/ "${@:2}"
  echo "$output"
  echo "$stderr"
}

@test "from trusted networks the client is the last that is not trusted" {
  export REMOTE_ADDR=10.0.0.1 REMOTE_PORT=4711
  x='X-Forwarded-For: 198.51.100.7, 192.0.2.1, 10.0.0.2\r\n'
  forwarded "$x" --trust-forwarded 10.0.0.0/8
  tells REMOTE_ADDR=192.0.2.1
  [[ $output != *REMOTE_PORT* ]]
  [[ $stderr == '192.0.2.1 - - '* ]]
  forwarded "$x" --trust-forwarded 10.0.0.1
  tells REMOTE_ADDR=10.0.0.2
  forwarded "$x" --trust-forwarded 10.0.0.1 --trust-forwarded 10.0.0.2 \
    --trust-forwarded 192.0.2.0/24
  tells REMOTE_ADDR=198.51.100.7
  forwarded 'Forwarded: for="[2001:db8::7]:99"\r\n' --trust-forwarded 10.0.0.1
  tells REMOTE_ADDR=2001:db8::7 REMOTE_PORT=99
  # From others, and without the option, it is who has connected.
  for options in '--trust-forwarded 10.0.0.2' '--trust-forwarded unix' \
    '--trust-forwarded ::/0' ''; do
    # shellcheck disable=SC2086
    forwarded "$x" $options
    tells REMOTE_ADDR=10.0.0.1 REMOTE_PORT=4711
    [[ $stderr == '10.0.0.1 - - '* ]]
  done
}

@test "unix stands for peers that have no address" {
  forwarded 'X-Forwarded-For: 192.0.2.1\r\n' --trust-forwarded unix
  tells REMOTE_ADDR=192.0.2.1
}

@test "each request has its own client, and one that is refused has the peer" {
  export REMOTE_ADDR=10.0.0.1
  a='GET / HTTP/1.1\r\nHost: a\r\n'
  exchange "${a}X-Forwarded-For: 192.0.2.1\r\n\r\n$a\r\n${a}X-Forwarded-For: 192.0.2.2\r\n\r\n bad\r\n\r\n" \
    --trust-forwarded 10.0.0.1 --log common
  echo "$stderr"
  remotes=
  for line in "${stderr_lines[@]}"; do
    remotes+="${line%% *} "
  done
  [ "$remotes" = '192.0.2.1 10.0.0.1 192.0.2.2 perch: 10.0.0.1 ' ]
}

@test "the client that a PROXY header names is the peer that may be trusted" {
  exchange 'PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\nGET / HTTP/1.0\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n' \
    --proxy-protocol --trust-forwarded 10.0.0.0/8
  [[ $stderr == '192.0.2.1 '* ]]
}

@test "what is no network is refused" {
  for network in '' localhost 10/8 10.0.0.0/33 ::/129 unix:; do
    exchange '' --trust-forwarded "$network"
    [ "$status" = 2 ]
    [[ $stderr == 'perch: --trust-forwarded: not a '* ]]
  done
}
