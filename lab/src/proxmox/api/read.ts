import { type Call, type Task, tasks } from '../call.ts';
import { CPU_COUNT, guestIds, guestsElsewhere, type LabNode } from '../node.ts';
import type { Parameters } from '../parameters/check.ts';
import { refuse, refuseParameters } from '../refusal.ts';
import { storageContent, storageSection, storageStatus } from '../storage/content.ts';
import { storageNamed, storages } from '../storage/storage.ts';
import { guestRead, guestStatus } from './guests.ts';
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

const version = { version: '9.2.11', release: '9.2', repoid: '14a22df3' };

const READERS: Readonly<Record<string, Reader>> = {
  '/version': () => version,
  '/cluster/nextid': ({ node }, { vmid }) => nextId(node, vmid),
  '/cluster/resources': (call, { type }) => resources(call, type),
  '/cluster/tasks': ({ node }) => newestFirst(node).slice(0, 50),
  '/nodes/{node}/tasks': ({ node }, parameters) => listedTasks(node, parameters),
  '/nodes/{node}/lxc': (call) => guestIds(call.node, 'lxc').map((id) => guestStatus(call, 'lxc', id)),
  '/nodes/{node}/qemu': (call) => guestIds(call.node, 'qemu').map((id) => guestStatus(call, 'qemu', id)),
  '/nodes/{node}/storage': ({ node }, parameters) => storageStatus(node, parameters),
  '/nodes/{node}/storage/{storage}/content': ({ node }, parameters) =>
    storageContent(node, String(parameters['storage']), parameters),
  '/storage': ({ node }, { type }) =>
    [...storages(node).values()].filter((storage) => type === undefined || storage.type === type).map(storageSection),
  '/storage/{storage}': ({ node }, { storage }) => storageSection(storageNamed(node, String(storage))),
};

function nextId(node: LabNode, wanted: unknown): string {
  const elsewhere = guestsElsewhere(node).map(({ id }) => id);
  const taken = new Set([...guestIds(node, 'lxc'), ...guestIds(node, 'qemu'), ...elsewhere]);
  if (wanted !== undefined)
    return taken.has(Number(wanted)) ? refuseParameters({ vmid: `VM ${wanted} already exists` }) : String(wanted);
  let id = 100;
  while (taken.has(id)) id++;
  return String(id);
}

function resources(call: Call, type: unknown): unknown[] {
  const { node } = call;
  const guests = (['lxc', 'qemu'] as const).flatMap((kind) =>
    guestIds(node, kind).map((id) => {
      const { cpus, vmid, template = 0, ...status } = guestStatus(call, kind, id);
      return { ...status, vmid, template, id: `${kind}/${id}`, type: kind, node: node.name, maxcpu: cpus };
    }),
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
