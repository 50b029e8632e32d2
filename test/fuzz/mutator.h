/* SPDX-License-Identifier: ISC */
/*
 * Has AFL++ call the mutations that were included before this, in turns with
 * its own. They are a library then: make afl/NAME takes test/fuzz/afl_NAME.c,
 * if there is one.
 */
#ifndef FUZZ_MUTATOR_H
#define FUZZ_MUTATOR_H

/* The longest that is made; what AFL++ itself makes may be longer. */
#define CHANGED_MAX 4096

void *afl_custom_init(void *afl, unsigned seed);
size_t afl_custom_fuzz(void *state, uint8_t *data, size_t size, uint8_t **out,
		       uint8_t *other, size_t other_size, size_t cap);
void afl_custom_deinit(void *state);

struct state {
	unsigned seed;
	uint8_t changed[CHANGED_MAX];
};

static struct state the_state;

/* Of random bytes AFL++ changes enough by itself. */
size_t
LLVMFuzzerMutate(uint8_t *data, size_t size, size_t cap)
{
	(void)data;
	(void)cap;
	return size;
}

void *
afl_custom_init(void *afl, unsigned seed)
{
	(void)afl;
	the_state.seed = seed;
	return &the_state;
}

/* One to eight mutations, as libFuzzer stacks them. */
size_t
afl_custom_fuzz(void *state, uint8_t *data, size_t size, uint8_t **out,
		uint8_t *other, size_t other_size, size_t cap)
{
	struct state *s = state;

	(void)other;
	(void)other_size;
	if (cap > CHANGED_MAX)
		cap = CHANGED_MAX;
	if (size > cap)
		size = cap;
	memcpy(s->changed, data, size);
	for (unsigned i = s->seed % 8 + 1; i > 0; i--)
		size = LLVMFuzzerCustomMutator(s->changed, size, cap,
					       s->seed++ * 2654435761U);
	*out = s->changed;
	return size;
}

void
afl_custom_deinit(void *state)
{
	(void)state;
}

#endif
