// A run of many steps with random dependencies, while its worker is killed, frozen, overtaken, or gets approvals.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect } from 'vitest';
import { targetId } from '../../../src/model/ids.ts';
import { FIRST_ID } from '../../bench/guests.ts';
import { startPhoenix } from '../../support/agent/phoenix.ts';
import { BOXES, openBoxHost } from '../../support/host/boxes.ts';
import { until } from '../../support/until.ts';
import { agentProcess, boxFiles, endProcess, expectAllEnded, expectInOrder, needs } from '../random-boxes.ts';
import { scenario } from '../scenario.ts';

const WORK = { roles: ['reconcile', 'apply'], leaseSeconds: 2, pollSeconds: 1, stepsOnNode: 6 } as const;
const MAX_SECONDS = 90;

const event = fc.record({
  what: fc.constantFrom('kill', 'kill', 'freeze', 'overtake'),
  /** The share of the boxes that are already created when it occurs. */
  at: fc.double({ min: 0, max: 1, noNaN: true }),
});
const inputOf = (boxes: { readonly min: number; readonly max: number }) =>
  fc.record({ needs: needs(boxes), events: fc.array(event, { minLength: 1, maxLength: 4 }), killAgain: fc.boolean() });

export const randomRun = scenario({
  name: 'random-run',
  about:
    'a run of many steps, killed, frozen and overtaken at random: each step has one outcome, once, after what it needs',
  tries: { long: 20, short: 1 },
  input: inputOf({ min: 12, max: 16 }),
  longInput: inputOf({ min: 100, max: 300 }),
  async attempt({ needs, events, killAgain }) {
    const folder = await mkdtemp(join(tmpdir(), 'phoenix-random-run-'));
    const host = await openBoxHost(folder);
    const phoenix = await startPhoenix({ host, managers: BOXES, options: { roles: ['report'] } });
    let starts = 0;
    const begin = () => agentProcess(phoenix, folder, String(starts++), WORK);
    let agent = begin();
    const kill = async () => {
      await endProcess(agent, 'kill');
      agent = begin();
    };
    const { ledger } = phoenix;
    let memory = 512;
    const push = async (of: (place: number) => number | null) => {
      const commit = await phoenix.repo.commit(boxFiles(needs, of));
      await phoenix.repo.push();
      return commit;
    };
    const made = async () => (await host.commands()).filter((line) => line.startsWith('box start')).length;
    try {
      let commit = await push(() => memory);
      for (const { what, at } of events.toSorted((one, other) => one.at - other.at)) {
        const enough = Math.floor(at * needs.length);
        await until(async () => (await made()) >= enough, `${enough} boxes before a ${what}`, MAX_SECONDS);
        if (what === 'kill') await kill();
        if (what === 'freeze') {
          await ledger.freeze({ reason: 'a test', by: 'ada', at: new Date().toISOString() });
          await kill();
          await ledger.freeze(null);
        }
        if (what === 'overtake') {
          memory += 512;
          commit = await push(() => memory);
        }
      }
      const { statuses } = await phoenix.answered(commit, MAX_SECONDS);
      expect(statuses['phoenix/apply']).toMatch(/^success: /);
      const commands = await host.commands();
      expectInOrder(needs, commands);
      const specs = memory / 512;
      for (const [place] of needs.entries()) {
        const puts = commands.filter((line) => line === `box put ${FIRST_ID + place}`).length;
        expect(puts, `box ${FIRST_ID + place} is made and changed`).toBeLessThanOrEqual(specs);
      }
      await expectAllEnded(phoenix);
      await expectDropped();
    } finally {
      await endProcess(agent, 'kill');
      await phoenix.stop();
      await rm(folder, { recursive: true, force: true });
    }

    /** Boxes without dependants are removed, each after its approval, while the run continues with the others. */
    async function expectDropped(): Promise<void> {
      const needed = new Set(needs.flat());
      const gone = new Set([...needs.keys()].filter((place) => !needed.has(place)).slice(0, 3));
      const commit = await push((place) => (gone.has(place) ? null : memory + 512));
      const isWaiting = async () => {
        const run = (await ledger.openRuns()).find((each) => each.commit === commit);
        const blocked = run?.steps.filter(({ outcome }) => outcome === 'blocked') ?? [];
        return blocked.length === gone.size && run !== undefined ? run.id : null;
      };
      await until(async () => (await isWaiting()) !== null, 'deletions to wait for a person', MAX_SECONDS);
      const run = await isWaiting();
      for (const place of gone) {
        if (run !== null) await phoenix.agent().approve(run, targetId('lxc', FIRST_ID + place), 'ada');
        if (killAgain) await kill();
      }
      const { statuses } = await phoenix.answered(commit, MAX_SECONDS);
      expect(statuses['phoenix/apply']).toMatch(/^success: /);
      const dropped = (await host.commands()).filter((line) => line.startsWith('box drop'));
      expect(dropped.toSorted()).toEqual([...gone].map((place) => `box drop ${FIRST_ID + place}`).toSorted());
      await expectAllEnded(phoenix);
    }
  },
});
