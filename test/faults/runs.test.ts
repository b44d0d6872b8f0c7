// Faults of the predecessor with concurrent and interrupted runs, each shown to be absent.

import { afterAll, beforeAll, expect, test } from 'vitest';
import * as managers from '../../src/managers/index.ts';
import { targetId } from '../../src/model/ids.ts';
import { type Phoenix, startPhoenix } from '../support/agent/phoenix.ts';
import { environment } from '../support/environment.ts';
import { type LabHost, openLabHost } from '../support/host/lab-host.ts';

let host: LabHost;
let phoenix: Phoenix;
beforeAll(async () => {
  host = await openLabHost();
  phoenix = await startPhoenix({ host, managers });
}, 30_000);
afterAll(async () => {
  await phoenix.stop();
  await host.close();
});

const files = (memory_mb: number) => environment({ 101: { memory_mb }, 102: { memory_mb, dependencies: [101] } });

test('12: one worker at a time holds a target, and one that lost it can record nothing', async () => {
  const target = targetId('lxc', 777);
  const mine = await phoenix.ledger.acquireLease(target, 10_000);
  if (mine === null) throw new Error('taken');
  expect(await phoenix.ledger.acquireLease(target, 10_000)).toBeNull();
  await phoenix.ledger.releaseLease(mine);
  const later = await phoenix.ledger.acquireLease(target, 10_000);
  expect(later?.token).toBeGreaterThan(mine.token);
  expect(await phoenix.ledger.renewLease(mine, 10_000)).toBe(false);
  if (later !== null) await phoenix.ledger.releaseLease(later);
});

test('12: a push during another run supersedes it, and what was applied is recorded with its commit', async () => {
  const first = await phoenix.repo.commit(files(512));
  await phoenix.repo.push();
  const { commit, statuses } = await phoenix.push(files(1024));
  expect(statuses['phoenix/apply']).toMatch(/^success: applied/);
  await phoenix.answered(first);
  for (const id of [101, 102]) expect(await host.read(`/etc/pve/lxc/${id}.conf`)).toMatch(/^memory: 1024$/m);
  const { applied, touched } = await phoenix.ledger.targets();
  expect(touched.size).toBe(0);
  expect([101, 102].map((id) => applied.get(targetId('lxc', id))?.commit)).toEqual([commit, commit]);
  const made = host.commands.filter((line) => /^pct create/.test(line));
  expect(made).toHaveLength(2);
});

test('12: a chain that fails in its middle reports the step, stops there, and continues from there', async () => {
  host.instead = (line) => (line.startsWith('pct set 101') ? { exit: 255, stderr: 'no quorum' } : undefined);
  const broken = await phoenix.push(files(2048));
  expect(broken.statuses).toMatchObject({
    'phoenix/lxc/101': 'failure: pct set 101: exit 255: no quorum',
    'phoenix/lxc/102': 'error: skipped: it needs lxc/101, which failed',
  });
  host.instead = () => undefined;
  host.forget();
  const { statuses } = await phoenix.push({ ...files(2048), 'README.md': 'again\n' });
  expect(statuses['phoenix/apply']).toBe('success: applied 2 targets');
  const sets = host.commands
    .filter((line) => line.startsWith('pct set'))
    .map((line) => line.split(' --description')[0]);
  expect(sets.sort()).toEqual(['pct set 101 --memory 2048', 'pct set 102 --memory 2048']);
});
