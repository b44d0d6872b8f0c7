// New heads of the branch that arrive while an older run still has a running step.

import { beforeEach, expect, test } from 'vitest';
import type { CommitSha } from '../../../src/model/ids.ts';
import { useBoxAgent } from '../../support/agent/box-agent.ts';
import { environment } from '../../support/environment.ts';
import { LONG_TEST } from '../../support/long.ts';
import { until } from '../../support/until.ts';
import { type Gate, holdAt } from '../hold-at.ts';

const boxes = useBoxAgent(() => ({ options: { pollSeconds: 1 } }));

beforeEach(() => {
  // Without webhooks, only the poll sees that the branch moved.
  boxes.phoenix.forge.decideDeliveries(() => 'drop');
});

async function pushed(memory_mb: number): Promise<CommitSha> {
  const commit = await boxes.phoenix.repo.commit(environment({ 101: { memory_mb } }));
  await boxes.phoenix.repo.push();
  return commit;
}

const answerOf = (commit: CommitSha) => boxes.phoenix.statuses(commit)['phoenix/apply'] ?? 'none';
const short = (commit: CommitSha) => commit.slice(0, 7);

/** A commit whose last step is paused before its last command. */
async function firstRuns(): Promise<{ gate: Gate; first: CommitSha }> {
  const gate = holdAt(boxes.host, 'box start 101');
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
  const runs = await boxes.phoenix.ledger.runs(10);
  expect(runs.map(({ commit, state }) => [commit, state])).toEqual([
    [third, 'planned'],
    [second, 'superseded'],
    [first, expect.any(String)],
  ]);
  gate.open();
  const { statuses } = await boxes.phoenix.answered(third);
  expect(statuses['phoenix/apply']).toBe('success: applied 1 target');
  expect(answerOf(second)).toBe(`error: superseded by ${short(third)}`);
  await boxes.phoenix.stopAgent();
  await boxes.phoenix.startAgent();
  const last = await pushed(900);
  await boxes.phoenix.answered(last);
  expect(answerOf(second)).toBe(`error: superseded by ${short(third)}`);
  expect(JSON.stringify([first, second, third, last].map((commit) => boxes.phoenix.statuses(commit)))).not.toMatch(
    /pending|interrupted/,
  );
  expect((await boxes.phoenix.ledger.runs(10)).filter(({ ended }) => ended === null)).toEqual([]);
});

test(
  'a commit whose every step was applied is a success, although a newer one arrived meanwhile',
  LONG_TEST,
  async () => {
    const { gate, first, second } = await secondWaits();
    gate.open();
    await boxes.phoenix.answered(second);
    expect(boxes.phoenix.statuses(first)).toEqual({
      'phoenix/apply': 'success: applied 1 target',
      'phoenix/lxc/101': 'success: applied',
    });
    const run = (await boxes.phoenix.ledger.runs(10)).find(({ commit }) => commit === first);
    expect(run?.state).toBe('succeeded');
  },
);

test('a commit whose last step failed is a failure, although a newer one arrived meanwhile', LONG_TEST, async () => {
  boxes.host.order('box start 101', { exit: 1, stderr: 'no' });
  const { gate, first, second } = await secondWaits();
  gate.open();
  await boxes.phoenix.answered(second);
  expect(answerOf(first)).toMatch(/^failure: 1 of 1 failed: lxc\/101: /);
});

test('when the branch returns to the running commit, the waiting one is superseded by it', LONG_TEST, async () => {
  const { gate, first, second } = await secondWaits();
  await boxes.phoenix.repo.reset(first);
  await boxes.phoenix.repo.push('--force');
  await until(() => answerOf(second) === `error: superseded by ${short(first)}`, 'the second to end');
  gate.open();
  expect((await boxes.phoenix.answered(first)).statuses['phoenix/apply']).toBe('success: applied 1 target');
});

test('a replay of the running commit replaces it, and sets the final status', async () => {
  const { gate, first } = await firstRuns();
  const again = await boxes.phoenix.agent().replay({ commit: first, by: 'ann' });
  await until(
    async () => (await boxes.phoenix.ledger.runs(10)).some(({ state }) => state === 'superseded'),
    'the old run',
  );
  gate.open();
  await boxes.phoenix.reached(again, 'succeeded');
  expect(answerOf(first)).toMatch(/^success: /);
});
