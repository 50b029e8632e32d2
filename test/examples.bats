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
  if [[ $output == 'HTTP/1.1 30'[12]' '* ]]; then
    [[ $output =~ Location:\ ([^$CR]+) ]]
    fetch "${BASH_REMATCH[1]}" "${2:-300}"
  fi
}

# serve_site: listens as make run does.
serve_site() {
  cd "$TOP"
  listen --log none --config examples/site.conf --env "PERCH=$BIN/perch" \
    examples/site
}

@test "examples/site: every link of its pages leads somewhere" {
  serve_site
  declare -A answers=()
  for page in / /docs/ /docs/launchers.html /files/ /404.html /401.html; do
    fetch "$page" 40000
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
      case $path in
      /.hidden) want=404 ;;
      /private/) want=401 ;;
      *) want=200 ;;
      esac
      [[ ${answers[$path]} == "HTTP/1.1 $want "* ]]
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
    command -v node || break
    node -e 'process.stdout.write(require("zlib").brotliDecompressSync(
      require("fs").readFileSync(process.argv[1])))' "$file" |
      cmp - "${file%.br}"
  done
  ! command -v zstd || zstd -qcd words.txt.zst | cmp - words.txt
  serve_site
  for coding in br gzip; do
    for file in style.css script.js demo/page.js; do
      head_of "/$file" "Accept-Encoding: $coding"
      has 'Cache-Control: max-age=60, must-revalidate'
    done
    head_of /style.css "Accept-Encoding: $coding"
    has "Content-Encoding: $coding"
  done
  head_of /words.txt 'Accept-Encoding: gzip, deflate, br, zstd'
  has 'Content-Encoding: br'
}

@test "examples/site: what is missing gets the site's own page" {
  serve_site
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

# --- examples/site/cgi

@test "examples/site/cgi: env, and sheep that are counted as they come, compressed too" {
  listen --log none --cgi /cgi/ "$TOP/examples/site"
  fetch '/cgi/env/a%20b?c=d' 20000
  [[ $output == *$'\nPATH_INFO=/a b\n'*$'\nQUERY_STRING=c=d\n'* ]]
  # So many seconds pass, and the first one is there before the last.
  curl -sN --compressed -w '%{time_starttransfer} %{time_total}' \
    "http://127.0.0.1:$PORT/cgi/sheep?3" >"$BATS_TEST_TMPDIR/sheep"
  output=$(<"$BATS_TEST_TMPDIR/sheep")
  echo "$output"
  [[ $output == $'1 sheep\n2 sheep\n3 sheep\n'* ]]
  awk 'NR == 4 { exit !($1 < 1 && $2 >= 2) }' "$BATS_TEST_TMPDIR/sheep"
  fetch '/cgi/sheep?x'
  [[ $output == 'HTTP/1.1 400 '* ]]
}

@test "examples/site/cgi: sheep are events for an EventSource; the program ends when the browser leaves" {
  listen --log none --cgi /cgi/ "$TOP/examples/site"
  open
  printf '%s\r\n' 'GET /cgi/sheep?9999,0.2 HTTP/1.1' 'Host: a' \
    'Accept: text/event-stream' 'Last-Event-ID: 7' \
    'Accept-Encoding: identity' '' >&8
  events=()
  while [ "${#events[@]}" -lt 3 ]; do
    IFS= read -r -t 20 line <&8
    [[ $line != data:* && $line != id:* ]] || events+=("$line")
  done
  echo "${events[@]}"
  [ "${events[0]}" = 'id: 8' ]
  [[ ${events[1]} == 'data: 8 sheep' ]]
  [ "${events[2]}" = 'id: 9' ]
  closed
  for try in {1..80}; do
    pgrep -f 'cgi/sheep' -P "$(pgrep -P "$LISTENER" | tail -1)" || break
    sleep 0.1
  done
  [ "$try" -lt 80 ]
}

@test "examples/site/cgi: a form's file of any size is hashed; 2 GiB of it with LARGE" {
  slow
  listen --log none --max-body 0 --cgi /cgi/ "$TOP/examples/site"
  size=20000000
  [ -z "${LARGE:-}" ] || size=2147483648
  truncate -s $size "$BATS_TEST_TMPDIR/zeros"
  want=$(sha256sum <"$BATS_TEST_TMPDIR/zeros")
  output=$(curl -s -F "file=@$BATS_TEST_TMPDIR/zeros;filename=name" \
    "http://127.0.0.1:$PORT/cgi/hash")
  echo "$output"
  [ "$output" = "name: $size bytes, SHA-256 ${want%% *}" ]
  output=$(curl -s -d x "http://127.0.0.1:$PORT/cgi/hash")
  [ "$output" = 'That is no form with a file.' ]
}

@test "examples/site/cgi: a request is explained, and codings are counted, by another perch" {
  serve_site
  url=http://127.0.0.1:$PORT/cgi
  # As a form sends it.
  output=$(printf 'request=%s\r\n%s\r\n\r\n\r\n' 'GET /old/x HTTP/1.1' 'Host: a' |
    curl -sS -H 'Content-Type: text/plain' --data-binary @- "$url/explain")
  echo "$output"
  [[ $output == "HTTP/1.1 302 Found$CR"* ]]
  [[ $output == *$'\n\nStandard error:\nperch: explain: GET /old/x HTTP/1.1: 302; redirect by the rule for /old/' ]]
  # A program that would not end does; one that would call itself does not.
  output=$(printf '%s\r\n' 'GET /cgi/sheep?9999 HTTP/1.0' '' |
    curl -sS --data-binary @- "$url/explain")
  [[ $output == *'1 sheep'*'200; handler cgi; program '* ]]
  output=$(printf '%s\r\n' 'POST /cgi/explain HTTP/1.0' 'Content-Length: 1' '' x |
    curl -sS --data-binary @- "$url/explain")
  [[ $output == 'HTTP/1.1 403 '*'One perch within another is enough.'* ]]
  output=$(curl -sS -w '%{http_code}' "$url/explain")
  [[ $output == *405 ]]

  cd "$TOP/examples/site"
  output=$(curl -sS "$url/codings")
  echo "$output"
  size() { wc -c <"$1"; }
  want="identity $(size words.txt)
gzip $(size words.txt.gz)
br $(size words.txt.br)
zstd $(size words.txt.zst)
gzip-on-the-fly "
  [[ $output == "$want"[1-9]* ]]
}

@test "examples/programs/git: clone, push of 20 MiB, fetch" {
  slow
  command -v git && [ -x "$(git --exec-path)/git-http-backend" ] ||
    skip 'git is not here'
  cd "$BATS_TEST_TMPDIR"
  export HOME=$BATS_TEST_TMPDIR GIT_CONFIG_NOSYSTEM=1
  export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b
  export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
  git init -q --bare served/r.git
  git -C served/r.git config http.receivepack true
  git -C served/r.git symbolic-ref HEAD refs/heads/main
  mkfifo ready
  # It is found as if it were installed, and says when it listens.
  printf '#!/bin/sh\nexec "%s" --log none --ready-fd 9 "$@"\n' \
    "$BIN/perch-listen" >perch-listen
  chmod +x perch-listen
  PORT=$((20000 + RANDOM % 12000))
  PERCH_LISTEN=$PWD/perch-listen "$TOP/examples/programs/git" \
    "127.0.0.1:$PORT" served 9>ready 3>&- 2>log &
  LISTENER=$!
  read -r <ready
  git clone -q "http://127.0.0.1:$PORT/r.git" one
  cd one
  git checkout -q -b main
  head -c 20971520 /dev/urandom >large
  echo hello >small
  git add .
  git commit -q -m first
  git push -q origin main
  cd ..
  git clone -q "http://127.0.0.1:$PORT/r.git" two
  cmp one/large two/large
  git -C one commit -q --allow-empty -m second
  git -C one push -q origin main
  git -C two pull -q
  [ "$(git -C two log --format=%s -1)" = second ]
}
