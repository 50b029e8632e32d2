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
  listen --log none "$TOP/examples/site"
  declare -A answers=()
  for page in / /docs/ /docs/launchers.html; do
    fetch "$page" 20000
    # The whole of it, and all its links alike.
    [[ $output == *'</html>'* ]]
    rest=${output//src=\"/href=\"} found=0
    while [[ $rest == *href=\"* ]]; do
      rest=${rest#*href=\"} link=${rest%%\"*}
      [[ -n $link && $link != *[#:]* && $link != *missing* ]] || continue
      # What a browser makes of "./" and "../", if there is any.
      path=${page%/*}/$link found=1
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
