# Several conversations at once: what they wait for passes side by side. ASan
# takes so long to start that there it is one after the other.
# shellcheck disable=SC2034  # what is set here is used where it is loaded
declare -gA talks

# begin NAME ARG...: starts test/tool/talk in the background.
begin() {
  "$BUILD/tool/talk" "${@:2}" >"$BATS_TEST_TMPDIR/$1.out" \
    2>"$BATS_TEST_TMPDIR/$1.err" 3>&- &
  talks[$1]=$!
  [ "${BIN##*/}" != build-asan ] || wait $! || :
}

# began NAME STEP... -- OPTION...: the same, with perch as converse has it.
began() {
  local name=$1 steps=()
  shift
  while [ "$1" != -- ]; do
    steps+=("$1")
    shift
  done
  begin "$name" "${steps[@]}" -- \
    "$BIN/perch" --log none --drain-timeout 0.1 "${@:2}" "$SITE"
}

# heard NAME: waits for its end, and sets $output, up to a NUL, $stderr, and
# of the words of its last line, "talk: T s, status S, N bytes, K KiB",
# $report, $seconds, $received and $kibibytes.
heard() {
  local words
  wait "${talks[$1]}" || echo "$1: talk failed"
  # $(<FILE) would cost a process.
  IFS= read -r -d '' output <"$BATS_TEST_TMPDIR/$1.out" || :
  IFS= read -r -d '' stderr <"$BATS_TEST_TMPDIR/$1.err" || :
  output=${output%$'\n'} stderr=${stderr%$'\n'}
  report=${stderr##*talk: }
  read -r -a words <<<"$report"
  seconds=${words[0]} received=${words[-4]} kibibytes=${words[-2]}
  echo "$1: output: ${output:0:300}"
  echo "$1: stderr: $stderr"
}

# talk ARG...: one conversation.
talk() {
  begin talk "$@"
  heard talk
}

# lasted LOW HIGH: it ended by itself, after that time; later on a machine
# that is busy, but not as late as by the time-outs' defaults.
lasted() {
  local low high
  printf -v low %.0f "${1}e2"
  printf -v high %.0f "${2}e2"
  high=$((high + 600))
  [[ $report == *'status 0,'* ]] &&
    ((10#${seconds/./} >= low && 10#${seconds/./} <= high))
}

# count WORD: sets $count to how often it is in $output.
count() {
  local without=${output//"$1"/}
  count=$(((${#output} - ${#without}) / ${#1}))
}
