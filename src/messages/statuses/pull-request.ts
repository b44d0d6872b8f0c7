// What is said on the head of a pull request. Pure.

import type { PullPlan } from '../../model/pull.ts';
import { summary } from '../../plan/plan.ts';
import { countOf } from '../count.ts';
import { errorText } from './run-status.ts';
import type { Sentence } from './status.ts';

export function planned({ plan, problems, ok }: Pick<PullPlan, 'plan' | 'problems' | 'ok'>): Sentence {
  if (!ok) {
    const errors = problems.filter((problem) => problem.new && problem.severity === 'error');
    const [first] = errors;
    if (first === undefined) return { state: 'failure', description: 'its targets need each other in a ring' };
    const count = countOf(errors.length, 'error');
    return {
      state: 'failure',
      description: errorText(count, `would be refused: ${count}`, first),
    };
  }
  if (plan.steps.length === 0) return { state: 'success', description: 'nothing would change' };
  const counts = summary(plan);
  const restarts = plan.steps.filter(({ verb, impact }) => verb === 'update' && impact === 'restart').length;
  const waits = plan.steps.filter(({ approval }) => approval).length;
  const parts = [
    ...(counts.create > 0 ? [`${counts.create} to create`] : []),
    ...(counts.update > 0 ? [`${counts.update} to update`] : []),
    ...(counts.delete > 0 ? [`${counts.delete} to delete`] : []),
    ...(restarts > 0 ? [`${countOf(restarts, 'restart')}`] : []),
    ...(waits > 0 ? [`${waits} need${waits === 1 ? 's' : ''} approval`] : []),
  ];
  return { state: 'success', description: parts.join(', ') };
}

export function planNotForFork(): Sentence {
  return {
    state: 'error',
    description: 'not planned: it comes from a fork, or without a branch; to plan it, comment: /phoenix plan',
  };
}
