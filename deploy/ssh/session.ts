// Prints the content of `deploy/ssh/session.pl`: how the forced command reads a sequence of commands. Run it after a change of it:
//   node deploy/ssh/session.ts > deploy/ssh/session.pl

import { SERVE } from '../../src/io/host/session/perl.ts';

process.stdout.write(`# node deploy/ssh/session.ts > deploy/ssh/session.pl\n${SERVE.trimStart()}`);
