// What no single commit may do, however valid it is: take away everything, or too much at once. Pure.

import { kindOf, type TargetId } from '../model/ids.ts';
import type { Plan } from '../model/plan.ts';
import type { Problem } from '../model/problem.ts';
import type { Target } from '../model/target.ts';
import type { Declared } from './declared.ts';

const GUESTS: ReadonlySet<string> = new Set(['lxc', 'vm']);

/** @param before what was applied, within the reach of the run */
export function tooMuchGoes(plan: Plan, before: ReadonlyMap<TargetId, Target>, declared: Declared): Problem | null {
  const guests = [...before.keys()].filter(isGuest).length;
  const deleted = plan.steps.filter(({ target, verb }) => verb === 'delete' && isGuest(target)).length;
  if (deleted > 0 && ![...declared.targets.keys()].some(isGuest)) {
    return problem('EMPTY_CONFIG', `it declares no guest any more, and ${guests} were applied`);
  }
  const share = declared.config?.hypervisor.behavior.maxDeleteShare ?? 0;
  if (deleted > 1 && deleted > guests * share) {
    const limit = `more than ${Math.round(share * 100)} % of them`;
    return problem('TOO_MANY_DELETES', `it would delete ${deleted} of ${guests} guests, ${limit}`);
  }
  return null;
}

function isGuest(target: TargetId): boolean {
  return GUESTS.has(kindOf(target));
}

function problem(code: 'EMPTY_CONFIG' | 'TOO_MANY_DELETES', message: string): Problem {
  return {
    severity: 'error',
    code,
    file: 'etc/phoenix_lxc_configs.json',
    path: '',
    line: 1,
    column: 1,
    target: null,
    message,
    hint: 'delete them in several commits, or raise behavior.max_delete_share in etc/phoenix_hypervisor_config.json',
  };
}
