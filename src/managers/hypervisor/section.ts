// A part of the host that is kept by itself: one target `hypervisor/<name>`, decided and applied without the others.

import type { Action } from '../../model/action.ts';
import type { JsonObject } from '../../model/json.ts';
import type { Change, Impact } from '../../model/plan.ts';
import type { Target } from '../../model/target.ts';
import type { Config } from '../config.ts';
import type { Decision, HealthProbe, HostReader, Rollback, Wanted } from '../manager.ts';

/** `Facts` is what one cheap look at the host says of the part, `Seen` what is known after a close one. */
export interface Section<Spec = JsonObject, Facts = unknown, Seen = unknown> {
  /** As in the target's id: `dns`, `firewall`, `storage`, … */
  readonly name: string;
  /** Pure. Null where the configuration does not ask for it. */
  declared(config: Config): (Pick<Target, 'needs' | 'within'> & { readonly spec: Spec }) | null;
  /** Pure. */
  impact(change: Change<Spec>): Impact;
  /** Constant and cheap, whatever is declared: files rather than commands. */
  inventory(host: HostReader): Promise<Facts>;
  quickCheck(facts: Facts, wanted: Wanted<Spec>): Seen | null;
  observe(host: HostReader, wanted: Wanted<Spec>): Promise<Seen>;
  /** Pure. Without a spec: what is ours is taken away, the rest is left. */
  decide(wanted: Wanted<Spec>, seen: Seen): Decision;
  /** Pure. */
  health(wanted: Wanted<Spec>): HealthProbe | null;
  /** Pure: as a manager's. Absent for what time does not change. */
  due?(facts: Facts, wanted: Wanted<Spec>): Date | null;
  /** Pure: as a manager's. Absent where going back cannot help. */
  rollback?(wanted: Wanted<Spec>, seen: Seen, actions: readonly Action[]): Rollback | null;
}

/** A quick check that only ever says that nothing is to be done: otherwise the part is looked at closely. */
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
