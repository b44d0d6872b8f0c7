// The agent from a push to the statuses on the commit, over real Git, a real Redis and the lab's forge. Only what a person sees is asserted:
// commands on the host, statuses, runs.

import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WrongTarget } from '../../src/agent/refused.ts';
import { type CommitSha, type RunId, type TargetId, targetId } from '../../src/model/ids.ts';
import { startTestAgent } from '../support/agent/agent.ts';
import { type BoxAgent, startBoxAgent } from '../support/agent/box-agent.ts';
import type { Phoenix } from '../support/agent/phoenix.ts';
import { environment } from '../support/environment.ts';
import { BOXES, type BoxHost } from '../support/host/boxes.ts';
import { LONG_TEST } from '../support/long.ts';
import { until } from '../support/until.ts';
import { holdAt } from './hold-at.ts';

let boxes: BoxAgent;
let host: BoxHost;
let phoenix: Phoenix;

beforeEach(async () => {
  boxes = await startBoxAgent();
  ({ host, phoenix } = boxes);
});
afterEach(() => boxes.close());

const short = (sha: string) => sha.slice(0, 7);

const commands = () => boxes.commands();

async function newestRun(): Promise<RunId> {
  const [run] = await phoenix.ledger.runs(1);
  if (run === undefined) throw new Error('there is no run');
  return run.id;
}

describe('a push', () => {
  test('the first brings up every target, in the order of their needs', async () => {
    const { statuses } = await phoenix.push(environment({ 101: {}, 102: { dependencies: [101] } }));
    expect(statuses).toEqual({
      'phoenix/apply': 'success: applied 2 targets',
      'phoenix/lxc/101': 'success: applied',
      'phoenix/lxc/102': 'success: applied',
    });
    expect(await commands()).toEqual(['box put 101', 'box start 101', 'box put 102', 'box start 102']);
  });

  test('a change touches what changed and nothing else', async () => {
    await phoenix.push(environment({ 101: {}, 102: {}, 103: {} }));
    await commands();
    const { statuses } = await phoenix.push(environment({ 101: { memory_mb: 1024 }, 102: {}, 103: { cores: 2 } }));
    expect(statuses).toEqual({
      'phoenix/apply': 'success: applied 2 targets',
      'phoenix/lxc/101': 'success: applied',
      'phoenix/lxc/103': 'success: applied',
    });
    expect((await commands()).sort()).toEqual(['box put 101', 'box put 103']);
  });

  test('without a difference it is answered at once and sends the host no command at all', async () => {
    await phoenix.push(environment({ 101: {} }));
    const before = await host.commands(true);
    const files = { ...environment({ 101: {} }), 'README.md': 'hello\n' };
    const { statuses } = await phoenix.push(files);
    expect(statuses).toEqual({ 'phoenix/apply': 'success: nothing to do: everything is as this commit says' });
    expect(await host.commands(true)).toEqual(before);
  });

  test('an invalid commit changes nothing, and its status names the first problem with its line', async () => {
    await phoenix.push(environment({ 101: {} }));
    await commands();
    const { commit, statuses } = await phoenix.push(environment({ 101: { memory_mb: 'much' }, 102: {} }));
    expect(statuses).toEqual({
      'phoenix/apply': expect.stringMatching(
        /^failure: 1 error, nothing was changed. etc\/phoenix_lxc_configs.json:\d+: /,
      ),
    });
    expect(await commands()).toEqual([]);
    expect(await phoenix.ledger.runs(1)).toMatchObject([{ commit, state: 'invalid', steps: [] }]);
    const { statuses: fixed } = await phoenix.push(environment({ 101: {}, 102: {} }));
    expect(fixed['phoenix/apply']).toBe('success: applied 1 target');
  });

  test('a failing target stops only what needs it', async () => {
    host.order('box start 101', { exit: 255, stderr: 'unable to start\n' });
    const files = environment({ 101: {}, 102: { dependencies: [101] }, 103: { dependencies: [102] }, 104: {} });
    const { statuses } = await phoenix.push(files);
    expect(statuses).toEqual({
      'phoenix/apply': 'failure: 1 of 4 failed: lxc/101: box start 101: exit 255: unable to start',
      'phoenix/lxc/101': 'failure: box start 101: exit 255: unable to start',
      'phoenix/lxc/102': 'error: skipped: it needs lxc/101, which failed',
      'phoenix/lxc/103': 'error: skipped: it needs lxc/101, which failed',
      'phoenix/lxc/104': 'success: applied',
    });
    const log = await phoenix.ledger.readLog(await newestRun(), targetId('lxc', 101), 0);
    expect(log.lines).toEqual(['> put 101', '= exit 0', '> start 101', 'unable to start', '', '= exit 255']);
  });

  test('an interrupted change is completed by the next commit, also by one that reverts it', async () => {
    await phoenix.push(environment({ 101: {} }));
    host.order('box put 101', { exit: 1, stderr: 'no' });
    await phoenix.push(environment({ 101: { memory_mb: 1024 } }));
    await commands();
    const { statuses } = await phoenix.push(environment({ 101: {} }));
    expect(statuses['phoenix/apply']).toBe('success: applied 1 target');
    expect((await phoenix.ledger.targets()).touched.size).toBe(0);
  });

  test('a partly created guest that is no longer declared is removed', async () => {
    await phoenix.push(environment({ 101: {} }));
    host.order('box start 102', { exit: 1, stderr: 'no' });
    await phoenix.push(environment({ 101: {}, 102: {} }));
    await commands();
    const { statuses } = await phoenix.push(environment({ 101: {} }), 'Back\n\nPhoenix-Approve: destroy lxc/102');
    expect(statuses).toMatchObject({ 'phoenix/lxc/102': 'success: applied' });
    expect(await commands()).toEqual(['box drop 102']);
  });
});

describe('destruction', () => {
  test('a delete waits until it is approved', async () => {
    await phoenix.push(environment({ 101: {}, 102: { dependencies: [101] } }));
    await commands();
    const { commit, statuses } = await phoenix.push(environment({ 101: { memory_mb: 1024 } }));
    const run = await newestRun();
    const waits = `failure: would destroy it; to allow it: phoenix approve ${run} lxc/102`;
    expect(statuses).toEqual({
      'phoenix/apply': waits.replace('failure: ', 'failure: lxc/102: '),
      'phoenix/lxc/101': 'success: applied',
      'phoenix/lxc/102': waits,
    });
    expect(await commands()).toEqual(['box put 101']);
    expect((await phoenix.ledger.run(run))?.state).toBe('blocked');

    await phoenix.agent().approve(run, targetId('lxc', 102), 'ann');
    expect((await phoenix.reached(run, 'succeeded')).statuses).toEqual({
      'phoenix/apply': 'success: applied 2 targets',
      'phoenix/lxc/101': 'success: applied',
      'phoenix/lxc/102': 'success: applied',
    });
    expect(await commands()).toEqual(['box drop 102']);
    expect([...(await phoenix.ledger.targets()).applied]).toMatchObject([['lxc/101', { commit }]]);
  });

  test('a trailer of the pushed head approves it; one of a commit below it does not', async () => {
    const trailer = 'Phoenix-Approve: destroy lxc/102';
    await phoenix.push(environment({ 101: {}, 102: {} }));
    await phoenix.repo.commit(environment({ 101: {} }), `Remove 102\n\n${trailer}`);
    const below = await phoenix.push(environment({ 101: { memory_mb: 600 } }), 'More memory');
    expect(below.statuses['phoenix/lxc/102']).toMatch(/^failure: would destroy it/);
    expect(await phoenix.ledger.run(await newestRun())).toMatchObject({
      approvals: [],
      notes: [expect.stringContaining('only the message of the pushed head counts')],
    });
    const { statuses } = await phoenix.push(environment({ 101: { memory_mb: 700 } }), `Still more\n\n${trailer}`);
    expect(statuses['phoenix/lxc/102']).toBe('success: applied');
  });

  test('a guest that was protected when it was last declared is kept even with approval', async () => {
    await phoenix.push(environment({ 101: {}, 102: {} }));
    // Nothing is applied for it, so what was last applied does not say it.
    await phoenix.push(environment({ 101: {}, 102: { protected: true } }));
    await commands();
    const { statuses } = await phoenix.push(environment({ 101: {} }), 'Remove\n\nPhoenix-Approve: destroy lxc/102');
    expect(statuses['phoenix/lxc/102']).toMatch(/^failure: would destroy it, but it is protected/);
    await expect(phoenix.agent().approve(await newestRun(), targetId('lxc', 102), 'ann')).rejects.toThrow('protected');
    expect(await commands()).toEqual([]);
  });

  test(
    'such a guest is kept although the commit that protected it applied nothing, and however many commits follow',
    LONG_TEST,
    async () => {
      await phoenix.push(environment({ 101: {}, 102: {} }));
      await phoenix.push(environment({ 101: {}, 102: { protected: true } }));
      await commands();
      const approved = 'Remove\n\nPhoenix-Approve: destroy lxc/102';
      // Taking it out does not unprotect it for the commits that follow.
      for (const memory_mb of [512, 600]) {
        const { statuses } = await phoenix.push(environment({ 101: { memory_mb } }), approved);
        expect(statuses['phoenix/lxc/102']).toMatch(/^failure: would destroy it, but it is protected/);
      }
      expect(await commands()).toEqual(['box put 101']);
      // Nor does time: more commits than are read for it.
      for (let count = 0; count < 51; count += 1) await phoenix.repo.commit(environment({ 101: { memory_mb: 600 } }));
      const later = await phoenix.push(environment({ 101: { memory_mb: 600 } }), approved);
      expect(later.statuses['phoenix/lxc/102']).toMatch(/^failure: would destroy it, but it is protected/);
      const last = await phoenix.push(environment({ 101: { memory_mb: 600 } }), approved);
      expect(last.statuses['phoenix/lxc/102']).toMatch(/^failure: would destroy it, but it is protected/);
      await phoenix.push(environment({ 101: { memory_mb: 600 }, 102: {} }));
      const { statuses } = await phoenix.push(environment({ 101: { memory_mb: 600 } }), approved);
      expect(statuses['phoenix/lxc/102']).toBe('success: applied');
    },
  );

  test('too many deletes at once are refused whole', LONG_TEST, async () => {
    await phoenix.push(environment({ 101: {}, 102: {}, 103: {}, 104: {} }));
    await commands();
    const { statuses } = await phoenix.push(environment({ 101: { memory_mb: 600 }, 102: {} }));
    expect(statuses).toEqual({
      'phoenix/apply': expect.stringContaining(
        'Delete them in several commits, or raise behavior.max_delete_share of the hypervisor.',
      ),
    });
    expect(await commands()).toEqual([]);
    const none = await phoenix.push(environment({}));
    expect(none.statuses['phoenix/apply']).toMatch(/^failure: 2 errors/);
    expect(await commands()).toEqual([]);
  });

  test('a disk that would shrink is refused at its line, and going back to it is not', LONG_TEST, async () => {
    const small = await phoenix.push(environment({ 101: { storage_size_gb: 8 } }));
    await phoenix.push(environment({ 101: { storage_size_gb: 16 } }));
    await commands();
    const { statuses } = await phoenix.push(environment({ 101: { storage_size_gb: 8 } }, { timezone: 'Etc/UTC' }));
    expect(statuses['phoenix/apply']).toMatch(
      /^failure: 1 error, nothing was changed. etc\/phoenix_lxc_configs.json:\d+: /,
    );
    expect(await phoenix.ledger.runs(1)).toMatchObject([{ state: 'invalid' }]);
    expect(await commands()).toEqual([]);
    const run = await phoenix.agent().replay({ commit: small.commit, rewind: true, by: 'ann' });
    await phoenix.reached(run, 'succeeded');
  });

  test('a foreign guest stays, and the status says so', async () => {
    await host.run({ kind: 'command', program: 'box', args: ['put', '101', '{"foreign":true}'], timeoutSeconds: 1 });
    await commands();
    const { statuses } = await phoenix.push(environment({ 101: {}, 102: { dependencies: [101] } }));
    expect(statuses).toEqual({
      'phoenix/apply': 'failure: lxc/101: box 101 is not ours',
      'phoenix/lxc/101': 'failure: box 101 is not ours',
      'phoenix/lxc/102': 'error: skipped: it needs lxc/101, which is blocked',
    });
    expect(await commands()).toEqual([]);
  });
});

describe('newest wins', () => {
  test('running steps end, waiting ones and waiting commits are superseded, and the newest plans against what was really applied', async () => {
    const gate = holdAt(host, 'box start 101');
    const first = await phoenix.repo.commit(environment({ 101: {}, 102: { dependencies: [101] } }));
    await phoenix.repo.push();
    await gate.held;
    const second = await phoenix.repo.commit(environment({ 101: {}, 102: { dependencies: [101], memory_mb: 1024 } }));
    await phoenix.repo.push();
    const waits = (commit: CommitSha) =>
      /waits for the running steps/.test(phoenix.statuses(commit)['phoenix/apply'] ?? '');
    await until(() => waits(second));
    const third = await phoenix.repo.commit(environment({ 101: {}, 102: { dependencies: [101], memory_mb: 2048 } }));
    await phoenix.repo.push();
    await until(() => waits(third));
    gate.open();
    const { statuses } = await phoenix.answered(third);
    expect(statuses).toEqual({ 'phoenix/apply': 'success: applied 1 target', 'phoenix/lxc/102': 'success: applied' });
    expect(phoenix.statuses(second)).toEqual({ 'phoenix/apply': `error: superseded by ${short(third)}` });
    expect(phoenix.statuses(first)).toEqual({
      'phoenix/apply': `error: superseded by ${short(third)}`,
      'phoenix/lxc/101': 'success: applied',
      'phoenix/lxc/102': `error: superseded by ${short(second)}`,
    });
    expect(await commands()).toEqual(['box put 101', 'box start 101', 'box put 102', 'box start 102']);
  });

  test('a bad newer commit leaves the older one running', async () => {
    const gate = holdAt(host, 'box start 101');
    const first = await phoenix.repo.commit(environment({ 101: {}, 102: { dependencies: [101] } }));
    await phoenix.repo.push();
    await gate.held;
    const bad = await phoenix.push(environment({ 101: { cores: -1 } }));
    expect(bad.statuses['phoenix/apply']).toMatch(/^failure: 1 error/);
    gate.open();
    expect((await phoenix.answered(first)).statuses['phoenix/apply']).toBe('success: applied 2 targets');
  });

  test('a commit that was superseded before it was reconciled gets a status too', async () => {
    await phoenix.stopAgent();
    const first = await phoenix.repo.commit(environment({ 101: {} }));
    await phoenix.repo.push();
    const second = await phoenix.repo.commit(environment({ 101: { memory_mb: 600 } }));
    await phoenix.repo.push();
    await phoenix.forge.delivered();
    await phoenix.startAgent();
    await phoenix.answered(second);
    const { statuses } = await phoenix.answered(first);
    expect(statuses).toEqual({ 'phoenix/apply': `error: superseded by ${short(second)}` });
    expect(await phoenix.ledger.unsettledDeliveries()).toEqual([]);
  });

  test('a delivery that comes again changes nothing', async () => {
    await phoenix.push(environment({ 101: {} }));
    const all = phoenix.forge.statuses().length;
    for (const { id } of [...phoenix.forge.deliveries()]) await phoenix.forge.redeliver(id);
    await phoenix.agent().delivered({ kind: 'push' });
    await phoenix.push({ ...environment({ 101: {} }), 'README.md': 'x' });
    expect(phoenix.forge.statuses()).toHaveLength(all + 1);
    expect(await commands()).toEqual(['box put 101', 'box start 101']);
  });
});

describe('history', () => {
  test('nothing goes back by itself: a rewritten branch is refused, and so is an older commit without a rewind', async () => {
    const { commit: base } = await phoenix.push(environment({ 101: {} }));
    await phoenix.push(environment({ 101: { memory_mb: 600 } }));
    await commands();
    await expect(phoenix.agent().replay({ commit: base, by: 'ann' })).rejects.toThrow(
      /going back undoes a later commit \([0-9a-f]{7} ".*" by .*\); add --rewind/,
    );
    await phoenix.repo.reset(base);
    const forked = await phoenix.repo.commit(environment({ 101: { memory_mb: 700 } }), 'Another way');
    await phoenix.repo.push('--force');
    const { statuses } = await phoenix.answered(forked);
    expect(statuses['phoenix/apply']).toMatch(
      new RegExp(`^failure: refused: .*phoenix replay ${short(forked)} --rewind`),
    );
    expect(await commands()).toEqual([]);
  });

  test('a rewritten branch is refused until a person decides how to continue', LONG_TEST, async () => {
    const { commit: base } = await phoenix.push(environment({ 101: {} }));
    await phoenix.push(environment({ 101: { memory_mb: 600 } }));
    await commands();
    await phoenix.repo.reset(base);
    const forked = await phoenix.repo.commit(environment({ 101: { memory_mb: 700 } }), 'Another way');
    await phoenix.repo.push('--force');
    await phoenix.answered(forked);

    const run = await phoenix.agent().replay({ commit: short(forked), rewind: true, by: 'ann' });
    expect((await phoenix.reached(run, 'succeeded')).statuses['phoenix/apply']).toBe('success: applied 1 target');
    expect(await commands()).toEqual(['box put 101']);
    const { statuses: next, commit: onIt } = await phoenix.push(environment({ 101: { memory_mb: 800 } }));
    expect(next['phoenix/apply']).toBe('success: applied 1 target');
    expect(await phoenix.ledger.head()).toMatchObject({ commit: onIt, verdict: 'followed', base: onIt });

    // An approval that was used does not allow a repetition.
    await commands();
    await phoenix.repo.reset(base);
    const again = await phoenix.repo.commit(environment({ 101: { memory_mb: 900 } }), 'A third way');
    await phoenix.repo.push('--force');
    expect((await phoenix.answered(again)).statuses['phoenix/apply']).toMatch(/^failure: refused: /);
    expect(await commands()).toEqual([]);
  });

  test(
    'what was pushed onto a rewritten branch before it was accepted is followed then, and so is what comes after',
    LONG_TEST,
    async () => {
      const { commit: base } = await phoenix.push(environment({ 101: {} }));
      await phoenix.push(environment({ 101: { memory_mb: 600 } }));
      await phoenix.repo.reset(base);
      const forked = await phoenix.repo.commit(environment({ 101: { memory_mb: 700 } }), 'Another way');
      await phoenix.repo.push('--force');
      await phoenix.answered(forked);
      const { commit: onIt, statuses: refused } = await phoenix.push(environment({ 101: { memory_mb: 800 } }));
      expect(refused['phoenix/apply']).toMatch(/^failure: refused: /);

      await phoenix.reached(await phoenix.agent().replay({ commit: forked, rewind: true, by: 'ann' }), 'succeeded');
      // Its first answer, that it is refused, is still there when the head is followed.
      await until(
        () => phoenix.statuses(onIt)['phoenix/apply'] === 'success: applied 1 target',
        'the head to be followed and applied',
      );
      const { statuses } = await phoenix.push(environment({ 101: { memory_mb: 900 } }));
      expect(statuses['phoenix/apply']).toBe('success: applied 1 target');
    },
  );

  test('who goes back behind a rewritten branch stays there, until something is pushed', LONG_TEST, async () => {
    const { commit: base } = await phoenix.push(environment({ 101: {} }));
    await phoenix.push(environment({ 101: { memory_mb: 600 } }));
    await phoenix.repo.reset(base);
    const forked = await phoenix.repo.commit(environment({ 101: { memory_mb: 700 } }), 'Another way');
    await phoenix.repo.push('--force');
    await phoenix.answered(forked);
    await phoenix.reached(await phoenix.agent().replay({ commit: base, rewind: true, by: 'ann' }), 'succeeded');
    await commands();
    await phoenix.reached(await phoenix.agent().drift('ann'), 'succeeded');
    expect(await phoenix.ledger.head()).toMatchObject({ commit: forked, verdict: 'rewound', base });
    expect(await commands()).toEqual([]);
    const { statuses } = await phoenix.push(environment({ 101: { memory_mb: 800 } }));
    expect(statuses['phoenix/apply']).toBe('success: applied 1 target');
  });

  test('an invalid head may be removed by a force push', LONG_TEST, async () => {
    const { commit: good } = await phoenix.push(environment({ 101: {} }));
    await phoenix.push(environment({ 101: { cores: -1 } }));
    await phoenix.repo.reset(good);
    const better = await phoenix.repo.commit(environment({ 101: { cores: 2 } }));
    await phoenix.repo.push('--force');
    expect((await phoenix.answered(better)).statuses['phoenix/apply']).toBe('success: applied 1 target');
  });
});

describe('replay', () => {
  test('checks every target of the commit and repairs those that differ', async () => {
    const { commit } = await phoenix.push(environment({ 101: {}, 102: {} }));
    await host.run({ kind: 'command', program: 'box', args: ['drop', '102'], timeoutSeconds: 1 });
    await commands();
    const run = await phoenix.agent().replay({ commit, by: 'ann' });
    const { statuses } = await phoenix.reached(run, 'succeeded');
    expect(statuses).toEqual({
      'phoenix/apply': 'success: applied 1 target, 1 already as declared',
      'phoenix/lxc/101': 'success: already as declared',
      'phoenix/lxc/102': 'success: applied',
    });
    expect(await commands()).toEqual(['box put 102', 'box start 102']);
  });

  test('costs one inventory of the host when nothing differs, however many targets', async () => {
    const guests = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [101 + n, {}]));
    const { commit } = await phoenix.push(environment(guests));
    const before = (await host.commands(true)).length;
    await phoenix.reached(await phoenix.agent().replay({ commit, by: 'ann' }), 'succeeded');
    expect((await host.commands(true)).slice(before)).toEqual(['box list']);
  });

  test('is limited to the named targets', async () => {
    const { commit } = await phoenix.push(environment({ 101: {}, 102: {} }));
    for (const id of ['101', '102']) {
      await host.run({ kind: 'command', program: 'box', args: ['drop', id], timeoutSeconds: 1 });
    }
    await commands();
    const run = await phoenix.agent().replay({ commit, targets: [targetId('lxc', 102)], by: 'ann' });
    await phoenix.reached(run, 'succeeded');
    expect(await commands()).toEqual(['box put 102', 'box start 102']);
  });

  test('of a target that is not declared is refused at once, with the nearest, and nothing is recorded', async () => {
    const { commit, statuses } = await phoenix.push(environment({ 101: {}, 102: {} }));
    const before = await phoenix.ledger.runs(10);
    const replayed = (target: string) => phoenix.agent().replay({ commit, targets: [target as TargetId], by: 'ann' });
    await expect(replayed('lxc/99')).rejects.toThrow(
      `lxc/99 is not declared at ${commit.slice(0, 7)}; phoenix status names what there is`,
    );
    await expect(replayed('lxc/99')).rejects.toThrow(WrongTarget);
    await expect(replayed('lxc/1101')).rejects.toThrow('did you mean lxc/101? phoenix status names');
    expect(await phoenix.ledger.runs(10)).toEqual(before);
    expect(phoenix.statuses(commit)).toEqual(statuses);
  });

  test('goes back when explicitly requested, and only on the branch', LONG_TEST, async () => {
    const { commit: old } = await phoenix.push(environment({ 101: {} }));
    await phoenix.push(environment({ 101: { memory_mb: 1024 } }));
    await commands();
    const agent = phoenix.agent();
    await expect(agent.replay({ commit: 'f'.repeat(40), by: 'ann' })).rejects.toThrow('not in the repository');
    const run = await agent.replay({ commit: old, rewind: true, by: 'ann' });
    await phoenix.reached(run, 'succeeded');
    expect(await commands()).toEqual(['box put 101']);
    expect(await phoenix.ledger.head()).toMatchObject({ verdict: 'rewound', base: old });
  });

  test(
    'going back pauses following: a restart, a delivery or a poll changes nothing, unfreezing resumes',
    LONG_TEST,
    async () => {
      const { commit: old } = await phoenix.push(environment({ 101: {} }));
      const { commit: newer } = await phoenix.push(environment({ 101: { memory_mb: 1024 } }));
      const back = await phoenix.agent().replay({ commit: old, rewind: true, by: 'ann' });
      await phoenix.reached(back, 'succeeded');
      await commands();
      await phoenix.stopAgent();
      await phoenix.startAgent();
      for (const { id } of [...phoenix.forge.deliveries()]) await phoenix.forge.redeliver(id);
      await phoenix.reached(await phoenix.agent().drift('ann'), 'succeeded');
      expect(await commands()).toEqual([]);
      const onward = await phoenix.agent().unfreeze('ann');
      if (onward === null) throw new Error('nothing goes on');
      const { commit } = await phoenix.reached(onward, 'succeeded');
      expect(commit).toBe(newer);
      expect(await commands()).toEqual(['box put 101']);
      expect(await phoenix.ledger.head()).toMatchObject({ verdict: 'followed', base: newer, commit: newer });
    },
  );

  test('after going back the next push is followed', LONG_TEST, async () => {
    const { commit: old } = await phoenix.push(environment({ 101: {} }));
    await phoenix.push(environment({ 101: { memory_mb: 1024 } }));
    await phoenix.reached(await phoenix.agent().replay({ commit: old, rewind: true, by: 'ann' }), 'succeeded');
    const { statuses } = await phoenix.push(environment({ 101: { memory_mb: 1024 }, 102: {} }));
    expect(statuses).toMatchObject({ 'phoenix/lxc/101': 'success: applied', 'phoenix/lxc/102': 'success: applied' });
  });

  test('a replay that waits while a newer commit arrives does not bring the older one back', LONG_TEST, async () => {
    const { commit: old } = await phoenix.push(environment({ 101: {} }));
    const agent = phoenix.agent();
    const gate = holdAt(host, 'box list');
    const busy = await agent.replay({ commit: old, by: 'ann' });
    await gate.held;
    const late = await agent.replay({ commit: old, by: 'ann' });
    const newer = await phoenix.repo.commit(environment({ 101: { memory_mb: 1024 } }));
    await phoenix.repo.push();
    await phoenix.forge.delivered();
    gate.open();
    const { statuses } = await phoenix.answered(newer);
    expect(statuses['phoenix/apply']).toBe('success: applied 1 target');
    await phoenix.reached(late, 'superseded');
    await phoenix.reached(busy, 'superseded', 'succeeded');
    expect((await commands()).at(-1)).toBe('box put 101');
    expect((await phoenix.ledger.targets()).applied.get(targetId('lxc', 101))?.commit).toBe(newer);
  });
});

describe('freezing', () => {
  test('nothing starts while frozen, and everything continues afterwards', async () => {
    await phoenix.push(environment({ 101: {} }));
    await commands();
    await phoenix.agent().freeze('the disk is being replaced', 'ann');
    const { commit, statuses } = await phoenix.push(environment({ 101: { memory_mb: 1024 } }));
    expect(statuses['phoenix/apply']).toBe('failure: frozen: the disk is being replaced; to go on: phoenix unfreeze');
    expect(await commands()).toEqual([]);
    await phoenix.agent().unfreeze('ann');
    await phoenix.reached(await newestRun(), 'succeeded');
    expect(phoenix.statuses(commit)['phoenix/apply']).toBe('success: applied 1 target');
  });
});

describe('drift', () => {
  test('is reported and not repaired', async () => {
    const { commit } = await phoenix.push(environment({ 101: {}, 102: {} }));
    const clean = await phoenix.agent().drift('ann');
    await phoenix.reached(clean, 'succeeded');
    expect(phoenix.statuses(commit)['phoenix/drift']).toBe('success: 2 targets checked, all as declared');
    await host.run({ kind: 'command', program: 'box', args: ['drop', '102'], timeoutSeconds: 1 });
    await commands();
    await phoenix.reached(await phoenix.agent().drift('ann'), 'failed');
    expect(phoenix.statuses(commit)['phoenix/drift']).toBe(
      'failure: 1 of 2 differs: lxc/102 (would put 102, start 102); phoenix drift --fix brings it back',
    );
    expect(await commands()).toEqual([]);
  });
});

describe('health and rollback', () => {
  test('a target that is not healthy is not applied', async () => {
    host.order('box probe 101', { exit: 1, stdout: 'connection refused' });
    host.order('box probe 101', { exit: 1, stdout: 'connection refused' });
    const { statuses } = await phoenix.push(environment({ 101: { tags: ['probed'] } }));
    expect(statuses['phoenix/lxc/101']).toBe('failure: changed, but not healthy: box 101 answers: connection refused');
    expect((await phoenix.ledger.targets()).applied.size).toBe(0);
  });

  test('it is retried as often as it declares', async () => {
    host.order('box probe 101', { exit: 1 });
    const { statuses } = await phoenix.push(environment({ 101: { tags: ['probed'] } }));
    expect(statuses['phoenix/lxc/101']).toBe('success: applied');
  });

  test('a risky change that fails is rolled back', async () => {
    const rollback = { behavior: { rollback_on_failure: true } };
    await phoenix.push(environment({ 101: {} }, rollback));
    await commands();
    host.order('box put 101', { exit: 1, stderr: 'cannot do that' });
    const { statuses } = await phoenix.push(environment({ 101: { memory_mb: 600 } }, rollback));
    expect(statuses['phoenix/lxc/101']).toMatch(/^failure: rolled back to the snapshot before the change: box put 101/);
    expect(await commands()).toEqual(['box snapshot 101', 'box put 101', 'box rollback 101']);
    await phoenix.push(environment({ 101: { memory_mb: 700 } }, rollback));
    expect(await commands()).toEqual(['box snapshot 101', 'box put 101', 'box forget 101']);
  });

  test('a snapshot that a broken-off change left is removed when all is well', LONG_TEST, async () => {
    const rollback = { behavior: { rollback_on_failure: true } };
    await phoenix.push(environment({ 101: {} }, rollback));
    let surprises = 0;
    host.before = async (line) => {
      if (line === 'box show 101' && (await commands()).includes('box put 101') && surprises === 0) {
        surprises += 1;
        throw new Error('the connection was lost');
      }
    };
    const { statuses } = await phoenix.push(environment({ 101: { memory_mb: 600 } }, rollback));
    expect(statuses['phoenix/lxc/101']).toBe('success: applied');
    expect((await host.commands()).slice(-3)).toEqual(['box snapshot 101', 'box put 101', 'box forget 101']);
  });

  test('a host that claims success and changes nothing is found out', async () => {
    host.order('box put 101', {});
    host.order('box put 101', {});
    const { statuses } = await phoenix.push(environment({ 101: {} }));
    expect(statuses['phoenix/lxc/101']).toMatch(
      /^failure: still differs after everything was done: the action "put 101" succeeded and had no effect/,
    );
  });
});

describe('a forge in trouble', () => {
  test('statuses wait out an outage and the newest is what arrives', LONG_TEST, async () => {
    const answer = { kind: 'answer', status: 403, headers: { 'retry-after': '1' } } as const;
    const faults = [answer, { ...answer, status: 502 }];
    phoenix.forge.faults.decide(({ method }) => (method === 'POST' ? faults.shift() : undefined));
    const { statuses } = await phoenix.push(environment({ 101: {} }));
    expect(statuses).toEqual({ 'phoenix/apply': 'success: applied 1 target', 'phoenix/lxc/101': 'success: applied' });
  });

  test('a repository that cannot be fetched is retried, and recorded runs continue', async () => {
    await phoenix.stopAgent();
    const commit = await phoenix.repo.commit(environment({ 101: {} }));
    await phoenix.repo.push();
    phoenix.forge.faults.git({ kind: 'answer', status: 500 });
    await phoenix.startAgent();
    const { statuses } = await phoenix.answered(commit);
    expect(statuses['phoenix/apply']).toBe('success: applied 1 target');
  });
});

describe('workers', () => {
  test('of two processes each step is run once', async () => {
    const around = { ...phoenix.around, cloneFolder: `${phoenix.around.cloneFolder}-of-the-second` };
    const second = await startTestAgent(around, () => host, BOXES);
    const guests = Object.fromEntries(Array.from({ length: 8 }, (_, n) => [101 + n, {}]));
    const { statuses } = await phoenix.push(environment(guests));
    expect(statuses['phoenix/apply']).toBe('success: applied 8 targets');
    expect(new Set(await commands()).size).toBe(16);
    expect(await host.commands()).toHaveLength(16);
    await second.stop(0);
  });

  test('a step that meets a surprise is tried again, and says so meanwhile', async () => {
    let surprises = 0;
    host.before = async (line) => {
      if (line === 'box show 101' && surprises === 0) {
        surprises += 1;
        throw new Error('the connection was lost');
      }
    };
    const commit = await phoenix.repo.commit(environment({ 101: {} }));
    await phoenix.repo.push();
    const reasonNow = async () => (await phoenix.ledger.runs(1))[0]?.steps[0]?.reason;
    await until(
      async () => (await reasonNow()) === 'is tried again until it passes: the connection was lost',
      'why it is tried again',
    );
    // Recorded with the reason, before the next attempt.
    const said = await phoenix.ledger.lastSaid(commit, 'phoenix/lxc/101');
    expect(said).toMatchObject({ state: 'pending', description: 'waits: the connection was lost' });
    const { statuses } = await phoenix.answered(commit);
    expect(statuses['phoenix/lxc/101']).toBe('success: applied');
    expect((await phoenix.ledger.run(await newestRun()))?.steps).toMatchObject([{ attempts: 2, reason: null }]);
  });

  test('a worker that lost its lease does nothing more, and the step is done by who holds it', async () => {
    const gate = holdAt(host, 'box put 101');
    const commit = await phoenix.repo.commit(environment({ 101: {} }));
    await phoenix.repo.push();
    await gate.held;
    const redis = new Redis(phoenix.redis.socket);
    await redis.del('{phoenix}:lease:lxc/101');
    redis.disconnect();
    gate.open();
    const { statuses } = await phoenix.answered(commit);
    expect(statuses['phoenix/lxc/101']).toBe('success: applied');
    // What the first worker had sent already cannot be taken back; nothing came after it from there.
    expect(await commands()).toEqual(['box put 101', 'box start 101']);
    expect((await phoenix.ledger.run(await newestRun()))?.steps).toMatchObject([{ attempts: 2 }]);
  });

  test('a Redis that is restarted in the middle is waited for', async () => {
    const gate = holdAt(host, 'box start 101');
    const commit = await phoenix.repo.commit(environment({ 101: {}, 102: { dependencies: [101] } }));
    await phoenix.repo.push();
    await gate.held;
    await phoenix.redis.kill();
    gate.open();
    await phoenix.redis.start();
    const { statuses } = await phoenix.answered(commit);
    expect(statuses['phoenix/apply']).toBe('success: applied 2 targets');
    expect(await commands()).toEqual(['box put 101', 'box start 101', 'box put 102', 'box start 102']);
  });
});
