#!/usr/bin/env bats
# Chromium. One is started for all tests, by test/browser/browser.js; what it
# does in a test is in the script of that name, test/browser/NAME.js.
load helper

setup_file() {
  load helper
  local CHROMIUM modules=$BUILD/node/node_modules
  # The first has no windows to hide, and takes half the CPU time.
  CHROMIUM=$(command -v chromium-headless-shell || command -v chromium) || :
  MISSING=$(missing "${CHROMIUM:-chromium}" node curl)
  [ -n "$MISSING" ] || [ -d "$modules/playwright-core" ] ||
    MISSING='no playwright-core; .ci/run installs it'
  export MISSING
  [ -z "$MISSING" ] || return 0
  site
  mkfifo "$BATS_FILE_TMPDIR/ready"
  (
    cd "$BATS_FILE_TMPDIR"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
      -keyout key.pem -out cert.pem -days 9 -subj /CN=localhost \
      -addext subjectAltName=DNS:localhost 2>openssl.log
    openssl pkey -in key.pem -pubout -outform der |
      openssl dgst -sha256 -binary | openssl base64 >key
  )
  # It leaves things in the folder for temporary files, and at home.
  HOME=$BATS_FILE_TMPDIR TMPDIR=$BATS_FILE_TMPDIR \
    node "$TOP/test/browser/browser.js" "$modules/playwright-core" \
    "$CHROMIUM" "$BATS_FILE_TMPDIR/browser" "$SITE" "$(<"$BATS_FILE_TMPDIR/key")" \
    3>&- >"$BATS_FILE_TMPDIR/ready" 2>"$BATS_FILE_TMPDIR/browser.log" &
  export BROWSER=$!
  node "$TOP/test/browser/site.js" "$SITE"
  seq 300000 >"$SITE/numbers.txt"
  touch -d 2020-01-01 "$SITE"/*.{html,js,txt,wav}
  touch -d 2020-01-02 "$SITE"/*.{br,zst}
  # An empty read: it has ended.
  read -r <"$BATS_FILE_TMPDIR/ready" || {
    cat "$BATS_FILE_TMPDIR/browser.log"
    return 1
  }
}

teardown_file() {
  [ -z "${BROWSER:-}" ] || { kill "$BROWSER" && wait "$BROWSER"; } || true
}

setup() { [ -z "$MISSING" ] || skip "$MISSING"; }

teardown() { unlisten; }

# browse NAME [BASE]: runs test/browser/NAME.js against perch-listen, which
# ends. Sets $accesses.
browse() {
  local status=0 base=${2:-http://127.0.0.1}
  curl -sS -m 100 --fail-with-body --unix-socket "$BATS_FILE_TMPDIR/browser" \
    "http://browser/$1?$base:$PORT" || status=$?
  accesses
  return "$status"
}

@test "a reload gets 304, and the new page once there is one" {
  # What its directory says of age must not keep it from asking.
  listen --header '/ Cache-Control: no-cache' "$SITE"
  browse reload
  got=$(sed -n 's/^\/changes.html \(...\).*/\1/p' <<<"$accesses")
  [ "$got" = $'200\n304\n200' ]
  got=$(sed -n 's/^\/script.js \(...\).*/\1/p' <<<"$accesses")
  [ "$got" = $'200\n304\n304' ]
}

@test "pages in gzip, br and zstd are shown" {
  listen "$SITE"
  browse coding
}

@test "sound that is sought in is got by ranges" {
  listen "$SITE"
  browse seek
  grep -q '^/silence.wav 206 ' <<<"$accesses"
}

@test "examples/site: each part of the demo shows what it does" {
  cd "$TOP"
  # The last WebSocket for a path counts: a chat of its own.
  listen --config examples/site.conf --env "PERCH=$BIN/perch" \
    --websocket "/talk examples/chat/talk $BATS_TEST_TMPDIR/lines" \
    examples/site
  mkdir -p "$BUILD/screenshots"
  browse demo
  grep -q '^/perch.webm 206 103518 ' <<<"$accesses"
  grep -q '^/words.txt 304 0 ' <<<"$accesses"
  grep -q '^/clock 101 ' <<<"$accesses"
  [ "$(cat "$BATS_TEST_TMPDIR/lines")" = 'me: is <b>anybody</b> there?' ]
}

@test "examples/spa: links, a reload and the way back all find their view" {
  listen --config "$TOP/examples/spa.conf" "$TOP/examples/spa"
  browse spa
  # It was one page that was asked for, twice.
  [ "$(grep -c '^/fish/pike 200 ' <<<"$accesses")" = 1 ]
  [ "$(grep -c '^/fish 200 ' <<<"$accesses")" = 0 ]
}

@test "WebSockets: messages, compression, close codes; two pages chat" {
  listen --websocket "/echo packets $TOP/examples/ws-echo" \
    --websocket "/talk $TOP/examples/chat/talk $BATS_TEST_TMPDIR/lines" \
    "$TOP/examples/chat"
  browse websocket
  grep -q '^/echo 101 ' <<<"$accesses"
  [ "$(wc -l <"$BATS_TEST_TMPDIR/lines")" = 2 ]
}

@test "the same over TLS: pages by https, WebSockets by wss" {
  [ -x "$BIN/perch-tls" ] || skip 'no perch-tls'
  LAUNCHER=perch-tls listen --tls-cert "$BATS_FILE_TMPDIR/cert.pem" \
    --tls-key "$BATS_FILE_TMPDIR/key.pem" \
    --websocket "/echo packets $TOP/examples/ws-echo" \
    --websocket "/talk $TOP/examples/chat/talk $BATS_TEST_TMPDIR/lines" \
    "$TOP/examples/chat"
  # A page by https may open no WebSocket but by wss.
  browse websocket https://localhost
  grep -q '^/echo 101 ' <<<"$accesses"
  [ "$(wc -l <"$BATS_TEST_TMPDIR/lines")" = 2 ]
  refute grep -qE 'handshake|alert|" 400 ' "$BATS_TEST_TMPDIR/listen.log"
}
