// Where what a target is made of stands in the files of the config repo: the words in which each kind says it (`places.ts` in its
// folder). From them a plan says what a person changed, in the file's own names and values.

import type { Place } from '../config/read/place.ts';
import type { TargetId } from '../model/ids.ts';
import type { Config } from './config.ts';

/** Fields that stand together in entries of one sort. */
export interface Written {
  /**
   * `own`: the entry that declares the target; `host`, `lxc`, `vm`: the file of the hypervisor, of all containers, of all VMs; the
   * others: each guest, certificate, environment of a stack, compose file; `own compose`: the compose file beside its entry.
   */
  readonly in: 'own' | 'host' | 'lxc' | 'vm' | 'guests' | 'certificates' | 'stacks' | 'compose' | 'own compose';
  /** JSON pointers below the entry; `*` is every key. */
  readonly at: readonly string[];
}

/** A line for every field of a spec: one that is added without it does not compile. */
export type Places<Spec> = { readonly [Field in keyof Spec]-?: readonly Written[] };

/** What a kind says of its targets. */
export interface Sources {
  /** What declares the target; null where this configuration does not. */
  entry(config: Config, target: TargetId): Place | null;
  /** What a field of its spec follows from. */
  of(target: TargetId, field: string): readonly Written[];
  /** Nobody writes it down as it is: it follows from what is written of others. */
  isDerived?(target: TargetId): boolean;
}

export const own = (...at: readonly string[]): Written => ({ in: 'own', at });
export const host = (...at: readonly string[]): Written => ({ in: 'host', at });
export const guests = (...at: readonly string[]): Written => ({ in: 'guests', at });
export const certificates = (...at: readonly string[]): Written => ({ in: 'certificates', at });
export const stacks = (...at: readonly string[]): Written => ({ in: 'stacks', at });

export const composeFiles = (...at: readonly string[]): Written => ({ in: 'compose', at });
export const OWN_COMPOSE: Written = { in: 'own compose', at: [''] };

/** The places of a field in such a table; none for a field that is not in it. */
export function placesIn(table: Readonly<Record<string, readonly Written[]>>, field: string): readonly Written[] {
  return Object.hasOwn(table, field) ? (table[field] ?? []) : [];
}
