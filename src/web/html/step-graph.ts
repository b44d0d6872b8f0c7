// The dependency graph of a plan, coloured by state for runs and by impact for pull requests. Larger ones are drawn in groups.

import { targetLabel } from '../../messages/changes.ts';
import { graphNote, groupLabel, groupWord } from '../../messages/pages/pages.ts';
import type { TargetId } from '../../model/ids.ts';
import type { PlanStep } from '../../model/plan.ts';
import { groupSteps, type StepGroup } from '../../plan/order/step-groups.ts';
import type { Tone } from './components.ts';
import { type GraphBox, graph, MAX_BOXES } from './graph.ts';
import { type Html, html } from './html.ts';

/** Maximum number of edges in a readable graph. */
const MAX_LINES = 240;
/** Tones by decreasing urgency. */
const BY_URGENCY: readonly Tone[] = ['bad', 'busy', 'wait', 'quiet', 'good'];

interface StepState {
  readonly word: string;
  readonly tone: Tone;
}

/** Null without dependencies. */
export function stepGraph(
  steps: readonly PlanStep[],
  stateOf: (step: PlanStep) => StepState,
  href: (target: TargetId) => string,
): Html {
  if (steps.every(({ needs }) => needs.length === 0)) return null;
  const { groups, lines } = groupSteps(steps, { boxes: MAX_BOXES, lines: MAX_LINES });
  const byTarget = new Map(steps.map((step) => [step.target, step]));
  const boxes = groups.map((group): GraphBox => {
    const members = group.targets.flatMap((target) => byTarget.get(target) ?? []);
    const [only] = members;
    if (only === undefined || members.length > 1) return groupBox(group, members, stateOf, href);
    return { id: group.key, label: targetLabel(only), ...stateOf(only), href: href(only.target) };
  });
  const note =
    groups.length === steps.length ? null : html`<p class="dim">${graphNote(steps.length, groups.length)}</p>`;
  return html`<h2>What needs what</h2>${note}${graph({ label: 'Graph of what needs what', boxes, lines, direction: 'TB' })}`;
}

/** A group has the tone and link of its most urgent step. */
function groupBox(
  group: StepGroup,
  members: readonly PlanStep[],
  stateOf: (step: PlanStep) => StepState,
  href: (target: TargetId) => string,
): GraphBox {
  const stand = members
    .map((step) => ({ target: step.target, ...stateOf(step) }))
    .sort((a, b) => BY_URGENCY.indexOf(a.tone) - BY_URGENCY.indexOf(b.tone));
  const counts = [...Map.groupBy(stand, ({ word }) => word)].map(([word, those]) => [word, those.length] as const);
  const [first] = stand;
  return {
    id: group.key,
    label: groupLabel(group.waves, group.kind, members.length),
    word: groupWord(counts),
    tone: first?.tone ?? 'quiet',
    href: first === undefined ? null : href(first.target),
  };
}
