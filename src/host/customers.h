/* SPDX-License-Identifier: ISC */
#ifndef HOST_CUSTOMERS_H
#define HOST_CUSTOMERS_H

#include "host/errand.h"

/*
 * The connections that a broker starts programs for, and those programs: what
 * is done for each order, and for each end of either. None of them can keep
 * the others waiting: nothing blocks but the file system that a program lies
 * on. A connection has one program at a time, and sees no other's; when it
 * ends, or sends what no connection of ours does, its program is killed.
 */
struct customers {
	struct errands where;
	int epoll;
	int line; /* by which connections come; -1: there come no more */
	struct customer *customer;
	struct hired *hired;
	int cap;       /* slots of each */
	int customers; /* that there are */
	int blind;     /* programs whose end nothing tells */
	int free_customer, free_hired;
};

/* Sets it up for at most so many connections. Returns 0 or an errno value. */
int customers_init(struct customers *c, const struct errands *where,
		   uint64_t most);

/* Takes the connection at the other end of fd, which is ours from here on. */
void customers_add(struct customers *c, int fd);

/*
 * Serves until the last is gone and no more come by line, a socket of packets
 * with a descriptor each, which may be -1.
 */
void customers_serve(struct customers *c, int line);

#endif
