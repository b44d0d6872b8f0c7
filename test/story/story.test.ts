// What people see, end to end: a push over HTTP, a signed webhook, the agent, a lab host with programs of its own, statuses
// at the forge.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import * as managers from '../../src/managers/index.ts';
import { targetId } from '../../src/model/ids.ts';
import { type Phoenix, startPhoenix } from '../support/agent/phoenix.ts';
import { environment } from '../support/environment.ts';
import { type Lab, openLab } from '../support/host/lab.ts';
import { LONG_TEST } from '../support/long.ts';
import { until } from '../support/until.ts';

let lab: Lab;
let phoenix: Phoenix;

async function begin(programs: 'here' | 'processes'): Promise<void> {
  lab = await openLab(programs);
  phoenix = await startPhoenix({ host: lab.host, managers, options: { leaseSeconds: 5 } });
}
afterEach(async () => {
  await phoenix.stop();
  await lab.close();
});

/** The verb and the guest of a command line. */
const words = (lines: readonly string[]) => lines.map((line) => line.split(' ').slice(0, 3).join(' '));

const THREE = { 101: {}, 102: { dependencies: [101] }, 103: {} };

describe('what people see', () => {
  beforeEach(() => begin('here'));

  test('the first push creates the guests, in the order of their needs', async () => {
    const { statuses } = await phoenix.push(environment(THREE));
    expect(statuses).toEqual({
      'phoenix/apply': 'success: applied 3 targets',
      'phoenix/lxc/101': 'success: applied',
      'phoenix/lxc/102': 'success: applied',
      'phoenix/lxc/103': 'success: applied',
    });
    const lines = words(lab.news());
    expect(lines.filter((line) => line.startsWith('pct create')).sort()).toEqual([
      'pct create 101',
      'pct create 102',
      'pct create 103',
    ]);
    expect(lines.indexOf('pct start 101')).toBeLessThan(lines.indexOf('pct create 102'));
    expect(lab.guest(102)).toContain('hostname: guest-102');
  });

  test('a merged change that touches two targets shows exactly two and changes exactly two', async () => {
    await phoenix.push(environment(THREE));
    lab.news();
    const { statuses } = await phoenix.push(
      environment({ 101: {}, 102: { dependencies: [101], memory_mb: 1024 }, 103: { cores: 2 } }),
    );
    expect(statuses).toEqual({
      'phoenix/apply': 'success: applied 2 targets',
      'phoenix/lxc/102': 'success: applied',
      'phoenix/lxc/103': 'success: applied',
    });
    expect(lab.news().sort()).toEqual(['pct set 102 --memory 1024', 'pct set 103 --cores 2']);
    expect(lab.guest(102)).toContain('memory: 1024');
  });

  test('a deleted guest is there until somebody approves', async () => {
    await phoenix.push(environment(THREE));
    lab.news();
    const { statuses } = await phoenix.push(environment({ 101: {}, 102: { dependencies: [101] } }));
    const [run] = await phoenix.ledger.runs(1);
    if (run === undefined) throw new Error('there is no run');
    expect(statuses['phoenix/apply']).toBe(
      `failure: lxc/103: would destroy it; to allow it: phoenix approve ${run.id} lxc/103`,
    );
    expect(lab.news()).toEqual([]);
    await phoenix.agent().approve(run.id, targetId('lxc', 103), 'ann');
    const { statuses: after } = await phoenix.reached(run.id, 'succeeded');
    expect(after['phoenix/apply']).toBe('success: applied 1 target');
    expect(lab.guest(103)).toBeUndefined();
  });

  test('a guest that was protected later is kept, however often its removal is approved', LONG_TEST, async () => {
    await phoenix.push(environment(THREE));
    await phoenix.push(environment({ ...THREE, 103: { protected: true } }));
    lab.news();
    const approved = 'Remove 103\n\nPhoenix-Approve: destroy lxc/103';
    const refused = 'failure: would destroy it, but it is protected; take "protected" off lxc/103 first';
    const gone = { 101: {}, 102: { dependencies: [101] } };
    expect((await phoenix.push(environment(gone), approved)).statuses['phoenix/lxc/103']).toBe(refused);
    const again = environment({ ...gone, 101: { cores: 2 } });
    expect((await phoenix.push(again, approved)).statuses['phoenix/lxc/103']).toBe(refused);
    expect(lab.news()).toEqual(['pct set 101 --cores 2']);
    expect(lab.guest(103)).toContain('hostname: guest-103');
  });

  test('a guest that somebody made by hand is left alone until it is adopted', async () => {
    await phoenix.push(environment({ 101: {} }));
    lab.edit(101, (text) => text.replace(/^#.*\n/gm, '').replace(/^tags:.*\n/m, ''));
    lab.news();
    const { statuses } = await phoenix.push(environment({ 101: { memory_mb: 1024 } }));
    expect(statuses['phoenix/lxc/101']).toBe('failure: lxc/101 is not ours; adopt it with: phoenix adopt lxc/101');
    expect(words(lab.news()).filter((line) => /set|stop|destroy/.test(line))).toEqual([]);
    expect(lab.guest(101)).toContain('memory: 512');
    const run = await phoenix.agent().command({ verb: 'adopt', targets: [targetId('lxc', 101)], by: 'ann' });
    await phoenix.reached(run, 'succeeded');
    expect(lab.guest(101)).toMatch(/memory: 1024[\s\S]*tags: phoenix/);
  });

  test('a replay observes every target and repairs what somebody changed by hand', async () => {
    const { commit } = await phoenix.push(environment(THREE));
    const unchanged = await phoenix.agent().replay({ commit, by: 'ann' });
    lab.news();
    const { statuses } = await phoenix.reached(unchanged, 'succeeded');
    expect(statuses['phoenix/apply']).toBe('success: 3 targets checked, all as declared');
    expect(lab.news()).toEqual([]);

    lab.edit(103, (text) => text.replace('memory: 512', 'memory: 4096'));
    const repair = await phoenix.agent().replay({ commit, by: 'ann' });
    const { statuses: repaired } = await phoenix.reached(repair, 'succeeded');
    expect(repaired['phoenix/apply']).toBe('success: applied 1 target, 2 already as declared');
    expect(lab.news()).toEqual(['pct set 103 --memory 512']);
  });
});

// The programs that an agent started outlive it, as they would on a host.
describe('with a process for each program of the host', () => {
  beforeEach(() => begin('processes'));

  test('a guest that cannot start stops only what needs it, and the next push tries again', LONG_TEST, async () => {
    lab.order({
      faults: [{ program: 'pct', match: '^start 101', nth: 1, do: 'fail', stderr: 'startup failed', rc: 255 }],
    });
    const { statuses } = await phoenix.push(environment(THREE));
    expect(statuses).toEqual({
      'phoenix/apply': 'failure: 1 of 3 failed: lxc/101: pct start 101: exit 255: startup failed',
      'phoenix/lxc/101': 'failure: pct start 101: exit 255: startup failed',
      'phoenix/lxc/102': 'error: skipped: it needs lxc/101, which failed',
      'phoenix/lxc/103': 'success: applied',
    });
    const { statuses: next } = await phoenix.push({ ...environment(THREE), 'README.md': 'again\n' });
    expect(next['phoenix/apply']).toBe('success: applied 2 targets');
  });

  test.for(['pct create 101', 'pct create 102'])(
    'killed during %s, the agent goes on',
    { ...LONG_TEST, timeout: 90_000 },
    async (line) => {
      await phoenix.stopAgent();
      lab.order({ delayMs: 100 });
      const commit = await phoenix.repo.commit(environment(THREE));
      await phoenix.repo.push();
      const agent = fork(new URL('../support/agent/lab-agent-process.ts', import.meta.url), [
        JSON.stringify(phoenix.around),
        lab.folder,
      ]);
      await until(() => lab.commands().some((each) => each.startsWith(line)), line);
      agent.kill('SIGKILL');
      await once(agent, 'exit');
      await phoenix.startAgent();
      const { statuses } = await phoenix.answered(commit);
      expect(statuses['phoenix/apply']).toBe('success: applied 3 targets');
      // A second creation of the same guest would be refused by the host and fail its step.
      const created = words(lab.news()).filter((each) => each.startsWith('pct create'));
      expect([...new Set(created)].sort()).toEqual(['pct create 101', 'pct create 102', 'pct create 103']);
      const [run] = await phoenix.ledger.runs(1);
      expect(run?.steps.flatMap(({ actions }) => actions).filter(({ exit }) => exit !== 0)).toEqual([]);
    },
  );
});
