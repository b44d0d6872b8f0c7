// Pools of the node's Ceph by the API (pve-manager, PVE/API2/Ceph/Pool.pm). No Ceph runs: pools are a list in a file beside the node's.

import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { CEPH_FILE, type CephPool } from '../../../../src/proxmox/ceph.ts';
import { parsePropertyString } from '../../../../src/proxmox/parameters/property-string.ts';
import { parseSize } from '../../../../src/proxmox/storages/sizes.ts';
import { type Call, print, task } from '../call.ts';
import { replaceFile } from '../lock.ts';
import { type LabNode, pathOf } from '../node.ts';
import type { Parameters } from '../parameters/check.ts';
import { refuse } from '../refusal.ts';
import { addStorage } from '../storage/config.ts';
import { storageContent } from '../storage/content.ts';
import { storages } from '../storage/storage.ts';

const PATH = '/nodes/{node}/ceph/pool';
const LIST = 'var/lib/lab/ceph-pools.json';

/** Answers a call on them; undefined for any other call. */
export function cephPoolCall(
  call: Call,
  method: string,
  template: string,
  { node: _here, name: named, ...given }: Parameters,
): { readonly data: unknown } | undefined {
  if (template !== PATH && template !== `${PATH}/{name}`) return undefined;
  const { node } = call;
  if (!existsSync(pathOf(node, CEPH_FILE))) refuse('binary not installed: /usr/bin/ceph-mon');
  const pools = poolsOf(node);
  if (method === 'GET') return { data: [...pools.values()] };
  const name = String(named);
  const { type, work } = changeOf(call, method, name, given, pools);
  task(call, type, name, work, 'print');
  return { data: call.upids.at(-1) };
}

function changeOf(
  call: Call,
  method: string,
  name: string,
  given: Parameters,
  pools: Map<string, CephPool>,
): { readonly type: string; readonly work: () => void } {
  const { node } = call;
  if (method === 'DELETE') {
    const work = () => {
      refuseUsed(call, name);
      pools.delete(name);
      writePools(node, pools);
    };
    return { type: 'cephdestroypool', work };
  }
  const isNew = method === 'POST';
  if (isNew) return { type: 'cephcreatepool', work: () => createPools(call, name, given, pools) };
  const work = () => {
    const before = pools.get(name);
    if (before === undefined) refuse(`mon_cmd failed - pool '${name}' not found`);
    setPool(call, name, given, pools);
    writePools(node, pools);
  };
  return { type: 'cephsetpool', work };
}

/** Creating an existing pool succeeds without a message in Ceph: the options are then set on the existing one. */
function setPool(call: Call, name: string, given: Parameters, pools: Map<string, CephPool>, made?: CephPool): void {
  const before = pools.get(name);
  for (const [option, value] of Object.entries(given)) print(call, `pool ${name}: applying ${option} = ${value}`);
  pools.set(name, { ...(before ?? made ?? usualPool(name)), ...settings(given, before) });
}

/** One pool; with erasure coding one for data and one for metadata, and unless that is declined a storage on both. */
function createPools(call: Call, name: string, parameters: Parameters, pools: Map<string, CephPool>): void {
  const { add_storages: addStorages, 'erasure-coding': coding, ...given } = parameters;
  const data = coding === undefined ? undefined : `${name}-data`;
  const pool = coding === undefined ? name : `${name}-metadata`;
  if (data !== undefined) {
    const { size: _size, min_size: _least, crush_rule: _rule, ...ofData } = given;
    setPool(call, data, ofData, pools, codedPool(call, name, data, String(coding)));
  }
  setPool(call, pool, data === undefined ? given : { ...given, pg_num: '32' }, pools);
  writePools(call.node, pools);
  if (addStorages !== '1' && (data === undefined || addStorages === '0')) return;
  const more = data === undefined ? {} : { 'data-pool': data };
  addStorage(call, { storage: name, type: 'rbd', pool, krbd: '0', content: 'rootdir,images', ...more });
}

/** A pool for data in `k` parts with `m` more for losses; Ceph keeps its size and least size by these. */
function codedPool(call: Call, name: string, data: string, coding: string): CephPool {
  const parsed = parsePropertyString('storage/erasure-coding', coding);
  const { k = '0', m = '0', profile } = parsed.ok ? parsed.properties : {};
  if (profile === undefined) print(call, `created new erasure code profile 'pve_ec_${name}'`);
  const sizes = { size: Number(k) + Number(m), min_size: Number(k) + Math.min(1, Number(m) - 1) };
  return { ...usualPool(data), ...sizes, type: 'erasure', crush_rule_name: data };
}

function settings({ application, crush_rule: rule, target_size: size, ...numbers }: Parameters, before?: CephPool) {
  const own = Object.keys(before?.application_metadata ?? {})[0];
  if (application !== undefined && own !== undefined && own !== application) refuse('Could not set: application');
  return {
    ...Object.fromEntries(
      Object.entries(numbers).map(([option, value]) => [
        option,
        option === 'pg_autoscale_mode' ? value : Number(value),
      ]),
    ),
    ...(application === undefined ? {} : { application_metadata: { [String(application)]: {} } }),
    ...(rule === undefined ? {} : { crush_rule_name: String(rule) }),
    ...(size === undefined ? {} : { target_size: parseSize(String(size)) ?? 0 }),
  };
}

function usualPool(name: string): CephPool {
  const sizes = { size: 3, min_size: 2, pg_num: 128 };
  return {
    pool_name: name,
    type: 'replicated',
    ...sizes,
    pg_autoscale_mode: 'warn',
    crush_rule_name: 'replicated_rule',
    application_metadata: { rbd: {} },
  };
}

/** Refuses to delete a pool with disks of guests. */
function refuseUsed(call: Call, pool: string): void {
  const own = [...storages(call.node).values()].filter(
    ({ type, options }) => type === 'rbd' && [options['pool'] ?? 'rbd', options['data-pool']].includes(pool),
  );
  for (const { id } of own) {
    print(call, `checking storage '${id}' for RBD images..`);
    if (storageContent(call.node, id, {}).length > 0) refuse(`ceph pool '${pool}' still in use by storage '${id}'`);
  }
}

function poolsOf(node: LabNode): Map<string, CephPool> {
  const file = pathOf(node, LIST);
  const pools: readonly CephPool[] = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];
  return new Map(pools.map((pool) => [pool.pool_name, pool]));
}

function writePools(node: LabNode, pools: ReadonlyMap<string, CephPool>): void {
  const file = pathOf(node, LIST);
  mkdirSync(dirname(file), { recursive: true });
  replaceFile(file, JSON.stringify([...pools.values()]));
}
