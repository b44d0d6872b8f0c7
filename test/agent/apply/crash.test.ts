// The agent is killed before one of its calls to host or ledger, and started again: the run must end the same, with each changing command
// executed once.
// @module-tag long

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { CommitSha } from '../../../src/model/ids.ts';
import { type Phoenix, startPhoenix } from '../../support/agent/phoenix.ts';
import { environment } from '../../support/environment.ts';
import { BOXES, openBoxHost } from '../../support/host/boxes.ts';
import { until } from '../../support/until.ts';

// About as many calls as the agent makes for this push; beyond them it is not killed, which the test reports.
const POINTS = process.env['PHOENIX_TEST_EVERY_POINT'] === '1' ? numbers(1, 80, 1) : numbers(3, 70, 16);

test.for(POINTS)(
  'killed before its %dth call and started again, the agent ends the same',
  { timeout: 60_000 },
  async (point) => {
    const folder = await mkdtemp(join(tmpdir(), 'phoenix-boxes-'));
    const host = await openBoxHost(folder);
    const phoenix = await startPhoenix({ host, managers: BOXES, options: { leaseSeconds: 5 }, started: false });
    try {
      const commit = await phoenix.repo.commit(
        environment({ 101: { tags: ['probed'] }, 102: { dependencies: [101] } }),
      );
      await phoenix.repo.push();
      await runAndKill(phoenix, folder, point, commit);
      await phoenix.startAgent();
      const { statuses } = await phoenix.answered(commit);
      expect(statuses).toEqual({
        'phoenix/apply': 'success: applied 2 targets',
        'phoenix/lxc/101': 'success: applied',
        'phoenix/lxc/102': 'success: applied',
      });
      expect(await host.commands()).toEqual(['box put 101', 'box start 101', 'box put 102', 'box start 102']);
      expect((await host.commands(true)).filter((line) => line === 'box probe 101').length).toBeGreaterThan(0);
      expect(await phoenix.ledger.runs(10)).toMatchObject([{ state: 'succeeded' }]);
      expect(await phoenix.ledger.openRuns()).toEqual([]);
      await until(
        async () => (await phoenix.ledger.unsettledDeliveries()).length === 0,
        'every delivery to be settled',
      );
    } finally {
      await phoenix.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
);

/** Ends when the process has killed itself, or has done everything without coming to that point. */
async function runAndKill(phoenix: Phoenix, folder: string, point: number, commit: CommitSha): Promise<void> {
  const child = fork(new URL('../../support/agent/agent-process.ts', import.meta.url), [
    JSON.stringify(phoenix.around),
    folder,
    String(point),
  ]);
  const gone = once(child, 'exit');
  const done = () => phoenix.statuses(commit)['phoenix/apply']?.startsWith('success') ?? false;
  await until(
    () => child.exitCode !== null || child.signalCode !== null || done(),
    'the agent to be killed or to be done',
  );
  if (child.connected) child.send('stop');
  await gone;
}

function numbers(from: number, to: number, step: number): number[] {
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step);
}
