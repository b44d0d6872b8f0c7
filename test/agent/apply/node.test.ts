// A node that is unreachable, or that is another one: the outcome of the run, and the messages.

import { expect, test } from 'vitest';
import { HostAway, HostRefused } from '../../../src/ports/host-failure.ts';
import { environment } from '../../support/environment.ts';
import { LONG_TEST } from '../../support/long.ts';
import { until } from '../../support/until.ts';
import { useWatchedHost } from './watched-host.ts';

const node = useWatchedHost();

const AWAY = new HostAway('pve (root@pve) does not answer: ssh: connect to host pve port 22: Connection refused');

/** The texts of a context's statuses on a commit, oldest first. */
function said(commit: string, context: string): string[] {
  const all = node.boxes.phoenix.forge.statuses().filter((each) => each.sha === commit && each.context === context);
  return all.map(({ state, description }) => `${state}: ${description}`);
}

test('a step waits for a node that is away for a moment, and nothing counts as failed', async () => {
  let isAway = true;
  node.instead = () => {
    if (!isAway) return undefined;
    isAway = false;
    return Promise.reject(AWAY);
  };
  const { commit, statuses } = await node.boxes.phoenix.push(environment({ 101: {} }));
  expect(statuses).toEqual({ 'phoenix/apply': 'success: applied 1 target', 'phoenix/lxc/101': 'success: applied' });
  expect(said(commit, 'phoenix/apply').filter((text) => text.startsWith('failure'))).toEqual([]);
  const [run] = await node.boxes.phoenix.ledger.runs(1);
  expect(run?.steps.map(({ attempts, failures }) => [attempts, failures])).toEqual([[2, undefined]]);
});

test('the run waits for an unreachable node: its status says so, and it continues by itself', LONG_TEST, async () => {
  let away = true;
  node.instead = () => (away ? Promise.reject(AWAY) : undefined);
  const commit = await node.boxes.phoenix.repo.commit(environment({ 101: {}, 102: {}, 103: {} }));
  await node.boxes.phoenix.repo.push();
  await until(
    () => node.boxes.phoenix.statuses(commit)['phoenix/apply']?.includes('waiting for') ?? false,
    'the commit to say it',
  );
  expect(node.boxes.phoenix.statuses(commit)['phoenix/apply']).toMatch(
    /^pending: waiting for the node pve, away since \d\d:\d\d UTC: pve \(root@pve\) does not answer: ssh: connect to host pve/,
  );
  expect(await node.boxes.phoenix.ledger.nodesAway()).toEqual(
    new Map([['pve', { since: expect.any(String), why: AWAY.message }]]),
  );
  // More tries than a step survives surprises.
  const tries = () => node.calls.filter((line) => line === 'box show 101').length;
  const before = tries();
  await until(() => tries() > before, 'another try');
  away = false;
  const { statuses } = await node.boxes.phoenix.answered(commit);
  expect(statuses).toEqual({
    'phoenix/apply': 'success: applied 3 targets',
    'phoenix/lxc/101': 'success: applied',
    'phoenix/lxc/102': 'success: applied',
    'phoenix/lxc/103': 'success: applied',
  });
  expect(await node.boxes.phoenix.ledger.nodesAway()).toEqual(new Map());
  expect(said(commit, 'phoenix/apply').filter((text) => text.includes('waiting for the node'))).toHaveLength(1);
  expect(node.log.lines.filter((line) => line.includes('the node does not answer'))).toHaveLength(1);
  expect(node.log.lines.filter((line) => line.includes('the node answers again'))).toHaveLength(1);
  const [run] = await node.boxes.phoenix.ledger.runs(1);
  expect(run?.steps.map(({ failures }) => failures)).toEqual([undefined, undefined, undefined]);
});

test('while a step waits for the node, it is not started a second time', LONG_TEST, async () => {
  let away = true;
  node.instead = () => (away ? Promise.reject(AWAY) : undefined);
  const commit = await node.boxes.phoenix.repo.commit(environment({ 101: {} }));
  await node.boxes.phoenix.repo.push();
  await until(
    () => node.boxes.phoenix.statuses(commit)['phoenix/apply']?.includes('waiting for') ?? false,
    'the step to wait',
  );
  for (let look = 0; look < 20; look += 1) await node.boxes.phoenix.agent().delivered({ kind: 'push' } as never);
  const first = node.calls.length;
  await until(() => node.calls.length >= first + 2, 'two more tries');
  const [run] = await node.boxes.phoenix.ledger.openRuns();
  expect(run?.steps[0]?.attempts).toBe(node.calls.filter((line) => line === 'box show 101').length);
  away = false;
  expect((await node.boxes.phoenix.answered(commit)).statuses['phoenix/apply']).toBe('success: applied 1 target');
});

test('a node whose key changed fails the step at once, in its own sentence', async () => {
  const sentence = 'pve: its ED25519 host key changed: somebody may be in between';
  node.instead = () => Promise.reject(new HostRefused(sentence));
  const { statuses } = await node.boxes.phoenix.push(environment({ 101: {} }));
  expect(statuses['phoenix/lxc/101']).toBe(`failure: ${sentence}`);
  expect(node.calls).toEqual(['box show 101']);
});
