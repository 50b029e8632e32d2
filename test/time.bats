#!/usr/bin/env bats
# Deadlines: each ends what would otherwise last for ever, within its time.
load helper

setup() {
  site
  truncate -s 5G "$SITE/big"
  mkdir -p "$SITE/docs"
  ok='GET / HTTP/1.1\r\nHost: a\r\n\r\n'
}

@test "a head that drips gets its 408 at the deadline, not later" {
  converse 'drip:0.05:GET / HTTP/1.1\r\nHost: aaaaaaaaaaaaaaa' read -- \
    --header-timeout 0.5
  [[ $output == 'HTTP/1.1 408 Request Timeout'* ]]
  [[ $output == *'Connection: close'* ]]
  [[ $stderr == *'408: the head did not arrive in time'* ]]
  # The drip itself takes longer: the answer was there before it ended.
  within 0.5 2.5
}

@test "the deadline of a later head counts from its first byte" {
  converse "send:$ok" sleep:0.4 'drip:0.05:GET / HTTP/1.1\r\nHost: aaaaaaa' \
    read -- --header-timeout 0.5 --idle-timeout 5
  [[ $output == *'200 OK'*'408 Request Timeout'* ]]
  within 0.9 3
}

@test "a connection on which nothing comes is closed without a word" {
  converse read -- --header-timeout 0.3
  [ -z "$output" ]
  [ "$stderr" = "talk: $report" ]
  within 0.25 1
}

@test "empty lines are nothing: no 408 after them" {
  converse 'send:\r\n' read -- --header-timeout 0.3
  [ -z "$output" ]
  within 0.25 1
}

@test "an idle connection is closed without a word" {
  for kind in tcp unix pipe; do
    converse --$kind "send:$ok" read -- --idle-timeout 0.3
    [[ $output == 'HTTP/1.1 200 OK'*small ]]
    [ "$stderr" = "talk: $report" ]
    within 0.25 1
  done
}

@test "unwanted content that does not come is not waited for" {
  converse 'send:POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab' read --
  [[ $output == 'HTTP/1.1 405 '* ]]
  within 0 1
}

@test "SIGTERM ends an idle connection at once" {
  for kind in tcp unix pipe; do
    converse --$kind "send:$ok" read:100 sleep:0.1 term read --
    within 0.1 0.8
  done
}

@test "SIGTERM lets the response under way finish, and says close" {
  converse 'send:POST /e HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n' \
    sleep:0.1 term sleep:0.1 'send:abcdef' read -- --echo /e
  [[ $output == *abcdef ]]
  within 0.2 1
}
