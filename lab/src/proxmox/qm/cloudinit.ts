// cloud-init of a machine: the data of its drive, changes that are not on it yet, and its regeneration.

import { splitList } from '../../../../src/proxmox/parameters/perl.ts';
import { type Call, print } from '../call.ts';
import { checkLock, load, update } from '../guest/guest.ts';
import type { Parameters } from '../parameters/check.ts';
import { text } from '../verb-parameters.ts';

/** Options on the drive that `pending` shows; addresses are not among them. */
const SHOWN = ['cicustom', 'cipassword', 'citype', 'ciupgrade', 'ciuser', 'nameserver', 'searchdomain', 'sshkeys'];

/** `qm cloudinit pending`: the values on the drive, and those of the next one. */
export function cloudInitPending(call: Call, id: number): void {
  const { options, special } = load(call, 'qemu', id);
  const { added = '', ...held } = special['cloudinit'] ?? {};
  const isAdded = new Set(splitList(added));
  const shown = (name: string, value: string): string => (name === 'cipassword' ? '**********' : value);
  const rows = new Map<string, string[]>();
  for (const name of SHOWN) {
    const now = options[name];
    if (now === undefined || now === '' || now === '0') continue;
    const drive = held[name];
    rows.set(name, [
      ...(isAdded.has(name) ? [] : [`cur ${name}: ${shown(name, drive ?? now)}`]),
      ...(isAdded.has(name) || drive !== undefined ? [`new ${name}: ${shown(name, now)}`] : []),
    ]);
  }
  for (const [name, value] of Object.entries(held))
    if (options[name] === undefined) rows.set(name, [`del ${name}: ${shown(name, value)}`]);
  for (const [, lines] of [...rows].sort(([a], [b]) => (a < b ? -1 : 1))) for (const line of lines) print(call, line);
}

/** `qm cloudinit update`: regenerates the drive from the configuration. */
export function updateCloudInit(call: Call, id: number): void {
  update(call, 'qemu', id, (file) => {
    checkLock('qemu', file);
    delete file.special['cloudinit'];
  });
}

/** The data on the cloud-init drive, in its simplest form. */
export function dumpCloudInit(call: Call, id: number, parameters: Parameters): void {
  const { options } = load(call, 'qemu', id);
  const keys = decodeURIComponent(options['sshkeys'] ?? '')
    .split('\n')
    .filter((key) => key.trim() !== '');
  const user = [
    '#cloud-config',
    `hostname: ${options['name'] ?? `VM${id}`}`,
    'manage_etc_hosts: true',
    ...(options['ciuser'] === undefined ? [] : [`user: ${options['ciuser']}`]),
    ...(keys.length === 0 ? [] : ['ssh_authorized_keys:', ...keys.map((key) => `  - ${key}`)]),
    'users:',
    '  - default',
    'package_upgrade: true',
  ];
  const network = [
    'version: 1',
    'config:',
    ...Object.keys(options)
      .filter((name) => /^ipconfig\d+$/.test(name))
      .sort()
      .map((name) => `    # ${name.replace('ipconfig', 'eth')}: ${options[name]}`),
  ];
  const data: Record<string, readonly string[]> = { user, network, meta: [`instance-id: ${options['vmgenid'] ?? id}`] };
  for (const line of data[text(parameters, 'type') ?? ''] ?? []) print(call, line);
}
