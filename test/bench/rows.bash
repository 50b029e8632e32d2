# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2034
#
# What is measured: the rows of the table. Sourced by test/bench/run.

declare -a rows=()
declare -A servers=() arguments=() hold=()

# row NAME 'SERVER...' [hold=N] LOAD-ARGUMENT...
# hold=N: while N other connections of the server are open, and idle. A name
# that begins with idle- is the memory of its connections.
row() {
  local name=$1

  rows+=("$name")
  servers[$name]=$2
  shift 2
  hold[$name]=0
  [[ ${1:-} != hold=* ]] || {
    hold[$name]=${1#hold=}
    shift
  }
  arguments[$name]="$*"
}

declare_rows() {
  local all='perch perch-cache nginx nginx-cache nginx-small lighttpd'
  local pipeline='perch perch-cache nginx-pipeline lighttpd h2o'
  local size n host least

  for size in 64 1k 100k 1m; do
    least=
    [[ $size != 1k ]] || least=phys-keep
    for n in 1 16 64 256; do
      row "keep-$size-$n" "$all $least" --path "/$size" --connections "$n"
    done
  done
  for size in 10k 16k 32k 64k; do
    row "keep-$size-16" "$all" --path "/$size" --connections 16
  done
  row burst-1k-64 "$all phys-keep" --path /1k --connections 64 --burst
  row 304-1 "$all h2o" --path /1k --not-modified
  row 304-16 "$all h2o" --path /1k --not-modified --connections 16
  for n in 1 16; do
    row "pipeline-1k-$n" "$pipeline" --path /1k --pipeline 16 --connections "$n"
  done

  for n in 1 16 64; do
    row "close-1k-$n" \
      'perch phys nginx nginx-cache lighttpd h2o busybox mini_httpd' \
      --path /1k --close --connections "$n"
    for host in tcpserver xinetd activate; do
      row "$host-1k-$n" \
        "$host-perch $host-busybox $host-lighttpd $host-phys" \
        --path /1k --close --connections "$n"
    done
  done
  row first-byte \
    'perch perch-cache phys nginx lighttpd h2o busybox mini_httpd' \
    --path /1k --close --first-byte
  row first-byte-host 'tcpserver-perch tcpserver-busybox tcpserver-lighttpd
    xinetd-perch activate-perch' --path /1k --close --first-byte

  for n in 1 8; do
    row "100m-$n" 'perch nginx lighttpd h2o busybox mini_httpd' \
      --path /100m --close --connections "$n"
  done
  for n in 1 6; do
    row "gzip$n-16" "perch-gzip$n nginx-gzip$n lighttpd-gzip$n" \
      --path /text.txt --gzip --connections 16
  done
  row precompressed-16 'perch nginx-precompressed h2o' \
    --path /page.txt --gzip --connections 16

  for n in 1 16; do
    row "cgi-$n" 'perch-cgi lighttpd-cgi busybox mini_httpd-cgi' \
      --path /cgi-bin/hello --close --connections "$n"
  done
  row cgi-keep-16 'perch-cgi lighttpd-cgi' \
    --path /cgi-bin/hello --connections 16

  local sockets='perch-packets perch-lines websocketd node'
  row ws-125-1 "$sockets" --path /echo --websocket 125
  row ws-125-64 "$sockets" --path /echo --websocket 125 --connections 64
  row ws-64k-1 "$sockets" --path /echo --websocket 65536
  row ws-64k-16 "$sockets" --path /echo --websocket 65536 --connections 16

  local ec='perch-tls-ec nginx-tls-ec'
  row tls-ec-1 "$ec" --path /1k --tls --close
  row tls-ec-8 "$ec" --path /1k --tls --close --connections 8
  row tls-rsa-1 'perch-tls-rsa nginx-tls-rsa' --path /1k --tls --close
  row tls-resumed-1 "$ec" --path /1k --tls --close --resume
  row tls-keep-1k-1 "$ec" --path /1k --tls
  row tls-keep-1k-16 "$ec" --path /1k --tls --connections 16
  row tls-100m-1 "$ec" --path /100m --tls

  for n in 100 1000 10000; do
    row "idle-$n" 'perch nginx lighttpd h2o' --path /1k --connections "$n"
  done
  row idle-tls-1000 "$ec" --path /1k --tls --connections 1000
  row idle-ws-1000 "$sockets" --path /echo --websocket 125 --connections 1000

  for n in 0 100 1000 3000 10000; do
    row "live-$n-close-1" 'perch nginx' "hold=$n" --path /1k --close \
      --first-byte
    row "live-$n-close-16" 'perch nginx' "hold=$n" --path /1k --close \
      --connections 16
    row "live-$n-keep-16" 'perch nginx' "hold=$n" --path /1k --connections 16
  done
  for n in 1 16 64; do
    row "refused-$n" 'perch-full nginx-full' hold=1 --path /full --close \
      --refused --connections "$n"
  done
  row cores-close-64 'perch-cores perch-two' --path /1k --close \
    --connections 64
  row machines-close-64 'haproxy-one haproxy-two' --path /1k --close \
    --connections 64
  row machines-keep-64 'haproxy-one haproxy-two' --path /1k --connections 64
}

# Some of each kind, of what CI has installed anyway.
quick_rows=(keep-1k-16 close-1k-16 100m-1 gzip6-16 cgi-1 ws-125-1 tls-ec-1
  idle-100)
