# perch - PER-Connection Http: one connection on stdin and stdout
#
#   make                 build ./perch, ./perch-listen, ./perch-tls and
#                        ./perch-auth
#   make run             serve examples/site on http://127.0.0.1:8080
#   make check           every test; CHECK=head for those whose name matches;
#                        LARGE=1 with content of 2 GiB for programs
#   make check-asan      the same under ASan and UBSan
#   make check-msan      units and fuzz corpora under MSan
#   make check-valgrind  a part of the golden cases under valgrind
#   make coverage        every test and fault, and which lines of src were not
#                        run; fails if more than 5 of 100 were not
#   make faults          each system call of perch fails by each error; LONG=1
#                        for all errors that last (make check has a part of it)
#   make load            10,000 idle connections, 1,000 a second for a minute,
#                        slow clients: minutes, and 2 GiB of memory
#   make analyse         gcc's analyzer, clang-tidy and cppcheck
#   make fuzz/head       one fuzz target, for SECONDS=60, by libFuzzer
#   make afl/head        the same by AFL++
#   make bench           compare with nginx and others (test/bench); some rows
#                        by ROWS='keep-1k close'
#   make bench-quick     a quarter of a minute of it, of what is installed
#   make examples        build the C programs in examples/
#   make install         PREFIX=/usr/local DESTDIR=, and uninstall; for the
#                        units SITE=/srv/www, and CONFIG=FILE if there is one
#   make dist            build/perch-VERSION.tar.gz, the same each time
#   make deb             a Debian package of it, in build/deb
#   make deps lint format clean compile_commands.json
#
# musl makes the cheapest process, so it is used where it is (Debian's
# musl-tools); MUSL_CC= links statically with glibc, STATIC=0 dynamically.
# TLS=0 leaves out perch-tls, which needs OpenSSL.

VERSION = 0.1.0

PREFIX ?= /usr/local
BINDIR = $(PREFIX)/bin
MANDIR = $(PREFIX)/share/man
UNITDIR = $(PREFIX)/lib/systemd/system
SYSUSERSDIR = $(PREFIX)/lib/sysusers.d
COMPLETIONDIR = $(PREFIX)/share/bash-completion/completions
# What the units serve, and the --config file that they read.
SITE = /srv/www
CONFIG =

# Yours, from the command line or the environment:
#   make CC=clang CFLAGS='-O0 -g' WERROR=-Werror
INSTALL ?= install
CFLAGS ?= -O2 -g
CPPFLAGS ?=
LDFLAGS ?=
LDLIBS ?=
WERROR ?=
STATIC = 1
MUSL_CC := $(shell command -v musl-gcc)
BUILD = build
# Where the programs go; make run and the tests look for them there.
BIN = .

# Ours, whatever CFLAGS is.
warnings = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wvla \
    -Wmissing-prototypes -Wstrict-prototypes -Wwrite-strings
hardening = -fstack-protector-strong -fPIE
own_cppflags = -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -Isrc
own_cflags = -std=c11 $(warnings) $(WERROR) $(hardening) \
    -ffunction-sections -fdata-sections
# perch-auth needs crypt(3), which musl has in part and Debian's libcrypt in
# whole, and perch-tls OpenSSL, whose updates are to reach it: they are always
# dynamic, by the system's own compiler and libc.
TLS = 1
system_cflags := $(own_cflags)
system_ldflags = -pie -Wl,--gc-sections,-z,relro,-z,now
own_ldflags = -Wl,--gc-sections,-T,src/layout.ld
zlib = -lz

ifeq ($(STATIC),0)
compiler = $(CC)
own_ldflags += -pie -Wl,-z,relro,-z,now
else ifneq ($(MUSL_CC),)
# "musl-gcc -static-pie" makes a dynamic program without a word. A static
# PIE begins with rcrt1.o, and zlib's and the kernel's headers come from
# links, since all of /usr/include would mix glibc's with musl's.
compiler = $(MUSL_CC)
multiarch := $(shell $(CC) -print-multiarch)
musl = /usr/lib/$(multiarch:%-gnu=%-musl)
kernel_include = $(BUILD)/include
own_cflags += -idirafter $(kernel_include)
own_ldflags += -nostartfiles -static \
    -Wl,-pie,--no-dynamic-linker,-z,noseparate-code \
    $(musl)/rcrt1.o $(musl)/crti.o $(shell $(CC) -print-file-name=crtbeginS.o)
# Debian's libz.a needs nothing of glibc's for deflate and inflate.
zlib = $(shell $(CC) -print-file-name=libz.a)
own_ldlibs = $(shell $(CC) -print-file-name=crtendS.o) $(musl)/crtn.o
else
compiler = $(CC)
own_ldflags += -static-pie
endif

# In the order a request meets them: each file may include the headers of
# its own line and of those above. test/layers.bats holds us to it.
layers = \
    base/slice base/buf base/io base/arena base/limits base/clock base/wait \
    base/lines base/log base/parcel base/seccomp base/capability base/user \
    http/ip http/http http/field http/head http/target http/request \
    http/chunked http/date http/mime_builtin http/mime http/accept \
    http/validator http/conditional http/range http/base64 http/credentials \
    http/response http/cgi_head http/cgi_name http/cgi_meta http/escape \
    http/proxy http/forwarded ws/sha1 ws/extension ws/handshake ws/utf8 \
    ws/mask ws/close ws/frame ws/packet ws/deflate serve/ruleset \
    serve/confine serve/spawn serve/joint serve/agent serve/process \
    serve/rules serve/pages serve/wildcard serve/template serve/redirects \
    serve/headers serve/root serve/hosts serve/page_rules serve/auth \
    serve/exchange serve/error serve/location serve/representation \
    serve/names serve/directory serve/listing_page serve/listing serve/file \
    serve/echo serve/program serve/script serve/cgi serve/cgi_answer \
    serve/websocket serve/route conn/stop conn/stream conn/fd_stream \
    conn/tls_memory conn/tls_names conn/tls_tickets conn/tls_file \
    conn/tls_certificate conn/tls_authorities conn/tls conn/tls_warm \
    conn/tls_stream conn/tls_variables conn/reader conn/gzip conn/fields \
    conn/writer conn/body conn/access conn/cache conn/complaint conn/relay \
    conn/output conn/inbox conn/receiver conn/outbox conn/parts conn/speech \
    conn/websocket conn/talk conn/conn conn/preface conn/desk conn/answer \
    conn/gateway conn/repeat host/peer host/endpoint host/start host/fork \
    host/filter host/landlock host/passwd host/sandbox host/config \
    host/errand host/customers host/monitor host/broker host/connection \
    host/address host/children host/reaper host/socket host/privilege \
    host/opener host/watch host/notify host/orders host/image host/ucspi \
    host/overload host/crash host/handover host/reload host/launcher \
    host/stack host/code host/listen

# OpenSSL is for perch-tls alone: a process that only links it takes 4 ms
# more to start.
openssl_layers = conn/tls_memory conn/tls_tickets conn/tls_file \
    conn/tls_certificate conn/tls_authorities conn/tls conn/tls_warm \
    conn/tls_stream conn/tls_variables

programs = perch perch-listen
auth_objects = $(patsubst %,$(BUILD)/system/src/%.o,perch-auth base/slice \
    base/buf base/lines base/log)
sources = $(wildcard $(layers:%=src/%.c))
objects = $(patsubst %.c,$(BUILD)/%.o, \
    $(filter-out $(openssl_layers:%=src/%.c),$(sources)))
archive = $(BUILD)/perch.a
tls_objects = $(patsubst %.c,$(BUILD)/system/%.o,src/perch-tls.c $(sources))
units = $(patsubst test/unit/%.c,$(BUILD)/test/%,$(wildcard test/unit/test_*.c))
tools = $(patsubst test/tool/%.c,$(BUILD)/tool/%,$(wildcard test/tool/*.c))
ifneq ($(TLS),0)
cases = $(BUILD)/tool/cases $(BUILD)/tool/cases-tls
holes = $(patsubst %,$(BUILD)/hole/%,perch perch-listen trap perch-tls)
else
cases = $(BUILD)/tool/cases
units := $(filter-out %/test_tls_tickets,$(units))
holes = $(patsubst %,$(BUILD)/hole/%,perch perch-listen trap)
endif
examples = examples/tcp-echo examples/line-echo examples/ws-echo

units_of_systemd = $(wildcard systemd/*.socket systemd/*.service)

# Quiet by default; make V=1 shows whole commands.
V = 0
ifeq ($(V),0)
quiet = @printf '  %-7s %s\n' $(1) $@;
endif
compile = $(compiler) $(own_cppflags) $(CPPFLAGS) $(own_cflags) $(CFLAGS)
link = $(compiler) $(CFLAGS) $(own_ldflags) $(LDFLAGS) -o $@ $(1) $(archive) \
    $(LDLIBS) $(zlib) $(own_ldlibs)

ifneq ($(TLS),0)
system_programs = perch-auth perch-tls
else
system_programs = perch-auth
endif

all: $(programs:%=$(BIN)/%) $(system_programs:%=$(BIN)/%)

$(programs:%=$(BIN)/%): $(BIN)/%: $(BUILD)/src/%.o $(archive) src/layout.ld
	$(call quiet,LINK)$(call link,$<)

$(BIN)/perch-auth: $(auth_objects)
	$(call quiet,LINK)$(CC) $(CFLAGS) $(system_ldflags) $(LDFLAGS) -o $@ $^ \
	    $(LDLIBS) -lcrypt

$(BIN)/perch-tls: $(tls_objects)
	$(call quiet,LINK)$(CC) $(CFLAGS) $(system_ldflags) $(LDFLAGS) -o $@ $^ \
	    $(LDLIBS) -lssl -lcrypto -lz

$(BUILD)/system/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call quiet,CC)$(CC) $(own_cppflags) $(CPPFLAGS) $(system_cflags) \
	    $(CFLAGS) -MMD -MP -c -o $@ $<

$(archive): $(objects)
	$(call quiet,AR)rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/%.o: %.c Makefile | $(kernel_include)
	@mkdir -p $(@D)
	$(call quiet,CC)$(compile) -MMD -MP -c -o $@ $<

$(BUILD)/include:
	@mkdir -p $@
	@ln -sfn /usr/include/linux /usr/include/asm-generic \
	    /usr/include/$(multiarch)/asm /usr/include/zlib.h \
	    /usr/include/zconf.h $@

$(BUILD)/test/%: test/unit/%.c $(archive) Makefile
	@mkdir -p $(@D)
	$(call quiet,TEST)$(compile) -Itest/unit -MMD -MP -MF $@.d \
	    -c -o $@.o $< && $(call link,$@.o)

# It compares with OpenSSL's, which musl's programs cannot be linked with.
$(BUILD)/test/test_sha1: test/unit/test_sha1.c src/ws/sha1.c src/base/slice.c \
    src/ws/sha1.h Makefile
	@mkdir -p $(@D)
	$(call quiet,TEST)$(CC) $(own_cppflags) $(CPPFLAGS) -Itest/unit -std=c11 \
	    $(warnings) $(WERROR) $(CFLAGS) $(LDFLAGS) -o $@ \
	    $(filter %.c,$^) -lcrypto

$(BUILD)/tool/%: test/tool/%.c $(archive) Makefile
	@mkdir -p $(@D)
	$(call quiet,TOOL)$(compile) -MMD -MP -MF $@.d -c -o $@.o $< && \
	    $(call link,$@.o)

$(BUILD)/test/test_tls_tickets: test/unit/test_tls_tickets.c \
    $(patsubst %,$(BUILD)/system/src/%.o,conn/tls_tickets base/clock)
	@mkdir -p $(@D)
	$(call quiet,TEST)$(CC) $(own_cppflags) $(CPPFLAGS) -Itest/unit \
	    $(system_cflags) $(CFLAGS) $(system_ldflags) $(LDFLAGS) -o $@ \
	    $(filter %.c %.o,$^) $(LDLIBS) -lssl -lcrypto

# Faults are those of the kernel, and of a program as it is shipped.
fault_sources = $(wildcard test/fault/*.c)
$(BUILD)/tool/faults: $(fault_sources) $(wildcard test/fault/*.h) $(archive) \
    Makefile
	@mkdir -p $(BUILD)/fault $(@D)
	$(call quiet,TOOL)for c in $(fault_sources); do \
	    $(compile) -c -o $(BUILD)/fault/$$(basename $$c .c).o $$c || exit; \
	done && $(call link,$(fault_sources:test/fault/%.c=$(BUILD)/fault/%.o))

# The programs with a hole, for test/sandbox.bats.
hole = -Wl,--wrap=route_decide
$(BUILD)/hole/perch $(BUILD)/hole/perch-listen: $(BUILD)/hole/%: \
    $(BUILD)/src/%.o test/hole/hole.c $(archive)
	@mkdir -p $(@D)
	$(call quiet,HOLE)$(compile) -c -o $@.o test/hole/hole.c && \
	    $(call link,$< $@.o $(hole))

# One that says of a call that it may not make which it is.
$(BUILD)/hole/trap: $(BUILD)/src/perch-listen.o $(BUILD)/hole/perch-listen \
    src/host/filter.c src/host/sandbox.c $(archive)
	$(call quiet,HOLE)for part in filter sandbox; do \
	    $(compile) -DSANDBOX_TRAP -c -o $@-$$part.o src/host/$$part.c || \
	    exit; done && \
	    $(call link,$< $(BUILD)/hole/perch-listen.o $@-filter.o \
	    $@-sandbox.o $(hole))

$(BUILD)/hole/perch-tls: test/hole/hole.c $(tls_objects)
	@mkdir -p $(@D)
	$(call quiet,HOLE)$(CC) $(own_cppflags) $(CPPFLAGS) $(system_cflags) \
	    $(CFLAGS) $(system_ldflags) $(LDFLAGS) $(hole) -o $@ \
	    test/hole/hole.c $(filter %.o,$^) $(LDLIBS) -lssl -lcrypto -lz

# The golden cases once more.
$(BUILD)/tool/cases-tls: test/tool/cases.c test/tls/over_tls.c \
    test/tls/over_tls.h $(filter-out %/perch-tls.o,$(tls_objects))
	@mkdir -p $(@D)
	$(call quiet,TOOL)$(CC) $(own_cppflags) $(CPPFLAGS) $(system_cflags) \
	    $(CFLAGS) -DOVER_TLS -Itest/tls $(system_ldflags) $(LDFLAGS) -o $@ \
	    $(filter %.c %.o,$^) $(LDLIBS) -lssl -lcrypto -lz

$(examples): %: $(BUILD)/%.o $(archive)
	$(call quiet,LINK)$(call link,$<)

examples: $(examples)

# These install what is missing first, and only then look for a compiler.
run: deps
	@$(MAKE) --no-print-directory all
	@echo 'serving examples/site on http://127.0.0.1:8080 (end with ^C)'
	@$(BIN)/perch-listen --config examples/site.conf \
	    --env PERCH=$(abspath $(BIN)/perch) 127.0.0.1:8080 examples/site

check: deps
	@$(MAKE) --no-print-directory run-tests

run-tests: all $(units) $(tools) $(BUILD)/tool/faults $(cases) $(holes) examples
	@BIN=$(abspath $(BIN)) BUILD=$(abspath $(BUILD)) CHECK='$(CHECK)' \
	    test/run $(cases) $(or $(BATS),test/*.bats) $(units)

# Of perch as it is built; in a namespace of processes where we may have one.
faults: all $(BUILD)/tool/faults
	BIN=$(abspath $(BIN)) setsid $$(test $$(id -u) != 0 || \
	    echo unshare --pid --fork --mount-proc) $(BUILD)/tool/faults

load:
	-@test/deps all
	@LOAD=1 $(MAKE) --no-print-directory run-tests CHECK=load.bats

check-asan: deps
	@QUICK=1 $(MAKE) --no-print-directory run-tests BUILD=build-asan \
	    BIN=build-asan STATIC=0 hardening=-fPIE \
	    CFLAGS='-O1 -g -fno-omit-frame-pointer \
	    -fsanitize=address,undefined -fno-sanitize-recover=all'

# Units and fuzz targets that use no library which MSan has not looked into,
# on the corpora.
msan_units = $(filter-out %/test_conn %/test_deflate %/test_gzip %/test_sha1 \
    %/test_tls_tickets,$(units))
msan_fuzz = $(filter-out conn deflate websocket, \
    $(patsubst test/fuzz/fuzz_%.c,%,$(wildcard test/fuzz/fuzz_*.c)))
check-msan:
	@$(MAKE) --no-print-directory run-msan BUILD=build-msan CC=clang \
	    STATIC=0 hardening=-fPIE CFLAGS='-O1 -g -fno-omit-frame-pointer \
	    -fsanitize=fuzzer-no-link,memory'

run-msan: $(msan_units) $(msan_fuzz:%=$(BUILD)/fuzz/%)
	prove $(msan_units)
	for f in $(msan_fuzz); do \
	    $(BUILD)/fuzz/$$f -runs=0 test/fuzz/corpus/$$f || exit; \
	done

# A part of the golden cases: topics, or all that CASES names; without any, all
# cases. The sandbox would end valgrind, which is in the same process. It knows
# no openat2(2), and says so in its log, and perch follows no links then: of all
# cases, those about links fail. What it finds is an exit status, and in the log
# too.
valgrind = build-valgrind
CASES = head chunked conditional cgi
check-valgrind:
	@mkdir -p $(valgrind)/real
	@$(MAKE) --no-print-directory BUILD=$(valgrind) BIN=$(valgrind)/real \
	    CC=gcc STATIC=0 TLS=0 CFLAGS='-O1 -g' $(valgrind)/real/perch \
	    $(valgrind)/tool/cases
	@printf '#!/bin/sh\nexec valgrind -q --log-file=%s --leak-check=full --error-exitcode=99 %s --sandbox off "$$@"\n' \
	    $(abspath $(valgrind))/log-%p $(abspath $(valgrind)/real/perch) >$(valgrind)/perch
	@chmod +x $(valgrind)/perch
	QUICK=1 BIN=$(abspath $(valgrind)) TEST=$(abspath test) \
	    $(valgrind)/tool/cases $(CASES)

# Of static programs of glibc: gcov has no musl, and a loader's own calls
# would fail in faults. Other users' processes count, too.
coverage = build-coverage
coverage_flags = BUILD=$(coverage) BIN=$(coverage) CC=gcc MUSL_CC= \
    hardening=-fPIE \
    CFLAGS='-O0 -g --coverage -Wl,--build-id,-T,test/coverage/counters.ld' \
    LDFLAGS='-Wl,--wrap=main,--wrap=__gcov_exit $(coverage)/counters.o'
coverage: deps
	rm -rf $(coverage)
	mkdir -p $(coverage)/counters
	chmod 777 $(coverage)/counters
	gcc -O2 -DFOLDER='"$(abspath $(coverage)/counters)"' -c \
	    -o $(coverage)/counters.o test/coverage/counters.c
	$(MAKE) --no-print-directory $(coverage_flags) run-tests
	$(MAKE) --no-print-directory $(coverage_flags) faults
	find $(coverage) -type f -executable -exec env COVERAGE_DUMP=1 {} \;
	test/coverage/report $(coverage) 95

# make fuzz/head SECONDS=60, by libFuzzer, or make afl/head, by AFL++. Each
# goes on with what it has found before; logs go nowhere.
fuzz/websocket afl/websocket: examples/ws-echo $(BUILD)/tool/copy
fuzz/%: libfuzzer = fuzzer-no-link,
fuzz/%: fuzz_cc = clang
afl/%: fuzz_cc = afl-clang-fast
fuzz/% afl/%: fuzz = build-$(@D)/fuzz/$*
fuzz/% afl/%: build_fuzz = $(MAKE) --no-print-directory $(fuzz) \
    BUILD=build-$(@D) CC=$(fuzz_cc) STATIC=0 hardening=-fPIE CFLAGS='-O1 -g \
    -fsanitize=$(libfuzzer)address,undefined -fno-sanitize-recover=all'
afl/%: mutator = $(patsubst test/fuzz/afl_%.c,build-afl/fuzz/%.so, \
    $(wildcard test/fuzz/afl_$*.c))
fuzz/%:
	@mkdir -p build-fuzz/corpus/$*
	@$(build_fuzz)
	$(fuzz) -max_total_time=$(or $(SECONDS),60) -close_fd_mask=2 \
	    build-fuzz/corpus/$* $(wildcard test/fuzz/corpus/$*)

# It keeps going when it has found something.
afl/%:
	@test/deps afl
	@mkdir -p build-afl/found
	@$(build_fuzz) $(mutator)
	AFL_NO_UI=1 AFL_AUTORESUME=1 AFL_NO_AFFINITY=1 AFL_SKIP_CPUFREQ=1 \
	    AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 \
	    $(mutator:%=AFL_CUSTOM_MUTATOR_LIBRARY=%) afl-fuzz \
	    -V $(or $(SECONDS),60) -t 2000 -i test/fuzz/corpus/$* \
	    -o build-afl/found/$* -- $(fuzz)
	@! ls -d build-afl/found/$*/default/[ch]*s/id* 2>/dev/null

$(BUILD)/fuzz/%.so: test/fuzz/afl_%.c $(wildcard test/fuzz/*.h)
	$(call quiet,FUZZ)clang -std=c11 -D_GNU_SOURCE $(warnings) $(WERROR) \
	    -O2 -shared -fPIC -o $@ $<

$(BUILD)/fuzz/%: test/fuzz/fuzz_%.c $(archive) Makefile
	@mkdir -p $(@D)
	$(call quiet,FUZZ)$(compile) -Itest/unit -MMD -MP -MF $@.d \
	    -c -o $@.o $< && $(call link,$@.o) -fsanitize=fuzzer

bench_tools = $(BUILD)/bench/load $(BUILD)/bench/phys $(BUILD)/bench/hello
bench = BIN=$(abspath $(BIN)) BENCH=$(abspath $(BUILD)/bench) test/bench/run

$(BUILD)/bench/load: $(wildcard test/bench/*.h) \
    $(patsubst %,test/bench/%.c,load answer stream)
	@mkdir -p $(@D)
	$(call quiet,BENCH)$(CC) -std=c11 -D_GNU_SOURCE $(warnings) $(WERROR) \
	    $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.c,$^) $(LDLIBS) -lssl -lcrypto

# Static, as perch is by default, so that they cost no more than they must.
$(BUILD)/bench/%: test/bench/%.c
	@mkdir -p $(@D)
	$(call quiet,BENCH)$(compiler) -std=c11 -D_GNU_SOURCE $(warnings) \
	    $(WERROR) $(CFLAGS) $(LDFLAGS) -static -o $@ $<

# What is not installed is left out.
bench:
	-@test/deps bench
	@$(MAKE) --no-print-directory all examples $(bench_tools)
	@$(bench) $(ROWS)

bench-quick: all examples $(bench_tools)
	@$(bench) --quick $(ROWS)

deps:
	@test/deps

format:
	clang-format -i src/*.c src/*/*.[ch] test/*/*.[ch] examples/*.[ch]

lint:
	clang-format --dry-run -Werror src/*.c src/*/*.[ch] test/*/*.[ch] \
	    examples/*.[ch]
	shellcheck .ci/run test/run test/try test/deps test/boot test/ktls \
	    test/analyse \
	    test/bench/run test/bench/*.bash examples/packaging/perch.bash \
	    examples/packaging/debian/perch.p* examples/programs/git \
	    examples/site/cgi/[!h]* examples/chat/talk* examples/ws-clock.sh \
	    examples/acme/deploy examples/hosts/initramfs examples/hosts/*.sh \
	    examples/hosts/*.run examples/hosts/s6/run examples/hosts/s6/log/run
	mandoc -T lint -W warning man/*.[1-8]
	test/analyse --quick

# A minute and a half.
analyse:
	test/analyse

compile_commands.json: Makefile
	bear -- $(MAKE) -B all

manuals = $(patsubst man/%,$(MANDIR)/man$(1)/%,$(wildcard man/*.$(1)))

install: all
	$(INSTALL) -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(COMPLETIONDIR) \
	    $(DESTDIR)$(MANDIR)/man5 $(DESTDIR)$(MANDIR)/man7 \
	    $(DESTDIR)$(MANDIR)/man8 $(DESTDIR)$(UNITDIR) \
	    $(DESTDIR)$(SYSUSERSDIR)
	$(INSTALL) -m 755 $(programs:%=$(BIN)/%) $(system_programs:%=$(BIN)/%) \
	    $(DESTDIR)$(BINDIR)
	for n in 5 7 8; do \
	    $(INSTALL) -m 644 man/*.$$n $(DESTDIR)$(MANDIR)/man$$n || exit; \
	done
	$(INSTALL) -m 644 examples/packaging/perch.bash \
	    $(DESTDIR)$(COMPLETIONDIR)/perch
	ln -sf perch $(DESTDIR)$(COMPLETIONDIR)/perch-listen
	ln -sf perch $(DESTDIR)$(COMPLETIONDIR)/perch-tls
	$(INSTALL) -m 644 $(units_of_systemd) $(DESTDIR)$(UNITDIR)
	sed -i -e '/^#/!s,/srv/www$$,$(SITE),' \
	    -e 's,^\(ExecStart=\)/usr/local/bin/\([^ ]*\),\1$(BINDIR)/\2$(CONFIG:%= --config %),' \
	    $(DESTDIR)$(UNITDIR)/perch@.service \
	    $(DESTDIR)$(UNITDIR)/perch-listen.service \
	    $(DESTDIR)$(UNITDIR)/perch-tls.service
	$(INSTALL) -m 644 systemd/perch.sysusers \
	    $(DESTDIR)$(SYSUSERSDIR)/perch.conf

uninstall:
	rm -f $(addprefix $(DESTDIR),$(programs:%=$(BINDIR)/%) \
	    $(system_programs:%=$(BINDIR)/%) \
	    $(patsubst %,$(COMPLETIONDIR)/%,$(programs) perch-tls) \
	    $(call manuals,5) $(call manuals,7) $(call manuals,8) \
	    $(units_of_systemd:systemd/%=$(UNITDIR)/%) \
	    $(SYSUSERSDIR)/perch.conf)

# What git knows of, or, in what was unpacked from such an archive, all but
# what is built. All files are of the commit's time.
archive_name = perch-$(VERSION)
dist_time = $(or $(shell git log -1 --format=%ct 2>/dev/null), \
    $(shell stat -c %Y Makefile))
dist_files = { git ls-files -z 2>/dev/null | grep -z . || find Makefile LICENSE \
    README.md .ci .clang-format .clang-tidy .editorconfig .git[ai]* src \
    man test systemd examples $(examples:%=! -path %) \
    ! -type d -print0; } | LC_ALL=C sort -z

dist:
	@mkdir -p $(BUILD)
	$(dist_files) | tar --create --null --files-from=- \
	    --owner=0 --group=0 --numeric-owner --mode=u+rw,go=rX \
	    --mtime=@$(strip $(dist_time)) --format=ustar \
	    --transform='s,^,$(archive_name)/,S' | \
	    gzip -9n >$(BUILD)/$(archive_name).tar.gz

# From the archive alone. Build-Depends are not checked: build-essential would
# want a C++ compiler.
deb: dist
	rm -rf $(BUILD)/deb
	mkdir -p $(BUILD)/deb
	tar -xzf $(BUILD)/$(archive_name).tar.gz -C $(BUILD)/deb
	cp -R examples/packaging/debian $(BUILD)/deb/$(archive_name)
	cd $(BUILD)/deb/$(archive_name) && env -u MAKEFLAGS -u MAKELEVEL \
	    dpkg-buildpackage --build=binary --no-sign -d -jauto

clean:
	rm -rf build build-* $(programs) $(system_programs) $(examples) \
	    compile_commands.json

.PHONY: all run check run-tests check-asan check-msan run-msan check-valgrind \
    coverage faults load analyse bench bench-quick deps format lint install \
    uninstall dist deb clean examples
.SECONDARY:
-include $(objects:.o=.d) $(programs:%=$(BUILD)/src/%.d) $(units:=.d) \
    $(tools:=.d) $(examples:%=$(BUILD)/%.d) $(auth_objects:.o=.d) $(tls_objects:.o=.d)
