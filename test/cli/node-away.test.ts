// An agent that starts while its node is unreachable, as after a power cut that stopped both.

import { createHmac, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { unlessLost } from '../../src/cli/compose-parts.ts';
import { knownNode } from '../../src/cli/data-folder.ts';
import { connectRedis } from '../../src/io/ledger/connect.ts';
import { openLog } from '../../src/io/log.ts';
import { openQueue } from '../../src/io/queue/queue.ts';
import { openRedactor } from '../../src/io/redact.ts';
import { LONG_TEST } from '../support/long.ts';
import { freePort } from '../support/programs.ts';
import { startRedis } from '../support/redis/redis.ts';
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

test(
  'it waits for a node that it never reached, says why, tells others what is delivered, and stops when requested',
  LONG_TEST,
  async () => {
    const redis = await startRedis();
    running = start(['serve', '--roles', 'receive'], { ...settings(), REDIS_URL: redis.url });
    await said('the node does not answer: it is waited for');
    expect(running.output.stderr).toMatch(
      /does not answer: ssh: connect to host 127\.0\.0\.1 port \d+: Connection refused/,
    );

    const url = /answers on (http:\S+) and/.exec(running.output.stderr)?.[1];
    expect((await push(url ?? '')).status).toBe(202);
    // A process that plans, beside it.
    const connection = connectRedis(redis.url, () => {});
    const other = openQueue(connection, { log: openLog({ level: 'silent', redactor: openRedactor() }) });
    const looked = Promise.withResolvers<void>();
    const reconcile = async () => {
      looked.resolve();
      return null;
    };
    await other.work({ reconcile }, { node: 'pve', concurrency: 1 });
    await looked.promise;
    await other.close(0);

    running.child.kill('SIGTERM');
    await running.ended;
    expect(running.child.exitCode).toBe(0);
    await redis.stop();
  },
);

/** A push to the followed branch, as GitHub sends it. */
function push(url: string): Promise<Response> {
  const body = JSON.stringify({
    ref: 'refs/heads/main',
    before: '1'.repeat(40),
    after: '2'.repeat(40),
    repository: { full_name: 'infra', clone_url: 'https://git.invalid/infra.git' },
    sender: { login: 'ada' },
  });
  const signature = createHmac('sha256', 'the secret of the webhook').update(body).digest('hex');
  const headers = {
    'content-type': 'application/json',
    'x-github-event': 'push',
    'x-github-delivery': randomUUID(),
    'x-hub-signature-256': `sha256=${signature}`,
  };
  return fetch(`${url}/webhooks`, { method: 'POST', body, headers });
}

test('it continues with the last known name of the node, and accepts pushes', LONG_TEST, async () => {
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

test('what is waited for ends with the loss of what it needs', async () => {
  const lost = Promise.withResolvers<Error>();
  const waiting = Promise.withResolvers<AbortSignal>();
  const work = unlessLost(lost.promise, (stop) => {
    waiting.resolve(stop);
    return new Promise(() => {});
  });
  const stop = await waiting.promise;
  expect(stop.aborted).toBe(false);
  lost.resolve(new Error('the private redis-server ends again and again'));
  await expect(work).rejects.toThrow('ends again and again');
  expect(stop.aborted).toBe(true);

  expect(await unlessLost(new Promise(() => {}), async () => 'done')).toBe('done');
  const told = unlessLost(new Promise(() => {}), async (until) => until.aborted, AbortSignal.abort());
  expect(await told).toBe(true);
});
