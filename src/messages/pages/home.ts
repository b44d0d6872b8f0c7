// What the front page says of how things stand. Pure.

import type { Head } from '../../ports/runs.ts';
import { countOf } from '../count.ts';
import { shortSha } from '../statuses/status.ts';

const MS_PER_HOUR = 3_600_000;
const HOURS_PER_DAY = 24;

/** How many of what is declared is as declared, and who needs a person. */
interface Counts {
  readonly needed: number;
  readonly declared: number;
  readonly proved: number;
  /** When the oldest of these proofs was; null: not known. */
  readonly provedAt: string | null;
  readonly isDeclaredKnown: boolean;
  /** The newest look at the host that came to an end, ISO 8601; null: none that is kept. */
  readonly observedAt: string | null;
}

export interface OverviewWords {
  readonly sentence: string;
  readonly tone: 'good' | 'busy' | 'wait' | 'bad' | 'quiet';
}

/**
 * One line. "All as declared" is said only where that is known of everything: what was applied may have been changed on the host since, so
 * that a check has to have ended. Before the first one, "All applied" stands beside the time of the oldest proof.
 *
 * @param state `busy`: something goes on; `unfollowed`: no commit was followed yet
 */
export function overviewSentence(
  { needed, declared, proved, provedAt, isDeclaredKnown, observedAt }: Counts,
  { busy, unfollowed }: { readonly busy: boolean; readonly unfollowed: boolean },
): OverviewWords {
  if (needed > 0) return { sentence: needed === 1 ? '1 needs you' : `${needed} need you`, tone: 'bad' };
  if (unfollowed) return { sentence: 'Nothing is followed yet', tone: 'quiet' };
  if (!isDeclaredKnown) return { sentence: 'What is declared cannot be read at the moment', tone: 'wait' };
  const rest = declared - proved;
  if (busy)
    return { sentence: rest === 0 ? 'Being applied' : `Being applied: ${countOf(rest, 'target')} to go`, tone: 'busy' };
  if (rest === 0 && declared === 0) return { sentence: 'Nothing is declared', tone: 'good' };
  if (rest === 0 && observedAt === null)
    return provedAt === null
      ? { sentence: 'All applied, not checked since', tone: 'quiet' }
      : { sentence: 'All applied', tone: 'good' };
  if (rest === 0) return { sentence: 'All as declared', tone: 'good' };
  return { sentence: `${proved} of ${declared} as declared, ${rest} not proved`, tone: 'wait' };
}

interface Needs {
  readonly faults: number;
  readonly approvals: number;
  readonly failed: number;
  readonly drifted: number;
  readonly ended: number;
  readonly orphans: number;
}

/** What they need, each with the part of the page that says more; nothing of what there is none of. */
export function needsText({
  faults,
  approvals,
  failed,
  drifted,
  ended,
  orphans,
}: Needs): { part: string; text: string }[] {
  const are = (count: number, one: string, more: string) => `${count} ${count === 1 ? one : more}`;
  return [
    ...(faults === 0 ? [] : [{ part: 'faults', text: `${faults} not working` }]),
    ...(approvals === 0
      ? []
      : [{ part: 'approvals', text: are(approvals, 'waits for approval', 'wait for approval') }]),
    ...(failed === 0 ? [] : [{ part: 'failed', text: `${failed} failed` }]),
    ...(drifted === 0 ? [] : [{ part: 'drift', text: are(drifted, 'differs on the host', 'differ on the host') }]),
    ...(ended === 0
      ? []
      : [{ part: 'certificates', text: are(ended, 'certificate has ended', 'certificates have ended') }]),
    ...(orphans === 0 ? [] : [{ part: 'orphans', text: are(orphans, 'orphan', 'orphans') }]),
  ];
}

/** What could not be looked at in time. */
export function notLookedText(unknown: { readonly certificates: boolean; readonly orphans: boolean }): string | null {
  const what = [...(unknown.certificates ? ['certificates'] : []), ...(unknown.orphans ? ['orphans'] : [])];
  return what.length === 0
    ? null
    : `The host could not be checked in time: ${what.join(' and ')} are not known at the moment.`;
}

/** What stands below that line. */
export function declaredText({ declared, proved, isDeclaredKnown }: Counts): string {
  if (!isDeclaredKnown) return 'The repository cannot be read, so it is not known what is declared.';
  return proved === declared
    ? `${countOf(declared, 'target')} declared and proved.`
    : `${proved} of ${countOf(declared, 'declared target')} proved.`;
}

export const HOME = {
  neverLooked: 'No check of the host has run since, so changes by hand are not known.',
  provedSince: 'Each was as declared when it was last applied or replayed, the oldest',
  retried: 'Trying again',
  ifItStays: 'If it stays:',
  tryAgain: 'When that is done',
  lookAgain: 'To bring back what is declared',
  healAll: 'To bring back all of it',
  moreProblems: (more: number): string => `Its run has ${countOf(more, 'further error')}.`,
  end: { unknown: 'not known yet: none that Phoenix brought lies there', renew: 'To renew it now' },
} as const;

/** `43 days left`, `21 hours left`, `ended 2 days ago`. @param ms until it ends */
export function leftText(ms: number): string {
  const hours = Math.floor(Math.abs(ms) / MS_PER_HOUR);
  const long = hours >= 2 * HOURS_PER_DAY ? countOf(Math.floor(hours / HOURS_PER_DAY), 'day') : countOf(hours, 'hour');
  return ms <= 0 ? `ended ${long} ago` : hours === 0 ? 'less than an hour left' : `${long} left`;
}

/**
 * Up to where the branch is followed, and what stays applied where its newest commit is not.
 *
 * @param head null: none was ever followed
 * @param isFollowed whether the repository can be followed, as far as is known
 */
export function headSentence(head: Head | null, isFollowed: boolean): string {
  if (head === null)
    return isFollowed
      ? 'No commit was followed yet. Push to the branch, or see phoenix doctor for what is missing.'
      : 'No commit was followed yet, since the repository cannot be followed.';
  const stays = head.base === null ? '' : ` What is applied is that of ${shortSha(head.base)}.`;
  switch (head.verdict) {
    case 'followed':
      return isFollowed
        ? 'The branch is followed up to this commit.'
        : 'The branch was followed up to this commit; whether it has a newer one is not known.';
    case 'invalid':
      return `The newest commit of the branch has problems and was refused whole; nothing was changed.${stays}`;
    case 'refused':
      return `The newest commit was refused; its run says why.${stays}`;
    case 'rewound':
      return `A person went back to ${shortSha(head.base ?? '')}. The branch is followed again with its next push, or with phoenix unfreeze.`;
    default:
      return head.verdict satisfies never;
  }
}
