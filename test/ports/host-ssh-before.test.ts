// The contract of the port `Host`, held by a node whose phoenix-shell is older and has no sessions.
// @module-tag long

import { sshContract } from './ssh-host.contract.ts';

sshContract('by an older phoenix-shell, which has no sessions', /^session .*\n/m);
