// Steps of a plan in Markdown: the table of what happens, the fields of each, and the order as a graph. Pure.

import type { TargetId } from '../../model/ids.ts';
import type { PlanStep } from '../../model/plan.ts';
import { groupSteps } from '../../plan/order/step-groups.ts';
import { shownChanges, targetLabel } from '../changes.ts';
import { fieldRows } from '../pages/fields.ts';
import { groupLabel } from '../pages/pages.ts';
import { approvalWords, impactWords, isEmpty, MARK } from '../plan.ts';
import { block, code, folded, table } from './markdown.ts';

/** Larger graphs are drawn by no browser in good time, and read by nobody. */
const MAX_NODES = 60;
const MAX_ARROWS = 200;

/** `held`: targets that older problems hold back. */
export function planTable(steps: readonly PlanStep[], held: ReadonlySet<TargetId>): string {
  return table(
    ['', 'Target', 'What', 'Cost', 'Waits for'],
    steps.map((step) => [
      code(MARK[step.verb]),
      code(targetLabel(step)),
      step.verb,
      [code(impactWords(step)), ...newlyGiven(step)].join(', '),
      [bold(approvalWords(step)), held.has(step.target) ? 'an older problem' : '']
        .filter((word) => word !== '')
        .join(', '),
    ]),
  );
}

function newlyGiven({ secrets = [] }: PlanStep): string[] {
  return secrets.length === 0 ? [] : [`newly given ${secrets.map(code).join(', ')}`];
}

function bold(words: string): string {
  return words === '' ? '' : `**${words}**`;
}

/** One step's fields, folded away; empty for a step that changes none. */
export function stepFields(step: PlanStep): string {
  const shown = shownChanges(step).filter(({ before, after }) => step.verb === 'update' || !isEmpty(after ?? before));
  const lines = shown
    .flatMap(fieldRows)
    .flatMap(({ path, before, after }) => [
      ...(before === null ? [] : [`- ${path} ${before}`]),
      ...(after === null ? [] : [`+ ${path} ${after}`]),
    ]);
  return lines.length === 0 ? '' : folded(`${targetLabel(step)}: ${step.verb}`, block(lines, 'diff'));
}

/** The order as Mermaid draws it, in groups where that is too much for one box each; empty where there is no order to speak of. */
export function orderGraph(steps: readonly Pick<PlanStep, 'target' | 'needs' | 'name' | 'wave'>[]): string {
  const { groups, lines } = groupSteps(steps, { boxes: MAX_NODES, lines: MAX_ARROWS });
  if (lines.length === 0) return '';
  const names = new Map(groups.map(({ key }, index) => [key, `t${index}`]));
  const labels = new Map(steps.map((step) => [step.target, targetLabel(step)]));
  const nodes = groups.map(({ key, waves, kind, targets }) => {
    const [only = ''] = targets;
    const text =
      targets.length === 1 ? (labels.get(only as TargetId) ?? only) : groupLabel(waves, kind, targets.length);
    return `  ${names.get(key)}["${label(text)}"]`;
  });
  const arrows = lines.map(({ from, to }) => `  ${names.get(from)} --> ${names.get(to)}`);
  return folded('Order', block(['flowchart LR', ...nodes, ...arrows], 'mermaid'));
}

/** Mermaid reads entities, and little else, within quotes. */
function label(target: string): string {
  return target.replaceAll(/[^\w./-]/g, (character) => `#${character.codePointAt(0)};`);
}
