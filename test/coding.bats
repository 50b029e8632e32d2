#!/usr/bin/env bats
# Content codings: precompressed files, and gzip on the fly.
load helper

setup_file() {
  load helper
  site
  cd "$SITE"
  seq 20000 >numbers.txt
  seq 50 >small.txt
  head -c 3000 /dev/urandom | base64 >picture.png
  printf 'the original, %0300d' 0 >page.html
  printf 'gzip here' >page.html.gz
  printf 'brotli' >page.html.br
  printf 'zstandard is longer' >page.html.zst
  printf 'old' >numbers.txt.gz
  printf 'index, %0300d' 0 >index.html
  printf 'index in br' >index.html.br
  touch -d @1600000000 ./*
  touch -d @1500000000 numbers.txt.gz
}

setup() { SITE=$BATS_FILE_TMPDIR/site; }

# get PATH ACCEPT-ENCODING [OPTION]...: sets $head and $body.
get() {
  local answer=$BATS_TEST_TMPDIR/answer
  printf 'GET %s HTTP/1.0\r\n%s\r\n' "$1" \
    "${2:+Accept-Encoding: $2$CR
}" | perch --log none "${@:3}" "$SITE" >"$answer"
  head= body=$BATS_TEST_TMPDIR/body
  while IFS= read -r line && [ "$line" != "$CR" ]; do
    head+=$line$'\n'
  done <"$answer"
  tail -c +$((${#head} + 3)) "$answer" >"$body"
  echo "$1 with $2: $head"
}

# coded CODING: the last response was in that coding, "" for none.
coded() {
  if [ -n "$1" ]; then
    [[ $head == *"Content-Encoding: $1$CR"* ]]
  else
    [[ $head != *Content-Encoding* ]]
  fi
  [[ $head == *"Vary: Accept-Encoding$CR"* ]]
}

@test "the coding of the greatest weight is served, of equals the smallest" {
  while IFS='|' read -r accept coding; do
    get /page.html "$accept"
    coded "$coding"
    [[ $head == *"Content-Type: text/html; charset=utf-8$CR"* ]]
    [[ $coding != br ]] || [ "$(<"$body")" = brotli ]
    [[ $coding != zstd ]] || [ "$(<"$body")" = 'zstandard is longer' ]
  done <<'END'
|
gzip|gzip
GZip|gzip
x-gzip|gzip
gzip, br, zstd|br
gzip;q=1, br;q=0.9|gzip
zstd, gzip;q=0.9|zstd
br;q=0, gzip;q=0, zstd;q=0|
*|br
*;q=0, gzip|gzip
notgzip, gzipped|
identity, gzip;q=0.5|
identity;q=0, gzip;q=0.1|gzip
gzip;q=x, br|br
deflate|
END
}

@test "each coding has a tag of its own, and its ranges are of its bytes" {
  tags=
  for accept in '' gzip br zstd; do
    get /page.html "$accept"
    [[ $head =~ ETag:\ (\"[^\"]*\") ]]
    tag=${BASH_REMATCH[1]}
    [[ $tags != *"$tag"* ]]
    tags+=" $tag"
  done
  printf 'GET /page.html HTTP/1.0\r\nAccept-Encoding: br\r\nRange: bytes=1-2\r\n\r\n' |
    perch --log none "$SITE" >"$BATS_TEST_TMPDIR/range"
  grep -q "Content-Range: bytes 1-2/6$CR" "$BATS_TEST_TMPDIR/range"
  [[ $(tail -c 2 "$BATS_TEST_TMPDIR/range") == ro ]]
}

@test "an index file has siblings too; what is older than its file has not" {
  get / br
  coded br
  [ "$(<"$body")" = 'index in br' ]
  get /numbers.txt gzip --gzip 0
  coded ''
}

# brotli cuts the time that it hands on to the second.
@test "a sibling of the same second is new enough if its time has no fraction" {
  touch -d @1600000000.5 "$SITE/numbers.txt"
  while read -r time coding; do
    touch -d "@$time" "$SITE/numbers.txt.gz"
    get /numbers.txt gzip --gzip 0
    coded "$coding"
  done <<'END'
1600000000.5 gzip
1600000000.6 gzip
1600000000.4
1600000000 gzip
1600000001 gzip
1599999999
1599999999.9
END
  touch -d @1500000000 "$SITE/numbers.txt.gz"
  touch -d @1600000000 "$SITE/numbers.txt"
}

@test "--no-precompressed looks for none" {
  get /page.html 'br, zstd' --no-precompressed
  coded ''
  get /page.html br --no-precompressed --gzip 0
  [[ $head != *Content-Encoding* && $head != *Vary* ]]
}

@test "gzip on the fly gives the same bytes, at every level" {
  slow
  for level in 1 2 3 4 5 6 7 8 9; do
    get /numbers.txt gzip --gzip $level
    coded gzip
    [[ $head == *'ETag: W/'* && $head != *Accept-Ranges* ]]
    gunzip <"$body" | cmp - "$SITE/numbers.txt"
  done
}

@test "gzip on the fly is not for small files, pictures, ranges, no-transform" {
  get /small.txt gzip
  coded ''
  get /picture.png gzip
  [[ $head != *Content-Encoding* && $head != *Vary* ]]
  get /numbers.txt "gzip${CR}
Range: bytes=0-9"
  coded ''
  [[ $head == *' 206 '* ]]
  get /numbers.txt gzip --header '/ Cache-Control: public, no-transform'
  coded ''
  get /numbers.txt gzip --header '/ Content-Encoding: x'
  [[ $head == *"Content-Encoding: x$CR"* ]]
  cmp "$body" "$SITE/numbers.txt"
}

@test "a kept connection compresses file after file" {
  listen --log none "$SITE"
  U=http://127.0.0.1:$PORT
  curl -sS --compressed -H 'Accept-Encoding: gzip' \
    "$U/numbers.txt" "$U/small.txt" "$U/numbers.txt" |
    cmp - <(cat "$SITE"/{numbers,small,numbers}.txt)
  unlisten
}

@test "HEAD has the fields of GET, and a 304 the tag of the coding" {
  get /numbers.txt gzip
  get_head=${head//Connection*$'\n'/}
  printf 'HEAD /numbers.txt HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n' |
    perch --log none "$SITE" | tr -d '\r' >"$BATS_TEST_TMPDIR/head"
  diff <(grep -v Date <<<"$head" | tr -d '\r' | sed '/^$/d') \
    <(grep -v Date "$BATS_TEST_TMPDIR/head" | sed '/^$/d')
  [[ $head =~ (W/\"[^\"]*\") ]]
  printf 'GET /numbers.txt HTTP/1.0\r\nAccept-Encoding: gzip\r\nIf-None-Match: %s\r\n\r\n' \
    "${BASH_REMATCH[1]}" | perch --log none "$SITE" >"$BATS_TEST_TMPDIR/304"
  grep -q ' 304 ' "$BATS_TEST_TMPDIR/304"
  grep -q "Vary: Accept-Encoding$CR" "$BATS_TEST_TMPDIR/304"
}
