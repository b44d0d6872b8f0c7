import { sshContract } from './ssh-host.contract.ts';

sshContract('by a key that may start phoenix-shell alone');
