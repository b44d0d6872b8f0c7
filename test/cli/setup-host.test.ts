// `phoenix setup` on the host: what it would destroy is shown, confirmed by name, and refused wherever anything could still be needed.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { startForge } from 'phoenix-lab/forge';
import { createLab, type Disk, provideDisk } from 'phoenix-lab/host';
import { openNode, readZfs } from 'phoenix-lab/state';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type SetupHostArgs, setupHost } from '../../src/cli/setup-host.ts';
import { environment, type Files } from '../support/environment.ts';
import { openConfigRepo } from '../support/git/config-repo.ts';
import { LONG_TEST } from '../support/long.ts';
import { captured } from './captured.ts';
import { phoenix } from './phoenix.ts';

const [ONE, TWO] = ['nvme-Lab_SSD_LAB0001', 'nvme-Lab_SSD_LAB0002'];
const DISKS = [ONE, TWO].map((id) => `/dev/disk/by-id/${id}`);
const PART = { bytes: 1e9, label: 'backup', mountedOn: null };

let folder: string;
let lab: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'phoenix-setup-test-'));
  lab = join(folder, 'lab');
  createLab(lab);
  declare();
});
afterEach(() => rmSync(folder, { recursive: true }));

function files(pool: Record<string, unknown>): Files {
  const zfs = { pools: [{ name: 'tank', raid_level: 'mirror', disks: DISKS, ...pool }] };
  return environment({ 101: {} }, { zfs });
}

function declare(pool: Record<string, unknown> = {}): void {
  for (const [path, text] of Object.entries(files(pool))) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

function disks(first: Partial<Disk> = {}, second: Partial<Disk> = {}): void {
  provideDisk(lab, ONE ?? '', 2e12, first);
  provideDisk(lab, TWO ?? '', 2e12, second);
}

/** @param answer what the person types; undefined: no terminal */
function setup(args: Partial<SetupHostArgs>, answer?: string) {
  const all = { disks: DISKS, gpuDriver: false, yes: false, dryRun: false, config: folder, ...args };
  const ask = answer === undefined ? {} : { ask: async () => answer };
  return captured((io) => setupHost(all, { ...io, ...ask }), { PHOENIX_LAB: lab });
}

const pools = () => Object.keys(readZfs(openNode(lab)).pools);

/** The command lines of the programs that were called, in order. */
function called(): string[] {
  const lines = readFileSync(join(lab, 'calls.jsonl'), 'utf8').trim().split('\n');
  return lines.map((line) => (JSON.parse(line) as { argv: string[] }).argv.join(' '));
}

describe('pools', () => {
  test('are created once their name is typed, from disks that are shown with their content', LONG_TEST, async () => {
    disks({ holds: 'gpt', parts: [{ ...PART, name: 'nvme0n1p1', holds: 'ext4' }] });
    const { exit, out } = await setup({}, ' tank\n');
    expect({ exit, pools: pools() }).toEqual({ exit: 0, pools: ['rpool', 'tank'] });
    for (const shown of [...DISKS, 'serial LAB0001', 'ext4 "backup"', '1.8 TiB', 'nothing is found on it']) {
      expect(out).toContain(shown);
    }
    expect(called().filter((line) => /wipefs --all|zpool create/.test(line))).toEqual([
      'wipefs --all /dev/nvme0n1p1 /dev/nvme0n1',
      `zpool create -o ashift=12 tank mirror ${DISKS.join(' ')}`,
    ]);
  });

  test('nothing is created when another word is typed, or without a terminal to type on', LONG_TEST, async () => {
    disks();
    expect(await setup({}, 'yes')).toMatchObject({ exit: 1, err: expect.stringContaining('nothing was done') });
    expect(await setup({})).toMatchObject({ exit: 2, err: expect.stringContaining('--yes') });
    expect(pools()).toEqual(['rpool']);
  });

  test('a disk that is mounted is refused, and nothing is touched', async () => {
    disks({ mountedOn: '/srv/films' });
    expect(await setup({ yes: true })).toMatchObject({ exit: 1, err: expect.stringContaining('/srv/films') });
    expect(called().filter((line) => /--all|create/.test(line))).toEqual([]);
  });

  test('a host that is reached over ssh is refused', async () => {
    const all = { disks: DISKS, gpuDriver: false, yes: true, dryRun: false, config: folder };
    const { exit, err } = await captured((io) => setupHost(all, io), { PHOENIX_HOST: 'ssh://root@pve' });
    expect([exit, err]).toEqual([2, expect.stringContaining('the host itself')]);
  });
});

test('the followed repository is used when no folder is named', LONG_TEST, async () => {
  disks();
  const forge = await startForge({ folder: join(folder, 'forge'), secret: 'hook', token: 'token' });
  const repo = await openConfigRepo(join(folder, 'environment'), forge.pushUrl);
  await repo.commit(files({}));
  await repo.push();
  const followed = { PHOENIX_REPO_URL: forge.repositoryUrl, PHOENIX_FORGE: 'none', PHOENIX_LAB: lab };
  const all = { disks: DISKS, gpuDriver: false, yes: false, dryRun: true };
  const { exit, out } = await captured((io) => setupHost(all, io), { ...followed, PHOENIX_FORGE_TOKEN: 'token' });
  expect([exit, out]).toEqual([0, expect.stringContaining('create pool tank')]);
  await forge.close();
  const gone = await captured((io) => setupHost(all, io), { ...followed, PHOENIX_FORGE_TOKEN: 'token' });
  expect(gone).toMatchObject({ exit: 3, err: expect.stringContaining('--config') });
});

test('a driver that is not declared is not guessed', async () => {
  expect(await setup({ disks: [], gpuDriver: true })).toMatchObject({
    exit: 1,
    err: expect.stringContaining('nvidia_driver'),
  });
});

test('it works from the command line, where a dry run only observes', async () => {
  disks({ holds: 'ext4' });
  const args = ['setup', '--allow-destructive', ...DISKS, '--config', folder, '--dry-run', '--yes', '--json'];
  const { exit, stdout, stderr } = await phoenix(args, { PHOENIX_LAB: lab });
  expect([exit, pools()]).toEqual([0, ['rpool']]);
  expect(stderr).toContain('Pool tank (mirror)');
  const actions = [expect.stringContaining('wipe /'), 'create pool tank'];
  expect(JSON.parse(stdout)).toEqual({ ok: true, reason: null, actions });
  const looks = /^(lsblk|wipefs --no-act|zpool (list|status)|hostname)/;
  expect(called().filter((line) => !looks.test(line))).toEqual([]);
});
