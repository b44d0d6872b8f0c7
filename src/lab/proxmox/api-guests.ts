// What the API tells of one guest: configuration, pending changes, snapshots, state.
import type { Call } from './call.ts';
import { disksOf } from './disks.ts';
import { load, pendingDeletes, shownOptions } from './guest.ts';
import { optionSchema } from './guest-options.ts';
import { CPU_COUNT, configName, type GuestKind, kindOf, type LabNode, running } from './node.ts';
import type { Parameters } from './parameters/check.ts';
import { parsePropertyString, parseSize } from './parameters/property-string.ts';
import { refuse } from './refusal.ts';
import { volumeAt } from './volumes.ts';

/** Answers a GET below a guest's path: `/config`, `/status/current`, `/pending`, `/snapshot`. */
export function guestRead(call: Call, kind: GuestKind, id: number, below: string, parameters: Parameters): unknown {
  if (kindOf(call.node, id) !== kind) refuse(`Configuration file '${configName(call.node, kind, id)}' does not exist`);
  const snapshot = parameters['snapname'] ?? parameters['snapshot'];
  switch (below) {
    case '/config':
    case '/snapshot/{snapname}/config':
      return shownConfig(call, kind, id, {
        current: parameters['current'] === '1',
        ...(snapshot !== undefined && { snapshot: String(snapshot) }),
      });
    case '/status/current':
      return { ...guestStatus(call, kind, id), ha: { managed: 0 } };
    case '/pending':
      return pendingChanges(call, kind, id);
    case '/snapshot':
      return snapshotList(call, kind, id);
    case '':
    case '/status':
    case '/snapshot/{snapname}':
      return [];
    default:
      return refuse(`the lab does not answer GET /nodes/{node}/${kind}/{vmid}${below}`);
  }
}

/** A value as JSON has it: numbers and booleans of their schema as numbers. */
const typed = (kind: GuestKind, name: string, value: string): string | number =>
  /^(integer|number|boolean)$/.test(optionSchema(kind, name)?.type ?? '') || name === 'snaptime'
    ? Number(value)
    : value;

function shownConfig(call: Call, kind: GuestKind, id: number, how: { current?: boolean; snapshot?: string }): unknown {
  const { options, raw, digest } = shownOptions(call, kind, id, how);
  const values = Object.entries(options).map(([name, value]) => [
    name,
    name === 'cipassword' ? '**********' : typed(kind, name, value),
  ]);
  return { ...Object.fromEntries(values), ...(raw.length > 0 && { lxc: raw }), digest };
}

function pendingChanges(call: Call, kind: GuestKind, id: number): unknown[] {
  const file = load(call, kind, id);
  const { delete: _, ...changes } = file.pending.options;
  const deletes = pendingDeletes(file);
  return [...new Set([...Object.keys(file.options), ...Object.keys(changes)])].sort().map((key) => {
    const [value, pending] = [file.options[key], changes[key]];
    return {
      key,
      ...(value !== undefined && { value: typed(kind, key, value) }),
      ...(pending !== undefined && { pending: typed(kind, key, pending) }),
      ...(deletes.has(key) && { delete: deletes.get(key) ? 2 : 1 }),
    };
  });
}

function snapshotList(call: Call, kind: GuestKind, id: number): unknown[] {
  const file = load(call, kind, id);
  const taken = Object.entries(file.snapshots).map(([name, { options }]) => ({
    name,
    description: options['description'] ?? '',
    ...(options['snaptime'] !== undefined && { snaptime: Number(options['snaptime']) }),
    ...(options['parent'] !== undefined && { parent: options['parent'] }),
  }));
  const parent = file.options['parent'];
  return [
    ...taken,
    {
      name: 'current',
      description: 'You are here!',
      digest: file.digest,
      running: Number(running(call.node, id) !== undefined),
      ...(parent !== undefined && { parent }),
    },
  ];
}

const MIB = 1024 ** 2;

/** A guest's state and measures, as lists and `status/current` have them. */
export function guestStatus(call: Call, kind: GuestKind, id: number) {
  const { options } = load(call, kind, id);
  const state = running(call.node, id);
  const memory = kind === 'qemu' ? parsePropertyString('qemu/memory', options['memory'] ?? '512') : undefined;
  const megabytes = memory?.ok ? memory.properties['current'] : (options['memory'] ?? '512');
  const shared = {
    vmid: id,
    status: state === undefined ? 'stopped' : 'running',
    name: kind === 'lxc' ? (options['hostname'] ?? `CT${id}`) : (options['name'] ?? `VM ${id}`),
    cpus:
      kind === 'lxc'
        ? Number(options['cores'] ?? CPU_COUNT)
        : Number(options['sockets'] ?? 1) * Number(options['cores'] ?? 1),
    cpu: 0,
    mem: 0,
    maxmem: Number(megabytes) * MIB,
    disk: 0,
    maxdisk: bootDiskSize(call.node, kind, options),
    netin: 0,
    netout: 0,
    uptime: state === undefined ? 0 : Math.max(1, Math.floor(Date.now() / 1000) - state.since),
    ...(options['tags'] && { tags: options['tags'] }),
    ...(options['lock'] && { lock: options['lock'] }),
    ...(options['template'] === '1' && { template: 1 }),
    ...(state !== undefined && { pid: state.pid }),
  };
  if (kind === 'qemu')
    return {
      ...shared,
      memhost: 0,
      ...(options['serial0'] !== undefined && { serial: 1 }),
      ...(state !== undefined && options['agent'] !== undefined && { agent: 1 }),
    };
  return { ...shared, type: 'lxc', diskread: 0, diskwrite: 0, swap: 0, maxswap: Number(options['swap'] ?? 512) * MIB };
}

function bootDiskSize(node: LabNode, kind: GuestKind, options: Record<string, string>): number {
  const ordered = /(?:^|,|order=)((?:scsi|virtio|ide|sata)\d+)/.exec(options['boot'] ?? '')?.[1] ?? options['bootdisk'];
  const key = kind === 'lxc' ? 'rootfs' : ordered;
  const disk = disksOf(kind, options).find((each) => each.key === key);
  if (disk === undefined) return 0;
  const size = /(?:^|,)size=([^,]+)/.exec(options[disk.key] ?? '')?.[1];
  return size === undefined ? (volumeAt(node, disk.volume)?.size ?? 0) : (parseSize(size) ?? 0);
}
