// How drift is handled: the section `phoenix.drift` of the hypervisor's file.

/** `report`: only reported, a person decides; `heal`: the declared state is restored. */
export type DriftAction = 'report' | 'heal';

export interface DriftRule {
  /** Kinds or single targets. */
  readonly for: readonly string[];
  /** Null: as in the previous rules or the default. */
  readonly action: DriftAction | null;
  /** Fields that may differ on the host, by their names in the file. */
  readonly ignore: readonly string[];
}

export interface DriftPolicy {
  readonly action: DriftAction;
  /** If several rules match a target, the last one with an action applies; ignored fields are united. */
  readonly rules: readonly DriftRule[];
}

export const DEFAULT_DRIFT: DriftPolicy = { action: 'report', rules: [] };
