// The plan of a pull request in Markdown: on its check, and in the one comment where there are no checks. Pure.

import type { TargetId } from '../../model/ids.ts';
import type { PlanStep } from '../../model/plan.ts';
import type { PullPlan } from '../../model/pull.ts';
import { targetWord } from '../../model/target-name.ts';
import { trailerText } from '../../plan/policy/trailers.ts';
import { canBeApproved } from '../../plan/policy/waiting.ts';
import { summaryLine } from '../plan.ts';
import { shortSha } from '../statuses/status.ts';
import { block, code, link, plain } from './markdown.ts';
import { errorList, warningList } from './problems.ts';
import { orderGraph, planTable, stepFields } from './steps.ts';

/** Of characters, for the fields of all steps: a forge takes some 65,000, the rest is for what must not be missing. */
const ROOM_FOR_FIELDS = 40_000;
const MAX_ROWS = 200;
/** Of targets to approve: each is in the table too. */
const MAX_NAMED = 50;

/** What was approved under it before the merge. */
type Approved = { readonly target: TargetId; readonly by: string };

/** Cut at a whole target, with where the rest is. @param url of the page that shows all of it; null when there is none */
export function pullMarkdown(pull: PullPlan, url: string | null = null, given: readonly Approved[] = []): string {
  const { plan, held, ok, head, base, from } = pull;
  const shown = plan.steps.slice(0, MAX_ROWS);
  const parts = [
    `**${summaryLine(plan)}** ${code(shortSha(head))} onto ${code(shortSha(base))}${from === base ? '' : `, from ${code(shortSha(from))} where they parted`}.`,
    ok ? '' : '**Refused: it brings errors, so nothing of it would be applied.**',
    errorList(pull.problems),
    approvals(plan.steps, given),
    (pull.notes ?? []).map((note) => `- ${plain(note)}`).join('\n'),
    shown.length === 0 ? '' : planTable(shown, new Set(held)),
    plan.steps.length > shown.length ? rest(plan.steps.length - shown.length, url) : '',
    fields(plan.steps, url),
    orderGraph(plan.steps),
    warningList(pull.problems),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function approvals(steps: readonly PlanStep[], given: readonly Approved[]): string {
  const by = (target: TargetId) => given.filter((each) => each.target === target).map((each) => each.by);
  const wanted = steps.filter(canBeApproved);
  const done = wanted.flatMap(({ target }) => by(target).map((name) => `- ${code(target)} approved by ${plain(name)}`));
  const waiting = wanted.filter(({ target, approvals: needed = 1 }) => by(target).length < needed);
  return [done.join('\n'), waitingText(waiting)].filter((part) => part !== '').join('\n\n');
}

function waitingText(waiting: readonly PlanStep[]): string {
  if (waiting.length === 0) return '';
  const named = waiting.slice(0, MAX_NAMED);
  const command = `/phoenix approve ${named.map(({ target }) => targetWord(target)).join(' ')}`;
  const trailers = named.map(trailerText);
  return `Waits for approval. To approve it, comment:\n\n${block([command])}\n\nor end the message of the merge with:\n\n${block(trailers)}`;
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

interface Words {
  /** Of somebody else, as words. */
  plain(text: string): string;
  code(text: string): string;
}

/** The answers to what a person asks by a button or a comment. */
export type Answers = ReturnType<typeof answersIn>;

function answersIn({ plain: words, code: name }: Words) {
  return {
    mayNot: (by: string) => `${words(by)} may not push to this repository, so nothing was done.`,
    unknown: (by: string, why: string) =>
      `Nothing was done, since nobody can tell whether ${words(by)} may push: ${words(why)}.`,
    planned: () => 'Planned afresh.',
    replays: (where: string) => `Carried out again: ${where}.`,
    refused: (why: string) => `Nothing was done: ${words(why)}.`,
    nothingWaits: (targets: readonly TargetId[]) => {
      const what = targets.length === 0 ? 'Nothing' : `None of ${targets.map(name).join(', ')}`;
      return `${what} waits for approval.`;
    },
    approved: (done: readonly TargetId[], missing: readonly TargetId[]) => {
      const rest = missing.length === 0 ? '' : ` ${missing.map(name).join(', ')} wait for no approval.`;
      return `Approved: ${done.map(name).join(', ')}.${rest}`;
    },
  };
}

/** Under a pull request. */
export const ASKED = answersIn({ plain, code });

/** In the log, which is no Markdown. */
export const LOGGED = answersIn({ plain: (text) => text, code: (text) => text });

/** Below what it answers. @param command as its author wrote it; null for a review that approves */
export function answerMarkdown(command: string | null, by: string, said: string): string {
  return `${plain(by)} ${command === null ? 'approved' : `wrote ${code(command)}`}\n\n${said}`;
}
