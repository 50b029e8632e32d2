/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/capability.h"

static const struct __user_cap_header_struct version = {
    .version = _LINUX_CAPABILITY_VERSION_3};

bool
capability_has(uint32_t set)
{
	struct __user_cap_header_struct header = version;
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	return syscall(SYS_capget, &header, data) == 0 &&
	       (data[0].permitted & set) == set;
}

int
capability_keep(uint32_t set, uint32_t effective, bool are_inherited)
{
	struct __user_cap_header_struct header = version;
	const struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {
	    {.effective = effective,
	     .permitted = set,
	     .inheritable = are_inherited ? set : 0}};

	/* What is inherited no more is not in the ambient set either. */
	if (syscall(SYS_capset, &header, data) != 0)
		return errno;
	for (uint32_t number = 0; are_inherited && number < 32; number++)
		if ((set >> number & 1) != 0 &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE,
			  (unsigned long)number, 0ul, 0ul) != 0)
			return errno;
	return 0;
}
