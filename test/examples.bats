#!/usr/bin/env bats
# The examples do what their first lines say, behind perch-listen.
load helper

teardown() { unlisten; }

# talk TEXT: sends it, ends its half, and prints what comes back.
talk() {
  # shellcheck disable=SC2059  # it is a format
  run "$TOP/test/talk" --connect "$PORT" "send:$1" half read
}

@test "tcp-echo returns bytes as they come" {
  listen -- "$TOP/examples/tcp-echo"
  run "$TOP/test/talk" --connect "$PORT" send:abc read:3 'send:d\ne' read:3
  [ "$output" = $'abcd\ne' ]
}

@test "tcp-echo closes after a line q, and not after others" {
  listen -- "$TOP/examples/tcp-echo"
  run "$TOP/test/talk" --connect "$PORT" 'send:qq\n\nq\nmore\n' read
  [ "$output" = $'qq\n\nq' ]
}

@test "line-echo answers lines, pipelined too, and quit" {
  listen -- "$TOP/examples/line-echo"
  run "$TOP/test/talk" --connect "$PORT" \
    'send:hello\n\nquit it\nquit\nmore\n' read
  [ "$output" = $'Echo: hello\nEcho: \nEcho: quit it\nBye.' ]
}

@test "line-echo takes lines of 4 KiB, and ends on longer ones" {
  listen -- "$TOP/examples/line-echo"
  line=$(printf '%04096d' 0)
  run "$TOP/test/talk" --connect "$PORT" "send:$line\n${line}1\n" read
  [ "${lines[0]}" = "Echo: $line" ]
  [ "${lines[1]}" = 'Error: a line is longer than 4096 bytes' ]
}

@test "line-echo refuses a last line without its newline" {
  run --separate-stderr bash -c "printf 'a\nb' | '$TOP/examples/line-echo'"
  [ "$status" = 1 ]
  [ "${lines[0]}" = 'Echo: a' ]
  [ "$stderr" = 'line-echo: the last line has no newline' ]
}

@test "examples/site: every link of its pages leads somewhere" {
  listen --log none "$TOP/examples/site"
  for page in / /docs/ /docs/launchers.html; do
    links=$(curl -sS "http://127.0.0.1:$PORT$page" |
      grep -oE '(href|src)="[^"#:]+"' | cut -d'"' -f2 |
      grep -v missing | sort -u)
    [ -n "$links" ]
    for link in $links; do
      base=http://127.0.0.1:$PORT${page%/*}/
      code=$(curl -sS -L -o /dev/null -w '%{http_code}' "$base$link")
      echo "$page $link $code"
      [ "$code" = 200 ]
    done
  done
}
