#!/usr/bin/env bats
# Ranges, conditions and validators, as clients use them: what golden cases
# cannot have, since a file's tag and the clock differ from run to run.
load helper

setup_file() {
  load helper
  site
  seq 60000 >"$SITE/numbers"
  head -c 20000000 /dev/urandom >"$SITE/large"
  echo 0123456789 >"$SITE/digits"
  touch -d '2020-09-13 12:26:40 UTC' "$SITE/numbers" "$SITE/large" \
    "$SITE/digits"
  listen --log none "$SITE"
}

teardown_file() {
  load helper
  unlisten
}

setup() {
  U=http://127.0.0.1:$PORT
  cd "$BATS_TEST_TMPDIR" || return
  connected= clock=()
}

get() { curl -sS -m 10 "$@"; }

# is CODE URL [OPTION]...: fails if curl gets another status code.
is() {
  local code
  code=$(get -o body -w '%{http_code}' "${@:2}")
  [ "$code" = "$1" ] || { echo "got $code, not $1: ${*:2}"; return 1; }
}

# ask TARGET [LINE]...: sends a GET, over descriptor 5 if it is a connection,
# else to a perch of its own, which takes a tenth of the time that curl does.
# Sets $head, $body, $code, $tag, and $modified.
ask() {
  local line length
  printf '%s\r\n' "GET $1 HTTP/1.1" 'Host: a' "${@:2}" '' >request
  body=
  if [ -n "$connected" ]; then
    cat request >&5
    head=
    while IFS= read -r -t 5 line <&5 && [ "$line" != "$CR" ]; do
      head+=$line$'\n'
    done
    length=${head##*Content-Length: }
    length=${length%%"$CR"*}
    [[ ! $length =~ ^[1-9] ]] || IFS= read -r -N "$length" -t 5 body <&5
  else
    perch --log none "${clock[@]}" "$SITE" <request >reply
    IFS= read -r -d '' head <reply || :
    body=${head#*$'\r\n\r\n'} head=${head%%$'\r\n\r\n'*}
  fi
  code=${head:9:3}
  tag=${head##*ETag: } modified=${head##*Last-Modified: }
  tag=${tag%%"$CR"*} modified=${modified%%"$CR"*}
}

# answers CODE TARGET [LINE]...: asks, and fails if the code is another.
answers() {
  ask "${@:2}"
  [ "$code" = "$1" ] || { echo "got $code, not $1: ${*:2}"; return 1; }
}

@test "curl -r gets the parts that it asks for" {
  [ "$(get -r 2-5 "$U/digits")" = 2345 ]
  [ "$(get -r 7- "$U/digits")" = 789 ]
  [ "$(get -r -4 "$U/digits")" = 789 ]
  [ "$(get -r 8-99999999999999999999 "$U/digits")" = 89 ]
  get -r 100000-299999 "$U/numbers" |
    cmp - <(tail -c +100001 "$SITE/numbers" | head -c 200000)
  is 416 -r 11- "$U/digits"
  get -i -r 1-2,5-5 "$U/digits" >reply
  boundary=$(sed -n 's/^Content-Type: .*boundary=\([0-9a-f]*\).*/\1/p' reply)
  [ ${#boundary} = 32 ]
  [ "$boundary" != "$(printf '%032d' 0)" ]
  printf '%s\r\n' '' "--$boundary" 'Content-Type: application/octet-stream' \
    'Content-Range: bytes 1-2/11' '' 12 "--$boundary" \
    'Content-Type: application/octet-stream' 'Content-Range: bytes 5-5/11' \
    '' 5 "--$boundary--" >expected
  sed "1,/^$CR\$/d" reply | cmp - expected
}

@test "curl -C - and wget -c go on where a file was cut" {
  slow
  size=$(stat -c %s "$SITE/numbers")
  for cut in $((RANDOM % size)) $((RANDOM * 7 % size)) $((size - 1)); do
    head -c "$cut" "$SITE/numbers" >by-curl
    get -C - -o by-curl "$U/numbers"
    cmp by-curl "$SITE/numbers"
    head -c "$cut" "$SITE/numbers" >numbers
    wget -q -c "$U/numbers"
    cmp numbers "$SITE/numbers"
  done
  # There is nothing left to get: 416.
  wget -c "$U/numbers" 2>&1 | grep -q '416 Range Not Satisfiable'
  cmp numbers "$SITE/numbers"
}

@test "aria2c gets a file over 8 connections" {
  slow
  command -v aria2c >/dev/null || skip 'no aria2c'
  aria2c -q --no-conf -x8 -s8 -k1M -o got "$U/large"
  cmp got "$SITE/large"
}

@test "curl --etag-compare and -z do not get again what they have" {
  get --etag-save tag -o copy "$U/numbers"
  is 304 --etag-compare tag "$U/numbers"
  is 200 --etag-compare tag "$U/digits"
  is 304 -z "$SITE/numbers" "$U/numbers"
  is 304 -z 'Sun, 13 Sep 2020 12:26:40 GMT' "$U/numbers"
  is 200 -z 'Sun, 13 Sep 2020 12:26:39 GMT' "$U/numbers"
  is 412 -z '-Sun, 13 Sep 2020 12:26:39 GMT' "$U/numbers"
  # curl demands an older one, and makes a 304 of the 200 that it gets.
  is 200 -z '-Sun, 13 Sep 2020 12:26:41 GMT' "$U/numbers"
}

@test "a tag that was sent is known again" {
  is 200 -D head "$U/digits"
  known=$(sed -n "s/^ETag: \(.*\)$CR/\1/p" head)
  [[ $known =~ ^\"[0-9a-f]+-b-16345785d8a00000\"$ ]]
  is 304 -H "If-None-Match: $known" "$U/digits"
  is 304 -I -H "If-None-Match: $known" "$U/digits"
  for match in "$known" "W/$known" "\"x\", $known" \
    "\"a,b\" ,, W/$known , \"x\""; do
    answers 304 /digits "If-None-Match: $match"
    [ "$tag" = "$known" ]
  done
  answers 304 /digits 'If-None-Match: "x"' "If-None-Match: $known"
  for other in "${known/-b-/-c-}" "${known//\"/}" "$known x" "$known, x" \
    "w/$known" "*, $known"; do
    answers 200 /digits "If-None-Match: $other"
    answers 412 /digits "If-Match: $other"
  done
  answers 200 /digits "If-Match: $known"
  answers 200 /digits "If-Match: W/\"x\", $known"
  answers 200 /digits 'If-Match: "x"' "If-Match: $known"
  answers 412 /digits "If-Match: W/$known"
  answers 206 /digits 'Range: bytes=1-2' "If-Range: $known"
  [ "$body" = 12 ]
  for other in "${known/-b-/-c-}" "W/$known" "$known, $known" \
    "${known//\"/}"; do
    answers 200 /digits 'Range: bytes=1-2' "If-Range: $other"
    [ "$body" = $'0123456789\n' ]
  done
  answers 416 /digits 'Range: bytes=11-' "If-Range: $known"
}

@test "a file that changes between two requests gets another tag" {
  for size in 5 17000; do
    head -c $size "$SITE/numbers" >"$SITE/changes"
    touch -d '2020-01-01' "$SITE/changes"
    exec 5<>"/dev/tcp/127.0.0.1/$PORT"
    connected=yes
    answers 200 /changes
    old=$tag
    answers 206 /changes 'Range: bytes=1-3' "If-Range: $old"
    # In place, of the same size; then another file of the same time.
    for change in in-place another; do
      if [ $change = in-place ]; then
        tail -c $size "$SITE/numbers" |
          dd of="$SITE/changes" conv=notrunc status=none
        touch -d '2020-01-02' "$SITE/changes"
      else
        tr 0-9 1-90 <"$SITE/numbers" | head -c $size >"$SITE/new"
        touch -r "$SITE/changes" "$SITE/new"
        mv "$SITE/new" "$SITE/changes"
      fi
      answers 200 /changes 'Range: bytes=1-3' "If-Range: $old"
      printf %s "$body" | cmp - "$SITE/changes"
      new=$tag
      [ -n "$new" ]
      [ "$new" != "$old" ]
      answers 200 /changes "If-None-Match: $old"
      answers 412 /changes "If-Match: $old"
      answers 304 /changes "If-None-Match: $new"
      old=$new
    done
    exec 5>&-
  done
}

@test "a file of this very second has weak validators" {
  clock=(--date 1700000000)
  echo 0123456789 >"$SITE/fresh"
  touch -d @1700000000 "$SITE/fresh"
  ask /fresh
  weak=$tag
  [[ $weak == W/\"*\" ]]
  answers 200 /fresh 'Range: bytes=1-2' "If-Range: $weak"
  answers 304 /fresh "If-None-Match: $weak"
  answers 304 /fresh "If-None-Match: ${weak#W/}"
  answers 412 /fresh "If-Match: $weak"
  answers 200 /fresh 'Range: bytes=1-2' "If-Range: ${weak#W/}"
  answers 200 /fresh 'Range: bytes=1-2' "If-Range: $modified"
  answers 206 /fresh 'Range: bytes=1-2'
  # It stays weak while it seems to come from the future.
  touch -d @1700003600 "$SITE/fresh"
  ask /fresh
  weak=$tag same=$modified
  [[ $weak == W/* ]]
  answers 200 /fresh 'Range: bytes=1-2' "If-Range: $weak"
  answers 200 /fresh 'Range: bytes=1-2' "If-Range: ${weak#W/}"
  answers 200 /fresh 'Range: bytes=1-2' "If-Range: $same"
  touch -d @1699999997 "$SITE/fresh"
  ask /fresh
  strong=$tag same=$modified
  [[ $strong == \"*\" ]]
  answers 206 /fresh 'Range: bytes=1-2' "If-Range: $strong"
  answers 206 /fresh 'Range: bytes=1-2' "If-Range: $same"
}

@test "times far away make valid dates" {
  slow
  echo 0123456789 >"$SITE/far"
  for time in '1960-01-01 UTC' @-1 @0 'now + 1 day' @2147483648 \
    @316000000000; do
    touch -d "$time" "$SITE/far" || continue
    answers 200 /far
    [ "$body" = $'0123456789\n' ]
    since=$modified known=$tag
    # The file system may not know such a time.
    seconds=$(stat -c %Y "$SITE/far")
    if [ "$seconds" -le "$EPOCHSECONDS" ]; then
      [ "$since" = "$(date -u -d "@$seconds" '+%a, %d %b %Y %H:%M:%S GMT')" ]
      answers 304 /far "If-Modified-Since: $since"
    else
      # "the origin server MUST replace that value with the message
      # origination date" (RFC 9110, section 8.8.2.1)
      [[ $head == *"Date: $since$CR"* ]]
    fi
    answers 200 /far 'If-Modified-Since: Mon, 01 Jan 1900 00:00:00 GMT' \
      'If-Unmodified-Since: Fri, 31 Dec 9999 23:59:59 GMT'
    answers 304 /far "If-None-Match: $known"
  done
}

@test "ranges around 2^31 and 2^32 of a sparse file have the right bytes" {
  slow
  size=$(((1 << 32) + 100000))
  truncate -s $size "$SITE/sparse"
  for at in $((1 << 31)) $((1 << 32)); do
    printf "%05d" $((at % 99991)) | dd of="$SITE/sparse" conv=notrunc \
      oflag=seek_bytes seek=$((at - 2)) status=none
  done
  printf end | dd of="$SITE/sparse" conv=notrunc oflag=seek_bytes \
    seek=$((size - 3)) status=none
  touch -d 2020-01-01 "$SITE/sparse"
  for at in $((1 << 31)) $((1 << 32)); do
    mark=$(printf "%05d" $((at % 99991)))
    [ "$(get -r $((at - 2))-$((at + 2)) "$U/sparse")" = "$mark" ]
    for by in -1 0 1; do
      answers 206 /sparse "Range: bytes=$((at + by))-$((at + by))"
      [ "$body" = "${mark:2 + by:1}" ]
      [[ $head == *"Content-Range: bytes $((at + by))-$((at + by))/$size"* ]]
    done
    # By sendfile, up to it and across it.
    for last in $((at - 1)) $((at + 30000)); do
      get -r "$((at - 40000))-$last" "$U/sparse" |
        cmp - <(tail -c +$((at - 40000 + 1)) "$SITE/sparse" |
          head -c $((last - at + 40001)))
    done
  done
  answers 206 /sparse "Range: bytes=$((size - 3))-"
  [ "$body" = end ]
  answers 206 /sparse 'Range: bytes=-3'
  [ "$body" = end ]
  answers 416 /sparse "Range: bytes=$size-"
  [[ $head == *"Content-Range: bytes */$size"* ]]
  get -r $(((1 << 32) - 1))- "$U/sparse" |
    cmp - <(tail -c 100001 "$SITE/sparse")
  answers 206 /sparse \
    "Range: bytes=$((1 << 31))-$((1 << 31)),$((1 << 32))-$((1 << 32))"
  for at in $((1 << 31)) $((1 << 32)); do
    mark=$(printf "%05d" $((at % 99991)))
    [[ $body == *"bytes $at-$at/$size"$'\r\n\r\n'"${mark:2:1}"$'\r\n--'* ]]
  done
}
