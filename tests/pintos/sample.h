/* What is in sample.txt. */
#ifndef PINTOS_SAMPLE_H
#define PINTOS_SAMPLE_H

static const char sample[] = "A page that nobody has looked at costs nothing but a promise.\n"
			     "The first look keeps it: a frame is found, filled, and put in its place.\n"
			     "When frames run short, the page that was looked at longest ago leaves,\n"
			     "to its file if it has one, to the swap disk if it has none,\n"
			     "and the next look brings it back as if it had never been away.\n";

#endif
