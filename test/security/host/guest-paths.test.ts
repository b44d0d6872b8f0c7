// Folders that guests, NFS clients and users can write to are below the host's own. Whatever they put there, root never follows it: neither to write
// nor to read, on the node itself and over SSH.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmod,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { localHost } from '../../../src/io/host/local.ts';
import { sshHost } from '../../../src/io/host/ssh.ts';
import { openRedactor } from '../../../src/io/redact.ts';
import { certificate as manager } from '../../../src/managers/certificate/manager.ts';
import type { Manager } from '../../../src/managers/manager.ts';
import type { Content } from '../../../src/model/action.ts';
import type { Host } from '../../../src/ports/host.ts';
import { convergeStep } from '../../managers/carry-out.ts';
import { certificate, KEY, prepared } from '../../managers/certificate/environment.ts';
import { wanted } from '../../managers/guests.ts';
import { noSshd, startSshd, type TestSshd } from '../../support/host/sshd.ts';
import { until } from '../../support/until.ts';

const isRoot = process.getuid?.() === 0;
const OWNER = isRoot ? { uid: 100_033, gid: 100_033 } : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
const SHARED = '/tank/shared';
const text = (content: string): Content => ({ from: 'text', text: content });
const contents = async (content: Content) => Buffer.from(content.from === 'text' ? content.text : '');

/** Replaces a folder by a link to another place and back, as fast as possible, until its standard input ends; then it prints how often. */
const ATTACKER = `
  my ($folder, $aim) = @ARGV;
  $SIG{ALRM} = sub { exit 1 }; alarm 60;
  my $swaps = 0; my $ready = ""; vec($ready, 0, 1) = 1;
  $| = 1; print "ready\\n";
  until (select(my $r = $ready, undef, undef, 0)) {
    rename $folder, "$folder.away"; symlink $aim, $folder;
    unlink $folder; rename "$folder.away", $folder;
    $swaps++;
  }
  print "$swaps\\n";
`;

async function attack(folder: string, aim: string): Promise<{ end(): Promise<number> }> {
  const attacker = spawn('perl', ['-e', ATTACKER, folder, aim], { stdio: ['pipe', 'pipe', 'inherit'] });
  let said = '';
  attacker.stdout.on('data', (chunk) => {
    said += chunk;
  });
  await once(attacker.stdout, 'data');
  return {
    async end() {
      attacker.stdin.end();
      await once(attacker, 'close');
      return Number(said.split('\n')[1]);
    },
  };
}

function keepsToItself(open: (root: string) => Host, rounds: number): void {
  let root: string;
  let host: Host;
  const at = (path: string): string => join(root, path);

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'phoenix-guest-'));
    await chmod(root, 0o755);
    for (const folder of ['/etc', '/tank/shared/certs', '/tank/shared/root', '/secret', '/var/lib/phoenix']) {
      await mkdir(at(folder), { recursive: true });
    }
    await writeFile(at('/etc/shadow'), 'only for root', { mode: 0o600 });
    await writeFile(at('/secret/cert.key'), 'the key of another', { mode: 0o600 });
    await writeFile(at('/var/lib/phoenix/new.key'), 'new', { mode: 0o600 });
    host = open(root);
  });
  afterEach(async () => {
    await host.close();
    await rm(root, { recursive: true, force: true });
  });

  const write = (path: string) =>
    host.writeFile({ kind: 'file', path, content: text('new'), mode: 0o640, owner: OWNER });
  const place = (to: string, from = '/var/lib/phoenix/new.key') =>
    host.placeFiles({ kind: 'place', files: [{ from, to, owner: OWNER, mode: 0o640 }] });
  const folder = (path: string) => host.makeFolder({ kind: 'folder', path, ...OWNER });

  /** Files that only root may change. */
  async function untouched(): Promise<void> {
    expect(await readdir(at('/secret'))).toEqual(['cert.key']);
    expect(await readFile(at('/secret/cert.key'), 'utf8')).toBe('the key of another');
    for (const path of ['/secret', '/secret/cert.key', '/etc', '/etc/shadow']) {
      expect((await stat(at(path))).uid, path).toBe(process.getuid?.());
    }
    expect((await stat(at('/secret/cert.key'))).mode & 0o777).toBe(0o600);
  }

  test.each([
    ['of a guest, to an absolute place', (): string => at('/secret')],
    ['of a guest, to a place beside it', (): string => '../../secret'],
    ['of a guest, by way of the kernel', (): string => `/proc/self/root${at('/secret')}`],
    ['of a privileged guest, whose root is this root', (): string => '/secret'],
  ])('a link %s is not followed for writing, creating, removing or reading', async (_who, aim) => {
    await rm(at(`${SHARED}/certs`), { recursive: true });
    await symlink(aim(), at(`${SHARED}/certs`));
    const inside = `${SHARED}/certs/cert.key`;
    const refused = /symbolic link to .* which is not followed: name the place that is meant/;
    await expect(write(inside)).rejects.toThrow(refused);
    await expect(write(`${SHARED}/certs/new/cert.key`)).rejects.toThrow(refused);
    await expect(place(inside)).rejects.toThrow(refused);
    await expect(place('/var/lib/phoenix/old.key', inside)).rejects.toThrow(refused);
    await expect(folder(`${SHARED}/certs/made`)).rejects.toThrow(refused);
    await expect(folder(`${SHARED}/certs`)).rejects.toThrow(refused);
    await expect(host.removeFiles({ kind: 'remove', paths: [inside] })).rejects.toThrow(refused);
    await expect(host.readFile(inside)).rejects.toThrow(refused);
    await expect(host.readFolders([`${SHARED}/certs`])).rejects.toThrow(refused);
    expect((await host.inspect([inside])).get(inside)).toMatchObject({ kind: 'link', size: 0, digest: null });
    expect(await host.publicKey(inside).catch(() => null)).toBeNull();
    await untouched();
  });

  test('a link in place of the file is replaced, and its target is neither written nor shown', async () => {
    const file = `${SHARED}/certs/root_ca.crt`;
    await symlink(at('/etc/shadow'), at(file));
    await expect(host.readFile(file)).rejects.toThrow('is a symbolic link');
    expect((await host.inspect([file])).get(file)).toMatchObject({ kind: 'link', digest: null });
    expect(await host.readFolders([`${SHARED}/certs`])).toEqual(new Map());
    await write(file);
    expect((await lstat(at(file))).isFile()).toBe(true);
    expect(await readFile(at('/etc/shadow'), 'utf8')).toBe('only for root');
    await untouched();
  });

  test('a hard link in place of the file is replaced: the other name keeps its content, owner and mode', async () => {
    const file = `${SHARED}/certs/cert.key`;
    await link(at('/secret/cert.key'), at(file));
    await write(file);
    await untouched();
    await rm(at(file));
    await link(at('/secret/cert.key'), at(file));
    await place(file);
    expect(await readFile(at(file), 'utf8')).toBe('new');
    await untouched();
  });

  test('a pipe or folder in place of a file is neither waited for nor read', async () => {
    const pipe = `${SHARED}/certs/pipe`;
    const made = spawn('mkfifo', [at(pipe)]);
    await once(made, 'close');
    await expect(host.readFile(pipe)).rejects.toThrow('is no regular file');
    await expect(host.readFile(`${SHARED}/certs`)).rejects.toThrow('is no regular file');
    await expect(place('/var/lib/phoenix/old', pipe)).rejects.toThrow('is no regular file');
    expect((await host.inspect([pipe])).get(pipe)).toMatchObject({ kind: 'other', digest: null });
    expect(await host.readFolders([`${SHARED}/certs`])).toEqual(new Map());
    expect(await host.publicKey(pipe).catch(() => null)).toBeNull();
  });

  test('a file of the kernel that goes while it is read is absent, and the others beside it are read', async ({
    skip,
  }) => {
    // A process that has ended, and that its parent never waits for.
    const forget = '$| = 1; my $pid = fork // die; exit unless $pid; print $pid; sleep 60';
    const parent = spawn('perl', ['-e', forget], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [pid] = await once(parent.stdout, 'data');
    const ended = `/proc/${pid}`;
    const kernel = open(ended);
    try {
      await until(async () => / Z /.test(await readFile(`${ended}/stat`, 'utf8')));
      const found = await readFile(`${ended}/environ`, 'utf8').catch(({ code }) => code);
      skip(found !== 'ESRCH', 'this kernel shows an empty file for a process that has ended');
      expect(await kernel.readFile('/environ')).toBeUndefined();
      expect([...(await kernel.inspect(['/environ', '/stat'])).keys()]).toEqual(['/stat']);
    } finally {
      await kernel.close();
      parent.kill();
    }
  });

  test('a written file has its owner and mode, and no temporary file remains', async () => {
    await write(`${SHARED}/certs/a.key`);
    await place(`${SHARED}/certs/b.key`);
    await folder(`${SHARED}/made`);
    for (const path of ['certs/a.key', 'certs/b.key', 'made']) {
      const { uid, gid, mode } = await stat(at(`${SHARED}/${path}`));
      expect([uid, gid, mode & 0o7777]).toEqual([OWNER.uid, OWNER.gid, path === 'made' ? 0o755 : 0o640]);
    }
    expect((await readdir(at(`${SHARED}/certs`))).sort()).toEqual(['a.key', 'b.key']);
  });

  test('links that only root can have created are followed, also through other links', async () => {
    await mkdir(at('/etc/pve/nodes/pve/lxc'), { recursive: true });
    await symlink('nodes/pve', at('/etc/pve/local'));
    await symlink('local/lxc', at('/etc/pve/lxc'));
    await symlink('/etc/pve', at('/pve'));
    await write('/pve/lxc/101.conf');
    expect(await host.readFile('/etc/pve/lxc/101.conf')).toBe('new');
    expect([...(await host.readFolders(['/etc/pve/lxc'])).keys()]).toEqual(['/etc/pve/lxc/101.conf']);
    await chmod(at('/etc/pve'), 0o777);
    await expect(host.readFile('/etc/pve/lxc/101.conf')).rejects.toThrow('is a symbolic link');
    await symlink('loop', at('/loop'));
    await expect(host.readFile('/loop')).rejects.toThrow('goes round in a circle');
    await chmod(at('/etc/pve'), 0o755);
  });

  test('a guest that keeps replacing folders by links reaches nothing outside', async () => {
    const attackers = await Promise.all([
      attack(at(`${SHARED}/certs`), at('/secret')),
      attack(at(`${SHARED}/root`), root),
    ]);
    const ended = { done: 0, refused: 0 };
    const count = async (work: Promise<unknown>): Promise<void> => {
      const value = await work.then(
        (found) => String(found instanceof Map ? JSON.stringify([...found]) : found),
        (error: Error) => error,
      );
      if (value instanceof Error) ended.refused += 1;
      else ended.done += 1;
      expect(String(value)).not.toContain('the key of another');
    };
    for (let round = 0; round < rounds; round += 1) {
      const file = `${SHARED}/certs/cert.key`;
      await Promise.all([
        count(write(file)),
        count(place(`${SHARED}/certs/placed`)),
        count(place(`${SHARED}/root/etc/shadow`)),
        count(folder(`${SHARED}/root/secret`)),
        count(host.readFile(file)),
        count(host.inspect([file])),
        count(host.removeFiles({ kind: 'remove', paths: [`${SHARED}/certs/placed`] })),
      ]);
    }
    const swaps = await Promise.all(attackers.map((each) => each.end()));
    expect(Math.min(...swaps)).toBeGreaterThan(rounds);
    expect(ended.done).toBeGreaterThan(0);
    expect(await readFile(at('/etc/shadow'), 'utf8')).toBe('only for root');
    await untouched();
  });
}

describe('on the node itself', () =>
  keepsToItself((root) => localHost({ node: 'pve', contents, redactor: openRedactor(), root }), 30));

describe.skipIf(noSshd !== null)(`over ssh${noSshd === null ? '' : ` (${noSshd})`}`, () => {
  let sshd: TestSshd;
  beforeAll(async () => {
    sshd = await startSshd();
  });
  afterAll(() => sshd.stop());
  keepsToItself((root) => sshHost({ node: 'pve', contents, redactor: openRedactor(), root, ...sshd }), 6);
});

describe('a certificate of a guest that replaced its folder by a link', () => {
  const openEnvironment = prepared();

  test('is written nowhere else: the step fails with the reason, and succeeds when the folder is back', async () => {
    const lab = await openEnvironment();
    try {
      const target = wanted(certificate());
      const folder = join(lab.dir, dirname(KEY));
      await rename(folder, `${folder}.away`);
      await mkdir(join(lab.dir, 'etc/secret'));
      await symlink(join(lab.dir, 'etc/secret'), folder);
      expect(await convergeStep(manager as Manager, lab, target)).toMatchObject({
        outcome: 'refused',
        reason: expect.stringContaining('or lies behind one, which others than root may have made'),
      });
      // Not even if a person told Phoenix to adopt what exists.
      const adopted = convergeStep(manager as Manager, lab, { ...target, adopt: true });
      await expect(adopted).rejects.toThrow(/\/tank\/101\/ssl is a symbolic link to .*, which others than root/);
      expect(await readdir(join(lab.dir, 'etc/secret'))).toEqual([]);
      await rm(folder);
      await rename(`${folder}.away`, folder);
      expect(await convergeStep(manager as Manager, lab, target)).toMatchObject({ outcome: 'done' });
      expect((await readdir(folder)).sort()).toEqual(['nginx.crt', 'nginx.key']);

      // One that is in use is looked at without following: the inventory of all certificates stays whole.
      await rename(folder, `${folder}.away`);
      await symlink(`${folder}.away`, folder);
      const inventory = await manager.inventory(lab);
      expect(inventory.files.get(KEY)).toMatchObject({ kind: 'link', digest: null });
      expect(manager.quickCheck(inventory, target)).toBeNull();
    } finally {
      await lab.close();
    }
  });
});
