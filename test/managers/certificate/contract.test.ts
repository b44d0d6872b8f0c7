// Certificates against the contract of managers, with the authority of a lab.

import { certificate as manager } from '../../../src/managers/certificate/manager.ts';
import type { Manager } from '../../../src/managers/manager.ts';
import { testContract } from '../contract.ts';
import { CERTIFICATE, certificate, KEY, prepared, RELOAD, stateOf } from './environment.ts';

testContract(manager as Manager, [
  {
    name: 'by a token, whose user is told',
    open: prepared(),
    target: certificate({ hook: RELOAD }),
    changed: certificate({ hook: RELOAD, sans: ['nginx.example.internal', 'alias.example.internal', '10.0.0.153'] }),
    state: (host) => stateOf(host),
    looks: 2,
    foreign: {
      async make(host) {
        await host.write(CERTIFICATE, 'of somebody else\n');
        await host.write(KEY, 'a key of somebody else\n');
      },
      state: (host) => Promise.all([host.read(CERTIFICATE), host.read(KEY)]),
      refused:
        'is not ours: move it away, or let Phoenix replace it with phoenix adopt certificate/nginx.example.internal',
    },
  },
]);
