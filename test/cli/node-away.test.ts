// An agent that starts while its node is unreachable, as after a power cut that stopped both.

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDeliveryRelay } from '../../src/cli/compose-parts.ts';
import { knownNode } from '../../src/cli/data-folder.ts';
import { freePort } from '../support/programs.ts';
import { until } from '../support/until.ts';
import { phoenix, type Started, start } from './phoenix.ts';

let folder: string;
let running: Started | undefined;
let destination: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-away-'));
  destination = `ssh://root@127.0.0.1:${await freePort()}`;
});
afterEach(async () => {
  // Not killed: the Redis that it started for itself would stay.
  running?.child.kill('SIGTERM');
  await running?.ended;
  running = undefined;
  await rm(folder, { recursive: true, force: true });
});

const settings = () => ({
  PHOENIX_REPO_URL: 'https://git.invalid/infra.git',
  PHOENIX_FORGE: 'none',
  PHOENIX_WEBHOOK_SECRET: 'the secret of the webhook',
  PHOENIX_DATA_DIR: join(folder, 'data'),
  PHOENIX_HOST: destination,
  PHOENIX_LISTEN: '127.0.0.1:0',
  PHOENIX_POLL_SECONDS: '3600',
});

async function said(text: string): Promise<void> {
  await until(() => {
    if (running?.child.exitCode != null) throw new Error(`it ended: ${running.output.stderr}`);
    return running?.output.stderr.includes(text) ?? false;
  }, `the agent to say: ${text}`);
}

test('it waits for a node that it never reached, says why, and stops when requested', async () => {
  running = start(['serve'], settings());
  await said('the node does not answer: it is waited for');
  expect(running.output.stderr).toMatch(
    /does not answer: ssh: connect to host 127\.0\.0\.1 port \d+: Connection refused/,
  );
  running.child.kill('SIGTERM');
  await running.ended;
  expect(running.child.exitCode).toBe(0);
});

test('it continues with the last known name of the node, and accepts pushes', async () => {
  await mkdir(join(folder, 'data'));
  await knownNode(join(folder, 'data'), destination).keep('pve');
  running = start(['serve'], settings());
  await said('listening on http://');
});

test('a command that does not wait reports the error', async () => {
  const { exit, stdout } = await phoenix(['doctor', '--json'], settings());
  expect(exit).not.toBe(0);
  const { checks } = JSON.parse(stdout) as { checks: { check: string; message: string }[] };
  expect(checks.find(({ check }) => check === 'host')?.message).toMatch(
    /does not answer: ssh: connect to host .*refused/,
  );
});

test('a name is known for its destination alone, and an invalid file has no effect', async () => {
  await knownNode(folder, 'ssh://root@one').keep('pve');
  expect(await knownNode(folder, 'ssh://root@one').read()).toBe('pve');
  expect(await knownNode(folder, 'ssh://root@two').read()).toBeNull();
  await writeFile(join(folder, 'node.json'), `${await readFile(join(folder, 'node.json'), 'utf8')}}`);
  expect(await knownNode(folder, 'ssh://root@one').read()).toBeNull();
});

test('what was delivered before the agent was there makes it look, once for each kind, and later deliveries at once', async () => {
  const looked: string[] = [];
  const agent = { delivered: async ({ kind }: { readonly kind: string }) => void looked.push(kind) };
  const relay = openDeliveryRelay();
  for (const kind of ['push', 'pull', 'push'] as const) await relay.delivered({ kind });
  expect(looked).toEqual([]);
  await relay.connect(agent);
  expect(looked).toEqual(['push', 'pull']);
  await relay.delivered({ kind: 'push' });
  expect(looked).toEqual(['push', 'pull', 'push']);
});
