#!/usr/bin/env bats
# The examples do what their first lines say, behind perch-listen.
load helper

teardown() { unlisten; }

# open: connects to what listens, as descriptor 8; closed: closes it. The
# client is the shell itself, since a process is dear.
open() { exec 8<>"/dev/tcp/127.0.0.1/$PORT"; }

closed() { exec 8>&-; }

# rest: sets $output to what comes until the other side closes.
rest() {
  local ended=0
  IFS= read -r -t 20 -d '' output <&8 || ended=$?
  closed
  echo "output: ${output:0:300}"
  # It ends; time runs out with a status over 128.
  [ "$ended" = 1 ]
}

@test "tcp-echo returns bytes as they come, and closes after a line q alone" {
  listen -- "$TOP/examples/tcp-echo"
  open
  printf abc >&8
  IFS= read -r -t 20 -N 3 output <&8
  [ "$output" = abc ]
  printf 'd\ne' >&8
  IFS= read -r -t 20 -N 3 output <&8
  [ "$output" = $'d\ne' ]
  closed

  open
  printf 'qq\n\nq\nmore\n' >&8
  rest
  [ "${output%$'\n'}" = $'qq\n\nq' ]
}

@test "line-echo answers lines, pipelined too, quit, and none of over 4 KiB" {
  listen -- "$TOP/examples/line-echo"
  open
  printf 'hello\n\nquit it\nquit\nmore\n' >&8
  rest
  [ "${output%$'\n'}" = $'Echo: hello\nEcho: \nEcho: quit it\nBye.' ]

  # Lines of 4 KiB are taken; longer ones end it.
  printf -v line '%04096d' 0
  open
  printf '%s\n%s1\n' "$line" "$line" >&8
  rest
  [[ $output == "Echo: $line"$'\n''Error: a line is longer than 4096 bytes'* ]]

  # A last line without its newline is refused.
  cd "$BATS_TEST_TMPDIR"
  printf 'a\nb' >input
  status=0
  "$TOP/examples/line-echo" <input >output 2>log || status=$?
  [ "$status" = 1 ]
  read -r output <output
  [ "$output" = 'Echo: a' ]
  IFS= read -r -d '' output <log || :
  [ "$output" = $'line-echo: the last line has no newline\n' ]
}

# fetch PATH [LENGTH]: sets $output to so much of the answer, after redirects,
# as a browser would get it.
fetch() {
  open
  printf 'GET %s HTTP/1.0\r\n\r\n' "$1" >&8
  IFS= read -r -t 20 -N "${2:-300}" output <&8 || [ $? = 1 ]
  closed
  if [[ $output == 'HTTP/1.1 301 '* ]]; then
    [[ $output =~ Location:\ ([^$CR]+) ]]
    fetch "${BASH_REMATCH[1]}" "${2:-300}"
  fi
}

@test "examples/site: every link of its pages leads somewhere" {
  listen --log none --config "$TOP/examples/site.conf" "$TOP/examples/site"
  declare -A answers=()
  for page in / /docs/ /docs/launchers.html /files/ /404.html; do
    fetch "$page" 20000
    # The whole of it, and all its links alike.
    [[ $output == *'</html>'* ]]
    rest=${output//src=\"/href=\"} found=0
    while [[ $rest == *href=\"* ]]; do
      rest=${rest#*href=\"} link=${rest%%\"*}
      link=${link//&amp;/\&}
      [[ -n $link && $link != *[#:]* && $link != *missing* ]] || continue
      # What a browser makes of "./" and "../", if there is any.
      [[ $link = /* ]] && path=$link || path=${page%/*}/$link
      found=1
      path=${path//\/.\//\/} path=${path/\/docs\/..\//\/}
      [[ -z ${answers[$path]:-} ]] || continue
      fetch "$path"
      answers[$path]=${output%%$CR*}
      echo "$page $link ${answers[$path]}"
      [[ ${answers[$path]} == 'HTTP/1.1 200 '* ]]
    done
    [ "$found" = 1 ]
  done
}

# head TARGET [LINE]...: sets $output to the answer's head.
head_of() {
  open
  printf '%s\r\n' "HEAD $1 HTTP/1.1" 'Host: a' 'Connection: close' "${@:2}" \
    '' >&8
  rest
}

has() { [[ $output == *$'\n'"$1$CR"$'\n'* ]]; }

@test "examples/site: its codings hold what they stand for, and are served" {
  cd "$TOP/examples/site"
  for file in *.gz; do
    gzip -cd "$file" | cmp - "${file%.gz}"
  done
  for file in *.br; do
    node -e 'process.stdout.write(require("zlib").brotliDecompressSync(
      require("fs").readFileSync(process.argv[1])))' "$file" |
      cmp - "${file%.br}"
  done
  zstd -qcd words.txt.zst | cmp - words.txt
  listen --log none --config ../site.conf .
  for coding in br gzip; do
    head_of /style.css "Accept-Encoding: $coding"
    has "Content-Encoding: $coding"
    has 'Cache-Control: max-age=60, must-revalidate'
  done
  head_of /words.txt 'Accept-Encoding: gzip, deflate, br, zstd'
  has 'Content-Encoding: br'
}

@test "examples/site: what is missing gets the site's own page" {
  listen --log none --config "$TOP/examples/site.conf" "$TOP/examples/site"
  fetch /docs/nothing 3000
  [[ $output == 'HTTP/1.1 404 '*'There is nothing at this address.'* ]]
  has "Referrer-Policy: same-origin"
}

@test "examples/spa: every address is its page, and only what is there is kept" {
  listen --log none --config "$TOP/examples/spa.conf" "$TOP/examples/spa"
  for target in / /fish /fish/perch; do
    head_of "$target"
    [[ $output == 'HTTP/1.1 200 '* ]]
    has 'Content-Type: text/html; charset=utf-8'
  done
  has 'Cache-Control: no-cache'
  cd "$TOP/examples/spa"
  for file in assets/*; do
    head_of "/$file"
    has 'Cache-Control: public, max-age=31536000, immutable'
    grep -q "\"/$file\"" index.html
  done
  head_of /assets/app-000000.js
  has 'Cache-Control: no-cache'
}
