// Redis loses all data: while idle, before or during the removal of a guest.

import fc from 'fast-check';
import { expect } from 'vitest';
import * as managers from '../../../src/managers/index.ts';
import { startPhoenix } from '../../support/agent/phoenix.ts';
import { environment } from '../../support/environment.ts';
import { openLab } from '../../support/host/lab.ts';
import { until } from '../../support/until.ts';
import { scenario } from '../scenario.ts';

const GUEST = { start_at_boot: false, firewall: undefined };
const BOTH = environment({ 101: GUEST, 102: GUEST });

export const emptiedBeforeDelete = scenario({
  name: 'emptied-before-delete',
  about:
    'a Redis that was emptied before a guest goes: nothing is removed that nobody approved, and what stays is named',
  tries: { long: 40, short: 2 },
  input: fc.record({
    /** Where it happens: nothing is done, the agent is stopped, the removal waits for leave, or its command is about to run. */
    when: fc.constantFrom('idle', 'stopped', 'waiting', 'removing'),
    /** Whether the commit that removes the guest approves its destruction. */
    approved: fc.boolean(),
    /** Whether the agent polls the branch between the loss and the removal. */
    seen: fc.boolean(),
  }),
  async attempt({ when, approved, seen }) {
    const lab = await openLab('here');
    let empty = async () => {};
    const host: typeof lab.host = (repository) => {
      const inner = lab.host(repository);
      return {
        ...inner,
        async run(command, options) {
          if (when === 'removing' && command.args[0] === 'destroy') await empty();
          return inner.run(command, options);
        },
      };
    };
    const options = { leaseSeconds: 2, pollSeconds: 1 };
    const phoenix = await startPhoenix({ host, managers, options });
    empty = async () => {
      empty = async () => {};
      await phoenix.redis.clear();
    };
    const looked = async () => {
      const run = await phoenix.agent().drift('ann');
      await phoenix.reached(run, 'succeeded', 'failed');
      return (await phoenix.ledger.run(run))?.steps ?? [];
    };
    try {
      await phoenix.push(BOTH);
      if (when === 'stopped') await phoenix.stopAgent();
      if (when === 'idle' || when === 'stopped') await empty();
      if (when === 'stopped') await phoenix.startAgent();
      if (seen)
        await until(async () => (await phoenix.ledger.targets()).applied.size === 2, 'what is there to be known', 60);
      lab.news();
      const trailer = approved ? '\n\nPhoenix-Approve: destroy lxc/102' : '';
      const { commit } = await phoenix.push(environment({ 101: GUEST }), `Drop 102${trailer}`);
      if (when === 'waiting') {
        await empty();
        const next = await phoenix.push(environment({ 101: { ...GUEST, memory_mb: 640 } }));
        expect(next.statuses['phoenix/apply']).toMatch(/^success: /);
      }
      const steps = await looked();
      const there = lab.guest(102) !== undefined;
      const [orphan] = await phoenix.agent().orphans();
      if (!approved) expect(there).toBe(true);
      if (there && (await phoenix.ledger.openRuns()).length === 0) {
        // Nothing that Phoenix manages is forgotten silently.
        expect(orphan).toMatchObject({ target: 'lxc/102' });
        expect(steps.find(({ target }) => target === 'lxc/102')?.reason).toMatch(/nothing declares it/);
      }
      expect(phoenix.statuses(commit)['phoenix/apply']).toMatch(/^(?!pending)/);
      expect(lab.guest(101)).toBeDefined();
      const destroys = lab.news().filter((line) => /^(pct|qm) destroy/.test(line));
      expect(destroys.filter((line) => !line.startsWith('pct destroy 102'))).toEqual([]);
      expect(destroys.length).toBeLessThanOrEqual(approved ? 1 : 0);
    } finally {
      await phoenix.stop();
      await lab.close();
    }
  },
});
