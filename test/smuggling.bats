#!/usr/bin/env bats
# Requests that two programs may take apart in different ways, by
# test/smuggling/differ: perch alone, and behind HAProxy and nginx.
load helper

# differs FRONT PROGRAM
differs() {
  [ -z "$2" ] || why=$(missing "$2")
  [ -z "${why:-}" ] || skip "$why"
  BIN=$BIN run "$TOP/test/smuggling/differ" "$1"
  echo "$output"
  [ "$status" = 0 ]
}

@test "each of hundreds of ambiguous requests has one answer, and what stands behind it too or the connection ends" {
  [ "$(grep -cE '^[0-9]{3}[+!]? ' "$TOP/test/smuggling/requests")" -gt 300 ]
  differs direct ''
}

@test "behind HAProxy perch sees the requests that it has sent, and no others" {
  differs haproxy haproxy
}

@test "behind an HAProxy that lets everything through, too" {
  differs lax-haproxy haproxy
}

@test "behind nginx perch sees the requests that it has sent, and no others" {
  differs nginx nginx
}

@test "behind an nginx that lets everything through, too" {
  differs lax-nginx nginx
}
