import { sshContract } from './ssh-host.contract.ts';

sshContract('by a phoenix-shell of before, which knows no session', /^session .*\n/m);
