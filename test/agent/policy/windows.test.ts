// The policy's apply windows, end to end: a push waits for one, a person goes on without.

import { expect, test } from 'vitest';
import { runJson } from '../../../src/agent/http/run-json.ts';
import { type RunId, targetId } from '../../../src/model/ids.ts';
import { useBoxAgent } from '../../support/agent/box-agent.ts';
import { type Files, underPolicy } from '../../support/environment.ts';
import { until } from '../../support/until.ts';

let now = (): Date => new Date();
const clock = { now: () => now() };
const boxes = useBoxAgent(() => ({ clock }));
const { newestRun } = boxes;

// Two in the night in Berlin is one o'clock in winter.
const night = { apply_windows: [{ cron: '0 2 * * *', duration: '1h', timezone: 'Europe/Berlin' }] };
const WAITS = /^pending: waits for an apply window of the policy; to go on now: phoenix replay [0-9a-f]{7} --now$/;

/** Sets the agent's clock, which continues from there. Later than the present: existing records are in the past. */
function set(time: string): void {
  const ahead = Date.parse(time) - Date.now();
  now = () => new Date(Date.now() + ahead);
}

async function waits(): Promise<RunId> {
  const run = await newestRun();
  await boxes.phoenix.reached(run, 'blocked');
  return run;
}

async function pushed(content: Files): Promise<RunId> {
  const before = (await boxes.phoenix.ledger.runs(1))[0]?.id;
  await boxes.phoenix.repo.commit(content);
  await boxes.phoenix.repo.push();
  await until(async () => (await boxes.phoenix.ledger.runs(1))[0]?.id !== before, 'a run');
  return newestRun();
}

test('outside of windows a push waits, with a status without a time, and continues by itself when one opens', async () => {
  set('2040-01-10T12:00:00Z');
  const run = await pushed(underPolicy({ 101: {} }, night));
  expect(await waits()).toBe(run);
  const detail = await boxes.phoenix.ledger.run(run);
  if (detail === null) throw new Error('there is no run');
  expect(boxes.phoenix.statuses(detail.commit as never)).toEqual({
    'phoenix/apply': expect.stringMatching(WAITS),
    'phoenix/lxc/101': 'pending: create planned, restarts it',
  });
  expect(runJson(detail, { clock, frozen: null }).reason).toBe(
    `waits for the apply window that opens on Wednesday, 11 January 2040 at 02:00 (Europe/Berlin); to go on now: phoenix replay ${detail.commit.slice(0, 7)} --now`,
  );
  expect(await boxes.host.commands()).toEqual([]);

  set('2040-01-11T00:59:59.500Z');
  await boxes.phoenix.agent().delivered({ kind: 'push' });
  const { statuses } = await boxes.phoenix.reached(run, 'succeeded');
  expect(statuses['phoenix/apply']).toBe('success: applied 1 target');
  expect(runJson((await boxes.phoenix.ledger.run(run)) ?? detail, { clock, frozen: null }).reason).toBeNull();
});

test('what has begun ends, and what has not waits when a window closes', async () => {
  set('2040-01-11T01:30:00Z');
  boxes.host.before = async (line) => {
    if (line === 'box start 101') set('2040-01-11T02:00:00Z');
  };
  const run = await pushed(underPolicy({ 101: {}, 102: { dependencies: [101] } }, night));
  expect(await waits()).toBe(run);
  expect(await boxes.host.commands()).toEqual(['box put 101', 'box start 101']);
  set('2040-01-12T01:00:00Z');
  await boxes.phoenix.agent().delivered({ kind: 'push' });
  await boxes.phoenix.reached(run, 'succeeded');
});

test('a person may continue at once, and learns that a replay or a command waits otherwise', async () => {
  set('2040-01-10T12:00:00Z');
  const waiting = await pushed(underPolicy({ 101: {} }, night));
  await waits();
  const { commit } = (await boxes.phoenix.ledger.run(waiting)) ?? { commit: '' };
  const replayed = await boxes.phoenix.agent().replay({ commit, by: 'ann', now: true });
  await boxes.phoenix.reached(replayed, 'succeeded');
  expect((await boxes.phoenix.ledger.run(waiting))?.state).toBe('superseded');
  const stop = await boxes.phoenix.agent().command({ verb: 'stop', targets: ['101'], by: 'ann' });
  await boxes.phoenix.reached(stop, 'blocked');
  const look = await boxes.phoenix.agent().command({ verb: 'stop', targets: ['101'], by: 'ann', dryRun: true });
  await boxes.phoenix.reached(look, 'succeeded');
  const stopNow = await boxes.phoenix.agent().command({ verb: 'stop', targets: ['101'], by: 'ann', now: true });
  await boxes.phoenix.reached(stopNow, 'succeeded');
  expect(await boxes.host.commands()).toContain('box stop 101');
});

test('approvals are collected meanwhile, and the status of the commit stays that it waits', async () => {
  set('2040-01-11T01:30:00Z');
  await boxes.phoenix.push(underPolicy({ 101: {}, 102: {} }, night));
  set('2040-01-11T12:00:00Z');
  const { commit } = await boxes.phoenix.push(underPolicy({ 101: {} }, night));
  const run = await newestRun();
  await boxes.phoenix.agent().approve(run, targetId('lxc', 102), 'ann');
  await until(() => WAITS.test(boxes.phoenix.statuses(commit)['phoenix/apply'] ?? ''), 'it to wait for the window');
  expect(await boxes.host.commands()).not.toContain('box drop 102');
  set('2040-01-12T01:30:00Z');
  await boxes.phoenix.agent().delivered({ kind: 'push' });
  await boxes.phoenix.reached(run, 'succeeded');
  expect(await boxes.host.commands()).toContain('box drop 102');
});
