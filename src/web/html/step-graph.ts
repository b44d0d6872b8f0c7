// The steps of a plan as a graph of what needs what: of a run coloured by how each stands, of a pull request by what it costs.

import { targetLabel } from '../../messages/changes.ts';
import { graphNote } from '../../messages/pages.ts';
import type { TargetId } from '../../model/ids.ts';
import type { PlanStep } from '../../model/plan.ts';
import { directNeeds } from '../../plan/direct-needs.ts';
import type { Tone } from './components.ts';
import { graph, MOST_BOXES } from './graph.ts';
import { type Html, html } from './html.ts';

/** Null where no step needs another. */
export function stepGraph(
  steps: readonly PlanStep[],
  stateOf: (step: PlanStep) => { readonly word: string; readonly tone: Tone },
  href: (target: TargetId) => string,
): Html {
  if (steps.every(({ needs }) => needs.length === 0)) return null;
  const head = html`<h2>Needs</h2>`;
  if (steps.length > MOST_BOXES) return html`${head}<p class="dim">${graphNote(steps.length)}</p>`;
  const lines = [...directNeeds(steps)].flatMap(([to, needs]) => needs.map((from) => ({ from, to })));
  const boxes = steps.map((step) => {
    return { id: step.target, label: targetLabel(step), ...stateOf(step), href: href(step.target) };
  });
  return html`${head}${graph({ label: 'Graph of what needs what', boxes, lines, direction: 'TB' })}`;
}
