// What stands of the objects of a datacenter on a host: in a few files of /etc/pve, without a command.

import type { TargetId } from '../../model/ids.ts';
import { nameOf } from '../../model/ids.ts';
import { type Options, parseSections } from '../../proxmox/section-config.ts';
import { parseUserConfig, wordsOf } from '../../proxmox/user-config.ts';
import type { HostReader } from '../manager.ts';
import type { Named, ObjectRow } from './row.ts';

const GUESTS = '/etc/pve/.vmlist';
const STORAGES = '/etc/pve/storage.cfg';
const USERS = '/etc/pve/user.cfg';
const FIREWALLS = '/etc/pve/firewall';
const HOST_FIREWALL = '/etc/pve/local/host.fw';

export interface Objects {
  /** By name. */
  readonly objects: ReadonlyMap<string, Options>;
  /** What is there to be named; null where the host does not list it. */
  readonly there: Readonly<Record<Named, readonly string[] | null>>;
  /** The pool of each guest that is in one. */
  readonly poolOf: Readonly<Record<string, string>>;
  /** The comment of each pool. */
  readonly pools: Readonly<Record<string, string>>;
  /** The whole file that objects of the kind stand in. */
  readonly file: string;
  /** Files of firewalls by their path: those of guests, of the host and of the cluster. */
  readonly firewalls: ReadonlyMap<string, string>;
}

export interface ObjectSeen extends Omit<Objects, 'objects'> {
  /** Null where there is none of that name. */
  readonly present: Options | null;
}

export async function lookAtObjects(row: ObjectRow, host: HostReader): Promise<Objects> {
  const paths = [row.file, GUESTS, STORAGES, USERS, ...(row.namedBy === undefined ? [] : [HOST_FIREWALL])];
  const [firewalls, texts] = await Promise.all([
    row.namedBy === undefined ? new Map<string, string>() : host.readFolders([FIREWALLS]),
    Promise.all([...new Set(paths)].map(async (path) => [path, await host.readFile(path)] as const)),
  ]);
  const text = new Map(texts);
  const pools = parseUserConfig(text.get(USERS) ?? '', 'pool');
  const storages = text.get(STORAGES);
  return {
    objects: row.read(text.get(row.file) ?? ''),
    file: text.get(row.file) ?? '',
    there: {
      guest: guestsIn(text.get(GUESTS)),
      storage: storages === undefined ? null : [...parseSections(storages).keys()],
      pool: [...pools.keys()],
    },
    poolOf: Object.fromEntries(
      [...pools].flatMap(([pool, options]) => wordsOf(options, 'vms').map((id) => [id, pool] as const)),
    ),
    firewalls: new Map([
      ...firewalls,
      ...texts.flatMap(([path, each]) => (path === HOST_FIREWALL && each !== undefined ? [[path, each] as const] : [])),
    ]),
    pools: Object.fromEntries([...pools].map(([pool, { comment }]) => [pool, comment?.[0] ?? ''])),
  };
}

function guestsIn(text: string | undefined): string[] | null {
  if (text === undefined) return null;
  const { ids } = JSON.parse(text) as { readonly ids?: Readonly<Record<string, unknown>> };
  if (ids === undefined) throw new Error(`${GUESTS}: it lists no guests`);
  return Object.keys(ids);
}

export function seenOf({ objects, ...others }: Objects, target: TargetId): ObjectSeen {
  return { ...others, present: objects.get(nameOf(target)) ?? null };
}
