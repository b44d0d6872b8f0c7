// A node that is unreachable, that is another one, or whose connection is lost during a command: the outcome of the run, and the messages.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CommandResult, Host } from '../../../src/ports/host.ts';
import { HostAway, HostRefused } from '../../../src/ports/host-failure.ts';
import { type Phoenix, startPhoenix } from '../../support/agent/phoenix.ts';
import { environment } from '../../support/environment.ts';
import { BOXES, type BoxHost, openBoxHost } from '../../support/host/boxes.ts';
import { recordLog } from '../../support/log.ts';
import { LONG_TEST } from '../../support/long.ts';
import { until } from '../../support/until.ts';

let folder: string;
let boxes: BoxHost;
let phoenix: Phoenix;
let log: ReturnType<typeof recordLog>;
/** Calls of the host, those that only look and `settle` included. */
let calls: string[];
/** What a call is answered with instead; undefined: as it is. Called before it is carried out. */
let instead: (line: string, run: () => Promise<CommandResult>) => Promise<CommandResult> | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-node-'));
  boxes = await openBoxHost(folder);
  calls = [];
  log = recordLog();
  instead = () => undefined;
  const host: Host = {
    ...boxes,
    async run(command, options) {
      const line = `box ${command.args.slice(0, 2).join(' ')}`;
      calls.push(line);
      const run = () => boxes.run(command, options);
      return instead(line, run) ?? run();
    },
    async settle(target) {
      calls.push(`settle ${target}`);
    },
  };
  phoenix = await startPhoenix({ host, managers: BOXES, log });
});
afterEach(async () => {
  await phoenix.stop();
  await rm(folder, { recursive: true, force: true });
});

const AWAY = new HostAway('pve (root@pve) does not answer: ssh: connect to host pve port 22: Connection refused');

/** The texts of a context's statuses on a commit, oldest first. */
function said(commit: string, context: string): string[] {
  const all = phoenix.forge.statuses().filter((each) => each.sha === commit && each.context === context);
  return all.map(({ state, description }) => `${state}: ${description}`);
}

test('a step waits for a node that is away for a moment, and nothing counts as failed', async () => {
  let isAway = true;
  instead = () => {
    if (!isAway) return undefined;
    isAway = false;
    return Promise.reject(AWAY);
  };
  const { commit, statuses } = await phoenix.push(environment({ 101: {} }));
  expect(statuses).toEqual({ 'phoenix/apply': 'success: applied 1 target', 'phoenix/lxc/101': 'success: applied' });
  expect(said(commit, 'phoenix/apply').filter((text) => text.startsWith('failure'))).toEqual([]);
  const [run] = await phoenix.ledger.runs(1);
  expect(run?.steps.map(({ attempts, failures }) => [attempts, failures])).toEqual([[2, undefined]]);
});

test('the run waits for an unreachable node: its status says so, and it continues by itself', LONG_TEST, async () => {
  let away = true;
  instead = () => (away ? Promise.reject(AWAY) : undefined);
  const commit = await phoenix.repo.commit(environment({ 101: {}, 102: {}, 103: {} }));
  await phoenix.repo.push();
  await until(
    () => phoenix.statuses(commit)['phoenix/apply']?.includes('waiting for') ?? false,
    'the commit to say it',
  );
  expect(phoenix.statuses(commit)['phoenix/apply']).toMatch(
    /^pending: waiting for the node pve, away since \d\d:\d\d UTC: pve \(root@pve\) does not answer: ssh: connect to host pve/,
  );
  expect(await phoenix.ledger.nodesAway()).toEqual(
    new Map([['pve', { since: expect.any(String), why: AWAY.message }]]),
  );
  // More tries than a step survives surprises.
  const tries = () => calls.filter((line) => line === 'box show 101').length;
  const before = tries();
  await until(() => tries() > before, 'another try');
  away = false;
  const { statuses } = await phoenix.answered(commit);
  expect(statuses).toEqual({
    'phoenix/apply': 'success: applied 3 targets',
    'phoenix/lxc/101': 'success: applied',
    'phoenix/lxc/102': 'success: applied',
    'phoenix/lxc/103': 'success: applied',
  });
  expect(await phoenix.ledger.nodesAway()).toEqual(new Map());
  expect(said(commit, 'phoenix/apply').filter((text) => text.includes('waiting for the node'))).toHaveLength(1);
  expect(log.lines.filter((line) => line.includes('the node does not answer'))).toHaveLength(1);
  expect(log.lines.filter((line) => line.includes('the node answers again'))).toHaveLength(1);
  const [run] = await phoenix.ledger.runs(1);
  expect(run?.steps.map(({ failures }) => failures)).toEqual([undefined, undefined, undefined]);
});

test('while a step waits for the node, it is not started a second time', LONG_TEST, async () => {
  let away = true;
  instead = () => (away ? Promise.reject(AWAY) : undefined);
  const commit = await phoenix.repo.commit(environment({ 101: {} }));
  await phoenix.repo.push();
  await until(() => phoenix.statuses(commit)['phoenix/apply']?.includes('waiting for') ?? false, 'the step to wait');
  for (let look = 0; look < 20; look += 1) await phoenix.agent().delivered({ kind: 'push' } as never);
  const first = calls.length;
  await until(() => calls.length >= first + 2, 'two more tries');
  const [run] = await phoenix.ledger.openRuns();
  expect(run?.steps[0]?.attempts).toBe(calls.filter((line) => line === 'box show 101').length);
  away = false;
  expect((await phoenix.answered(commit)).statuses['phoenix/apply']).toBe('success: applied 1 target');
});

test('a node whose key changed fails the step at once, in its own sentence', async () => {
  const sentence = 'pve: its ED25519 host key changed: somebody may be in between';
  instead = () => Promise.reject(new HostRefused(sentence));
  const { statuses } = await phoenix.push(environment({ 101: {} }));
  expect(statuses['phoenix/lxc/101']).toBe(`failure: ${sentence}`);
  expect(calls).toEqual(['box show 101']);
});

test('a command with an unknown end is waited for and observed, and not run again', async () => {
  const lost = { exit: null, stdout: '', stderr: 'the connection was lost', ms: 1, ended: 'unknown' } as const;
  let times = 1;
  instead = (line, run) => (line === 'box put 101' && times-- > 0 ? run().then(() => lost) : undefined);
  const { statuses } = await phoenix.push(environment({ 101: {} }));
  expect(statuses['phoenix/lxc/101']).toBe('success: applied');
  expect(calls).toEqual([
    'box show 101',
    'box put 101',
    'settle lxc/101',
    'box show 101',
    'box start 101',
    'box show 101',
  ]);
});

test('a command that was not started because an earlier one still ran is decided again', async () => {
  const waited = { exit: null, stdout: '', stderr: '', ms: 1, ended: 'not started' } as const;
  let times = 1;
  instead = (line) => {
    if (line !== 'box start 101' || times-- <= 0) return undefined;
    return boxes.run({ kind: 'command', program: 'box', args: ['start', '101'], timeoutSeconds: 1 }).then(() => waited);
  };
  const { statuses } = await phoenix.push(environment({ 101: {} }));
  expect(statuses['phoenix/lxc/101']).toBe('success: applied');
  expect(calls.slice(1)).toEqual(['box put 101', 'box start 101', 'settle lxc/101', 'box show 101']);
});

test('a command of an earlier worker is waited for before anything is observed', async () => {
  instead = (line) => (line === 'box start 101' ? Promise.reject(AWAY) : undefined);
  const commit = await phoenix.repo.commit(environment({ 101: {} }));
  await phoenix.repo.push();
  await until(() => calls.includes('box start 101'), 'the start');
  instead = () => undefined;
  await phoenix.answered(commit);
  expect(calls.slice(3)).toEqual(['settle lxc/101', 'box show 101', 'box start 101', 'box show 101']);
});

test('a command that fails after a write is observed before it counts as failed', async () => {
  const failing = (result: CommandResult) => ({ ...result, exit: 255, stderr: 'got timeout' });
  instead = (line, run) => (line === 'box start 101' ? run().then(failing) : undefined);
  const { statuses } = await phoenix.push(environment({ 101: {} }));
  expect(statuses['phoenix/lxc/101']).toMatch(
    /^success: as declared, although a command failed: box start 101: exit 255/,
  );
});

test('a command that fails and wrote nothing fails its step, and is not started again', async () => {
  boxes.order('box start 101', { exit: 255, stderr: 'cannot start' });
  const { statuses } = await phoenix.push(environment({ 101: {} }));
  expect(statuses['phoenix/lxc/101']).toMatch(/^failure: box start 101: exit 255: cannot start/);
  expect(calls.filter((line) => line === 'box start 101')).toHaveLength(1);
});

test('a failure that cannot be checked on the host is reported as it was', async () => {
  boxes.order('box start 101', { exit: 255, stderr: 'cannot start' });
  instead = (line) =>
    calls.includes('box start 101') && line === 'box show 101' ? Promise.reject(new Error('no look')) : undefined;
  const { statuses } = await phoenix.push(environment({ 101: {} }));
  expect(statuses['phoenix/lxc/101']).toMatch(/^failure: box start 101: exit 255: cannot start/);
});
