// What the API tells of the node without changing it: guests, storages, tasks, the node itself.
import { readFileSync } from 'node:fs';
import { type Call, type Task, tasks } from './call.ts';
import { disksOf } from './disks.ts';
import { isTemplate, load, pendingDeletes, shownOptions } from './guest.ts';
import { optionSchema } from './guest-file.ts';
import { CPU_COUNT, configName, type GuestKind, guestIds, kindOf, type LabNode, pathOf, running } from './node.ts';
import type { Parameters } from './parameters/check.ts';
import { parsePropertyString, parseSize } from './parameters/property-string.ts';
import { refuse, refuseParameters } from './refusal.ts';
import { storageNamed, storages, volumeAt } from './storage.ts';
import { storageContent, storageSection, storageStatus } from './storage-config.ts';

type Reader = (call: Call, parameters: Parameters) => unknown;

/** Answers a GET of the API by its path template. */
export function apiRead(call: Call, template: string, parameters: Parameters): unknown {
  const [, kind, below] = /^\/nodes\/\{node\}\/(lxc|qemu)\/\{vmid\}(\/.*)?$/.exec(template) ?? [];
  if (kind === 'lxc' || kind === 'qemu')
    return guestRead(call, kind, Number(parameters['vmid']), below ?? '', parameters);
  const read = READERS[template];
  return read === undefined ? refuse(`the lab does not answer GET ${template}`) : read(call, parameters);
}

const version = { version: '9.2.11', release: '9.2', repoid: '14a22df3' };

const READERS: Readonly<Record<string, Reader>> = {
  '/version': () => version,
  '/nodes/{node}/version': () => version,
  '/nodes': ({ node }) => [
    { node: node.name, id: `node/${node.name}`, type: 'node', status: 'online', level: '', maxcpu: CPU_COUNT },
  ],
  '/nodes/{node}/status': () => ({
    ...nodeUsage,
    pveversion: `pve-manager/${version.version}/${version.repoid}`,
    kversion: 'Linux 6.17.2-1-pve',
    cpuinfo: { cpus: CPU_COUNT },
  }),
  '/cluster/status': ({ node }) => [
    {
      id: `node/${node.name}`,
      name: node.name,
      type: 'node',
      online: 1,
      local: 1,
      nodeid: 0,
      ip: '10.0.0.13',
      level: '',
    },
  ],
  '/cluster/nextid': ({ node }, { vmid }) => nextId(node, vmid),
  '/cluster/resources': (call, { type }) => resources(call, type),
  '/cluster/tasks': ({ node }) => newestFirst(node).slice(0, 50),
  '/nodes/{node}/tasks': ({ node }, parameters) => listedTasks(node, parameters),
  '/nodes/{node}/tasks/{upid}/status': ({ node }, { upid }) => {
    const task = taskNamed(node, String(upid));
    return { ...shownTask(node, task), status: 'stopped', exitstatus: task.status };
  },
  '/nodes/{node}/tasks/{upid}/log': ({ node }, { upid, start, limit }) => {
    const { log, status } = taskNamed(node, String(upid));
    const ending = status === 'OK' || status.startsWith('WARNINGS') ? `TASK ${status}` : `TASK ERROR: ${status}`;
    const lines = [...log.split('\n').filter((line, index, all) => line !== '' || index < all.length - 1), ending];
    const from = Number(start ?? 0);
    return lines.map((t, index) => ({ n: index + 1, t })).slice(from, from + Number(limit ?? 50));
  },
  '/nodes/{node}/lxc': (call) => guestIds(call.node, 'lxc').map((id) => guestStatus(call, 'lxc', id)),
  '/nodes/{node}/qemu': (call) => guestIds(call.node, 'qemu').map((id) => guestStatus(call, 'qemu', id)),
  '/nodes/{node}/storage': ({ node }, parameters) => storageStatus(node, parameters),
  '/nodes/{node}/storage/{storage}/status': ({ node }, parameters) =>
    storageStatus(node, { storage: parameters['storage'] ?? '' })[0],
  '/nodes/{node}/storage/{storage}/content': ({ node }, parameters) =>
    storageContent(node, String(parameters['storage']), parameters),
  '/storage': ({ node }, { type }) =>
    [...storages(node).values()].filter((storage) => type === undefined || storage.type === type).map(storageSection),
  '/storage/{storage}': ({ node }, { storage }) => storageSection(storageNamed(node, String(storage))),
  '/nodes/{node}/network': ({ node }, { type }) =>
    networks(node).filter(
      (network) => type === undefined || network['type'] === type || type === `any_${network['type']}`,
    ),
  '/nodes/{node}/network/{iface}': ({ node }, { iface }) =>
    networks(node).find((network) => network['iface'] === iface) ??
    refuseParameters({ iface: 'interface does not exist' }),
  '/nodes/{node}/aplinfo': () => [],
};

const nodeUsage = {
  uptime: 0,
  loadavg: ['0.00', '0.00', '0.00'],
  memory: { total: 64 * 1024 ** 3, used: 0, free: 64 * 1024 ** 3 },
};

function nextId(node: LabNode, wanted: unknown): string {
  const taken = new Set([...guestIds(node, 'lxc'), ...guestIds(node, 'qemu')]);
  if (wanted !== undefined)
    return taken.has(Number(wanted)) ? refuseParameters({ vmid: `VM ${wanted} already exists` }) : String(wanted);
  let id = 100;
  while (taken.has(id)) id++;
  return String(id);
}

function guestRead(call: Call, kind: GuestKind, id: number, below: string, parameters: Parameters): unknown {
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
function guestStatus(call: Call, kind: GuestKind, id: number) {
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

function resources(call: Call, type: unknown): unknown[] {
  const { node } = call;
  const guests = (['lxc', 'qemu'] as const).flatMap((kind) =>
    guestIds(node, kind).map((id) => {
      const { cpus, vmid, ...status } = guestStatus(call, kind, id);
      const template = isTemplate(load(call, kind, id)) ? 1 : 0;
      return { ...status, vmid, id: `${kind}/${id}`, type: kind, node: node.name, maxcpu: cpus, template };
    }),
  );
  const stores = storageStatus(node, {}).map(
    ({ storage, type: plugintype, content, shared, enabled, used, total }) => ({
      id: `storage/${node.name}/${storage}`,
      type: 'storage',
      storage,
      node: node.name,
      plugintype,
      content,
      shared,
      status: enabled ? 'available' : 'unknown',
      disk: used,
      maxdisk: total,
    }),
  );
  const self = {
    id: `node/${node.name}`,
    type: 'node',
    node: node.name,
    status: 'online',
    maxcpu: CPU_COUNT,
    cpu: 0,
    level: '',
  };
  const wanted = (each: { type: string }): boolean =>
    type === undefined || type === each.type || (type === 'vm' && (each.type === 'lxc' || each.type === 'qemu'));
  return [...guests.sort((a, b) => a.vmid - b.vmid), self, ...stores].filter(wanted);
}

const shownTask = (node: LabNode, { upid, type, id, starttime, endtime, status }: Task) => {
  const [, , pid = '0', pstart = '0'] = upid.split(':');
  return {
    upid,
    type,
    id,
    starttime,
    endtime,
    status,
    node: node.name,
    user: 'root@pam',
    pid: Number.parseInt(pid, 16),
    pstart: Number.parseInt(pstart, 16),
  };
};

const newestFirst = (node: LabNode) =>
  tasks(node)
    .map((task) => shownTask(node, task))
    .reverse();

function taskNamed(node: LabNode, upid: string): Task {
  return tasks(node).find((task) => task.upid === upid) ?? refuse('no such task');
}

function listedTasks(node: LabNode, { limit, start, vmid, typefilter, errors }: Parameters): unknown[] {
  const wanted = newestFirst(node).filter(
    ({ id, type, status }) =>
      (vmid === undefined || id === vmid) &&
      (typefilter === undefined || type === typefilter) &&
      (errors !== '1' || (status !== 'OK' && !status.startsWith('WARNINGS'))),
  );
  const from = Number(start ?? 0);
  return wanted.slice(from, from + Number(limit ?? 50));
}

/** The interfaces of `/etc/network/interfaces`. */
function networks(node: LabNode): Record<string, unknown>[] {
  const found: Record<string, unknown>[] = [];
  for (const line of readFileSync(pathOf(node, 'etc/network/interfaces'), 'utf8').split('\n')) {
    const [, iface, method] = /^iface\s+(\S+)\s+inet\s+(\S+)/.exec(line) ?? [];
    const [, key = '', value = ''] = /^\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    const current = found.at(-1);
    if (iface !== undefined)
      found.push({
        iface,
        method,
        type: iface.startsWith('vmbr') ? 'bridge' : iface === 'lo' ? 'loopback' : 'eth',
        active: 1,
        autostart: 1,
      });
    else if (current !== undefined && key !== '')
      current[key === 'address' ? 'cidr' : key.replaceAll('-', '_')] = value;
  }
  return found.filter(({ type }) => type !== 'loopback');
}
