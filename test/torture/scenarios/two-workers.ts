// Two processes apply the steps of one run; one is killed.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect } from 'vitest';
import { startPhoenix } from '../../support/agent/phoenix.ts';
import { BOXES, openBoxHost } from '../../support/host/boxes.ts';
import { agentProcess, boxFiles, endProcess, expectAllEnded, expectInOrder, needs } from '../random-boxes.ts';
import { scenario } from '../scenario.ts';

const APPLY = { roles: ['apply'], leaseSeconds: 2, concurrency: 3, stepsOnNode: 5 } as const;

export const twoWorkers = scenario({
  name: 'two-workers',
  about:
    'one of two that apply is killed in the middle: the other does the rest, each step once, none before what it needs',
  tries: { long: 30, short: 1 },
  input: fc.record({ needs: needs({ min: 20, max: 40 }), killAt: fc.integer({ min: 1, max: 250 }) }),
  async attempt({ needs, killAt }) {
    const folder = await mkdtemp(join(tmpdir(), 'phoenix-two-workers-'));
    const host = await openBoxHost(folder);
    const options = { roles: ['reconcile', 'report'], leaseSeconds: 2, pollSeconds: 1, stepsOnNode: 5 } as const;
    const phoenix = await startPhoenix({ host, managers: BOXES, options });
    const one = agentProcess(phoenix, folder, 'one', APPLY, { killAt });
    const other = agentProcess(phoenix, folder, 'other', APPLY);
    try {
      const commit = await phoenix.repo.commit(boxFiles(needs, () => 512));
      await phoenix.repo.push();
      const { statuses } = await phoenix.answered(commit, 60);
      expect(statuses['phoenix/apply']).toBe(`success: applied ${needs.length} targets`);
      expectInOrder(needs, await host.commands());
      await expectAllEnded(phoenix);
    } finally {
      await endProcess(one, 'kill');
      await endProcess(other, 'kill');
      await phoenix.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
});
