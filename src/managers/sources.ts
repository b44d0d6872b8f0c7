// Where the values of a target's spec are written in the config repo: each kind lists the fields (`places.ts` in its folder). From this a plan shows
// what a person changed, under the file's own names and values.

import type { Place } from '../config/read/place.ts';
import type { TargetId } from '../model/ids.ts';
import type { Step } from './comparison.ts';
import type { Config } from './config.ts';

/** Fields of one sort of entry. */
export interface Written {
  /**
   * `own`: the entry that declares the target; `host`, `datacenter`, `lxc`, `vm`: the file of the hypervisor, of the datacenter, of all
   * containers, of all VMs; the others: each guest, certificate, environment of a stack, compose file; `own compose`: the compose file beside its entry.
   */
  readonly in:
    | ('own' | 'host' | 'datacenter' | 'lxc' | 'vm')
    | ('guests' | 'certificates' | 'stacks' | 'compose' | 'own compose');
  /** JSON pointers below the entry; `*` is every key. */
  readonly at: readonly string[];
}

/** One entry for every field of a spec: a new field without an entry does not compile. */
export type Places<Spec> = { readonly [Field in keyof Spec]-?: readonly Written[] };

/** A place with its line, from 1, where that is known: of files that are not JSON. */
export type WrittenPart = Place & { readonly line: number | null };

/** Where a kind's targets are declared. */
export interface Sources {
  /** The entry that declares the target; null where this configuration does not declare it. */
  entry(config: Config, target: TargetId): Place | null;
  /** The places that a field of its spec is derived from. */
  of(target: TargetId, field: string): readonly Written[];
  /** Where a part of a derived target comes from, which a difference begins with; null where that is not one place. */
  placeOf?(config: Config, way: readonly Step[]): WrittenPart | null;
  /** Whether the target is not written directly but derived from other declarations. */
  isDerived?(target: TargetId): boolean;
}

export const own = (...at: readonly string[]): Written => ({ in: 'own', at });
export const host = (...at: readonly string[]): Written => ({ in: 'host', at });
export const datacenter = (...at: readonly string[]): Written => ({ in: 'datacenter', at });
export const guests = (...at: readonly string[]): Written => ({ in: 'guests', at });
export const certificates = (...at: readonly string[]): Written => ({ in: 'certificates', at });
export const stacks = (...at: readonly string[]): Written => ({ in: 'stacks', at });

export const composeFiles = (...at: readonly string[]): Written => ({ in: 'compose', at });
export const OWN_COMPOSE: Written = { in: 'own compose', at: [''] };

/** The places of a field in such a table; empty for a field that is not in it. */
export function placesIn(table: Readonly<Record<string, readonly Written[]>>, field: string): readonly Written[] {
  return Object.hasOwn(table, field) ? (table[field] ?? []) : [];
}
