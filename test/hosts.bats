#!/usr/bin/env bats
# Each of examples/hosts/ with the real program that it is for.
load helper

setup_file() {
  site
  mkdir -p "$SITE/cgi"
  printf '#!/bin/sh\necho "Content-Type: text/plain"; echo; env\n' >"$SITE/cgi/env"
  printf '#!/bin/sh\nsum=$(cksum); echo "Content-Type: text/plain"; echo; echo "$sum"\n' \
    >"$SITE/cgi/sum"
  chmod +x "$SITE"/cgi/*
  head -c 1048576 /dev/urandom >"$SITE/big"
  # .ci/run puts it there.
  export INETD=${INETD:-$(command -v inetd || echo "$TOP/build/hosts/usr/sbin/inetd")}
}

setup() {
  cd "$BATS_TEST_TMPDIR"
  HOST= FIRST=
  PORT=$((20000 + RANDOM % 12000))
}

teardown() {
  [ -z "$HOST" ] || { kill "$HOST" && wait "$HOST"; } || true
  [ -z "$FIRST" ] || kill "$FIRST" || true
  unlisten
}

# needs COMMAND PACKAGE
needs() {
  local why
  why=$(missing "$1" curl)
  [ -z "$why" ] || skip "$why (Debian's $2)"
}

# example NAME: the example with ports, paths and options of the test, as
# NAME here. Nobody has to be another user, for which one must be root.
example() {
  sed -E "s,/usr/local/bin/,$BIN/,g; s,/srv/www,--echo /echo --cgi /cgi/ $SITE,g
    s,0\.0\.0\.0,127.0.0.1,g; s,([: ])(80|443)\b,\1$PORT,g; s,^http stream,127.0.0.1:$PORT stream,
    s,www-data,$(id -un),g; s,-u 33 -g 33 0 ,127.0.0.1 ,; s,s6-setuidgid [a-z]+ ,,
    s,(port +=) $PORT,\1 $PORT,; s,/etc/perch/,$PWD/,; s,/run/perch,$PWD/perch," \
    "$TOP/examples/hosts/$1" >"$1"
  chmod +x "$1"
}

# begin COMMAND...: runs the host in the background until its port is open.
begin() {
  "$@" </dev/null >host.log 2>&1 3>&- &
  HOST=$!
  for _ in {1..100}; do
    # shellcheck disable=SC2188
    { : <>"/dev/tcp/127.0.0.1/$PORT"; } 2>/dev/null && return
    sleep 0.05
  done
  cat host.log
  false
}

# serves [OPTION]...: what every host must let through, by curl's options;
# $URL is set. The client is at 127.0.0.9.
serves() {
  local curl=(curl -sS -m 20 --interface 127.0.0.9 "$@")

  echo "two requests on a connection"
  run "${curl[@]}" "$URL/" "$URL/" -w '%{http_code} %{num_connects}\n'
  echo "$output"
  [ "$output" = $'small\n200 1\nsmall\n200 0' ]

  echo "a large file"
  "${curl[@]}" "$URL/big" | cmp - "$SITE/big"

  echo "content in chunks, to and fro"
  "${curl[@]}" -H 'Expect:' -T - "$URL/echo" -X POST <"$SITE/big" | cmp - "$SITE/big"

  echo "the client's address, and no log in the reply"
  run "${curl[@]}" "$URL/cgi/env"
  echo "$output"
  [[ $'\n'$output == *$'\nREMOTE_ADDR=127.0.0.9\n'* ]]
  [[ $output != *'GET '* ]]

  echo "no descriptor is leaked, no process left"
  for _ in {1..60}; do
    pgrep -f "^[^ ]*perch .*$SITE" >left || return 0
    sleep 0.05
  done
  cat left
  false
}

# half_closes: a client that has ended its side gets its answer.
half_closes() {
  echo "a half-close"
  "$BUILD/tool/talk" --connect "$PORT" \
    'send:GET /big HTTP/1.1\r\nHost: a\r\n\r\n' half read >reply 2>report
  cat report
  tail -c 1048576 reply | cmp - "$SITE/big"
}

@test "xinetd" {
  needs xinetd xinetd
  example xinetd.conf
  : >xinetd.log
  begin xinetd -dontfork -f "$PWD/xinetd.conf" -pidfile "$PWD/pid" -filelog "$PWD/xinetd.log"
  URL=http://127.0.0.1:$PORT
  serves
  half_closes
}

# The packages of inetds conflict with each other, and with xinetd's: they
# may lie in a directory of their own.
@test "openbsd-inetd, one process a connection and one launcher" {
  needs "$INETD" openbsd-inetd
  example inetd.conf
  begin "$INETD" -i "$PWD/inetd.conf"
  URL=http://127.0.0.1:$PORT
  serves
  half_closes
  kill "$HOST" && wait "$HOST" || true
  PORT=$((PORT + 1))
  example inetd.conf
  sed -i '/nowait/d; s/^#http /127.0.0.1:'"$PORT"' /; s/--user [^ ]* //' inetd.conf
  cat inetd.conf
  begin "$INETD" -i "$PWD/inetd.conf"
  URL=http://127.0.0.1:$PORT
  run curl -sS -m 20 "$URL/" "$URL/"
  [ "$output" = $'small\nsmall' ]
  # It outlives inetd.
  pkill -f "^[^ ]*perch-listen .*$SITE"
}

@test "tcpserver" {
  needs tcpserver ucspi-tcp
  example tcpserver.run
  begin ./tcpserver.run
  URL=http://127.0.0.1:$PORT
  serves
  half_closes
}

@test "s6-tcpserver" {
  needs s6-tcpserver s6-networking
  example s6.run
  begin ./s6.run
  URL=http://127.0.0.1:$PORT
  serves
  half_closes
}

@test "socat" {
  needs socat socat
  example socat.sh
  begin ./socat.sh
  URL=http://127.0.0.1:$PORT
  serves
  half_closes
}

@test "ncat" {
  needs ncat ncat
  example ncat.sh
  begin ./ncat.sh
  URL=http://127.0.0.1:$PORT
  serves
}

@test "systemd-socket-activate" {
  needs systemd-socket-activate systemd
  begin systemd-socket-activate -a --inetd -l "127.0.0.1:$PORT" \
    "$BIN/perch" --echo /echo --cgi /cgi/ "$SITE"
  URL=http://127.0.0.1:$PORT
  serves
  half_closes
}

# certificate: makes cert.pem, with its key.
certificate() {
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost \
    -keyout key.pem -out cert.pem 2>/dev/null
  cat key.pem >>cert.pem
}

@test "stunnel, by exec and by the PROXY protocol" {
  needs "${STUNNEL:-stunnel4}" stunnel4
  certificate
  example stunnel.conf
  begin "${STUNNEL:-stunnel4}" "$PWD/stunnel.conf"
  URL=https://127.0.0.1:$PORT
  serves -k
  kill "$HOST" && wait "$HOST" || true
  local front=$((PORT + 1))
  listen --proxy-protocol --echo /echo --cgi /cgi/ "$SITE"
  sed -i "/^\[https\]/,/TIMEOUT/d; /^;\[https-proxy\]/,\$ s/^;//; s/8080/$PORT/; s/^accept.*/accept = 127.0.0.1:$front/" \
    stunnel.conf
  PORT=$front
  begin "${STUNNEL:-stunnel4}" "$PWD/stunnel.conf"
  URL=https://127.0.0.1:$front
  run curl -ksS -m 20 --interface 127.0.0.9 "$URL/cgi/env"
  echo "$output"
  [[ $'\n'$output == *$'\nREMOTE_ADDR=127.0.0.9\n'* ]]
  [[ $output == *$'\nSERVER_PORT='"$front"* ]]
}

@test "HAProxy in front of two, with the clients' addresses; its checks are no errors" {
  needs "${HAPROXY:-haproxy}" haproxy
  local front=$PORT one two
  listen --proxy-protocol --log common --max-per-address 0 "$SITE"
  one=$PORT FIRST=$LISTENER
  mv listen.log one.log
  listen --proxy-protocol --log common --max-per-address 0 "$SITE"
  two=$PORT
  PORT=$front
  example haproxy.cfg
  sed -i "s/192.0.2.11:[0-9]*/127.0.0.1:$one/; s/192.0.2.12:[0-9]*/127.0.0.1:$two/; s/inter 2s/inter 50ms/" \
    haproxy.cfg
  begin "${HAPROXY:-haproxy}" -f haproxy.cfg
  for _ in {1..6}; do
    run curl -sS -m 20 --interface 127.0.0.9 "http://127.0.0.1:$front/"
    [ "$output" = small ]
  done
  # One goes, and comes not back: no request is lost.
  kill "$FIRST"
  wait "$FIRST" || true
  FIRST=
  for _ in {1..20}; do
    run curl -sS -m 20 --interface 127.0.0.9 "http://127.0.0.1:$front/"
    [ "$output" = small ]
  done
  unlisten
  LISTENER=
  cat one.log listen.log
  grep -c '^127.0.0.9 - - .* 200 ' one.log
  grep -c '^127.0.0.9 - - .* 200 ' listen.log
  # Of its own it says LOCAL, and asks for / too.
  grep '^127.0.0.1 - - .* 200 ' listen.log
  refute grep 'perch' one.log listen.log
}

@test "nginx in front, over a unix socket and with the clients' addresses" {
  needs nginx nginx
  example nginx.conf
  sed -i "1i daemon off; pid $PWD/nginx.pid; error_log $PWD/error.log; user $(id -un);
    s,^http {,http { access_log off; client_body_temp_path $PWD/b; proxy_temp_path $PWD/p; fastcgi_temp_path $PWD/f; uwsgi_temp_path $PWD/u; scgi_temp_path $PWD/s;," \
    nginx.conf
  "$BIN/perch-listen" --trust-forwarded unix --max-per-address 0 --cgi /cgi/ \
    --echo /echo "unix:$PWD/perch.sock" "$SITE" 3>&- 2>perch.log &
  LISTENER=$!
  begin nginx -p "$PWD" -e "$PWD/error.log" -c "$PWD/nginx.conf"
  URL=http://127.0.0.1:$PORT
  run curl -sS -m 20 --interface 127.0.0.9 "$URL/" "$URL/" -w '%{http_code} %{num_connects}\n'
  [ "$output" = $'small\n200 1\nsmall\n200 0' ]
  curl -sS -m 20 "$URL/big" | cmp - "$SITE/big"
  # Not to /echo: nginx stops reading content once its response comes.
  run curl -sS -m 20 -T - -X POST "$URL/cgi/sum" <"$SITE/big"
  [ "$output" = "$(cksum <"$SITE/big")" ]
  # What a client says of itself is not believed.
  for field in 'X-Forwarded-For: 192.0.2.1' 'Forwarded: for=192.0.2.1'; do
    run curl -sS -m 20 --interface 127.0.0.9 -H "$field" "$URL/cgi/env"
    echo "$output"
    [[ $'\n'$output == *$'\nREMOTE_ADDR=127.0.0.9\n'* ]]
  done
}
