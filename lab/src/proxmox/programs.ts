// The programs of the lab, each loaded when it is called: most processes need one, and loading is most of their cost.

import type { Answer } from './answer.ts';
import type { LabNode } from './node.ts';

type Programs = Readonly<Record<string, () => Promise<Program>>>;

/** A program: answers a call; standard input is only read by programs that need it. */
export type Program = (node: LabNode, argv: readonly string[], stdin?: () => Buffer) => Answer;

/** Proxmox's own programs, first on the PATH of everything in a lab. */
export const PROXMOX_PROGRAMS: Programs = {
  pct: async () => (await import('./pct/pct.ts')).pct,
  qm: async () => (await import('./qm/qm.ts')).qm,
  pvesh: async () => (await import('./api/pvesh.ts')).pvesh,
  pvesm: async () => (await import('./storage/pvesm.ts')).pvesm,
  pveam: async () => (await import('./storage/pveam.ts')).pveam,
  pvenode: async () => (await import('./pvenode.ts')).pvenode,
  pvesubscription: async () => (await import('./pvesubscription.ts')).pvesubscription,
  'ha-manager': async () => (await import('./ha-manager.ts')).haManager,
  pveum: async () => (await import('./access/pveum.ts')).pveum,
  'pve-firewall': async () => {
    const { pveFirewall } = await import('./firewall/program.ts');
    return (node, argv) => pveFirewall(node.dir, node.name, argv);
  },
  hostname: async () => hostname,
};

/** File programs. */
const ON_FILES = ['cat', 'chmod', 'chown', 'rm', 'stat', 'tee', 'test'];

/** Programs that any script needs. Only Phoenix uses the lab's: a shell in a lab keeps the machine's. */
export const EVERYDAY_PROGRAMS: Programs = {
  ...Object.fromEntries(
    ON_FILES.map((name) => [name, async () => (await import('../host/files.ts')).hostFileProgram(name)]),
  ),
  // The environment of the lab's process is hidden.
  printenv: async () => () => ({ stdout: '', stderr: '', rc: 1 }),
  openssl: async () => (await import('../host/openssl.ts')).openssl,
  curl: async () => (await import('../host/nvidia.ts')).curl,
  sed: async () => (await import('./objects/acme.ts')).sed,
  perl: async () => (await import('./api/pvesh.ts')).perl,
  sh: async () => (await import('../host/nvidia.ts')).sh,
};

/** Programs that are called by their path, `/usr/libexec/NAME`. */
export const PLACED_PROGRAMS: Programs = {
  'proxmox-mail-forward': async () => (await import('../host/mail.ts')).mailForward,
};

/** System programs that act on the node. */
export const HOST_PROGRAMS: Programs = {
  'lxc-freeze': async () => (await import('./pct/freeze.ts')).lxcFreezer(true),
  'lxc-unfreeze': async () => (await import('./pct/freeze.ts')).lxcFreezer(false),
  'lxc-wait': async () => (await import('./pct/lxc-wait.ts')).lxcWait,
  systemctl: async () => (await import('../host/systemctl.ts')).systemctl,
  'systemd-run': async () => (await import('../host/systemd-run.ts')).systemdRun,
  ifreload: async () => (await import('../host/links/programs.ts')).ifreload,
  ip: async () => (await import('../host/links/programs.ts')).ip,
  dnsmasq: async () => (await import('../host/dnsmasq.ts')).dnsmasq,
  'apt-get': async () => (await import('../host/apt.ts')).aptGet,
  'dpkg-query': async () => (await import('../host/apt.ts')).dpkgQuery,
  exportfs: async () => (await import('../host/exportfs.ts')).exportfs,
  useradd: async () => (await import('../host/users.ts')).useradd,
  usermod: async () => (await import('../host/users.ts')).usermod,
  chpasswd: async () => (await import('../host/users.ts')).chpasswd,
  visudo: async () => (await import('../host/visudo.ts')).visudo,
  testparm: async () => (await import('../host/testparm.ts')).testparm,
  modprobe: async () => (await import('../host/nvidia.ts')).modprobe,
  lsblk: async () => (await import('../host/disks/lsblk.ts')).lsblk,
  wipefs: async () => (await import('../host/disks/lsblk.ts')).wipefs,
  zfs: async () => (await import('../host/zfs/zfs.ts')).zfs,
  zpool: async () => (await import('../host/zfs/zpool.ts')).zpool,
  'update-initramfs': async () => (await import('../host/update-initramfs.ts')).updateInitramfs,
  timedatectl: async () => (await import('../host/timedatectl.ts')).timedatectl,
  'update-ca-certificates': async () => (await import('../host/update-ca-certificates.ts')).updateCaCertificates,
};

export const PROGRAMS: Programs = { ...PROXMOX_PROGRAMS, ...HOST_PROGRAMS, ...EVERYDAY_PROGRAMS, ...PLACED_PROGRAMS };

const hostname: Program = (node, [option]) => {
  const shown =
    option === '-I' || option === '-i' ? '10.0.0.13' : option === '-f' ? `${node.name}.internal.example` : node.name;
  return { stdout: `${shown}\n`, stderr: '', rc: 0 };
};
