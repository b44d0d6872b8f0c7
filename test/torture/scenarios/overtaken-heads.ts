// Commits that only the poll finds, one after another, while the first is still being applied, and a restart afterwards.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect } from 'vitest';
import type { CommitSha } from '../../../src/model/ids.ts';
import { startPhoenix } from '../../support/agent/phoenix.ts';
import { environment } from '../../support/environment.ts';
import { BOXES, openBoxHost } from '../../support/host/boxes.ts';
import { until } from '../../support/until.ts';
import { scenario } from '../scenario.ts';

export const overtakenHeads = scenario({
  name: 'overtaken-heads',
  about:
    'commits that the poll alone saw behind a slow one each end in a word, the overtaken ones by name, also after a restart',
  tries: { long: 30, short: 1 },
  input: fc.record({
    /** Commits that come while the first is applied. */
    more: fc.integer({ min: 2, max: 4 }),
    guests: fc.integer({ min: 1, max: 3 }),
    /** The heads after which the agent is restarted. */
    restart: fc.integer({ min: 0, max: 4 }),
  }),
  async attempt({ more, guests, restart }) {
    const folder = await mkdtemp(join(tmpdir(), 'phoenix-overtaken-'));
    const host = await openBoxHost(folder);
    const phoenix = await startPhoenix({ host, managers: BOXES, options: { pollSeconds: 1, leaseSeconds: 2 } });
    const { promise: opened, resolve: open } = Promise.withResolvers<void>();
    const { promise: held, resolve: reach } = Promise.withResolvers<void>();
    const wanted = (memory_mb: number) =>
      environment(Object.fromEntries(Array.from({ length: guests }, (_, n) => [101 + n, { memory_mb }])));
    const answerOf = (commit: CommitSha) => phoenix.statuses(commit)['phoenix/apply'] ?? 'none';
    try {
      phoenix.forge.decideDeliveries(() => 'drop');
      host.before = async (line) => {
        if (line !== 'box start 101') return;
        reach();
        await opened;
      };
      const commits: CommitSha[] = [];
      for (let n = 0; n <= more; n += 1) {
        const commit = await phoenix.repo.commit(wanted(512 + n));
        commits.push(commit);
        await phoenix.repo.push();
        if (n === 0) await held;
        else await until(() => answerOf(commit).startsWith('pending: waits'), `commit ${n} to wait`, 60);
        if (n === restart) {
          open();
          await phoenix.stopAgent();
          await phoenix.startAgent();
        }
        if (n >= restart) break;
      }
      open();
      const last = commits.at(-1) as CommitSha;
      await phoenix.answered(last);
      const known = await phoenix.ledger.runs(50);
      for (const [n, commit] of commits.entries()) {
        await until(() => !answerOf(commit).startsWith('pending'), `an end of commit ${n}`, 60);
        expect(JSON.stringify(phoenix.statuses(commit))).not.toMatch(/pending|interrupted/);
        const run = known.find((each) => each.commit === commit);
        // What the ledger knows is what the forge reads.
        if (run?.state === 'superseded') expect(answerOf(commit)).toMatch(/^error: superseded by [0-9a-f]{7}$/);
        else expect([run?.state, answerOf(commit)]).toEqual(['succeeded', expect.stringMatching(/^success: /)]);
      }
      expect((await phoenix.ledger.runs(50)).filter(({ ended }) => ended === null)).toEqual([]);
    } finally {
      open();
      await phoenix.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
});
