// Backup and restore of the ledger by the guide's own commands, with a real Redis before and after, and a service that is only pretended to stop.

import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connectRedis } from '../../src/io/ledger/connect.ts';
import { openLedger } from '../../src/io/ledger/ledger.ts';
import { type RedisServer, startRedis } from '../../src/io/redis-server.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import { clock } from '../support/agent/agent.ts';

const GUIDE = fileURLToPath(new URL('../../deploy/README.md', import.meta.url));
const DATA = '/var/lib/phoenix/agent';

let folder: string;
let server: RedisServer | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-backup-'));
  await mkdir(join(folder, 'bin'));
  await writeFile(join(folder, 'bin/systemctl'), `#!/bin/sh\necho "$@" >> ${folder}/said\n`);
  await chmod(join(folder, 'bin/systemctl'), 0o755);
  // What a container is to run is run here, with the folders that it would see.
  await writeFile(
    join(folder, 'bin/docker'),
    `#!/bin/sh
if [ "$1" = compose ]; then echo "$*" >> ${folder}/said; exit; fi
while [ "$1" != redis:8.2.8-bookworm ]; do shift; done
shift
for word in "$@"; do
  word=$(printf %s "$word" | sed -e "s|/data|$DATA|g" -e "s|/backup|$PWD|g")
  set -- "$@" "$word"
  shift
done
exec "$@"
`,
  );
  await chmod(join(folder, 'bin/docker'), 0o755);
});
afterEach(async () => {
  await server?.stop();
  server = undefined;
  await rm(folder, { recursive: true, force: true });
});

/** While the agent runs, of which the ledger is all that is needed here. */
async function running<T>(data: string, use: (ledger: Ledger) => Promise<T>): Promise<T> {
  await mkdir(join(data, 'redis'), { recursive: true });
  const ended = () => {};
  server = await startRedis(join(data, 'redis'), { ended, full: ended, lost: ended });
  const ledger = openLedger(connectRedis(server.url, ended), { clock, installation: 'phoenix' });
  try {
    return await use(ledger);
  } finally {
    await ledger.close();
    await server.stop();
    server = undefined;
  }
}

/** The code block of the guide with this text, with another data folder. */
async function carryOut(words: string, data: string, by: 'systemctl' | 'docker' = 'systemctl'): Promise<void> {
  const text = await readFile(GUIDE, 'utf8');
  const blocks = [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
  const found = blocks.filter((block) => block.includes(words) && block.includes(by));
  expect(found).toHaveLength(1);
  const [block = ''] = found;
  const env = { PATH: `${folder}/bin:${process.env['PATH']}`, DATA: join(data, 'redis') };
  execFileSync('sh', ['-e', '-c', block.replaceAll(DATA, data)], { cwd: folder, env });
}

test('a backup of the ledger restores its content in place of the present one', async () => {
  const [first, second] = [join(folder, 'first'), join(folder, 'second')];
  const frozen = { reason: 'moving the host', by: 'ada', at: '2026-01-02T03:04:05.000Z' };
  await running(first, (ledger) => ledger.freeze(frozen));
  await carryOut('-czf phoenix-redis.tar.gz', first);
  // The other machine has begun with an empty one.
  expect(await running(second, (ledger) => ledger.frozen())).toBeNull();
  await carryOut('-xzf phoenix-redis.tar.gz', second);
  expect(await running(second, (ledger) => ledger.frozen())).toEqual(frozen);
  const order = ['stop phoenix', 'start phoenix'];
  expect((await readFile(join(folder, 'said'), 'utf8')).trim().split('\n')).toEqual([...order, ...order]);
});

test('the copy of a volume of Docker restores its content likewise', async () => {
  const [first, second] = [join(folder, 'first'), join(folder, 'second')];
  const frozen = { reason: 'moving the host', by: 'ada', at: '2026-01-02T03:04:05.000Z' };
  await running(first, (ledger) => ledger.freeze(frozen));
  await carryOut('-czf /backup/phoenix-redis.tar.gz', first, 'docker');
  expect(await running(second, (ledger) => ledger.frozen())).toBeNull();
  await carryOut('-xzf /backup/phoenix-redis.tar.gz', second, 'docker');
  expect(await running(second, (ledger) => ledger.frozen())).toEqual(frozen);
  const said = (await readFile(join(folder, 'said'), 'utf8')).trim().split('\n');
  expect(said.map((line) => line.replace('compose -f deploy/compose.yml ', ''))).toEqual([
    ...['stop', 'start'],
    ...['stop', 'up --detach'],
  ]);
});
