// Commands that fail or whose end is not known: what counts is what is observed on the host afterwards.

import { expect, test } from 'vitest';
import type { CommandResult } from '../../../src/ports/host.ts';
import { HostAway } from '../../../src/ports/host-failure.ts';
import { environment } from '../../support/environment.ts';
import { until } from '../../support/until.ts';
import { useWatchedHost } from './watched-host.ts';

const node = useWatchedHost();

const AWAY = new HostAway('pve (root@pve) does not answer: ssh: connect to host pve port 22: Connection refused');

test('a command with an unknown end is waited for and observed, and not run again', async () => {
  const lost = { exit: null, stdout: '', stderr: 'the connection was lost', ms: 1, ended: 'unknown' } as const;
  let times = 1;
  node.instead = (line, run) => (line === 'box put 101' && times-- > 0 ? run().then(() => lost) : undefined);
  const { statuses } = await node.boxes.phoenix.push(environment({ 101: {} }));
  expect(statuses['phoenix/lxc/101']).toBe('success: applied');
  expect(node.calls).toEqual([
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
  node.instead = (line) => {
    if (line !== 'box start 101' || times-- <= 0) return undefined;
    return node.boxes.host
      .run({ kind: 'command', program: 'box', args: ['start', '101'], timeoutSeconds: 1 })
      .then(() => waited);
  };
  const { statuses } = await node.boxes.phoenix.push(environment({ 101: {} }));
  expect(statuses['phoenix/lxc/101']).toBe('success: applied');
  expect(node.calls.slice(1)).toEqual(['box put 101', 'box start 101', 'settle lxc/101', 'box show 101']);
});

test('a command of an earlier worker is waited for before anything is observed', async () => {
  node.instead = (line) => (line === 'box start 101' ? Promise.reject(AWAY) : undefined);
  const commit = await node.boxes.phoenix.repo.commit(environment({ 101: {} }));
  await node.boxes.phoenix.repo.push();
  await until(() => node.calls.includes('box start 101'), 'the start');
  node.instead = () => undefined;
  await node.boxes.phoenix.answered(commit);
  expect(node.calls.slice(3)).toEqual(['settle lxc/101', 'box show 101', 'box start 101', 'box show 101']);
});

test('a command that fails after a write is observed before it counts as failed', async () => {
  const failing = (result: CommandResult) => ({ ...result, exit: 255, stderr: 'got timeout' });
  node.instead = (line, run) => (line === 'box start 101' ? run().then(failing) : undefined);
  const { statuses } = await node.boxes.phoenix.push(environment({ 101: {} }));
  expect(statuses['phoenix/lxc/101']).toMatch(
    /^success: as declared, although a command failed: box start 101: exit 255/,
  );
});

test('a command that fails and wrote nothing fails its step, and is not started again', async () => {
  node.boxes.host.order('box start 101', { exit: 255, stderr: 'cannot start' });
  const { statuses } = await node.boxes.phoenix.push(environment({ 101: {} }));
  expect(statuses['phoenix/lxc/101']).toMatch(/^failure: box start 101: exit 255: cannot start/);
  expect(node.calls.filter((line) => line === 'box start 101')).toHaveLength(1);
});

test('a failure that cannot be checked on the host is reported as it was', async () => {
  node.boxes.host.order('box start 101', { exit: 255, stderr: 'cannot start' });
  node.instead = (line) =>
    node.calls.includes('box start 101') && line === 'box show 101' ? Promise.reject(new Error('no look')) : undefined;
  const { statuses } = await node.boxes.phoenix.push(environment({ 101: {} }));
  expect(statuses['phoenix/lxc/101']).toMatch(/^failure: box start 101: exit 255: cannot start/);
});
