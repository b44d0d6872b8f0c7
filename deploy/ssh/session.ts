// Prints what `deploy/ssh/session.pl` holds: how the forced command is given one command after the other. After a change of it:
//   node deploy/ssh/session.ts > deploy/ssh/session.pl

import { SERVE } from '../../src/io/host/session/perl.ts';

process.stdout.write(`# node deploy/ssh/session.ts > deploy/ssh/session.pl\n${SERVE.trimStart()}`);
