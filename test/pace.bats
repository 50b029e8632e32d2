#!/usr/bin/env bats
# How fast a client must send content and read what it is sent.
load helper

setup() {
  site
  truncate -s 5G "$SITE/big"
  mkdir -p "$SITE/docs"
  ok='GET / HTTP/1.1\r\nHost: a\r\n\r\n'
}

@test "content that stops coming gets a 408" {
  for kind in tcp pipe; do
    converse --$kind 'send:POST /e HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n' \
      read -- --echo /e --body-timeout 0.3
    [[ $output == 'HTTP/1.1 408 '* ]]
    [[ $stderr == *'408: the content came too slowly'* ]]
    within 0.25 1
  done
}

@test "content that stops coming after the response has begun is cut" {
  converse 'send:POST /e HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab' \
    read -- --echo /e --body-timeout 0.3
  [[ $output == 'HTTP/1.1 200 OK'*ab ]]
  [[ $stderr == *'cut short: the client was too slow'* ]]
  within 0.25 1
}

@test "content that drips is cut by the minimum rate" {
  converse 'send:POST /e HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\n' \
    "drip:0.05:$(printf '%030d' 0)" read -- \
    --echo /e --body-timeout 0.4 --min-rate 100
  [[ $stderr == *'cut short: the client was too slow'* ]]
  within 0.35 3
}

@test "content that comes steadily is not cut" {
  converse 'send:POST /e HTTP/1.1\r\nHost: a\r\nContent-Length: 25\r\n\r\n' \
    "drip:0.04:$(printf '%025d' 0)" half read -- \
    --echo /e --body-timeout 0.3 --min-rate 5
  [[ $output == *0000000000000000000000000 ]]
  within 1 3
}

@test "a client that reads nothing is cut, on sockets and on pipes" {
  for kind in tcp unix pipe; do
    converse --$kind 'send:GET /big HTTP/1.1\r\nHost: a\r\n\r\n' read:10 \
      sleep:0.7 -- --write-timeout 0.3
    [[ $stderr == *'cut short: the client was too slow'* ]]
    within 0.3 1.5
  done
}

@test "a client that reads a drop at a time is cut inside a sendfile" {
  for kind in tcp unix pipe; do
    converse --$kind 'send:GET /big HTTP/1.1\r\nHost: a\r\n\r\n' \
      slow:100:0.05:5 -- --write-timeout 0.4 --min-rate 100K
    [[ $stderr == *'cut short: the client was too slow'* ]]
    within 0.4 3
  done
}

@test "a client that reads steadily is not cut" {
  for kind in tcp pipe; do
    converse --$kind 'send:GET /big HTTP/1.1\r\nHost: a\r\n\r\n' \
      slow:65536:0.05:1 reset -- --write-timeout 0.4 --min-rate 100K
    [[ $stderr == *'cut short: the client is gone'* ]]
  done
}
