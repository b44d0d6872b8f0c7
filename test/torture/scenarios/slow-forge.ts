// The forge needs 30 seconds for every response, for ten minutes; it processes requests even after their timeout.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import fc from 'fast-check';
import { expect } from 'vitest';
import type { CommitSha } from '../../../src/model/ids.ts';
import { LATE_MS } from '../../../src/ports/outbox.ts';
import { startPhoenix } from '../../support/agent/phoenix.ts';
import { environment } from '../../support/environment.ts';
import { BOXES, openBoxHost } from '../../support/host/boxes.ts';
import { until } from '../../support/until.ts';
import { scenario } from '../scenario.ts';

const times = (answer: fc.Arbitrary<number>, slow: fc.Arbitrary<number>, timeout: number, restart: boolean) =>
  fc.record({
    /** Milliseconds until the forge processes a request. */
    answer,
    /** For so long, in milliseconds. */
    slow,
    /** Milliseconds after which the agent gives up on a response. */
    timeout: fc.constant(timeout),
    /** Whether commits come meanwhile. */
    pushes: fc.boolean(),
    /** Whether the agent is restarted afterwards, while the forge is asked again; else the test waits. */
    restart: fc.constant(restart),
    whose: fc.constantFrom('github' as const, 'github app' as const, 'gitea' as const, 'gitlab' as const),
  });

export const slowForge = scenario({
  name: 'slow-forge',
  about:
    'a forge that is slow for a while, over what anybody waits for, holds up no step, and reads in the end what the ledger knows',
  tries: { long: 1, short: 1 },
  input: times(fc.integer({ min: 50, max: 2_000 }), fc.integer({ min: 100, max: 1_000 }), 300, true),
  longInput: times(fc.constant(30_000), fc.constant(600_000), 15_000, false),
  async attempt({ answer, slow, timeout, pushes, restart, whose }) {
    const folder = await mkdtemp(join(tmpdir(), 'phoenix-slow-'));
    const host = await openBoxHost(folder);
    let later = 0;
    const phoenix = await startPhoenix({
      clock: { now: () => new Date(Date.now() + later) },
      host,
      managers: BOXES,
      forge: whose,
      forgeTimeoutMs: timeout,
      options: { pollSeconds: 1 },
    });
    const answerOf = (commit: CommitSha) => phoenix.statuses(commit)['phoenix/apply'] ?? 'none';
    const waits = new Set<Promise<void>>();
    try {
      await phoenix.push(environment({ 101: {} }));
      const end = performance.now() + slow;
      phoenix.forge.faults.decide(() => {
        if (performance.now() > end) return undefined;
        const until = pause(answer);
        waits.add(until);
        return { kind: 'delay', until };
      });
      const commits = [await phoenix.repo.commit(environment({ 101: {}, 102: {} }))];
      await phoenix.repo.push();
      const newest = async () => (await phoenix.ledger.runs(1))[0];
      await until(async () => (await newest())?.state === 'succeeded', 'the run, without the forge', 60);
      if (pushes) {
        await pause(slow / 2);
        commits.push(await phoenix.repo.commit(environment({ 101: {}, 102: {}, 103: {} })));
        await phoenix.repo.push();
      }
      await pause(Math.max(0, end - performance.now()));
      if (restart) {
        await phoenix.stopAgent();
        later = 60_000;
        await phoenix.startAgent();
      }
      for (const commit of commits) await until(() => answerOf(commit).startsWith('success'), 'a success', 200);
      // It now processes earlier requests, some of which may overwrite later ones.
      await Promise.all(waits);
      await until(() => phoenix.forge.faults.waiting() === 0, 'everything that was sent to be done');
      later += LATE_MS;
      for (const commit of commits) {
        const told = () => JSON.stringify(phoenix.statuses(commit));
        await until(() => answerOf(commit).startsWith('success') && !told().includes('pending'), told, 60);
      }
      const ids = ['101', '102', ...(pushes ? ['103'] : [])];
      expect(await host.commands()).toEqual(ids.flatMap((id) => [`box put ${id}`, `box start ${id}`]));
    } finally {
      await phoenix.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
});
