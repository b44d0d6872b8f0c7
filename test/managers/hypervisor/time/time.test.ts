// The clock of the host.

import { openLabHost } from '../../../support/host/lab-host.ts';
import { testContract } from '../../contract.ts';
import { LOOKS, manager, partOf, withHost } from '../parts.ts';

testContract(manager, [
  {
    name: 'the time zone',
    open: () => openLabHost(),
    target: partOf(withHost({ timezone: 'Europe/Berlin' }), 'time'),
    changed: partOf(withHost({ timezone: 'Etc/UTC' }), 'time'),
    state: async (host) =>
      (await host.run({ kind: 'command', program: 'timedatectl', args: ['show'], timeoutSeconds: 5 })).stdout,
    looks: LOOKS,
    // A time zone that is no longer declared stays.
    removable: false,
  },
]);
