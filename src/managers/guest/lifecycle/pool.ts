// Puts a guest into the pool that is declared at the guest. Other members of the pool are not touched: guests are added and removed individually.

import type { Action } from '../../../model/action.ts';
import { parseUserConfig, wordsOf } from '../../../proxmox/files/user-config.ts';
import type { Wanted } from '../../manager.ts';
import type { GuestSpec } from '../guest-spec.ts';
import { repositoryName } from '../observe/notes.ts';
import { ownerIn } from '../observe/object-mark.ts';
import type { GuestObservation } from '../observe/observation.ts';
import { action, guestName, type Program } from '../proxmox/command.ts';
import { impossible, type Refusal } from './gate.ts';

export interface Pool {
  readonly members: readonly string[];
  /** The repository that manages the pool; null where it has no mark. */
  readonly owner: string | null;
}

/** The pools of a host, by name. @param users content of user.cfg; undefined where it was never written */
export function parsePools(users: string | undefined): Readonly<Record<string, Pool>> {
  return Object.fromEntries(
    [...parseUserConfig(users ?? '', 'pool')].map(([name, options]) => [
      name,
      { members: wordsOf(options, 'vms'), owner: ownerIn(options['comment']?.[0] ?? '') },
    ]),
  );
}

/** Actions that move an existing guest into its pool, or out of the one that was declared before. */
export function poolActions(
  program: Program,
  { target, before, origin, adopt }: Wanted<GuestSpec>,
  { id, pool }: GuestSpec,
  { host: { pools } }: GuestObservation,
): Action[] | Refusal {
  const guest = guestName(program, id);
  const present = Object.keys(pools).find((name) => pools[name]?.members.includes(String(id))) ?? null;
  const was = before?.pool ?? null;
  if (pool === null) {
    return was === null || present !== was
      ? []
      : [change(`take ${guest} out of pool ${was}`, was, ['--delete', '1', '--vms', String(id)])];
  }
  if (present === pool) return [];
  if (pools[pool] === undefined)
    return impossible(
      `pool ${pool} of ${guest} is not there; declare it in pools of the file of the datacenter, or name another`,
    );
  // The guest may be taken out of a pool that its own declaration named, or that this repository manages.
  const isOurs = present === null || present === was || pools[present]?.owner === repositoryName(origin);
  if (!isOurs && adopt !== true) {
    const reason = `${guest} is in pool ${present}, which is not ours; take it out there, or take it over with phoenix adopt ${target}`;
    return { kind: 'blocked', reason };
  }
  const moves = present === null ? [] : ['--allow-move', '1'];
  return [change(`put ${guest} into pool ${pool}`, pool, ['--vms', String(id), ...moves])];
}

function change(summary: string, pool: string, args: readonly string[]): Action {
  return action(summary, 'live', {
    kind: 'command',
    program: 'pvesh',
    args: ['set', '/pools', '--poolid', pool, ...args],
    timeoutSeconds: 60,
  });
}
