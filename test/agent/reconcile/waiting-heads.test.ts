// New heads of the branch that arrive while an older run still has a running step.

import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CommitSha } from '../../../src/model/ids.ts';
import { type BoxAgent, startBoxAgent } from '../../support/agent/box-agent.ts';
import type { Phoenix } from '../../support/agent/phoenix.ts';
import { environment } from '../../support/environment.ts';
import type { BoxHost } from '../../support/host/boxes.ts';
import { LONG_TEST } from '../../support/long.ts';
import { until } from '../../support/until.ts';
import { type Gate, holdAt } from '../hold-at.ts';

let boxes: BoxAgent;
let host: BoxHost;
let phoenix: Phoenix;

beforeEach(async () => {
  boxes = await startBoxAgent({ options: { pollSeconds: 1 } });
  ({ host, phoenix } = boxes);
  // Without webhooks, only the poll sees that the branch moved.
  phoenix.forge.decideDeliveries(() => 'drop');
});

afterEach(() => boxes.close());

async function pushed(memory_mb: number): Promise<CommitSha> {
  const commit = await phoenix.repo.commit(environment({ 101: { memory_mb } }));
  await phoenix.repo.push();
  return commit;
}

const answerOf = (commit: CommitSha) => phoenix.statuses(commit)['phoenix/apply'] ?? 'none';
const short = (commit: CommitSha) => commit.slice(0, 7);

/** A commit whose last step is paused before its last command. */
async function firstRuns(): Promise<{ gate: Gate; first: CommitSha }> {
  const gate = holdAt(host, 'box start 101');
  const first = await pushed(600);
  await gate.held;
  return { gate, first };
}

/** The same, and a second commit whose status says that it waits for it. */
async function secondWaits(): Promise<{ gate: Gate; first: CommitSha; second: CommitSha }> {
  const running = await firstRuns();
  const second = await pushed(700);
  await until(() => answerOf(second).startsWith('pending: waits for the running steps'), 'the second to wait');
  return { ...running, second };
}

test('a waiting commit that is superseded names its successor, also after a restart', LONG_TEST, async () => {
  const { gate, first, second } = await secondWaits();
  const third = await pushed(800);
  await until(() => answerOf(third).startsWith('pending: waits for the running steps'), 'the third to wait');
  // While it waits, the ledger has a record of it, so that it gets an end when it is superseded.
  const runs = await phoenix.ledger.runs(10);
  expect(runs.map(({ commit, state }) => [commit, state])).toEqual([
    [third, 'planned'],
    [second, 'superseded'],
    [first, expect.any(String)],
  ]);
  gate.open();
  const { statuses } = await phoenix.answered(third);
  expect(statuses['phoenix/apply']).toBe('success: applied 1 target');
  expect(answerOf(second)).toBe(`error: superseded by ${short(third)}`);
  await phoenix.stopAgent();
  await phoenix.startAgent();
  const last = await pushed(900);
  await phoenix.answered(last);
  expect(answerOf(second)).toBe(`error: superseded by ${short(third)}`);
  expect(JSON.stringify([first, second, third, last].map((commit) => phoenix.statuses(commit)))).not.toMatch(
    /pending|interrupted/,
  );
  expect((await phoenix.ledger.runs(10)).filter(({ ended }) => ended === null)).toEqual([]);
});

test(
  'a commit whose every step was applied is a success, although a newer one arrived meanwhile',
  LONG_TEST,
  async () => {
    const { gate, first, second } = await secondWaits();
    gate.open();
    await phoenix.answered(second);
    expect(phoenix.statuses(first)).toEqual({
      'phoenix/apply': 'success: applied 1 target',
      'phoenix/lxc/101': 'success: applied',
    });
    const run = (await phoenix.ledger.runs(10)).find(({ commit }) => commit === first);
    expect(run?.state).toBe('succeeded');
  },
);

test('a commit whose last step failed is a failure, although a newer one arrived meanwhile', LONG_TEST, async () => {
  host.order('box start 101', { exit: 1, stderr: 'no' });
  const { gate, first, second } = await secondWaits();
  gate.open();
  await phoenix.answered(second);
  expect(answerOf(first)).toMatch(/^failure: 1 of 1 failed: lxc\/101: /);
});

test('when the branch returns to the running commit, the waiting one is superseded by it', LONG_TEST, async () => {
  const { gate, first, second } = await secondWaits();
  await phoenix.repo.reset(first);
  await phoenix.repo.push('--force');
  await until(() => answerOf(second) === `error: superseded by ${short(first)}`, 'the second to end');
  gate.open();
  expect((await phoenix.answered(first)).statuses['phoenix/apply']).toBe('success: applied 1 target');
});

test('a replay of the running commit replaces it, and sets the final status', async () => {
  const { gate, first } = await firstRuns();
  const again = await phoenix.agent().replay({ commit: first, by: 'ann' });
  await until(async () => (await phoenix.ledger.runs(10)).some(({ state }) => state === 'superseded'), 'the old run');
  gate.open();
  await phoenix.reached(again, 'succeeded');
  expect(answerOf(first)).toMatch(/^success: /);
});
