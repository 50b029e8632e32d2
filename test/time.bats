#!/usr/bin/env bats
# Deadlines: each ends what would otherwise last for ever, within its time.
load helper
load tool/talk

setup() {
  site
  ok='GET / HTTP/1.1\r\nHost: a\r\n\r\n'
}

@test "a head gets a 408 at its deadline if it drips, nothing if none came" {
  began drips 'drip:0.05:GET / HTTP/1.1\r\nHost: aaaaaaaaaaaaaaa' read -- \
    --header-timeout 0.5
  began later "send:$ok" sleep:0.4 \
    'drip:0.05:GET / HTTP/1.1\r\nHost: aaaaaaa' read -- \
    --header-timeout 0.5 --idle-timeout 5
  began nothing read -- --header-timeout 0.3
  began empty 'send:\r\n' read -- --header-timeout 0.3

  heard drips
  [[ $output == 'HTTP/1.1 408 Request Timeout'* ]]
  [[ $output == *'Connection: close'* ]]
  [[ $stderr == *'408: the head did not arrive in time'* ]]
  # The drip itself takes longer: the answer was there before it ended.
  lasted 0.5 2.5

  # The deadline of a later head counts from its first byte.
  heard later
  [[ $output == *'200 OK'*'408 Request Timeout'* ]]
  lasted 0.9 3

  # A connection on which nothing comes is closed without a word.
  heard nothing
  [ -z "$output" ]
  [ "$stderr" = "talk: $report" ]
  lasted 0.25 1

  # Empty lines are nothing: no 408 after them.
  heard empty
  [ -z "$output" ]
  lasted 0.25 1
}

@test "an idle connection is closed without a word, by SIGTERM at once" {
  for kind in tcp unix pipe; do
    began "idle $kind" --$kind "send:$ok" read -- --idle-timeout 0.3
    began "term $kind" --$kind "send:$ok" read:100 sleep:0.1 term read --
  done
  for kind in tcp unix pipe; do
    heard "idle $kind"
    [[ $output == 'HTTP/1.1 200 OK'*small ]]
    [ "$stderr" = "talk: $report" ]
    lasted 0.25 1
    heard "term $kind"
    lasted 0.1 0.8
  done
}

@test "a first request that is on its way is answered after SIGTERM, and waited for for a second" {
  for kind in tcp unix pipe; do
    began "first $kind" --$kind sleep:0.1 term sleep:0.1 "send:$ok" read --
    began "silent $kind" --$kind sleep:0.1 term read --
  done
  for kind in tcp unix pipe; do
    heard "first $kind"
    [[ $output == 'HTTP/1.1 200 OK'*'Connection: close'*small ]]
    lasted 0.2 0.9
    heard "silent $kind"
    [ -z "$output" ]
    lasted 1 2
  done
}

@test "unwanted content is not waited for; SIGTERM waits for a response" {
  began unwanted \
    'send:POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab' read --
  # It lets the one under way finish, and says close. The answer before it
  # tells that perch has begun.
  began term "send:$ok" read:100 \
    'send:POST /e HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n' \
    sleep:0.1 term sleep:0.1 'send:abcdef' read -- --echo /e

  heard unwanted
  [[ $output == 'HTTP/1.1 405 '* ]]
  lasted 0 1

  heard term
  [[ $output == *small*'200 OK'*abcdef ]]
  lasted 0.2 1
}
