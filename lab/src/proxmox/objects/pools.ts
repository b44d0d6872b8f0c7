// Pools of guests and storages by the API: lines of /etc/pve/user.cfg (pve-manager, PVE/API2/Pool.pm).

import type { Options } from '../../../../src/proxmox/files/section-config.ts';
import { parseUserConfig, wordsOf } from '../../../../src/proxmox/files/user-config.ts';
import { splitList } from '../../../../src/proxmox/parameters/perl.ts';
import { forgetPath, keepAccess, readAccess } from '../access/access.ts';
import { userLines } from '../access/user-config.ts';
import { guestResource } from '../api/guests.ts';
import type { Call } from '../call.ts';
import { guestIds, guestsElsewhere, type LabNode } from '../node.ts';
import type { Parameters } from '../parameters/check.ts';
import { refuse } from '../refusal.ts';
import { storageNamed, storages } from '../storage/storage.ts';
import { text } from '../verb-parameters.ts';

type Pools = Map<string, Options>;

/** Answers a call on pools; undefined for any other path. */
export function poolCall(
  call: Call,
  method: string,
  template: string,
  parameters: Parameters,
): { readonly data: unknown } | undefined {
  const { node } = call;
  if (template !== '/pools' && template !== '/pools/{poolid}') return undefined;
  const pools = parseUserConfig(userLines(node).join('\n'), 'pool');
  const id = text(parameters, 'poolid') ?? '';
  if (method === 'GET') {
    const found = shown(call, pools, id, text(parameters, 'type'));
    return { data: template === '/pools' ? found : found[0] };
  }
  if (method === 'POST') addPool(pools, id, parameters);
  if (method === 'DELETE') removePool(node, pools, id);
  if (method === 'PUT') changePool(pools, id, parameters);
  keepPools(node, pools);
  if (method === 'DELETE') forgetPath(node, `/pool/${id}`);
  return { data: null };
}

function commentOf(options: Options): { readonly comment?: string } {
  const comment = options['comment']?.[0];
  return comment === undefined ? {} : { comment };
}

/** All pools, or the one with its members. */
function shown(call: Call, pools: Pools, id: string, type: string | undefined): unknown[] {
  const { node } = call;
  if (id === '') return [...pools].map(([poolid, options]) => ({ ...commentOf(options), poolid }));
  const pool = pools.get(id) ?? refuse(`pool '${id}' does not exist`);
  const ids = new Set(wordsOf(pool, 'vms').map(Number));
  const guests = [
    ...(['lxc', 'qemu'] as const).flatMap((kind) =>
      guestIds(node, kind).map((vmid) => ({ id: vmid, kind, node: node.name })),
    ),
    ...guestsElsewhere(node),
  ].filter((guest) => ids.has(guest.id));
  const names = wordsOf(pool, 'storage').filter((name) => storages(node).has(name));
  const members = [
    ...guests.map(({ id: vmid, kind, node: on }) =>
      on === node.name ? guestResource(call, kind, vmid) : { id: `${kind}/${vmid}`, node: on, type: kind, vmid },
    ),
    ...names.map((name) => storageMember(node, name)),
  ];
  const wanted = members.filter((member) => type === undefined || member.type === type);
  return [{ ...commentOf(pool), members: wanted, poolid: id }];
}

function storageMember(node: LabNode, name: string) {
  const { type, content, shared } = storageNamed(node, name);
  const [id, list] = [`storage/${node.name}/${name}`, [...content].join(',')];
  const state = { plugintype: type, content: list, shared: shared ? 1 : 0, status: 'unknown' };
  return { id, node: node.name, storage: name, type: 'storage', ...state };
}

function addPool(pools: Pools, id: string, parameters: Parameters): void {
  const failing = 'create pool failed';
  if (pools.has(id)) refuse(`${failing}: pool '${id}' already exists`);
  const parent = id.includes('/') ? id.slice(0, id.lastIndexOf('/')) : null;
  if (parent !== null && !pools.has(parent)) refuse(`${failing}: parent '${parent}' of pool '${id}' does not exist`);
  pools.set(id, { comment: [text(parameters, 'comment') ?? ''] });
}

function removePool(node: LabNode, pools: Pools, id: string): void {
  const failing = 'delete pool failed';
  const pool = pools.get(id) ?? refuse(`${failing}: pool '${id}' does not exist`);
  const content = contentOf(node, pools, id, pool);
  if (content !== undefined) refuse(`${failing}: pool '${id}' is not empty (contains ${content})`);
  pools.delete(id);
}

/** What keeps a pool from being deleted; members that do not exist do not. Undefined for an empty one. */
function contentOf(node: LabNode, pools: Pools, id: string, pool: Options): string | undefined {
  const child = [...pools.keys()].find((other) => other.startsWith(`${id}/`));
  if (child !== undefined) return `pool '${child}'`;
  const guests = [...guestIds(node, 'lxc'), ...guestIds(node, 'qemu'), ...guestsElsewhere(node).map((each) => each.id)];
  const guest = wordsOf(pool, 'vms').find((each) => guests.includes(Number(each)));
  if (guest !== undefined) return `VM ${guest}`;
  const declared = storages(node);
  const [storage] = wordsOf(pool, 'storage')
    .filter((each) => declared.has(each))
    .sort();
  return storage === undefined ? undefined : `storage '${storage}'`;
}

function changePool(pools: Pools, id: string, parameters: Parameters): void {
  const pool = pools.get(id) ?? refuse(`update pools failed: pool '${id}' does not exist`);
  const members: Members = { vms: new Set(wordsOf(pool, 'vms')), storage: new Set(wordsOf(pool, 'storage')) };
  const guests = splitList(text(parameters, 'vms') ?? '');
  const stores = splitList(text(parameters, 'storage') ?? '');
  if (parameters['delete'] === '1') removeMembers(members, guests, stores);
  else addMembers(pools, members, guests, stores, parameters['allow-move'] === '1');
  const comment = text(parameters, 'comment') ?? pool['comment']?.[0] ?? '';
  pools.set(id, {
    comment: [comment],
    vms: [byNumber(members.vms).join(',')],
    storage: [[...members.storage].sort().join(',')],
  });
}

interface Members {
  readonly vms: Set<string>;
  readonly storage: Set<string>;
}

function removeMembers({ vms, storage }: Members, guests: readonly string[], stores: readonly string[]): void {
  const absent = (shown: string) => refuse(`update pools failed: ${shown} is not a pool member`);
  for (const id of guests) if (!vms.delete(id)) absent(`VM ${id}`);
  for (const name of stores) if (!storage.delete(name)) absent(`Storage '${name}'`);
}

/** A storage may be in several pools, a guest in one. */
function addMembers(
  pools: Pools,
  { vms, storage }: Members,
  guests: readonly string[],
  stores: readonly string[],
  mayMove: boolean,
): void {
  const present = (shown: string) => refuse(`update pools failed: ${shown} is already a pool member`);
  for (const id of guests) {
    if (vms.has(id)) present(`VM ${id}`);
    const owner = ownerOf(pools, id);
    if (owner !== undefined && !mayMove)
      refuse(`update pools failed: VM ${id} belongs already to pool '${owner}' and 'allow-move' is not set`);
    if (owner !== undefined) pools.set(owner, without(pools.get(owner) ?? {}, id));
    vms.add(id);
  }
  for (const name of stores) {
    if (storage.has(name)) present(`Storage '${name}'`);
    storage.add(name);
  }
}

/** Removes a destroyed guest from its pool, and permissions on it (PVE/AccessControl.pm, remove_vm_access). */
export function removeFromPools(node: LabNode, id: number): void {
  forgetPath(node, `/vms/${id}`);
  const pools = parseUserConfig(userLines(node).join('\n'), 'pool');
  const owner = ownerOf(pools, String(id));
  if (owner === undefined) return;
  pools.set(owner, without(pools.get(owner) ?? {}, String(id)));
  keepPools(node, pools);
}

/** Removes a deleted storage from every pool, and permissions on it (PVE/AccessControl.pm, remove_storage_access). */
export function removeStorageFromPools(node: LabNode, id: string): void {
  forgetPath(node, `/storage/${id}`);
  const pools = parseUserConfig(userLines(node).join('\n'), 'pool');
  const holding = [...pools].filter(([, pool]) => wordsOf(pool, 'storage').includes(id));
  if (holding.length === 0) return;
  for (const [name, pool] of holding)
    pools.set(name, {
      ...pool,
      storage: [
        wordsOf(pool, 'storage')
          .filter((each) => each !== id)
          .join(','),
      ],
    });
  keepPools(node, pools);
}

function ownerOf(pools: Pools, guest: string): string | undefined {
  return [...pools].find(([, pool]) => wordsOf(pool, 'vms').includes(guest))?.[0];
}

function without(pool: Options, guest: string): Options {
  return {
    ...pool,
    vms: [
      wordsOf(pool, 'vms')
        .filter((each) => each !== guest)
        .join(','),
    ],
  };
}

function byNumber(words: ReadonlySet<string>): string[] {
  return [...words].sort((a, b) => Number(a) - Number(b));
}

function keepPools(node: LabNode, pools: Pools): void {
  keepAccess(node, { ...readAccess(node), pools });
}
