// State and resource usage of a guest, as in `status --verbose` and in lists.

import { splitList } from '../../../../src/proxmox/parameters/perl.ts';
import { parsePropertyString } from '../../../../src/proxmox/parameters/property-string.ts';
import type { Call } from '../call.ts';
import { CPU_COUNT, type GuestKind, running } from '../node.ts';
import { disksOf, isCdrom } from './disks.ts';
import type { Options } from './file.ts';
import { isTemplate, load } from './guest.ts';

const MIB = 1024 ** 2;

/** The values by name; those that Proxmox omits are absent. Sizes are in bytes, times in seconds. */
export function guestStatus(call: Call, kind: GuestKind, id: number): Record<string, string | number> {
  const file = load(call, kind, id);
  const { options } = file;
  const state = running(call.node, id);
  const own =
    kind === 'lxc'
      ? containerStatus(id, options)
      : machineStatus(id, options, state === undefined ? 'stopped' : state.isPaused ? 'paused' : 'running');
  const optional = {
    lock: options['lock'],
    tags: options['tags'],
    pid: state?.pid,
    template: isTemplate(file) ? 1 : undefined,
  };
  const shared = {
    disk: 0,
    mem: 0,
    netin: 0,
    netout: 0,
    vmid: id,
    status: state === undefined ? 'stopped' : 'running',
    uptime: state === undefined ? 0 : Math.max(1, Math.floor(Date.now() / 1000) - state.since),
  };
  return Object.fromEntries(
    Object.entries({ ...shared, ...own, ...optional }).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  );
}

function containerStatus(id: number, options: Readonly<Options>): Record<string, string | number> {
  const rootfs = disksOf('lxc', options).find((disk) => disk.key === 'rootfs');
  return {
    cpus: Number(options['cores'] ?? options['cpulimit'] ?? CPU_COUNT),
    diskread: 0,
    diskwrite: 0,
    maxdisk: Number(rootfs?.properties['size'] ?? 0) || 4096 * MIB,
    maxmem: Number(options['memory'] ?? 512) * MIB,
    maxswap: Number(options['swap'] ?? 0) * MIB,
    name: options['hostname'] ?? `CT${id}`,
    swap: 0,
    type: 'lxc',
  };
}

/** The present memory of a machine, in MiB. */
export function currentMemory(text = '512'): number {
  const read = parsePropertyString('qemu/memory', text);
  return Number((read.ok && read.properties['current']) || 512);
}

function machineStatus(id: number, options: Readonly<Options>, qmpstatus: string): Record<string, string | number> {
  const boot = parsePropertyString('qemu/boot', options['boot'] ?? '');
  const order =
    boot.ok && boot.properties['legacy'] === undefined
      ? splitList(boot.properties['order'] ?? '')
      : [options['bootdisk'] ?? ''];
  const drives = disksOf('qemu', options).filter((disk) => !isCdrom(disk));
  const first = order.map((key) => drives.find((disk) => disk.key === key)).find((disk) => disk !== undefined);
  return {
    cpus: Number(
      options['vcpus'] ?? Math.min(Number(options['sockets'] ?? 1) * Number(options['cores'] ?? 1), CPU_COUNT),
    ),
    maxdisk: Number(first?.properties['size'] ?? 0),
    maxmem: currentMemory(options['memory']) * MIB,
    memhost: 0,
    name: options['name'] ?? `VM ${id}`,
    qmpstatus,
    ...(Object.keys(options).some((name) => /^serial\d+$/.test(name)) && { serial: 1 }),
  };
}
