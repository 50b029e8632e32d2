/* SPDX-License-Identifier: ISC */
#ifndef HTTP_CGI_NAME_H
#define HTTP_CGI_NAME_H

#include "base/slice.h"

/* Who says what a variable of a program's environment is. */
enum cgi_source {
	CGI_OF_NOBODY,
	CGI_OF_REQUEST,     /* the request, and who is at both ends */
	CGI_OF_CREDENTIALS, /* the request too; they are passed if wanted */
	CGI_OF_TLS,         /* what speaks it: SSL_* */
	CGI_OF_SERVER,      /* the options, and what they have for a path */
};

/*
 * Who says what the variable of that name is, of those that cgi_meta_make
 * makes; CGI_OF_NOBODY for any other, as those that a loader or a shell obeys,
 * and HTTP_PROXY, which is no field of a request to most programs.
 */
enum cgi_source cgi_name_source(struct slice name);

#endif
