/* SPDX-License-Identifier: ISC */
#define FRAMES_AT 1
#include "frames.h"
#include "mutator.h"
