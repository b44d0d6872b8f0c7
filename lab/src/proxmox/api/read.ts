import { existsSync } from 'node:fs';
import { type Call, type Task, tasks, warn } from '../call.ts';
import { CPU_COUNT, clusterNodes, guestIds, guestsElsewhere, type LabNode, pathOf } from '../node.ts';
import { nextIdBounds } from '../objects/option-reads.ts';
import type { Parameters } from '../parameters/check.ts';
import { refuse, refuseParameters } from '../refusal.ts';
import { storageContent, storageSection, storageStatus } from '../storage/content.ts';
import { markedBackups } from '../storage/prune.ts';
import { storageNamed, storages } from '../storage/storage.ts';
import { NO_SUBSCRIPTION } from '../subscription.ts';
import { guestRead, guestResource, guestStatus } from './guests.ts';
import { objectRead } from './object-reads.ts';

type Reader = (call: Call, parameters: Parameters) => unknown;

/** Answers a GET of the API by its path template. */
export function apiRead(call: Call, template: string, parameters: Parameters): unknown {
  const [, kind, below] = /^\/nodes\/\{node\}\/(lxc|qemu)\/\{vmid\}(\/.*)?$/.exec(template) ?? [];
  if (kind === 'lxc' || kind === 'qemu')
    return guestRead(call, kind, Number(parameters['vmid']), below ?? '', parameters);
  const object = objectRead(call, template, parameters);
  if (object !== undefined) return object.data;
  const read = READERS[template];
  return read === undefined ? refuse(`the lab does not answer GET ${template}`) : read(call, parameters);
}

const version = { version: '9.2.11', release: '9.2', repoid: '14a22df35955d97d' };

const READERS: Readonly<Record<string, Reader>> = {
  '/version': () => version,
  '/nodes/{node}/version': () => version,
  '/nodes/{node}/subscription': () => NO_SUBSCRIPTION,
  '/nodes': (call) => clusterNodes(call.node).map((name) => nodeEntry(call, name)),
  '/cluster/status': ({ node }) => clusterStatus(node),
  '/cluster/nextid': ({ node }, { vmid }) => nextId(node, vmid),
  '/cluster/resources': (call, { type }) => resources(call, type),
  '/cluster/tasks': ({ node }) => newestFirst(node).slice(0, 50),
  '/nodes/{node}/tasks': ({ node }, parameters) => listedTasks(node, parameters),
  '/nodes/{node}/lxc': (call) => guestIds(call.node, 'lxc').map((id) => guestStatus(call, 'lxc', id)),
  '/nodes/{node}/qemu': (call) => guestIds(call.node, 'qemu').map((id) => guestStatus(call, 'qemu', id)),
  '/nodes/{node}/storage': ({ node }, parameters) => storageStatus(node, parameters),
  '/nodes/{node}/storage/{storage}/content': ({ node }, parameters) =>
    storageContent(node, String(parameters['storage']), parameters),
  '/nodes/{node}/storage/{storage}/prunebackups': ({ node }, parameters) => markedBackups(node, parameters),
  '/storage': ({ node }, { type }) =>
    [...storages(node).values()]
      .filter((storage) => type === undefined || storage.type === type)
      .map((storage) => storageSection(node, storage)),
  '/storage/{storage}': ({ node }, { storage }) => storageSection(node, storageNamed(node, String(storage))),
};

/** Without a certificate of its own, which a lab's node does not have. */
function nodeEntry(call: Call, name: string) {
  const file = `/etc/pve/nodes/${name}/pve-ssl.pem`;
  const hasCertificate = existsSync(pathOf(call.node, file));
  if (!hasCertificate) warn(call, `'${file}' does not exist!`);
  const status = name === call.node.name ? 'online' : 'unknown';
  return { id: `node/${name}`, node: name, type: 'node', status, ...(hasCertificate ? {} : { ssl_fingerprint: null }) };
}

function clusterStatus(node: LabNode): unknown[] {
  const names = clusterNodes(node);
  const isAlone = names.length < 2;
  const nodes = names.map((name, index) => ({
    id: `node/${name}`,
    ip: `10.0.0.${13 + index}`,
    level: '',
    local: name === node.name ? 1 : 0,
    name,
    nodeid: isAlone ? 0 : index + 1,
    online: 1,
    type: 'node',
  }));
  const cluster = { id: 'cluster', name: 'lab', nodes: names.length, quorate: 1, type: 'cluster', version: 1 };
  return isAlone ? nodes : [cluster, ...nodes];
}

function nextId(node: LabNode, wanted: unknown): string {
  const elsewhere = guestsElsewhere(node).map(({ id }) => id);
  const taken = new Set([...guestIds(node, 'lxc'), ...guestIds(node, 'qemu'), ...elsewhere]);
  if (wanted !== undefined)
    return taken.has(Number(wanted)) ? refuseParameters({ vmid: `VM ${wanted} already exists` }) : String(wanted);
  const { lower = 100, upper = 1_000_000 } = nextIdBounds(node);
  for (let id = lower; id < upper; id++) if (!taken.has(id)) return String(id);
  return refuse(`unable to get any free VMID in range [${lower}, ${upper})`);
}

function resources(call: Call, type: unknown): unknown[] {
  const { node } = call;
  const guests = (['lxc', 'qemu'] as const).flatMap((kind) =>
    guestIds(node, kind).map((id) => guestResource(call, kind, id)),
  );
  // Proxmox's entry for a guest on a node that does not report its state.
  const elsewhere = guestsElsewhere(node).map(({ id: vmid, kind, node: other }) => {
    return { id: `${kind}/${vmid}`, type: kind, node: other, vmid, status: 'unknown', template: 0 };
  });
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
  return [...[...guests, ...elsewhere].sort((a, b) => a.vmid - b.vmid), self, ...stores].filter(wanted);
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
