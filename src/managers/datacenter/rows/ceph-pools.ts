// Pools of the node's own Ceph. Where Ceph is not set up there is no list of pools to be empty, and nothing is decided.

import type { JsonObject } from '../../../model/json.ts';
import { CEPH_FILE, type CephPool, optionsOfPool, printSize } from '../../../proxmox/ceph.ts';
import { parseSize } from '../../../proxmox/storages/sizes.ts';
import type { HostReader } from '../../manager.ts';
import type { ObjectRow } from '../row.ts';

const SECONDS = 60;

export const cephPools: ObjectRow = {
  kind: 'cephpool',
  field: 'ceph_pools',
  label: 'Ceph pool',
  describes: "Replicated pools of the node's own Ceph, by name; storages of type rbd name them.",
  id: 'name',
  paths: { create: '/nodes/{node}/ceph/pool', change: '/nodes/{node}/ceph/pool/{name}' },
  placeholderValues: (name) => ({ node: 'localhost', name }),
  file: CEPH_FILE,
  read: (text) =>
    new Map((JSON.parse(text || '[]') as readonly CephPool[]).map((pool) => [pool.pool_name, optionsOfPool(pool)])),
  readSource: listPools,
  withoutSource: `Ceph is not set up on the node, which has no ${CEPH_FILE}; set it up, or take the pool out of ceph_pools`,
  undeclarable: ({ type }) =>
    type === undefined ? null : `it is a pool of type ${type[0]}, and only replicated ones are declared`,
  task: true,
  mark: null,
  // A storage is declared as such, and pools with erasure coding are two at once, of other names.
  without: ['add_storages', 'erasure-coding'],
  createArgs: ['--add_storages', '0'],
  required: [],
  // Of the last ones 0 takes away what was set, which Proxmox has no other words for.
  defaults: {
    size: '3',
    min_size: '2',
    pg_num: '128',
    application: 'rbd',
    pg_autoscale_mode: 'warn',
    crush_rule: 'replicated_rule',
    pg_num_min: '0',
    target_size: '0',
    target_size_ratio: '0',
  },
  oneOf: [],
  clear: 'empty',
  members: [],
  references: {},
  // `.mgr` and the like are Ceph's own.
  builtIn: (name) => name.startsWith('.'),
  faults: (_name, options) => faults(options),
  lossOnDelete: 'everything in it for good: the disks of guests, files and objects that it holds',
};

/** One command, where Ceph is set up; null elsewhere. */
async function listPools(host: HostReader): Promise<string | null> {
  if ((await host.inspect([CEPH_FILE])).size === 0) return null;
  const args = ['get', '/nodes/localhost/ceph/pool', '--output-format', 'json'];
  const { exit, stdout, stderr } = await host.run({ kind: 'command', program: 'pvesh', args, timeoutSeconds: SECONDS });
  if (exit !== 0) throw new Error(`pvesh ${args.join(' ')}: ${stderr.trim()}`);
  return stdout;
}

function faults(options: JsonObject) {
  const { size = 3, min_size = 2, pg_num, pg_num_min = 0, pg_autoscale_mode, target_size, target_size_ratio } = options;
  const bytes = target_size === undefined ? undefined : parseSize(String(target_size));
  return [
    ...(Number(min_size) > Number(size)
      ? [{ option: 'min_size', message: `must not be more than size, ${size}: nothing could be written` }]
      : []),
    ...(Number(pg_num_min) < 0 ? [{ option: 'pg_num_min', message: 'must not be negative' }] : []),
    ...(pg_num !== undefined && pg_autoscale_mode === 'on'
      ? [{ option: 'pg_num', message: 'must not stand beside pg_autoscale_mode on, with which Ceph sets it itself' }]
      : []),
    // Proxmox gives it back in bytes: it has one spelling here.
    ...(bytes !== undefined && printSize(bytes) !== target_size
      ? [{ option: 'target_size', message: `must be written in whole units, as ${printSize(bytes)}` }]
      : []),
    ...(target_size !== undefined && target_size_ratio !== undefined
      ? [{ option: 'target_size_ratio', message: 'must not stand beside target_size: Ceph passes over that' }]
      : []),
  ];
}
