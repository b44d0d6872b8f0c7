// The plan of a pull request in Markdown: on its check, and in the one comment where there are no checks. Pure.

import type { TargetId } from '../../model/ids.ts';
import type { PlanStep } from '../../model/plan.ts';
import type { PullPlan } from '../../model/pull.ts';
import { canBeApproved } from '../../plan/waiting.ts';
import { summaryLine } from '../plan.ts';
import { shortSha } from '../status.ts';
import { problemList } from './details.ts';
import { block, code, link, plain } from './markdown.ts';
import { orderGraph, planTable, stepFields } from './steps.ts';

/** Of characters, for the fields of all steps: a forge takes some 65,000, the rest is for what must not be missing. */
const ROOM_FOR_FIELDS = 40_000;
const MOST_ROWS = 200;

/** Cut at a whole target, with where the rest is. @param url of the page that shows all of it; null when there is none */
export function pullMarkdown(pull: PullPlan, url: string | null = null): string {
  const { plan, held, ok, head, base, from } = pull;
  const shown = plan.steps.slice(0, MOST_ROWS);
  const parts = [
    `**${summaryLine(plan)}** ${code(shortSha(head))} onto ${code(shortSha(base))}${from === base ? '' : `, from ${code(shortSha(from))} where they parted`}.`,
    ok ? '' : '**Refused: it brings errors, so nothing of it would be applied.**',
    problemList(pull.problems),
    approvals(plan.steps),
    (pull.notes ?? []).map((note) => `- ${plain(note)}`).join('\n'),
    shown.length === 0 ? '' : planTable(shown, new Set(held)),
    plan.steps.length > shown.length ? rest(plan.steps.length - shown.length, url) : '',
    fields(plan.steps, url),
    orderGraph(plan.steps),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function approvals(steps: readonly PlanStep[]): string {
  const waiting = steps.filter(canBeApproved);
  if (waiting.length === 0) return '';
  const trailers = waiting.slice(0, 50).map(({ impact, target }) => `Phoenix-Approve: ${impact} ${target}`);
  return `Waits for approval once it is merged. To approve with the merge, end its message with:\n\n${block(trailers)}`;
}

function fields(steps: readonly PlanStep[], url: string | null): string {
  const kept: string[] = [];
  let room = ROOM_FOR_FIELDS;
  let left = 0;
  for (const text of steps.map(stepFields).filter((each) => each !== '')) {
    room -= text.length;
    if (room >= 0) kept.push(text);
    else left += 1;
  }
  return [...kept, ...(left === 0 ? [] : [`_The fields of ${rest(left, url)}_`])].join('\n');
}

function rest(count: number, url: string | null): string {
  const more = `${count} more target${count === 1 ? '' : 's'}`;
  return url === null ? `${more} are not shown here.` : `${more}: ${link('see all', url)}.`;
}

/** The answer to what a person asked by a button or a comment. */
export const ASKED = {
  mayNot: (by: string) => `${plain(by)} may not push to this repository, so nothing was done.`,
  unknown: (by: string, why: string) =>
    `Nothing was done, since nobody can tell whether ${plain(by)} may push: ${plain(why)}.`,
  planned: () => 'Planned afresh.',
  replays: (where: string) => `Carried out again: ${where}.`,
  refused: (why: string) => `Nothing was done: ${plain(why)}.`,
  nothingWaits: (targets: readonly TargetId[]) => {
    const what = targets.length === 0 ? 'Nothing' : `None of ${targets.map(code).join(', ')}`;
    return `${what} waits for approval.`;
  },
  approved: (done: readonly TargetId[], missing: readonly TargetId[]) => {
    const rest = missing.length === 0 ? '' : ` ${missing.map(code).join(', ')} wait for no approval.`;
    return `Approved: ${done.map(code).join(', ')}.${rest}`;
  },
} as const;
