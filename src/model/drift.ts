// What becomes of a difference that a look at the host finds: the section `phoenix.drift` of the hypervisor's file.

/** `report`: it is said, and a person decides; `heal`: what is declared is brought back. */
export type DriftAction = 'report' | 'heal';

export interface DriftRule {
  /** Kinds, or single targets. */
  readonly for: readonly string[];
  /** Null: as the rules before it, or the default, say. */
  readonly action: DriftAction | null;
  /** Fields that people may change on the host, by their names in the file. */
  readonly ignore: readonly string[];
}

export interface DriftPolicy {
  readonly action: DriftAction;
  /** Of several that name a target the last one that says something counts; what they ignore adds up. */
  readonly rules: readonly DriftRule[];
}

export const DEFAULT_DRIFT: DriftPolicy = { action: 'report', rules: [] };
