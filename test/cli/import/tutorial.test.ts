// The commands of docs/tutorial.md, one block after the other, with an agent over the lab that they create, and a forge.

import { spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type LabForge, startForge } from 'phoenix-lab/forge';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { releaseMain } from '../../support/release.ts';
import { until } from '../../support/until.ts';
import { type Started, start } from '../phoenix.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const ADMIN = 'the-token-of-the-admin';
const TOKEN = 'the-token-of-the-forge';

let home: string;
let forge: LabForge;
let served: Started | undefined;
let blocks: string[];
const environment: Record<string, string> = {};

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'phoenix-tutorial-'));
  forge = await startForge({ folder: join(home, 'forge'), secret: 'the secret of the webhook', token: TOKEN });
  await writeFile(join(home, 'phoenix'), `#!/bin/sh\nexec '${process.execPath}' '${releaseMain()}' "$@"\n`);
  await chmod(join(home, 'phoenix'), 0o755);
  const page = await readFile(join(ROOT, 'docs/tutorial.md'), 'utf8');
  blocks = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
  Object.assign(environment, {
    HOME: home,
    PATH: [home, process.env['PATH']].join(delimiter),
    NO_COLOR: '1',
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? '',
    REPOSITORY: forge.pushUrl,
    GIT_CONFIG_GLOBAL: join(home, 'gitconfig'),
    GIT_CONFIG_SYSTEM: '/dev/null',
  });
  await writeFile(join(home, 'gitconfig'), '[user]\n\tname = Kim\n\temail = kim@example.internal\n');
});
afterAll(async () => {
  served?.child.kill('SIGTERM');
  await served?.ended;
  await forge.close();
  await rm(home, { recursive: true, force: true });
});

interface Ran {
  readonly exit: number | null;
  readonly out: string;
}

/** What a person who copies the block sees; it ends as its last command does. */
function run(block: string | undefined): Promise<Ran> {
  const child = spawn('sh', ['-c', block ?? 'exit 99'], {
    cwd: ROOT,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
  return new Promise((resolve) => child.once('close', (exit) => resolve({ exit, out })));
}

const conf = (id: number, folder = 'lxc') => readFile(join(home, 'pve/etc/pve', folder, `${id}.conf`), 'utf8');

/** Without the notes and the tag that say whose it is. */
const unmarked = (text: string) =>
  text
    .replace(/^#.*\n/gm, '')
    .replace(/^(tags: .*)$/m, (line) => line.replace(/;?phoenix/, ''))
    .replace(/^tags: *\n/m, '');

async function serve(): Promise<void> {
  served = start(['serve'], {
    PHOENIX_REPO_URL: forge.repositoryUrl,
    PHOENIX_FORGE: 'github',
    PHOENIX_FORGE_API: forge.url,
    PHOENIX_FORGE_TOKEN: TOKEN,
    PHOENIX_WEBHOOK_SECRET: 'the secret of the webhook',
    PHOENIX_ADMIN_TOKEN: ADMIN,
    PHOENIX_DATA_DIR: join(home, 'data'),
    PHOENIX_LAB: join(home, 'pve'),
    PHOENIX_NODE: 'pve',
    PHOENIX_LISTEN: '127.0.0.1:0',
    PHOENIX_POLL_SECONDS: '1',
    PHOENIX_DRIFT_SECONDS: '3600',
  });
  const { output } = served;
  const listening = () => /listening on (http:\S+?)"/.exec(output.stderr)?.[1];
  await until(() => listening() !== undefined, 'the agent to listen', 60);
  Object.assign(environment, { PHOENIX_URL: listening() ?? '', PHOENIX_ADMIN_TOKEN: ADMIN });
}

/** The newest commit has its answer. */
async function answered(): Promise<void> {
  const { out } = await run('git -C ~/home rev-parse HEAD');
  const state = () =>
    forge.latestStatuses(out.trim() as never).find(({ context }) => context === 'phoenix/apply')?.state;
  await until(() => state() !== undefined && state() !== 'pending', 'the commit to have its answer', 60);
}

test('the commands of the tutorial do what it says', { timeout: 240_000 }, async () => {
  const [lab, bringIn, check, push, adopt, change, byHand] = blocks;
  expect(blocks).toHaveLength(7);
  expect((await run(lab)).exit).toBe(0);
  const guests = [110, 111, 112, 113].map((id) => [id, 'lxc'] as const);
  const machines = [210, 211, 212].map((id) => [id, 'qemu-server'] as const);
  const files = () => Promise.all([...guests, ...machines].map(([id, folder]) => conf(id, folder)));
  const before = await files();

  expect((await run(bringIn)).out).toContain('of which nothing would change');
  const checked = await run(check);
  expect(checked.exit).toBe(0);
  expect(checked.out).toContain('no errors');
  expect(checked.out).toContain('The host is as declared: nothing would be created, changed or restarted.');
  expect(await files()).toEqual(before);

  expect((await run(push)).exit).toBe(0);
  await serve();
  await answered();
  expect(await files()).toEqual(before);
  const adopted = await run(adopt);
  expect([adopted.exit, adopted.out]).toEqual([0, expect.stringContaining('would set')]);
  const marked = await files();
  for (const text of marked) expect(text).toContain('phoenix-target');
  expect(marked.map(unmarked).map(sorted)).toEqual(before.map(unmarked).map(sorted));
  expect((await run('phoenix adopt --all --dry-run')).out).not.toContain('would set');

  const changed = await run(change);
  expect([changed.exit, changed.out]).toEqual([0, expect.stringContaining('memory_mb: 512 → 1024')]);
  await answered();
  await until(async () => (await conf(110)).includes('memory: 1024'), 'the change to be made', 60);

  const drifted = await run(byHand?.split('\n').slice(0, 2).join('\n'));
  expect([drifted.exit, drifted.out]).toEqual([1, expect.stringContaining('cores')]);
  expect((await run(byHand?.split('\n').slice(2).join('\n'))).exit).toBe(0);
  expect(await conf(110)).toMatch(/^cores: 1$/m);
});

/** Proxmox writes notes before everything else, and the rest by name. */
const sorted = (text: string) => text.split('\n').filter((line) => line !== '' && !line.startsWith('description:'));
