// The script that mounts NFS folders in a VM, run by a real shell; the mount programs only record their arguments.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';

const SCRIPT = readFileSync(new URL('../../../etc/features/nfs_volumes/install.sh', import.meta.url), 'utf8');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'phoenix-nfs-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'fstab'), 'UUID=1 / ext4 defaults 0 1\n');
  writeFileSync(join(folder, 'mounted'), '');
  const mounted = `${folder}/mounted`;
  program('mount.nfs', 'exit 1');
  program('systemctl', 'exit 0');
  program('mountpoint', `grep -qxF "$2" ${mounted}`);
  program('mount', `echo "$1" >>${mounted}; echo "mount $1" >>${folder}/calls`);
  program(
    'umount',
    `grep -vxF "$1" ${mounted} >${mounted}.new; mv ${mounted}.new ${mounted}; echo "umount $1" >>${folder}/calls`,
  );
});

function program(name: string, body: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
}

/** What was mounted and unmounted, in order. */
function run(...volumes: readonly [source: string, point: string][]): string[] {
  writeFileSync(join(folder, 'calls'), '');
  const lines = volumes.map(([source, point]) => `${source} ${folder}${point}`);
  execFileSync('sh', ['-c', SCRIPT.replaceAll('/etc/fstab', `${folder}/fstab`)], {
    stdio: 'pipe',
    env: { PATH: `${folder}:${process.env['PATH']}`, NFS_VOLUMES: lines.join('\n') },
  });
  const calls = readFileSync(join(folder, 'calls'), 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  return calls.map((line) => line.replace(folder, ''));
}

test('mounts what is declared, once, and keeps what others wrote', () => {
  expect(run(['10.0.0.13:/tank/a', '/a'])).toEqual(['mount /a']);
  expect(run(['10.0.0.13:/tank/a', '/a'])).toEqual([]);
  expect(readFileSync(join(folder, 'fstab'), 'utf8')).toBe(
    `UUID=1 / ext4 defaults 0 1\n10.0.0.13:/tank/a ${folder}/a nfs defaults,_netdev,nofail,x-phoenix 0 0\n`,
  );
});

test('a changed source replaces the present mount, and an undeclared mount is removed', () => {
  run(['10.0.0.13:/tank/a', '/a'], ['10.0.0.13:/tank/b', '/b']);
  expect(run(['10.0.0.13:/tank/other', '/a'])).toEqual(['umount /a', 'umount /b', 'mount /a']);
  expect(readFileSync(join(folder, 'fstab'), 'utf8')).not.toContain('/tank/b');
});

test('what is in use stays, and the script fails', () => {
  run(['10.0.0.13:/tank/a', '/a']);
  program('umount', 'echo "target is busy" >&2; exit 32');
  expect(() => run(['10.0.0.13:/tank/other', '/a'])).toThrow('target is busy');
  expect(readFileSync(join(folder, 'fstab'), 'utf8')).toContain('/tank/a ');
});
