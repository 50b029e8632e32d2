#!/usr/bin/env bats
# Each system call of perch fails by each error that it may have, by
# test/fault; make faults takes all of them.
load helper

# survives NAME: the conversations whose name contains that do.
survives() {
  slow
  reason=$(missing setsid)
  [ -z "$reason" ] || skip "$reason"
  # With processes of its own, all of which end with it.
  local alone=(setsid)
  [ "$(id -u)" != 0 ] || alone+=(unshare --pid --fork --mount-proc)
  SHORT=1 BIN=$BIN TMPDIR=$BATS_TEST_TMPDIR \
    "${alone[@]}" "$BUILD/tool/faults" "$1"
}

@test "files survive that any system call fails, and are whole or visibly cut" {
  survives files
}

@test "so do listings, rules of sites and content" {
  survives listings
  survives 'hosts, and'
  survives 'content, behind'
}

@test "so do programs, WebSockets and passwords, and no process is left" {
  survives programs
  survives WebSocket
  survives passwords
}

@test "so do deadlines" {
  survives silent
}
