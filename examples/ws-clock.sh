#!/bin/sh
# The time each second, and an answer to whatever is said meanwhile: two
# processes that write lines to one pipe.
#   perch-listen --websocket '/clock examples/ws-clock.sh' 8080
while date +%T; do
  sleep 1
done &
while IFS= read -r line; do
  printf 'You said: %s\n' "$line"
done
kill $!
