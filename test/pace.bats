#!/usr/bin/env bats
# How fast a client must send content and read what it is sent.
load helper
load tool/talk

setup() { site; }

@test "content that stops coming or drips is cut, not what comes steadily" {
  post='send:POST /e HTTP/1.1\r\nHost: a\r\nContent-Length:'
  for kind in tcp pipe; do
    began "stops $kind" --$kind "$post 5\r\n\r\n" read -- \
      --echo /e --body-timeout 0.3
  done
  began begun "$post 5\r\n\r\nab" read -- --echo /e --body-timeout 0.3
  printf -v zeros '%030d' 0
  began drips "$post 500\r\n\r\n" "drip:0.05:$zeros" read -- \
    --echo /e --body-timeout 0.4 --min-rate 100
  began steady "$post 25\r\n\r\n" "drip:0.08:${zeros:0:25}" half read -- \
    --echo /e --body-timeout 1 --min-rate 5

  for kind in tcp pipe; do
    heard "stops $kind"
    [[ $output == 'HTTP/1.1 408 '* ]]
    [[ $stderr == *'408: the content came too slowly'* ]]
    lasted 0.25 1
  done

  # After the response has begun there can be no 408.
  heard begun
  [[ $output == 'HTTP/1.1 200 OK'*ab ]]
  [[ $stderr == *'cut short: the client was too slow'* ]]
  lasted 0.25 1

  # By the minimum rate.
  heard drips
  [[ $stderr == *'cut short: the client was too slow'* ]]
  lasted 0.35 3

  heard steady
  [[ $output == *0000000000000000000000000 ]]
  lasted 1 3
}

@test "a client that reads nothing or a drop at a time is cut, not a steady one" {
  truncate -s 5G "$SITE/big"
  get='send:GET /big HTTP/1.1\r\nHost: a\r\n\r\n'
  for kind in tcp unix pipe; do
    began "nothing $kind" --$kind "$get" read:10 sleep:0.7 -- \
      --write-timeout 0.3
    began "drops $kind" --$kind "$get" slow:100:0.05:5 -- \
      --write-timeout 0.4 --min-rate 100K
  done
  for kind in tcp pipe; do
    began "steady $kind" --$kind "$get" slow:65536:0.05:2 reset -- \
      --write-timeout 1.5 --min-rate 100K
  done

  for kind in tcp unix pipe; do
    heard "nothing $kind"
    [[ $stderr == *'cut short: the client was too slow'* ]]
    lasted 0.3 1.5
    # Inside a sendfile.
    heard "drops $kind"
    [[ $stderr == *'cut short: the client was too slow'* ]]
    lasted 0.4 3
  done
  for kind in tcp pipe; do
    heard "steady $kind"
    [[ $stderr == *'cut short: the client is gone'* ]]
  done
}
