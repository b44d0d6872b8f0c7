// The commands of docs/tutorial.md, one block after the other, with the agent and the forge over the lab that they create.
// @module-tag long

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { releaseMain } from '../../support/release.ts';
import { until } from '../../support/until.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

let home: string;
let served: ChildProcess | undefined;
let blocks: string[];
/** The block for a terminal of its own. */
let service = '';
/** What the terminal read before, which the blocks after it build on. */
let sourced = '';
const environment: Record<string, string> = {};

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'phoenix-tutorial-'));
  await writeFile(join(home, 'phoenix'), `#!/bin/sh\nexec '${process.execPath}' '${releaseMain()}' "$@"\n`);
  await chmod(join(home, 'phoenix'), 0o755);
  const page = await readFile(join(ROOT, 'docs/tutorial.md'), 'utf8');
  const fenced = (language: string) =>
    [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(([, block = '']) => block);
  blocks = fenced('sh');
  service = fenced('console').join('');
  Object.assign(environment, {
    HOME: home,
    PATH: [home, process.env['PATH']].join(delimiter),
    NO_COLOR: '1',
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? '',
    GIT_CONFIG_GLOBAL: join(home, 'gitconfig'),
    GIT_CONFIG_SYSTEM: '/dev/null',
  });
  await writeFile(join(home, 'gitconfig'), '[user]\n\tname = Kim\n\temail = kim@example.internal\n');
});
afterAll(async () => {
  if (served !== undefined && served.exitCode === null) {
    const ended = once(served, 'close');
    served.kill('SIGTERM');
    await ended;
  }
  await rm(home, { recursive: true, force: true });
});

interface Ran {
  readonly exit: number | null;
  readonly out: string;
}

/** What a person who copies the block sees; it ends as its last command does. */
function run(block: string | undefined): Promise<Ran> {
  const child = spawn('sh', ['-c', `${sourced}${block ?? 'exit 99'}`], {
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

/** Resolves once the agent listens. */
async function serve(): Promise<void> {
  const child = spawn('sh', ['-c', `exec ${service}`], {
    cwd: ROOT,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  served = child;
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      log += text;
    });
  await until(() => log.includes('listening on http') || child.exitCode !== null, 'the agent to listen', 60);
  expect(log).toMatch(/ pages {5}http:.*\n.* clone {5}git clone http:/);
}

/** Resolves once the text of a page of the forge has it. */
async function shown(page: string, has: RegExp): Promise<void> {
  const textOf = ({ out }: Ran) => out.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ');
  await until(async () => has.test(textOf(await run(`curl -sS "$FORGE${page}"`))), `${page} to have ${has}`, 60);
}

test('the commands of the tutorial do what it says', { timeout: 240_000 }, async () => {
  const [lab, bringIn, check, push, adopt, change, open, merge, remove, approve, mergeRemoval, byHand] = blocks;
  expect(blocks).toHaveLength(12);
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

  await serve();
  expect((await run(push)).exit).toBe(0);
  sourced = `${push?.split('\n')[0]}\n`;
  await shown('', /✗ Describe the host as it is/);
  expect((await run('phoenix status')).out).toContain('phoenix adopt lxc/110');
  expect(await files()).toEqual(before);
  const adopted = await run(adopt);
  expect([adopted.exit, adopted.out]).toEqual([0, expect.stringContaining('would set')]);
  const marked = await files();
  for (const text of marked) expect(text).toContain('phoenix-target');
  expect(marked.map(unmarked).map(sorted)).toEqual(before.map(unmarked).map(sorted));
  expect((await run('phoenix adopt --all --dry-run')).out).not.toContain('would set');

  const changed = await run(change);
  expect([changed.exit, changed.out]).toEqual([0, expect.stringContaining('memory_mb: 512 → 1024')]);
  expect((await run(open)).exit).toBe(0);
  await shown('/pull/1', /phoenix-agent commented .*1 to update.*✓ phoenix\/plan 1 to update/);
  expect(await conf(110)).toContain('memory: 512');
  expect((await run(merge)).exit).toBe(0);
  await shown('/pull/1', /Merged as .*: succeeded.*✓ phoenix\/apply/);
  expect(await conf(110)).toContain('memory: 1024');

  expect((await run(remove)).exit).toBe(0);
  await shown('/pull/2', /phoenix\/plan 1 to delete.*1 needs approval/);
  expect((await run(approve)).exit).toBe(0);
  await shown('/pull/2', /grace commented .*Approved: lxc\/112/);
  expect((await run(mergeRemoval)).exit).toBe(0);
  await shown('/pull/2', /✓ phoenix\/apply/);
  await expect(conf(112)).rejects.toThrow('ENOENT');

  const drifted = await run(byHand?.split('\n').slice(0, 2).join('\n'));
  expect([drifted.exit, drifted.out]).toEqual([1, expect.stringContaining('cores')]);
  expect((await run(byHand?.split('\n').slice(2).join('\n'))).exit).toBe(0);
  expect(await conf(110)).toMatch(/^cores: 1$/m);
});

/** Proxmox writes notes before everything else, and the rest by name. */
const sorted = (text: string) => text.split('\n').filter((line) => line !== '' && !line.startsWith('description:'));
