#!/usr/bin/env bats
# Deadlines: each ends what would otherwise last for ever, within its time.
load helper

setup() {
  site
  truncate -s 5G "$SITE/big"
  mkdir -p "$SITE/docs"
  ok='GET / HTTP/1.1\r\nHost: a\r\n\r\n'
}

# talk STEP... -- OPTION...: perch over a connection; see test/talk.
talk() {
  local steps=()
  while [ "$1" != -- ]; do
    steps+=("$1")
    shift
  done
  shift
  run --separate-stderr "$TOP/test/talk" "${steps[@]}" -- \
    "$BIN/perch" --log none --drain-timeout 0.1 "$@" "$SITE"
  report=${stderr##*talk: }
  seconds=${report%% s,*}
  echo "output: ${output:0:300}"
  echo "stderr: $stderr"
}

# within LOW HIGH: it ended by itself, after that time.
within() {
  [[ $report == *'status 0,'* ]]
  awk -v t="$seconds" -v low="$1" -v high="$2" \
    'BEGIN { exit !(t >= low && t <= high) }'
}

@test "a head that drips gets its 408 at the deadline, not later" {
  talk 'drip:0.05:GET / HTTP/1.1\r\nHost: aaaaaaaaaaaaaaa' read -- \
    --header-timeout 0.5
  [[ $output == 'HTTP/1.1 408 Request Timeout'* ]]
  [[ $output == *'Connection: close'* ]]
  [[ $stderr == *'408: the head did not arrive in time'* ]]
  # The drip itself takes longer: the answer was there before it ended.
  within 0.5 2.5
}

@test "the deadline of a later head counts from its first byte" {
  talk "send:$ok" sleep:0.4 'drip:0.05:GET / HTTP/1.1\r\nHost: aaaaaaa' \
    read -- --header-timeout 0.5 --idle-timeout 5
  [[ $output == *'200 OK'*'408 Request Timeout'* ]]
  within 0.9 3
}

@test "a connection on which nothing comes is closed without a word" {
  talk read -- --header-timeout 0.3
  [ -z "$output" ]
  [ "$stderr" = "talk: $report" ]
  within 0.25 1
}

@test "empty lines are nothing: no 408 after them" {
  talk 'send:\r\n' read -- --header-timeout 0.3
  [ -z "$output" ]
  within 0.25 1
}

@test "an idle connection is closed without a word" {
  for kind in tcp unix pipe; do
    talk --$kind "send:$ok" read -- --idle-timeout 0.3
    [[ $output == 'HTTP/1.1 200 OK'*small ]]
    [ "$stderr" = "talk: $report" ]
    within 0.25 1
  done
}

@test "content that stops coming gets a 408" {
  for kind in tcp pipe; do
    talk --$kind 'send:POST /e HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n' \
      read -- --echo /e --body-timeout 0.3
    [[ $output == 'HTTP/1.1 408 '* ]]
    [[ $stderr == *'408: the content came too slowly'* ]]
    within 0.25 1
  done
}

@test "content that stops coming after the response has begun is cut" {
  talk 'send:POST /e HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab' \
    read -- --echo /e --body-timeout 0.3
  [[ $output == 'HTTP/1.1 200 OK'*ab ]]
  [[ $stderr == *'cut short: the client was too slow'* ]]
  within 0.25 1
}

@test "content that drips is cut by the minimum rate" {
  talk 'send:POST /e HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\n' \
    "drip:0.05:$(printf '%030d' 0)" read -- \
    --echo /e --body-timeout 0.4 --min-rate 100
  [[ $stderr == *'cut short: the client was too slow'* ]]
  within 0.35 3
}

@test "content that comes steadily is not cut" {
  talk 'send:POST /e HTTP/1.1\r\nHost: a\r\nContent-Length: 25\r\n\r\n' \
    "drip:0.04:$(printf '%025d' 0)" half read -- \
    --echo /e --body-timeout 0.3 --min-rate 5
  [[ $output == *0000000000000000000000000 ]]
  within 1 3
}

@test "a client that reads nothing is cut, on sockets and on pipes" {
  for kind in tcp unix pipe; do
    talk --$kind 'send:GET /big HTTP/1.1\r\nHost: a\r\n\r\n' read:10 \
      sleep:0.7 -- --write-timeout 0.3
    [[ $stderr == *'cut short: the client was too slow'* ]]
    within 0.3 1.5
  done
}

@test "a client that reads a drop at a time is cut inside a sendfile" {
  for kind in tcp unix pipe; do
    talk --$kind 'send:GET /big HTTP/1.1\r\nHost: a\r\n\r\n' \
      slow:100:0.05:5 -- --write-timeout 0.4 --min-rate 100K
    [[ $stderr == *'cut short: the client was too slow'* ]]
    within 0.4 3
  done
}

@test "a client that reads steadily is not cut" {
  for kind in tcp pipe; do
    talk --$kind 'send:GET /big HTTP/1.1\r\nHost: a\r\n\r\n' \
      slow:65536:0.05:1 reset -- --write-timeout 0.4 --min-rate 100K
    [[ $stderr == *'cut short: the client is gone'* ]]
  done
}

@test "unwanted content that does not come is not waited for" {
  talk 'send:POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab' read --
  [[ $output == 'HTTP/1.1 405 '* ]]
  within 0 1
}

@test "SIGTERM ends an idle connection at once" {
  for kind in tcp unix pipe; do
    talk --$kind "send:$ok" read:100 sleep:0.1 term read --
    within 0.1 0.8
  done
}

@test "SIGTERM lets the response under way finish, and says close" {
  talk 'send:POST /e HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n' \
    sleep:0.1 term sleep:0.1 'send:abcdef' read -- --echo /e
  [[ $output == *abcdef ]]
  within 0.2 1
}
