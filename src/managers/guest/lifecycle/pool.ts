// The pool that a guest is in, where its own file says so. Who else is in it is nobody's business here: a guest is put in and taken out alone.

import type { Action } from '../../../model/action.ts';
import { parseUserConfig, wordsOf } from '../../../proxmox/user-config.ts';
import type { Wanted } from '../../manager.ts';
import type { GuestSpec } from '../guest-spec.ts';
import { repositoryName } from '../observe/notes.ts';
import { ownerIn } from '../observe/object-mark.ts';
import type { GuestObservation } from '../observe/observation.ts';
import { action, guestName, type Program } from '../proxmox/command.ts';
import { impossible, type Refusal } from './gate.ts';

export interface Pool {
  readonly members: readonly string[];
  /** The repository that keeps it; null where nobody says so. */
  readonly owner: string | null;
}

/** The pools of a host, by name. @param users the file that they stand in; none where it was never written */
export function parsePools(users: string | undefined): Readonly<Record<string, Pool>> {
  return Object.fromEntries(
    [...parseUserConfig(users ?? '', 'pool')].map(([name, options]) => [
      name,
      { members: wordsOf(options, 'vms'), owner: ownerIn(options['comment']?.[0] ?? '') },
    ]),
  );
}

/** What brings a guest that is there into its pool, or out of the one that was declared before. */
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
  // One that its own file named, or that this repository keeps, is ours to move it out of.
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
