// Containers of one commit that all add lines to the same file of the host, applied by two agents over one Redis.

import fc from 'fast-check';
import { expect } from 'vitest';
import * as managers from '../../../src/managers/index.ts';
import { startTestAgent } from '../../support/agent/agent.ts';
import { startPhoenix } from '../../support/agent/phoenix.ts';
import { environment } from '../../support/environment.ts';
import { openLab } from '../../support/host/lab.ts';
import { scenario } from '../scenario.ts';

export const sharedHostFile = scenario({
  name: 'shared-host-file',
  about: 'steps that edit one file of the host at the same time, by two agents, are all in it, and none fails another',
  tries: { long: 20, short: 1 },
  input: fc.record({ gids: fc.uniqueArray(fc.integer({ min: 1, max: 999 }), { minLength: 4, maxLength: 8 }) }),
  async attempt({ gids }) {
    const lab = await openLab('here');
    const phoenix = await startPhoenix({ host: lab.host, managers });
    const other = await startTestAgent(phoenix.around, lab.host, managers);
    try {
      const guests = gids.map((gid, n) => [
        101 + n,
        { id_maps: [{ type: 'gid', container_id: gid, host_id: gid, size: 1 }] },
      ]);
      const { statuses } = await phoenix.push(environment(Object.fromEntries(guests)));
      expect(statuses['phoenix/apply']).toBe(`success: applied ${gids.length} targets`);
      const shared = await lab.host({} as never).readFile('/etc/subgid');
      const lines = (shared ?? '').trimEnd().split('\n');
      expect(lines.sort()).toEqual(['root:100000:65536', ...gids.map((gid) => `root:${gid}:1`)].sort());
    } finally {
      await other.stop(0);
      await phoenix.stop();
      await lab.close();
    }
  },
});
