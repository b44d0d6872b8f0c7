// Creates a lab: a folder with an empty Proxmox node and its programs.
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CEPH_FILE } from '../../../src/proxmox/ceph.ts';
import { declaredLinks, setKernelLinks } from '../host/links/links.ts';
import { replaceFile, withLock } from './lock.ts';
import { kindOf, openNode, running, setRunning, writeMembers, writeVmlist } from './node.ts';
import { EVERYDAY_PROGRAMS, HOST_PROGRAMS, PLACED_PROGRAMS, PROXMOX_PROGRAMS } from './programs.ts';
import { programSnapshot } from './snapshot.ts';

/** The programs that come first on the PATH in a lab. */
export const LAB_PROGRAMS: readonly string[] = Object.keys({ ...PROXMOX_PROGRAMS, ...HOST_PROGRAMS });

const FILES: Record<string, string> = {
  'etc/hostname': 'pve\n',
  'etc/hosts': '127.0.0.1 localhost\n10.0.0.13 pve.internal.example pve\n',
  'etc/os-release': 'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nVERSION_CODENAME=trixie\nID=debian\n',
  'etc/apt/sources.list.d/debian.sources': `Types: deb
URIs: http://deb.debian.org/debian/
Suites: trixie trixie-updates
Components: main contrib non-free-firmware
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://security.debian.org/debian-security/
Suites: trixie-security
Components: main contrib non-free-firmware
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
`,
  'etc/apt/sources.list.d/pve-enterprise.sources': `Types: deb
URIs: https://enterprise.proxmox.com/debian/pve
Suites: trixie
Components: pve-enterprise
Signed-By: /usr/share/keyrings/proxmox-archive-keyring.gpg
`,
  'etc/apt/sources.list.d/ceph.sources': `Types: deb
URIs: https://enterprise.proxmox.com/debian/ceph-squid
Suites: trixie
Components: enterprise
Signed-By: /usr/share/keyrings/proxmox-archive-keyring.gpg
`,
  'etc/resolv.conf': 'search internal.example\nnameserver 10.0.0.13\n',
  'etc/network/interfaces': `auto lo
iface lo inet loopback

iface eno1 inet manual

auto vmbr0
iface vmbr0 inet static
	address 10.0.0.13/24
	gateway 10.0.0.1
	bridge-ports eno1
	bridge-stp off
	bridge-fd 0

auto vmbr1
iface vmbr1 inet manual
	bridge-ports none
	bridge-stp off
	bridge-fd 0

source /etc/network/interfaces.d/*
`,
  'etc/pve/storage.cfg': `dir: local
	path /var/lib/vz
	content snippets,vztmpl,backup,iso,images,rootdir

lvmthin: local-lvm
	thinpool data
	vgname pve
	content rootdir,images

zfspool: rpool
	pool rpool/data
	content images,rootdir
	sparse 1

`,
  'etc/pve/datacenter.cfg': 'keyboard: en-us\n',
  'sys/module/zfs/parameters/zfs_arc_max': '0\n',
  'var/lib/vz/template/cache/debian-12-standard_12.7-1_amd64.tar.zst': '',
  'var/lib/vz/template/cache/ubuntu-24.04-standard_24.04-2_amd64.tar.zst': '',
};

const FOLDERS = [
  'etc/pve/nodes/pve/lxc',
  'etc/pve/nodes/pve/qemu-server',
  'etc/pve/firewall',
  'srv',
  'var/lib/vz/template/iso',
  'var/lib/vz/snippets',
  'var/lib/vz/dump',
  'var/lib/vz/images',
  'run/lock/lxc',
  'run/lab',
  'bin',
  'libexec',
  'usr/libexec',
];

/** Links in `/etc/pve` to the folders of the local node. */
const LINKS = { local: 'nodes/pve', lxc: 'nodes/pve/lxc', 'qemu-server': 'nodes/pve/qemu-server' };

/**
 * Creates the node in `dir`; an existing one keeps its state and gets the current programs.
 *
 * @param own `programs`: false where nothing calls them as processes
 */
export function createLab(dir: string, { programs = true }: { readonly programs?: boolean } = {}): void {
  const root = resolve(dir);
  withLock(join(root, 'run/lab/create.lock'), 30_000, () => {
    make(root);
    if (programs) writePrograms(root);
  });
}

function make(root: string): void {
  for (const folder of FOLDERS) mkdirSync(join(root, folder), { recursive: true });
  for (const [link, target] of Object.entries(LINKS)) {
    if (!existsSync(join(root, 'etc/pve', link))) symlinkSync(target, join(root, 'etc/pve', link));
  }
  if (!existsSync(join(root, 'etc/pve/storage.cfg'))) {
    for (const [file, text] of Object.entries(FILES)) {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), text);
    }
    const node = openNode(root);
    setKernelLinks(node, declaredLinks(node).links);
    writeVmlist(node);
    writeMembers(node);
  }
}

/** Writes one script, which runs the programs with the present Node, and links it under every program's name: that makes creating a lab fast. */
function writePrograms(root: string): void {
  const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;
  const node = quoted(process.execPath);
  const call = `${quoted(root)} "\${0##*/}" "$@"`;
  const snapshot = programSnapshot();
  const fast =
    snapshot === undefined
      ? ''
      : `[ -f ${quoted(snapshot)} ] && exec ${node} --snapshot-blob ${quoted(snapshot)} lab ${call}\n`;
  const text = `#!/bin/sh\n${fast}exec ${node} ${quoted(fileURLToPath(new URL('main.ts', import.meta.url)))} ${call}\n`;
  const script = join(root, 'run/lab/program');
  if (!existsSync(script) || readFileSync(script, 'utf8') !== text) {
    replaceFile(script, text);
    chmodSync(script, 0o755);
  }
  const { ino } = statSync(script);
  const link = (folder: string, program: string): void => {
    const file = join(root, folder, program);
    if (statSync(file, { throwIfNoEntry: false })?.ino === ino) return;
    rmSync(file, { force: true });
    linkSync(script, file);
  };
  for (const program of LAB_PROGRAMS) link('bin', program);
  for (const program of Object.keys(EVERYDAY_PROGRAMS)) link('libexec', program);
  for (const program of Object.keys(PLACED_PROGRAMS)) link('usr/libexec', program);
}

/** Folders with the lab's programs, for the PATH of a Phoenix whose host is the lab. */
export function labPath(dir: string): string {
  return ['bin', 'libexec'].map((folder) => join(resolve(dir), folder)).join(':');
}

/** A storage to add; `settings` are further lines of its section, such as `path` or `pool`. */
export type DeclaredStorage = {
  readonly id: string;
  readonly type: string;
  readonly content: readonly string[];
  readonly settings?: Readonly<Record<string, string>>;
};

/** The required settings of each storage type. */
const REQUIRED: Record<string, (id: string) => Record<string, string>> = {
  dir: (id) => ({ path: `/mnt/${id}` }),
  zfspool: (id) => ({ pool: id }),
  lvmthin: (id) => ({ thinpool: id, vgname: 'pve' }),
  lvm: (id) => ({ vgname: id }),
  nfs: (id) => ({ path: `/mnt/pve/${id}`, server: '10.0.0.13', export: `/srv/${id}` }),
};

/** Adds a storage to the lab's storage.cfg; an existing one stays as it is. */
export function declareStorage(dir: string, { id, type, content, settings = {} }: DeclaredStorage): void {
  const file = join(resolve(dir), 'etc/pve/storage.cfg');
  withLock(join(resolve(dir), 'run/lock/storage.lck'), 10_000, () => {
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    if (new RegExp(`^\\w+:\\s*${id.replaceAll(/[.]/g, '\\.')}\\s*$`, 'm').test(text)) return;
    const all: Record<string, string> = { ...REQUIRED[type]?.(id), ...settings, content: content.join(',') };
    const lines = Object.entries(all).map(([key, value]) => `\t${key} ${value}\n`);
    replaceFile(file, `${text}${type}: ${id}\n${lines.join('')}\n`);
    if (all['path'] !== undefined) mkdirSync(join(resolve(dir), all['path']), { recursive: true });
  });
}

/** Sets up Ceph on the node, without a pool. */
export function setUpCeph(dir: string): void {
  const file = join(resolve(dir), CEPH_FILE);
  if (!existsSync(file)) replaceFile(file, '[global]\n\tcluster_network = 10.0.0.0/24\n');
}

/** Adds another node to the cluster, as this node sees it: a folder with its guests. */
export function declareNode(dir: string, name: string): void {
  for (const folder of ['lxc', 'qemu-server'])
    mkdirSync(join(resolve(dir), 'etc/pve/nodes', name, folder), { recursive: true });
  writeMembers(openNode(resolve(dir)));
}

/**
 * Sets whether a guest runs, without calling a program, like a guest that crashes.
 *
 * @returns whether the node has the guest; if not, this is the state of a configuration that is put there later
 */
export function setGuestState(dir: string, id: number, state: 'running' | 'stopped'): boolean {
  const node = openNode(resolve(dir));
  if (state === 'stopped' || running(node, id) === undefined) setRunning(node, id, state === 'running');
  return kindOf(node, id) !== undefined;
}
