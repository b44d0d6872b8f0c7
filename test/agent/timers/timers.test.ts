// Timers: the regular check of everything, and what is due by time. The test sets the agent's clock.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { repeated } from '../../../src/agent/timers/drift.ts';
import { type CommitSha, type RunId, targetId } from '../../../src/model/ids.ts';
import type { Outcome, Run } from '../../../src/model/run.ts';
import type { Queue } from '../../../src/ports/queue.ts';
import type { BoxAgent } from '../../support/agent/box-agent.ts';
import type { Phoenix } from '../../support/agent/phoenix.ts';
import { environment } from '../../support/environment.ts';
import { BOXES_WITH_AN_END, type BoxHost } from '../../support/host/boxes.ts';
import { until } from '../../support/until.ts';
import { START, startTimedBoxes, type TimedBoxes } from './timed-boxes.ts';

const MINUTE = 60_000;

let timed: TimedBoxes;
let boxes: BoxAgent;
let host: BoxHost;
let phoenix: Phoenix;
let queue: Queue;
let clock: TimedBoxes['clock'];

beforeEach(async () => {
  timed = await startTimedBoxes(BOXES_WITH_AN_END);
  ({ boxes, queue, clock } = timed);
  ({ host, phoenix } = boxes);
});
afterEach(() => timed.close());

const byHand = (...args: string[]) => boxes.byHand(...args);
const runs = async () => (await phoenix.ledger.runs(50)).filter(({ trigger }) => trigger === 'drift').toReversed();
const done = async () => (await runs()).filter(({ ended }) => ended !== null).length;

const looks = async () => (await host.commands(true)).filter((line) => line === 'box list').length;

/** Triggers the timer, which requests what is due, and waits for its observation. */
async function tick(): Promise<void> {
  const before = await looks();
  await queue.requestRenew();
  await until(async () => (await looks()) > before, 'the look of the timer');
}

describe('the regular check', () => {
  test('finds everything as declared, and reports it', async () => {
    const { commit } = await phoenix.push(environment({ 101: {}, 102: { dependencies: [101] } }));
    await queue.every('drift', 3600);
    await until(async () => (await done()) === 1, 'the look to end');
    await phoenix.answered(commit);
    expect(phoenix.statuses(commit)['phoenix/drift']).toBe('success: 2 targets checked, all as declared');
    expect(await runs()).toMatchObject([{ by: 'phoenix', readOnly: true, state: 'succeeded' }]);
    expect(await host.commands()).toHaveLength(4);
  });

  test('does nothing before the first commit, while frozen, and while another run is active', async () => {
    await queue.every('drift', 0.05);
    const commit = await phoenix.repo.commit(environment({ 101: {} }));
    await phoenix.agent().freeze('moving', 'ann');
    await phoenix.repo.push();
    await phoenix.answered(commit);
    expect(await runs()).toEqual([]);
    await phoenix.agent().unfreeze('ann');
    await until(async () => (await done()) >= 1, 'a look after the freeze');
    const [push, look] = (await phoenix.ledger.runs(50)).toReversed();
    expect([push?.trigger, push?.state, look?.trigger, look?.state]).toEqual([
      'push',
      'succeeded',
      'drift',
      'succeeded',
    ]);
    expect((look?.created ?? '') >= (push?.ended ?? 'never')).toBe(true);
  });

  test('reports the same result only once, however often it checks, and retains few of these runs', async () => {
    await phoenix.push(environment({ 101: {}, 102: { dependencies: [101] } }));
    await byHand('drop', '101');
    await queue.every('drift', 0.05);
    const highest = async () => Number((await phoenix.ledger.runs(1))[0]?.id ?? 0);
    await until(async () => (await highest()) >= 8, 'several looks');
    await queue.every('drift', 3600);
    expect((await phoenix.ledger.runs(50)).length).toBeLessThanOrEqual(5);
    const drifts = phoenix.forge.statuses().filter(({ context }) => context === 'phoenix/drift');
    expect(drifts.map(({ state, description }) => `${state}: ${description}`)).toEqual([
      'failure: 1 of 2 differs: lxc/101 (would put 101, start 101); phoenix drift --fix brings it back',
    ]);
  });
});

test('of checks with the same result the first and the newest are retained, and none that a push interrupted', () => {
  const look = (id: number, outcome: Outcome, more: Partial<Run> = {}): Run => ({
    id: String(id) as RunId,
    commit: 'a' as CommitSha,
    trigger: 'drift',
    verb: null,
    readOnly: true,
    state: outcome === 'failed' ? 'failed' : 'succeeded',
    created: '',
    started: '',
    ended: 'then',
    by: 'phoenix',
    steps: [
      {
        target: targetId('lxc', 101),
        verb: 'update',
        impact: 'live',
        outcome,
        reason: null,
        attempts: 1,
        started: '',
        ended: '',
        actions: [],
      },
    ],
    ...more,
  });
  const newestFirst = [
    look(9, 'unchanged'),
    look(8, 'unchanged', { by: 'ann' }),
    look(7, 'unchanged'),
    look(6, 'unchanged'),
    look(5, 'failed'),
    look(4, 'unchanged', { state: 'superseded' }),
    look(3, 'failed'),
    look(2, 'failed', { ended: null }),
    look(1, 'failed', { readOnly: false }),
  ];
  expect(repeated(newestFirst).map(({ id }) => id)).toEqual(['4', '7']);
});

describe('what is due by time', () => {
  const due = (at: number) => byHand('put', '101', JSON.stringify({ due: new Date(at).toISOString(), expired: true }));

  test('is renewed when its time has come, and not before', async () => {
    const { commit } = await phoenix.push(environment({ 101: {}, 102: {} }));
    await due(START + 10 * MINUTE);
    await tick();
    clock.ms += 10 * MINUTE;
    await tick();
    await until(async () => (await done()) === 1, 'the renewal to end');
    expect(await runs()).toMatchObject([
      { by: 'phoenix', trigger: 'drift', readOnly: false, state: 'succeeded', steps: [{ target: 'lxc/101' }] },
    ]);
    expect(await host.commands()).toContain('box renew 101');
    await phoenix.answered(commit);
    expect(phoenix.statuses(commit)).toMatchObject({
      'phoenix/apply': 'success: applied 2 targets',
      'phoenix/lxc/101': 'success: applied',
    });
  });

  test('turns its check red when it fails, and is tried again later and later, also after a restart', async () => {
    const { commit } = await phoenix.push(environment({ 101: {} }));
    await due(START);
    for (const _ of [1, 2]) host.order('box renew 101', { exit: 1, stderr: 'the CA does not answer' });
    await tick();
    await until(async () => (await done()) === 1, 'the first try');
    await phoenix.answered(commit);
    expect(phoenix.statuses(commit)['phoenix/lxc/101']).toBe('failure: box renew 101: exit 1: the CA does not answer');

    await tick();
    clock.ms += MINUTE - 1;
    await tick();
    expect(await runs()).toHaveLength(1);
    clock.ms += 1;
    await tick();
    await until(async () => (await done()) === 2, 'the second try');
    await phoenix.stopAgent();
    await phoenix.startAgent();
    clock.ms += 2 * MINUTE - 1;
    await tick();
    expect(await runs()).toHaveLength(2);
    clock.ms += 1;
    await tick();
    await until(async () => (await done()) === 3, 'the third try');
    await phoenix.answered(commit);
    expect(phoenix.statuses(commit)['phoenix/lxc/101']).toBe('success: applied');
    await tick();
    await until(async () => (await phoenix.ledger.renewals()).size === 0, 'the tries to be forgotten');
  });

  test('is computed after each run, and never tried while frozen', async () => {
    await phoenix.push(environment({ 101: {} }));
    await due(START);
    await phoenix.agent().freeze('moving', 'ann');
    await queue.requestRenew();
    await phoenix.agent().unfreeze('ann');
    const run = await phoenix.agent().command({ verb: 'converge', targets: [], by: 'ann' });
    await phoenix.reached(run, 'succeeded');
    await until(async () => (await host.commands()).includes('box renew 101'));
  });
});
