// Finds targets whose proof may no longer hold: something they depend on was removed, replaced, or left half changed since. Pure.

import { kindOf, type TargetId } from '../model/ids.ts';
import type { Applied, Target } from '../model/target.ts';

export interface Proofs {
  readonly applied: ReadonlyMap<TargetId, Applied>;
  readonly touched: ReadonlyMap<TargetId, unknown>;
}

/** Power states, as far as the host was observed. */
export type States = ReadonlyMap<TargetId, 'running' | 'stopped' | 'absent' | null>;

export type Doubt =
  /** It does not exist on the host. */
  | { readonly kind: 'absent' }
  /** It depends on a target that does not exist on the host, or was deleted. */
  | { readonly kind: 'needs what is gone'; readonly need: TargetId }
  | { readonly kind: 'needs what was recreated'; readonly need: TargetId }
  | { readonly kind: 'needs what is not proved'; readonly need: TargetId }
  /** It is inside a target that is doubtful itself. */
  | { readonly kind: 'lies in what is in doubt'; readonly need: TargetId };

/**
 * For each proved and declared target, why its proof may no longer hold. Touched targets are not included: they have no
 * proof anyway.
 */
export function doubtsOf(
  { applied, touched }: Proofs,
  targets: Iterable<Pick<Target, 'id' | 'needs' | 'within'>>,
  states: States,
): ReadonlyMap<TargetId, Doubt> {
  const declared = new Map([...targets].map((target) => [target.id, target]));
  const doubts = new Map<TargetId, Doubt>();
  const looking = new Set<TargetId>();

  function look(id: TargetId): Doubt | null {
    const known = doubts.get(id);
    const proof = applied.get(id);
    const target = declared.get(id);
    if (known !== undefined || proof === undefined || touched.has(id) || looking.has(id)) return known ?? null;
    looking.add(id);
    const doubt = why(id, proof, target);
    if (doubt !== null) doubts.set(id, doubt);
    return doubt;
  }

  function why(id: TargetId, proof: Applied, target: Pick<Target, 'needs' | 'within'> | undefined): Doubt | null {
    if (states.get(id) === 'absent') return { kind: 'absent' };
    const within = target?.within ?? [];
    // The failure of a section of the host does not affect what already exists.
    const needs = [...within, ...(target?.needs ?? []).filter((need) => kindOf(need) !== 'hypervisor')];
    for (const need of new Set(needs)) {
      const doubt = doubtAbout(need, proof, within);
      if (doubt !== null) return doubt;
    }
    const doubtful = within.find((one) => look(one) !== null);
    return doubtful === undefined ? null : { kind: 'lies in what is in doubt', need: doubtful };
  }

  function doubtAbout(need: TargetId, proof: Applied, within: readonly TargetId[]): Doubt | null {
    const own = applied.get(need);
    if (states.get(need) === 'absent') return { kind: 'needs what is gone', need };
    if (touched.has(need)) return { kind: 'needs what is not proved', need };
    if (own === undefined && declared.has(need) && (within.includes(need) || isGuest(need)))
      return { kind: 'needs what is gone', need };
    const isNewer = own?.made !== undefined && proof.at !== undefined && own.made > proof.at;
    return isNewer ? { kind: 'needs what was recreated', need } : null;
  }

  for (const id of applied.keys()) look(id);
  return doubts;
}

function isGuest(id: TargetId): boolean {
  return kindOf(id) === 'lxc' || kindOf(id) === 'vm';
}
