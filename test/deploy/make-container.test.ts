// The container on the node: the Proxmox commands of make-container.sh, what it writes to the node, that a second run creates no second one, and that
// everything can be removed. Proxmox's programs are stubs that record their calls.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const TOP = fileURLToPath(new URL('../..', import.meta.url));
const SCRIPT = join(TOP, 'deploy/make-container.sh');
const PUBLIC = `ssh-ed25519 ${'A'.repeat(68)}`;

let folder: string;
let node: string;
let archive: string;
let digest: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-make-container-'));
  node = join(folder, 'node');
  for (const path of ['etc/pve/lxc', 'etc/ssh']) await mkdir(join(node, path), { recursive: true });
  await writeFile(join(node, 'etc/ssh/ssh_host_ed25519_key.pub'), 'ssh-ed25519 HOST root@pve\n');
  // Somebody else's container, and their key.
  await writeFile(join(node, 'etc/pve/lxc/101.conf'), 'tags: my-phoenix-agent;web\n');
  await mkdir(join(node, 'root/.ssh'), { recursive: true });
  await writeFile(join(node, 'root/.ssh/authorized_keys2'), 'ssh-ed25519 MINE me@desk\n');
  const top = join(folder, 'phoenix-7.0.0');
  await cp(join(TOP, 'deploy'), join(top, 'deploy'), { recursive: true });
  archive = join(folder, 'phoenix-7.0.0-linux-x64.tar.gz');
  expect(spawnSync('tar', ['-czf', archive, '-C', folder, 'phoenix-7.0.0']).status).toBe(0);
  digest = createHash('sha256').update(readFileSync(archive)).digest('hex');

  await mkdir(join(folder, 'bin'));
  const said = `printf '%s\\n' "$(basename "$0") $*" >>'${folder}/asked'`;
  await program(
    'pveam',
    `${said}\n[ "$1" != available ] || echo 'system          debian-13-standard_13.1-2_amd64.tar.zst'\n`,
  );
  await program('pvesh', `${said}\necho 117\n`);
  await program('ip', `${said}\necho '[{"addr_info":[{"family":"inet","local":"10.0.0.13"}]}]'\n`);
  await program(
    'pct',
    `${said}
conf=${node}/etc/pve/lxc/$2.conf
case $1 in
  create) printf 'tags: phoenix-agent\\n' >"$conf" ;;
  status) if [ -e ${folder}/running ]; then echo 'status: running'; else echo 'status: stopped'; fi ;;
  start) touch ${folder}/running ;;
  stop) rm -f ${folder}/running ;;
  destroy) rm "$conf" ;;
  exec)
    case "$*" in
      *ssh-keygen*) echo '${PUBLIC}' ;;
      *'mv -f'*) printf '== %s\\n' "$*" >>'${folder}/put' && cat >>'${folder}/put' ;;
      *getent*) test ! -e ${folder}/silent ;;
    esac
    ;;
esac
`,
  );
  await program('sleep', 'exit 0\n');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function program(name: string, text: string): Promise<void> {
  await writeFile(join(folder, 'bin', name), `#!/bin/sh\n${text}`);
  await chmod(join(folder, 'bin', name), 0o755);
}

function script(...args: readonly string[]) {
  const env = { PATH: `${join(folder, 'bin')}:/usr/sbin:/usr/bin:/sbin:/bin` };
  return spawnSync('/bin/sh', [SCRIPT, '--prefix', node, ...args], { env, encoding: 'utf8', input: '' });
}

const make = (...args: readonly string[]) => script('--archive', archive, '--sha256', digest, ...args);
const asked = () => (existsSync(join(folder, 'asked')) ? readFileSync(join(folder, 'asked'), 'utf8') : '');
const keys = () => readFileSync(join(node, 'root/.ssh/authorized_keys2'), 'utf8');

const isRoot = process.getuid?.() === 0;
test.skipIf(!isRoot)('makes it, lets its key start one program, hands the answers on, and does so once', async () => {
  const first = make('--', '--repo-url', 'https://git.example/you/home.git');
  expect([first.status, first.stderr]).toEqual([0, '']);
  const created =
    'pct create 117 local:vztmpl/debian-13-standard_13.1-2_amd64.tar.zst --hostname phoenix --unprivileged 1 --features nesting=1 ' +
    '--cores 2 --memory 1024 --swap 512 --rootfs local-lvm:8 --net0 name=eth0,bridge=vmbr0,ip=dhcp --onboot 1 --tags phoenix-agent ';
  expect(asked()).toContain(created);
  expect(asked()).toContain(`pct exec 117 -- sh /root/install.sh --archive /root/phoenix.tar.gz --sha256 ${digest}`);
  expect(asked()).toContain('pct exec 117 -- phoenix setup-agent --repo-url https://git.example/you/home.git');
  expect(asked()).toContain('pct exec 117 -- systemctl enable --now phoenix');
  expect(asked()).toContain('|PHOENIX_HOST=ssh://root@10.0.0.13|');
  const put = readFileSync(join(folder, 'put'), 'utf8');
  expect(put).toContain('\n10.0.0.13 ssh-ed25519 HOST\n');
  expect(put).toContain('Host 10.0.0.13\n    IdentityFile /etc/phoenix/ssh-key\n    IdentitiesOnly yes\n');
  const line = `restrict,command="exec ${node}/usr/local/lib/phoenix/phoenix-shell" ${PUBLIC} phoenix-container\n`;
  expect(keys()).toBe(`ssh-ed25519 MINE me@desk\n${line}`);
  for (const part of ['phoenix-shell', 'programs', 'scripts', 'session.pl'])
    expect(readFileSync(join(node, 'usr/local/lib/phoenix', part), 'utf8')).toBe(
      readFileSync(join(TOP, 'deploy/ssh', part), 'utf8'),
    );

  await rm(join(folder, 'asked'));
  const second = make();
  expect([second.status, second.stderr]).toEqual([0, '']);
  expect(second.stdout).toContain('keep container 117');
  expect(asked()).not.toMatch(/^pct (create|start)|^pveam/m);
  expect(keys()).toBe(`ssh-ed25519 MINE me@desk\n${line}`);
});

test.skipIf(!isRoot)('is removed with its key, also twice, and nothing else is', () => {
  expect(make('--address', '10.0.0.9/24', '--gateway', '10.0.0.1', '--id', '120').status).toBe(0);
  expect(asked()).toContain('ip=10.0.0.9/24,gw=10.0.0.1 ');
  expect(keys()).toContain('\nfrom="10.0.0.9",restrict,command=');
  const away = script('--remove');
  expect([away.status, away.stderr]).toEqual([0, '']);
  expect(asked()).toContain('pct destroy 120 --purge 1');
  expect(keys()).toBe('ssh-ed25519 MINE me@desk\n');
  expect(existsSync(join(node, 'usr/local/lib/phoenix'))).toBe(false);
  expect(existsSync(join(node, 'etc/pve/lxc/101.conf'))).toBe(true);
  expect(script('--remove')).toMatchObject({ status: 0, stdout: expect.stringContaining('there is no container') });
});

test.skipIf(!isRoot)(
  'the forced command stays where the key of another agent starts it, in either file of keys',
  async () => {
    expect(make().status).toBe(0);
    const shell = join(node, 'usr/local/lib/phoenix');
    await writeFile(
      join(node, 'root/.ssh/authorized_keys'),
      `restrict,command="exec ${shell}/phoenix-shell" ${PUBLIC} other\n`,
    );
    expect(script('--remove').status).toBe(0);
    expect(existsSync(join(shell, 'phoenix-shell'))).toBe(true);
  },
);

test.skipIf(!isRoot)('a dry run changes nothing; errors are reported before anything is done', async () => {
  const dry = make('--dry-run');
  expect([dry.status, dry.stderr]).toEqual([0, '']);
  expect(dry.stdout).toContain('would make the unprivileged container 117 ');
  for (const args of [['--archive', archive], ['--id', 'x; reboot'], ['--storage', '$(reboot)'], ['--pretend']])
    expect(script(...args).status, args.join(' ')).toBe(2);
  expect(script('--archive', archive, '--sha256', digest.replace(/./g, '0')).status).toBe(4);
  expect(asked()).not.toMatch(/^pct (create|start|exec|push)/m);
  expect(keys()).toBe('ssh-ed25519 MINE me@desk\n');

  await writeFile(join(folder, 'silent'), '');
  const { status, stderr } = make();
  expect([status, stderr]).toEqual([3, expect.stringContaining('finds no name of the network after a minute')]);
  expect(keys()).toBe('ssh-ed25519 MINE me@desk\n');
});
