// Debian packages of the node: which are installed, and what installing one adds.

import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { replaceFile } from '../proxmox/lock.ts';
import { type LabNode, pathOf } from '../proxmox/node.ts';

export interface Package {
  readonly version: string;
  /** Services that are enabled and started at its installation. */
  readonly units?: readonly string[];
  /** Files that it contains; existing ones are kept. */
  readonly files?: Readonly<Record<string, string>>;
  /** Installed on every Proxmox node. */
  readonly base?: true;
}

const SMB_CONF =
  '[global]\n   workgroup = WORKGROUP\n   log file = /var/log/samba/log.%m\n   map to guest = bad user\n\n[homes]\n   comment = Home Directories\n   browseable = no\n';
const SUDOERS = 'Defaults\tenv_reset\nroot\tALL=(ALL:ALL) ALL\n%sudo\tALL=(ALL:ALL) ALL\n@includedir /etc/sudoers.d\n';

/** The packages of Debian's and Proxmox's archives that Phoenix installs or expects. */
export const PACKAGES: Readonly<Record<string, Package>> = {
  'ca-certificates': { version: '20250419', base: true },
  chrony: { version: '4.6.1-3', base: true, units: ['chrony.service'] },
  curl: { version: '8.14.1-2' },
  cron: { version: '3.0pl1-197', base: true, units: ['cron.service'] },
  dkms: { version: '3.2.2-1' },
  dnsmasq: { version: '2.91-1', units: ['dnsmasq.service'] },
  gcc: { version: '4:14.2.0-1' },
  ifupdown2: { version: '3.3.0-1+pmx11', base: true, units: ['networking.service'] },
  make: { version: '4.4.1-2' },
  'nfs-common': { version: '1:2.8.3-1', base: true },
  'nfs-kernel-server': { version: '1:2.8.3-1', units: ['nfs-server.service'] },
  openssl: { version: '3.5.4-1', base: true },
  'openssh-server': { version: '1:10.0p1-7', base: true, units: ['ssh.service'] },
  'proxmox-default-headers': { version: '2.0.0' },
  'pve-firewall': { version: '6.0.4', base: true, units: ['pve-firewall.service'] },
  'pve-manager': { version: '9.1.1', base: true, units: ['pvedaemon.service', 'pveproxy.service'] },
  samba: {
    version: '2:4.22.6+dfsg-0+deb13u1',
    units: ['smbd.service', 'nmbd.service'],
    files: { '/etc/samba/smb.conf': SMB_CONF },
  },
  sudo: { version: '1.9.16p2-3', files: { '/etc/sudoers': SUDOERS } },
  'zfsutils-linux': { version: '2.3.4-pve1', base: true, units: ['zfs-import-cache.service'] },
};

const STATUS = 'var/lib/dpkg/status';

/** Names of the installed packages. */
export function installed(node: LabNode): Set<string> {
  const file = pathOf(node, STATUS);
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const names = [...text.matchAll(/^Package: (\S+)\nStatus: install ok installed$/gm)].map(([, name = '']) => name);
  const base = Object.keys(PACKAGES).filter((name) => PACKAGES[name]?.base === true);
  return new Set([...base, ...names]);
}

export function markInstalled(node: LabNode, name: string): void {
  const file = pathOf(node, STATUS);
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  mkdirSync(dirname(file), { recursive: true });
  const entry = `Package: ${name}\nStatus: install ok installed\nVersion: ${PACKAGES[name]?.version ?? ''}\n\n`;
  replaceFile(file, `${text}${entry}`);
  for (const [path, content] of Object.entries(PACKAGES[name]?.files ?? {})) {
    const at = pathOf(node, path);
    mkdirSync(dirname(at), { recursive: true });
    if (!existsSync(at)) replaceFile(at, content);
  }
}
