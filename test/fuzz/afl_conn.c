/* SPDX-License-Identifier: ISC */
#include "grammar.h"
#include "mutator.h"
