// The outcomes of many steps in one table that a forge takes whole: so many rows, those that a person must look at among them, and
// of each reason so much that what to do stays in it. Pure.

import { fitText } from '../../model/failure.ts';
import type { Outcome } from '../../model/run.ts';
import { plain } from './markdown.ts';

const MAX_ROWS = 200;
/** Characters of a reason beside others; the step's own check and page have it whole. */
const MAX_REASON_LENGTH = 220;

export function reasonCell(reason: string): string {
  return plain(fitText(reason, MAX_REASON_LENGTH));
}

/** In their order; where there are too many, those that went well are left out first. */
export function mostPressing<Step>(steps: readonly Step[], outcomeOf: (step: Step) => Outcome | null): readonly Step[] {
  if (steps.length <= MAX_ROWS) return steps;
  const pressing = (step: Step) => ['failed', 'blocked'].includes(outcomeOf(step) ?? '');
  const kept = new Set([...steps.filter(pressing), ...steps.filter((step) => !pressing(step))].slice(0, MAX_ROWS));
  return steps.filter((step) => kept.has(step));
}
