# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2154,SC2317
#
# The servers: start_NAME NAME PORT starts one on 127.0.0.1, in a group and
# with $site to serve. Sourced by test/bench/run.

# All are set up to keep connections alive as long as the client likes, and
# many of them.
readonly open_file_cache='open_file_cache max=1000; open_file_cache_valid 1s;'

# Prints the programs without which a server is left out.
needs() { # NAME
  local host=${1%%-*} one=${1#*-}

  case $1 in
  perch-two) echo "systemd-socket-activate $PERCH_LISTEN" ;;
  perch-tls-*) echo "$PERCH_TLS" ;;
  perch*) echo "$PERCH_LISTEN" ;;
  tcpserver-perch | xinetd-perch | activate-perch) echo "${hosts[$host]} $PERCH" ;;
  tcpserver-* | xinetd-* | activate-*) echo "${hosts[$host]} $(needs "$one")" ;;
  phys*) echo "$BENCH/phys" ;;
  haproxy-*) echo "haproxy ip $PERCH_LISTEN" ;;
  *) echo "$host" ;;
  esac
}

declare -A hosts=([tcpserver]=tcpserver [xinetd]=xinetd
  [activate]=systemd-socket-activate)

serve() { # NAME PROGRAM ARGUMENT...
  spawn "$1" taskset -c "$SERVER_CPU" "${@:2}"
}

# ---- perch ----

perch_options=(--log none --max-requests 0 --max-per-address 0
  --max-connections 20000 --idle-timeout 3600)

has_file_cache() {
  "$PERCH_LISTEN" --help 2>/dev/null | grep -q -e '--file-cache'
}

# serve_perch NAME PORT OPTION...
serve_perch() {
  serve "$1" "$PERCH_LISTEN" "${perch_options[@]}" "${@:3}" "127.0.0.1:$2" \
    "$site"
}

start_perch() { serve_perch "$@" "${no_cache[@]}"; }
# As it is by default.
start_perch-cache() { serve_perch "$@"; }
# What is compressed is not to be kept either.
start_perch-gzip1() { serve_perch "$@" "${no_cache[@]}" --gzip 1; }
start_perch-gzip6() { serve_perch "$@" "${no_cache[@]}" --gzip 6; }
start_perch-cgi() { serve_perch "$@" --cgi /cgi-bin/; }
start_perch-packets() {
  serve_perch "$@" --websocket '/echo packets examples/ws-echo'
}
start_perch-lines() { serve_perch "$@" --websocket '/echo cat'; }

# With all the connections that it takes, where one is held.
start_perch-full() { serve_perch "$@" --max-per-address 1; }

# On all cores, as one launcher and as two that share a socket.
start_perch-cores() {
  spawn "$1" taskset -c "$all_cpus" "$PERCH_LISTEN" "${perch_options[@]}" \
    "127.0.0.1:$2" "$site"
}

start_perch-two() {
  # shellcheck disable=SC2016
  spawn "$1" taskset -c "$all_cpus" systemd-socket-activate \
    -l "127.0.0.1:$2" bash -c '
      launch() { LISTEN_PID=$BASHPID exec "$@"; }
      launch "$@" &
      launch "$@"' - "$PERCH_LISTEN" "${perch_options[@]}" systemd "$site"
}

start_perch-tls-ec() { serve_perch_tls "$@" ec; }
start_perch-tls-rsa() { serve_perch_tls "$@" rsa; }

# serve_perch_tls NAME PORT KEY
serve_perch_tls() {
  make_certificate "$3"
  serve "$1" "$PERCH_TLS" "${perch_options[@]}" --tls-cert "$tmp/$3.pem" \
    --tls-key "$tmp/$3.key" "127.0.0.1:$2" "$site"
}

make_certificate() { # KEY: ec or rsa
  local -A key=([ec]='ec -pkeyopt ec_paramgen_curve:P-256' [rsa]=rsa:2048)

  [[ ! -e $tmp/$1.pem ]] || return
  # shellcheck disable=SC2086
  openssl req -x509 -newkey ${key[$1]} -nodes -days 2 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost -keyout "$tmp/$1.key" \
    -out "$tmp/$1.pem" 2>"$tmp/openssl.log" || die 'openssl makes no certificate'
}

# ---- nginx: as it is usually set up, and with DIRECTIVES that override it ----

# serve_nginx NAME PORT [DIRECTIVES [ssl]]
serve_nginx() {
  cat >"$tmp/$1.conf" <<END
daemon off;
master_process off;
worker_processes 1;
pid $tmp/$1.pid;
error_log stderr;
events { worker_connections 20000; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 100000000;
  keepalive_timeout 1h;
  default_type text/plain;
  client_body_temp_path $tmp/$1.body;
  proxy_temp_path $tmp/$1.proxy;
  fastcgi_temp_path $tmp/$1.fastcgi;
  uwsgi_temp_path $tmp/$1.uwsgi;
  scgi_temp_path $tmp/$1.scgi;
  server {
    listen 127.0.0.1:$2 ${4:-} backlog=4096;
    root $site;
    ${3:-}
  }
}
END
  serve "$1" nginx -e stderr -c "$tmp/$1.conf"
}

start_nginx() { serve_nginx "$@"; }
start_nginx-cache() { serve_nginx "$@" "$open_file_cache"; }
start_nginx-small() { serve_nginx "$@" "$open_file_cache sendfile off;"; }
# With tcp_nopush it waits 40 ms for an acknowledgement after each batch.
start_nginx-pipeline() { serve_nginx "$@" 'tcp_nopush off;'; }
start_nginx-precompressed() { serve_nginx "$@" 'gzip_static on;'; }
# It has no such limit, but can answer so.
start_nginx-full() { serve_nginx "$@" 'location = /full { return 503; }'; }
start_nginx-gzip1() { serve_nginx "$@" 'gzip on; gzip_comp_level 1;
    gzip_types text/plain;'; }
start_nginx-gzip6() { serve_nginx "$@" 'gzip on; gzip_comp_level 6;
    gzip_types text/plain;'; }
start_nginx-tls-ec() { serve_nginx_tls "$@" ec; }
start_nginx-tls-rsa() { serve_nginx_tls "$@" rsa; }

# serve_nginx_tls NAME PORT KEY
serve_nginx_tls() {
  make_certificate "$3"
  serve_nginx "$1" "$2" "ssl_certificate $tmp/$3.pem;
    ssl_certificate_key $tmp/$3.key; ssl_protocols TLSv1.2 TLSv1.3;" ssl
}

# ---- lighttpd, and one of it for each connection: -1 ----

# serve_lighttpd NAME PORT [DIRECTIVES]
serve_lighttpd() {
  cat >"$tmp/$1.conf" <<END
server.document-root = "$site"
server.bind = "127.0.0.1"
server.port = $2
server.max-fds = 20000
server.max-connections = 20000
server.listen-backlog = 4096
server.max-keep-alive-requests = 65535
server.max-keep-alive-idle = 3600
mimetype.assign = (".txt" => "text/plain", "" => "application/octet-stream")
${3:-}
END
  serve "$1" lighttpd -D -f "$tmp/$1.conf"
}

start_lighttpd() { serve_lighttpd "$@"; }
# It runs what is executable, as the others do.
start_lighttpd-cgi() {
  # shellcheck disable=SC2016
  serve_lighttpd "$@" 'server.modules = ("mod_cgi")
$HTTP["url"] =~ "^/cgi-bin/" { cgi.assign = ("" => "") }'
}
start_lighttpd-gzip1() { serve_lighttpd_gzip "$@" 1; }
start_lighttpd-gzip6() { serve_lighttpd_gzip "$@" 6; }

# serve_lighttpd_gzip NAME PORT LEVEL
serve_lighttpd_gzip() {
  serve_lighttpd "$1" "$2" "server.modules = (\"mod_deflate\")
deflate.mimetypes = (\"text/\")
deflate.allowed-encodings = (\"gzip\")
deflate.params = (\"gzip.level\" => $3)"
}

# ---- Others ----

start_h2o() {
  cat >"$tmp/$1.conf" <<END
user: $(id -un)
num-threads: 1
max-connections: 20000
http1-request-timeout: 3600
listen: {host: 127.0.0.1, port: $2}
file.send-compressed: ON
hosts:
  default:
    paths:
      /:
        file.dir: $site
END
  serve "$1" h2o -c "$tmp/$1.conf"
}

start_busybox() { serve "$1" busybox httpd -f -p "127.0.0.1:$2" -h "$site"; }

# serve_mini_httpd NAME PORT OPTION...
serve_mini_httpd() {
  serve "$1" mini_httpd -D -h 127.0.0.1 -p "$2" -d "$site" -u "$(id -un)" \
    -l /dev/null "${@:3}"
}
start_mini_httpd() { serve_mini_httpd "$@"; }
start_mini_httpd-cgi() { serve_mini_httpd "$@" -c 'cgi-bin/*'; }

start_phys() { serve "$1" "$BENCH/phys" "$2"; }
start_phys-keep() { serve "$1" "$BENCH/phys" "$2" keep; }

start_websocketd() {
  serve "$1" websocketd --address=127.0.0.1 --port="$2" --loglevel=fatal \
    --staticdir="$site" cat
}

# Its module ws has no program to talk to, and answers a plain request here.
start_node() {
  cat >"$tmp/$1.js" <<END
const http = require('http'), fs = require('fs');
const {WebSocketServer} = require('ws');
const server = http.createServer((q, s) =>
  s.end(fs.readFileSync('$site' + q.url)));
new WebSocketServer({server, perMessageDeflate: false}).on('connection',
  w => w.on('message', (m, binary) => w.send(m, {binary})));
server.listen($2, '127.0.0.1');
END
  serve "$1" env NODE_PATH="$PWD/build/node/node_modules:/usr/share/nodejs" \
    node "$tmp/$1.js"
}

# ---- Hosts of one program for each connection ----

# Sets $command to what serves one connection.
choose_command() { # perch, busybox, lighttpd or phys
  case $1 in
  perch) command=("$PERCH" --log none "$site") ;;
  busybox) command=("$(command -v busybox)" httpd -i -h "$site") ;;
  lighttpd)
    echo "server.document-root = \"$site\"" >"$tmp/one.conf"
    command=("$(command -v lighttpd)" -1 -f "$tmp/one.conf")
    ;;
  phys) command=("$BENCH/phys") ;;
  esac
}

start_tcpserver() { # NAME PORT
  choose_command "${1#*-}"
  serve "$1" tcpserver -q -HR -l 0 -c 1000 -b 1000 127.0.0.1 "$2" \
    "${command[@]}"
}

start_xinetd() { # NAME PORT
  choose_command "${1#*-}"
  cat >"$tmp/$1.conf" <<END
service $1
{
  type = UNLISTED
  socket_type = stream
  protocol = tcp
  bind = 127.0.0.1
  port = $2
  flags = NODELAY
  wait = no
  user = $(id -un)
  instances = UNLIMITED
  per_source = UNLIMITED
  cps = 1000000 1
  server = ${command[0]}
  ${command[1]:+server_args = ${command[*]:1}}
}
END
  serve "$1" xinetd -dontfork -f "$tmp/$1.conf" -pidfile "$tmp/$1.pid" \
    -filelog "$tmp/$1.log"
}

start_activate() { # NAME PORT
  choose_command "${1#*-}"
  serve "$1" systemd-socket-activate -a --inetd -l "127.0.0.1:$2" \
    "${command[@]}"
}

start_server() { # NAME PORT
  case $1 in
  tcpserver-* | xinetd-* | activate-*) "start_${1%%-*}" "$@" ;;
  *) "start_$1" "$@" ;;
  esac
}
