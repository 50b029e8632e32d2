#!/usr/bin/env bats
# What README.md tells a reader to type.
load helper

# settle PORT: waits until it is listened on: people type slower than this.
settle() {
  for _ in {1..200}; do
    # shellcheck disable=SC2188
    { : <>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null && return
    sleep 0.05
  done
  return 1
}
export -f settle

@test "README.md: the ten-minute guide does what it says, line by line" {
  why=$(missing curl python3 systemd-socket-activate haproxy)
  PATH=/usr/bin:$PATH # where Debian's python3 is
  python3 -c 'import websockets' || why='no python3-websockets'
  [ -z "$why" ] || skip "$why"
  # Three in a row, where no other test looks for one.
  PORT=$((12000 + RANDOM % 7000))
  # Each command that stays is waited for, at its start and at its end.
  awk '/^```sh$/ { on = 1; next } /^```$/ { on = 0 } on' "$TOP/README.md" |
    sed -E "s/127\.0\.0\.1:808([012])/127.0.0.1:$((PORT / 10))\1/g
      s/^haproxy .* &$/&\nsettle ${PORT%?}0/
      s/^.*127\.0\.0\.1:([0-9]+).* &$/&\nsettle \1/
      s/^curl/curl -sS/" | sed 's/^kill [$]!$/&; wait $! || :/' \
      >"$BATS_TEST_TMPDIR/guide"
  cat "$BATS_TEST_TMPDIR/guide"
  [ "$(grep -c '^settle' "$BATS_TEST_TMPDIR/guide")" = 7 ]
  cd "$TOP"
  TMPDIR=$BATS_TEST_TMPDIR timeout 100 bash -e "$BATS_TEST_TMPDIR/guide" \
    >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/log" 3>&- </dev/null || status=$?
  cat "$BATS_TEST_TMPDIR/out" "$BATS_TEST_TMPDIR/log"
  [ "${status:-0}" = 0 ]
  cd "$BATS_TEST_TMPDIR"
  tr -d '\r' <out | grep -vE '^(Date|ETag|Last-Modified|make|  [A-Z]+ )' >said
  diff - <(grep -E '^(HTTP|Hell|You|HELLO)' said) <<'END'
HTTP/1.1 200 OK
Hello.
HellHTTP/1.1 404 Not Found
You are 127.0.0.1, and sent 3 bytes.
HELLO
Hello.
Hello.
END
  grep 'explain: GET /none .*no such file /none' log
}

@test "README.md: what it links to is there, and each manual is in its list" {
  cd "$TOP"
  grep -oE '\]\([^)#]+\)' README.md | tr -d '()]' | sort -u >"$BATS_TEST_TMPDIR/links"
  while read -r link; do
    echo "$link"
    [ -e "$link" ] || [[ $link == https:* ]]
  done <"$BATS_TEST_TMPDIR/links"
  for manual in man/*; do
    echo "$manual"
    grep -qx "$manual" "$BATS_TEST_TMPDIR/links"
  done
  # Options that it names are options.
  "$BIN/perch-listen" --help >"$BATS_TEST_TMPDIR/help"
  grep -oE '`[^`]*`' README.md | grep -oE '(^`|[ ])--[a-z-]+' | tr -d '` ' | sort -u |
    while read -r option; do
      echo "$option"
      case $option in --now | --help | -- | --all) continue ;; esac
      grep -q -- "^  $option " "$BATS_TEST_TMPDIR/help"
    done
}

@test "README.md: the size of the static program is the one that it says" {
  cd "$BATS_TEST_TMPDIR"
  why=$(missing strip)
  [ -z "$why" ] || skip "$why"
  file=$("$BIN/perch" --version >/dev/null && readelf -l "$BIN/perch")
  [[ $file != *INTERP* ]] || skip 'it is not static here'
  strip -o perch "$BIN/perch"
  said=$(sed -n 's/.*a static program of \([0-9]*\) KB.*/\1/p' "$TOP/README.md")
  [ -n "$said" ] || said=$(tr '\n' ' ' <"$TOP/README.md" | sed -n 's/.*a static program of \([0-9]*\) KB.*/\1/p')
  is=$(($(stat -c %s perch) / 1000))
  echo "$said KB are said, $is KB are"
  [ "$is" -le $((said * 110 / 100)) ] && [ "$is" -ge $((said * 90 / 100)) ]
}
