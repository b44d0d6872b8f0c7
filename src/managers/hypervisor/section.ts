// A section of the host that is managed on its own: one target `hypervisor/<name>`, decided and applied independently of the others.

import type { Action } from '../../model/action.ts';
import type { JsonObject } from '../../model/json.ts';
import type { Change, Impact } from '../../model/plan.ts';
import type { Target } from '../../model/target.ts';
import type { Comparison } from '../comparison.ts';
import type { Config } from '../config.ts';
import type { Decision, HealthProbe, HostReader, Rollback, Wanted } from '../manager.ts';

/** `Facts` is the result of the cheap inventory, `Seen` that of a full observation. */
export interface Section<Spec = JsonObject, Facts = unknown, Seen = unknown> {
  /** As in the target's id: `dns`, `firewall`, `storage`, … */
  readonly name: string;
  /** Pure. Null where the configuration does not ask for it. */
  declared(config: Config): (Pick<Target, 'needs' | 'within'> & { readonly spec: Spec }) | null;
  /** Pure. */
  impact(change: Change<Spec>): Impact;
  /** Cheap, and at constant cost whatever is declared: reads files rather than running commands. */
  inventory(host: HostReader): Promise<Facts>;
  quickCheck(facts: Facts, wanted: Wanted<Spec>): Seen | null;
  observe(host: HostReader, wanted: Wanted<Spec>): Promise<Seen>;
  /** Pure. Without a spec, what Phoenix owns is removed and the rest is left. */
  decide(wanted: Wanted<Spec>, seen: Seen): Decision;
  /** How it is compared with the host, field by field. Pure. */
  readonly compares: Comparison<Spec, Seen>;
  /** Pure: as in a manager. Absent for what every host has. */
  isThere?(wanted: Wanted<Spec>, seen: Seen): boolean;
  /** Pure. */
  health(wanted: Wanted<Spec>): HealthProbe | null;
  /** Pure: as in a manager. Absent where nothing depends on time. */
  due?(facts: Facts, wanted: Wanted<Spec>): Date | null;
  /** Pure: as in a manager. Absent where a rollback cannot help. */
  rollback?(wanted: Wanted<Spec>, seen: Seen, actions: readonly Action[]): Rollback | null;
}

/** A quick check that can only conclude that nothing is to be done; otherwise the section is observed fully. */
export function idleOnly<Spec, Facts, Seen>(
  seen: (facts: Facts) => Seen,
  decide: (wanted: Wanted<Spec>, seen: Seen) => Decision,
): (facts: Facts, wanted: Wanted<Spec>) => Seen | null {
  return (facts, wanted) => {
    const presumed = seen(facts);
    const decision = decide(wanted, presumed);
    return decision.kind === 'actions' && decision.actions.length === 0 ? presumed : null;
  };
}
