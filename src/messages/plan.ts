// A plan as people read it: per wave and target what is done, what it costs, and each field before and after.

import { kindOf, nameOf, type TargetId } from '../model/ids.ts';
import type { Json } from '../model/json.ts';
import type { Plan, PlanStep, Verb } from '../model/plan.ts';
import { align } from '../plan/diff/align.ts';
import { canonical } from '../plan/diff/canonical.ts';
import { summary } from '../plan/plan.ts';
import { trailerText } from '../plan/policy/trailers.ts';
import { isKept } from '../plan/policy/waiting.ts';
import { labelsOf, type ShownChange, shownChanges, targetLabel } from './changes.ts';
import { countOf } from './count.ts';
import { printable } from './printable.ts';
import { paint, type Style } from './terminal/paint.ts';

/** What a target that is derived follows from may be half of a configuration: the first places tell what is meant. */
const MAX_ORIGINS = 6;
/** Longer values are cut: the file says the rest. */
const MAX_VALUE_LENGTH = 96;

export const MARK: Record<Verb, string> = { create: '+', update: '~', delete: '-' };
const STYLE: Record<Verb, Style> = { create: 'green', update: 'yellow', delete: 'red' };

export interface PlanTextOptions {
  /** Steps that older problems hold back. */
  readonly held: ReadonlySet<TargetId>;
  readonly colours: boolean;
}

/** The whole plan, ending in its summary. Secrets must be hidden already. */
export function planText(plan: Plan, { held, colours }: PlanTextOptions): string {
  if (plan.steps.length === 0) return 'Nothing to do: no target changes.\n';
  const waves = Map.groupBy(plan.steps, (step) => step.wave);
  const label = labelsOf(plan.steps);
  const parts = [...waves].map(([wave, steps]) =>
    [paint(`Wave ${wave}`, 'bold', colours), ...steps.flatMap((step) => stepLines(step, label, held, colours))].join(
      '\n',
    ),
  );
  const waiting = plan.steps.filter((step) => step.approval || isKept(step));
  return `${[...parts, ...(waiting.length === 0 ? [] : [approvals(waiting)]), summaryLine(plan)].join('\n\n')}\n`;
}

function stepLines(
  step: PlanStep,
  label: (target: string) => string,
  held: ReadonlySet<TargetId>,
  colours: boolean,
): string[] {
  const notes = [
    impactWords(step),
    ...(step.needs.length === 0 ? [] : [`after ${printable(shortList(step.needs.map(label)))}`]),
    ...(approvalWords(step) === '' ? [] : [approvalWords(step)]),
    ...(secretWords(step) === '' ? [] : [secretWords(step)]),
    ...(held.has(step.target) ? ['held back by an older problem'] : []),
  ];
  const head = `  ${MARK[step.verb]} ${printable(targetLabel(step))}  ${step.verb}: ${notes.join(' · ')}`;
  // Of what appears or goes, empty fields say nothing.
  const shown = shownChanges(step).filter(
    (change) => step.verb === 'update' || !isEmpty(change.after ?? change.before),
  );
  const origins = shown.filter(({ isOrigin }) => isOrigin === true);
  const listed = shown.filter((change) => origins.indexOf(change) < MAX_ORIGINS);
  const width = Math.min(32, Math.max(0, ...listed.map(({ path }) => path.length)));
  return [
    paint(head, STYLE[step.verb], colours),
    ...listed.flatMap((change) => fieldLines(change, width, step.verb)),
    ...(listed.length === shown.length
      ? []
      : [`      and from ${countOf(shown.length - listed.length, 'more place')}; --json names all`]),
  ];
}

/** What a step waits for, or why it will not be done; empty for neither. */
export function approvalWords(step: PlanStep): string {
  if (isKept(step)) return 'protected: refused';
  if (!step.approval) return '';
  return step.approvals > 1 ? `needs ${step.approvals} approvals` : 'needs approval';
}

/** Which secrets a step gives to its target for the first time; empty for none. */
export function secretWords({ secrets = [] }: Pick<PlanStep, 'secrets'>): string {
  return secrets.length === 0 ? '' : `newly given ${secrets.map(printable).join(', ')}`;
}

/** A value that says nothing, of what appears or goes. */
export function isEmpty(value: Json | undefined): boolean {
  if (value === null || value === undefined || value === '') return true;
  return typeof value === 'object' && Object.values(value).every(isEmpty);
}

type Costing = Pick<PlanStep, 'target' | 'verb' | 'impact'> & Partial<Pick<PlanStep, 'changes'>>;

/** What a step costs: `live`, `restarts 101`, `destroys the disk of 105`. */
export function impactWords({ target, verb, impact, changes = [] }: Costing): string {
  const name = nameOf(target);
  const guest = kindOf(target) === 'lxc' || kindOf(target) === 'vm';
  switch (impact) {
    case 'live':
      return verb === 'create' ? 'new' : 'live';
    case 'restart':
      return `restarts ${guest ? name : target}`;
    case 'recreate':
      if (!guest) return `rebuilds ${target}`;
      return isOfVolumes(changes)
        ? `puts an empty volume where data of ${name} is`
        : `rebuilds ${name} and destroys the disk of ${name}`;
    case 'destroy':
      return guest ? `destroys the disk of ${name}` : `removes ${target}`;
    default:
      return impact satisfies never;
  }
}

/** Fields of a guest that cannot change on one that exists. */
const FIXED = ['/unprivileged', '/ostype', '/rootfs/storage', '/disk/storage', '/final'];

/** Whether it is volumes that are other ones, and the guest itself stays. */
function isOfVolumes(changes: PlanStep['changes']): boolean {
  return !changes.some(({ path }) => FIXED.includes(path)) && changes.some(({ path }) => path.startsWith('/volumes'));
}

function fieldLines({ path, before, after, unchanged }: ShownChange, width: number, verb: Verb): string[] {
  // A name that ends in a colon needs no more room.
  const name = `      ${printable(path).padEnd(width)}${path.endsWith(':') ? '' : ' '}`;
  if (unchanged === true) return [`${name} ${valueText(after)}`];
  if (Array.isArray(before) && Array.isArray(after)) return [name.trimEnd(), ...listLines(before, after)];
  if (before === undefined) return [`${name} ${valueText(after)}`];
  if (after === undefined) return [`${name} ${valueText(before)}${verb === 'delete' ? '' : ' → (gone)'}`];
  return [`${name} ${valueText(before)} → ${valueText(after)}`];
}

/** What is taken out of a list and what comes in, in the order of both. */
function listLines(before: readonly Json[], after: readonly Json[]): string[] {
  const line = (mark: string, value: Json | undefined) => `        ${mark} ${valueText(value)}`;
  const [old, now] = [before.map(canonical), after.map(canonical)];
  return align(old, now).flatMap((pair) => {
    if (pair.before !== undefined && pair.after !== undefined && old[pair.before] === now[pair.after]) return [];
    return [
      ...(pair.before === undefined ? [] : [line('-', before[pair.before])]),
      ...(pair.after === undefined ? [] : [line('+', after[pair.after])]),
    ];
  });
}

/** On one line; JSON escapes most control characters. */
function valueText(value: Json | undefined): string {
  const text = printable(JSON.stringify(value) ?? '');
  return text.length > MAX_VALUE_LENGTH ? `${text.slice(0, MAX_VALUE_LENGTH - 1)}…` : text;
}

function approvals(steps: readonly PlanStep[]): string {
  const free = steps.filter((step) => !isKept(step));
  const kept = steps.filter(isKept);
  const lines = free.map((step) => `  ${trailerText(step)}`);
  return [
    ...(free.length === 0 ? [] : ['Waits for approval. To approve with the commit, end its message with:', ...lines]),
    ...(kept.length === 0
      ? []
      : [
          `Refused while "protected" is true: ${kept.map((step) => step.target).join(', ')}. Take it off in a commit of its own.`,
        ]),
  ].join('\n');
}

/** `Plan: 2 to create, 1 to update, 0 to delete.` */
export function summaryLine(plan: Plan): string {
  const counts = summary(plan);
  return `Plan: ${counts.create} to create, ${counts.update} to update, ${counts.delete} to delete.`;
}

function shortList(targets: readonly string[]): string {
  return targets.length <= 4 ? targets.join(', ') : `${targets.slice(0, 3).join(', ')} and ${targets.length - 3} more`;
}
