// Carries out one step according to its run's verb: converge the target, change its power state, or check its health.

import { DONE } from '../../messages/command.ts';
import { asksForApproval } from '../../messages/pages/actions.ts';
import { verbRow } from '../../model/verbs.ts';
import type { RunDetail } from '../../ports/runs.ts';
import { convergeStep } from '../apply/converge.ts';
import type { Ending, StepWork } from '../apply/step-work.ts';
import { checkHealth } from './check-health.ts';
import { switchPower } from './switch-power.ts';

type Work = Omit<StepWork, 'readOnly'> & { readonly declared: boolean };

export async function carryOutVerb({ request, steps }: RunDetail, work: Work): Promise<Ending> {
  const { verb, readOnly, trigger, heal } = request;
  const { work: kind } = verbRow(verb);
  switch (kind) {
    case 'check health':
      return checkHealth(work);
    case 'start':
    case 'stop':
    case 'restart': {
      const step = steps.find(({ target }) => target === work.wanted.target);
      const begun = step?.actions.some(({ exit }) => exit === 0) ?? false;
      return switchPower({ ...work, requested: kind, begun, readOnly });
    }
    case 'destroy': {
      // There is no second try: what is in the way is reported to whoever requested it.
      const ending = unblocked(
        await convergeStep({ ...work, inventory: null, rollback: false, readOnly: readOnly && 'would' }),
      );
      if (ending.outcome !== 'applied' || !work.declared) return ending;
      return { ...ending, reason: DONE.deletedDeclared };
    }
    case 'converge': {
      const ending = await convergeStep({
        ...work,
        readOnly: readOnly && (trigger === 'command' ? 'would' : 'differs'),
      });
      // A run by a timer waits only for approvals of what it corrects; otherwise it is retried.
      if (trigger !== 'drift') return ending;
      return heal === true && asksForApproval(ending.reason) ? ending : unblocked(ending);
    }
    default:
      return kind satisfies never;
  }
}

function unblocked(ending: Ending): Ending {
  return ending.outcome === 'blocked' ? { ...ending, outcome: 'failed' } : ending;
}
