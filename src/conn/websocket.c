/* SPDX-License-Identifier: ISC */
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "conn/websocket.h"

/* Where the parts of the mapped memory lie, from its begin on. */
struct layout {
	size_t inbox, inbox_cap;
	size_t speech, speech_cap; /* lines, or packets */
	size_t parts;
	size_t block;
	size_t deflater, deflater_cap, inflater, inflater_cap;
	size_t end;
};

/* What is seldom used shares no page with what is. */
static size_t
reserve(struct layout *l, size_t bytes)
{
	size_t at = l->end;

	l->end += (bytes + PAGE - 1) & ~(size_t)(PAGE - 1);
	return at;
}

static struct layout
lay_out(const struct websocket_limits *limits, const struct cgi_program *p)
{
	const struct deflate_terms *terms = &p->deflate;
	size_t max = (size_t)limits->message_max;
	bool escapes = limits->escapes && !p->is_packets;
	struct layout l = {0};

	reserve(&l, sizeof(struct websocket));
	l.inbox_cap = INBOX_CAP(max, escapes);
	l.inbox = reserve(&l, l.inbox_cap);
	l.speech_cap = p->is_packets ? SPEECH_PACKETS * (PACKET_MAX + 1)
				     : SPEECH_CAP(max, escapes);
	l.speech = reserve(&l, l.speech_cap);
	l.parts = reserve(&l, p->is_packets ? (size_t)limits->parts : 0);
	if (!terms->is_on)
		return l;
	l.block = reserve(&l, OUTBOX_BLOCK);
	l.deflater_cap =
	    DEFLATER_BYTES(terms->server_bits, (int)limits->deflate_memory);
	l.deflater = reserve(&l, l.deflater_cap);
	l.inflater_cap = INFLATER_BYTES(terms->client_bits);
	l.inflater = reserve(&l, l.inflater_cap);
	return l;
}

static void
set_up(struct websocket *w, const struct layout *l, char *memory,
       const struct cgi_program *p)
{
	const struct websocket_limits *limits = w->limits;
	const struct deflate_terms *terms = &p->deflate;
	struct receiver *r = &w->receiver;
	struct speech *s = &w->speech;

	receiver_init(r, limits->message_max, terms->is_on);
	inbox_init(&r->inbox, w->is_packets, limits->escapes, memory + l->inbox,
		   l->inbox_cap);
	outbox_init(&w->outbox, terms->is_on, limits->deflate_min,
		    memory + l->block);
	s->outbox = &w->outbox;
	s->is_packets = w->is_packets;
	s->escapes = limits->escapes && !w->is_packets;
	s->message_max = limits->message_max;
	s->data = s->packets = memory + l->speech;
	s->cap = l->speech_cap;
	parts_init(&s->parts, memory + l->parts, limits->parts,
		   limits->message_max);
	if (!terms->is_on)
		return;
	deflater_init(&w->outbox.deflater, terms, (int)limits->deflate_level,
		      (int)limits->deflate_memory,
		      (struct arena){memory + l->deflater, l->deflater_cap, 0});
	inflater_init(&r->inflater, terms, limits->message_max,
		      (struct arena){memory + l->inflater, l->inflater_cap, 0});
}

/* Without memory the program has nobody to talk with. */
static void
abandon(struct cgi_program *p)
{
	struct process process;

	process_init(&process, p->agent, p->joint.pid);
	process_kill(&process);
	process_release(&process);
	joint_close(&p->joint);
}

struct websocket *
websocket_open(const struct websocket_limits *limits, struct cgi_program *p,
	       struct slice (*remote)(void), uint64_t complaints)
{
	struct layout l = lay_out(limits, p);
	char *memory = mmap(NULL, l.end, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct websocket *w = (void *)memory;

	if (memory == MAP_FAILED) {
		abandon(p);
		return NULL;
	}
	w->limits = limits;
	w->remote = remote;
	w->mapped = l.end;
	process_init(&w->process, p->agent, p->joint.pid);
	w->in = p->joint.in;
	w->out = p->is_packets ? p->joint.in : p->joint.out;
	w->errors = p->joint.errors;
	w->is_packets = p->is_packets;
	w->term_at = w->conclude_at = NEVER;
	complaint_init(&w->complaint, remote,
		       (struct slice){p->id, sizeof(p->id)}, complaints);
	set_up(w, &l, memory, p);
	cgi_release_storage(p);
	return w;
}

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void
end_input(struct websocket *w)
{
	if (w->in >= 0 && w->is_packets)
		shutdown(w->in, SHUT_WR);
	else
		close_fd(&w->in);
	w->in = -1;
	w->receiver.is_deaf = true;
	inbox_drop(&w->receiver.inbox);
}

void
websocket_end_output(struct websocket *w)
{
	if (w->is_packets && w->in >= 0)
		end_input(w);
	close_fd(&w->out);
}

void
websocket_feed(struct websocket *w)
{
	const struct receiver *r = &w->receiver;
	enum inbox_result result;

	if (w->in < 0)
		return;
	result = inbox_send(&w->receiver.inbox, w->in);
	if (result == INBOX_EMPTY && w->phase != TALKING) {
		if (w->is_packets && r->has_close)
			result = inbox_send_close(
			    w->in, r->close_code,
			    (struct slice){r->reason, r->reason_len});
		else if (w->is_packets)
			result = inbox_send_close(w->in, w->code, SLICE(""));
		if (result != INBOX_FULL)
			end_input(w);
	} else if (result == INBOX_GONE) {
		end_input(w);
	}
}

bool
websocket_is_feeding(const struct websocket *w)
{
	return w->in >= 0 &&
	       (inbox_is_waiting(&w->receiver.inbox) || w->phase != TALKING);
}

void
websocket_begin_end(struct websocket *w)
{
	if (w->term_at == NEVER)
		w->term_at = clock_ms() + w->limits->grace_ms;
}

bool
websocket_is_program_done(const struct websocket *w)
{
	if (w->was_killed && w->process.is_beyond)
		return true;
	return w->process.has_ended &&
	       (w->was_killed || (w->out < 0 && w->errors < 0));
}

void
websocket_press(struct websocket *w)
{
	int64_t now = clock_ms();

	if (now >= w->term_at)
		process_tell(&w->process, w->limits->grace_ms);
	/* What it has left behind belongs to the conversation. */
	if (w->process.has_ended && w->phase == CLOSED)
		process_sweep(&w->process, w->limits->grace_ms);
	if (w->process.is_told && !w->was_killed &&
	    now >= w->process.kill_time) {
		process_kill(&w->process);
		w->was_killed = true;
	}
}

/* What is behind the first pages of a buffer that is empty. */
static void
give_back(char *data, size_t *high)
{
	size_t keep = 4 * PAGE;

	if (*high > keep)
		madvise(data + keep, *high - keep, MADV_DONTNEED);
	*high = 0;
}

void
websocket_shrink(struct websocket *w)
{
	struct inbox *in = &w->receiver.inbox;

	if (in->end == 0)
		give_back(in->data, &in->high);
	if (w->speech.end == 0)
		give_back(w->speech.data, &w->speech.high);
}

/* Something that the program left behind may go on saying things. */
#define LAST_READS 32

void
websocket_release(struct websocket *w)
{
	for (int i = 0;
	     i < LAST_READS && complaint_read(&w->complaint, &w->errors); i++)
		;
	complaint_end(&w->complaint);
	if (w->in >= 0 && w->in != w->out)
		close(w->in);
	if (w->out >= 0)
		close(w->out);
	if (w->errors >= 0)
		close(w->errors);
	process_release(&w->process);
	munmap(w, w->mapped);
}
