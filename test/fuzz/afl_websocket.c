/* SPDX-License-Identifier: ISC */
#define FRAMES_AT 2
#include "frames.h"
#include "mutator.h"
