#!/usr/bin/env bats
# Real clients of WebSockets: node's ws, python3-websockets, Chromium is in
# browser.bats; and the examples.
# Debian 12 has no websocat, and its curl is built without ws.
load helper

setup_file() {
  load helper
  site
  modules=$TOP/build/node/node_modules
  PYTHON=/usr/bin/python3
  export modules PYTHON
}

teardown() { unlisten; }

# node_ws SCRIPT: runs it, where connect(PATH) gives an open socket whose
# next() waits for a message, and closed() for its end.
node_ws() {
  local why
  why=$(missing node)
  [ -n "$why" ] || [ -d "$modules/ws" ] || why='no ws; .ci/run installs it'
  [ -z "$why" ] || skip "$why"
  PORT=$PORT timeout 30 node - <<EOF
const WebSocket = require('$modules/ws'), assert = require('assert');
process.on('unhandledRejection', e => { console.log(e); process.exit(1); });
function connect(path, protocols, options) {
  const w = new WebSocket('ws://127.0.0.1:' + process.env.PORT + path,
    protocols || [], options), queue = [], waiting = [];
  w.on('message', (data, isBinary) => {
    const m = isBinary ? data : data.toString();
    waiting.length ? waiting.shift()(m) : queue.push(m);
  });
  w.next = () => new Promise(r => queue.length ? r(queue.shift()) : waiting.push(r));
  w.closed = () => new Promise(r => w.on('close', (code, reason) => r([code, reason.toString()])));
  return new Promise((ok, no) => { w.on('open', () => ok(w)); w.on('error', no); });
}
(async () => {
$1
})();
EOF
}

@test "node's ws: texts, binaries, fragments, compression, pings, closing" {
  listen --log none --websocket "/echo packets $TOP/examples/ws-echo" \
    --websocket-protocol chat "$SITE"
  node_ws "
  for (const deflate of [{threshold: 0}, false,
      {serverNoContextTakeover: true, clientNoContextTakeover: true, threshold: 0},
      {serverMaxWindowBits: 9, clientMaxWindowBits: 9, threshold: 0}]) {
    const w = await connect('/echo', 'chat', {perMessageDeflate: deflate});
    assert.equal(w.protocol, 'chat');
    assert.equal(w.extensions, deflate ? 'permessage-deflate' : '');
    const big = 'é'.repeat(500000), bytes = require('crypto').randomBytes(1 << 20);
    for (const m of ['', 'hi', big, Buffer.alloc(0), bytes]) {
      w.send(m);
      const got = await w.next();
      assert(Buffer.isBuffer(m) ? m.equals(got) : m === got);
    }
    for (let i = 0; i < 4; i++) w.send('part ' + i, {fin: i == 3});
    assert.equal(await w.next(), 'part 0part 1part 2part 3');
    // Many at once stay in order.
    for (let i = 0; i < 2000; i++) w.send('x'.repeat(i % 300) + i);
    for (let i = 0; i < 2000; i++) assert.equal(await w.next(), 'x'.repeat(i % 300) + i);
    const pong = new Promise(r => w.on('pong', d => r(d.toString())));
    w.ping('p');
    assert.equal(await pong, 'p');
    w.close(4001, 'bye');
    assert.deepEqual(await w.closed(), [4001, 'bye']);
  }
  const w = await connect('/echo');
  w.send(Buffer.alloc((1 << 20) + 1));
  assert.deepEqual(await w.closed(), [1009, '']);"
}

@test "python3-websockets: the same" {
  "$PYTHON" -c 'import websockets' 2>/dev/null || skip 'no python3-websockets'
  listen --log none --websocket "/echo packets $TOP/examples/ws-echo" "$SITE"
  PORT=$PORT timeout 30 "$PYTHON" - <<'EOF'
import asyncio, os, websockets
async def main():
    async with websockets.connect("ws://127.0.0.1:%s/echo" % os.environ["PORT"]) as w:
        assert [e.name for e in w.extensions] == ["permessage-deflate"]
        for m in ["", "h\u00e9", "x" * 1000000, b"", os.urandom(300000)]:
            await w.send(m)
            assert await w.recv() == m
        await w.send(["a", "b", "c"])
        assert await w.recv() == "abc"
        await (await w.ping())
        await w.close(4000, "bye")
        assert w.close_code == 4000
asyncio.run(main())
EOF
}

@test "examples/ws-clock.py: the time comes each second, and echoes between" {
  [ -x "$PYTHON" ] || skip 'no python3'
  listen --log none --websocket "/clock packets $TOP/examples/ws-clock.py" "$SITE"
  node_ws "
  const w = await connect('/clock');
  const big = 'x'.repeat(200000);
  let ticks = 0, echoes = 0;
  w.send('hello'); w.send(big);
  while (ticks < 2 || echoes < 2) {
    const m = await w.next();
    if (/^\d\d:\d\d:\d\d$/.test(m)) ticks++;
    else assert(m === 'hello' || m === big), echoes++;
  }
  w.close();
  assert.equal((await w.closed())[0], 1005);"
}

@test "a shell one-liner: tr a-z A-Z" {
  listen --log none --websocket '/upper stdbuf -oL tr a-z A-Z' "$SITE"
  node_ws "
  const w = await connect('/upper');
  w.send('hello'); assert.equal(await w.next(), 'HELLO');
  w.send(''); assert.equal(await w.next(), '');
  w.close(1000); assert.equal((await w.closed())[0], 1000);"
}

# What is said in one is heard in all, in the same order.
chat="
  const [a, b, c] = await Promise.all([1, 2, 3].map(() => connect('/talk')));
  await new Promise(r => setTimeout(r, 700));
  a.send('a: one'); assert.equal(await b.next(), 'a: one');
  b.send('b: <two>');
  for (const w of [a, c]) assert.equal(await w.next(), 'a: one');
  for (const w of [a, b, c]) assert.equal(await w.next(), 'b: <two>');
  for (let i = 0; i < 20; i++) [a, b, c][i % 3].send('m' + i);
  const all = [];
  for (const w of [a, b, c]) {
    const got = [];
    for (let i = 0; i < 20; i++) got.push(await w.next());
    all.push(got.join());
  }
  assert(all[0] === all[1] && all[1] === all[2]);
  for (const w of [a, b, c]) { w.close(); await w.closed(); }"

@test "examples/chat: by a file that each follows" {
  listen --log none \
    --websocket "/talk $TOP/examples/chat/talk $BATS_TEST_TMPDIR/chat" \
    "$TOP/examples/chat"
  curl -sS "http://127.0.0.1:$PORT/" | grep -q '<title>Chat'
  node_ws "$chat"
  [ "$(wc -l <"$BATS_TEST_TMPDIR/chat")" = 22 ]
  [ -z "$(pgrep -f "tail -n 50 -f $BATS_TEST_TMPDIR/chat")" ]
}

@test "examples/chat: by Redis, for several machines" {
  local port=$((18000 + RANDOM % 2000)) why
  why=$(missing redis-server redis-cli)
  [ -z "$why" ] || skip "$why"
  redis-server --port $port --bind 127.0.0.1 --save '' --dir \
    "$BATS_TEST_TMPDIR" >"$BATS_TEST_TMPDIR/redis.log" 3>&- &
  redis=$!
  until redis-cli -p $port ping >/dev/null 2>&1; do sleep 0.1; done
  listen --log none \
    --websocket "/talk $TOP/examples/chat/talk-redis 127.0.0.1 $port" \
    "$TOP/examples/chat"
  status=0
  (node_ws "$chat") || status=$?
  kill $redis
  wait $redis || true
  [ "$status" = 0 ]
}
