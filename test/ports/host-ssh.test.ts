// The contract of the port `Host`, held over SSH by a key that may only start phoenix-shell.
// @module-tag long

import { sshContract } from './ssh-host.contract.ts';

sshContract('by a key that may start phoenix-shell alone');
