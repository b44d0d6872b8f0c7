// What people are told without being asked. Pure.

import type { CertificateEnd } from '../model/environment.ts';
import { failureText, fitText } from '../model/failure.ts';
import { FAULT_SUBJECTS, type Fault } from '../model/fault.ts';
import type { RunId, TargetId } from '../model/ids.ts';
import type { Message, News, Trouble, TroubleKind } from '../model/notification.ts';
import type { FieldDifference } from '../model/run.ts';
import { hidePlainSecrets } from '../model/secret-shapes.ts';
import type { MarkedTarget } from '../model/target.ts';
import type { NodeAway } from '../ports/ledger.ts';
import type { Batch } from '../ports/notifications.ts';
import { countOf } from './count.ts';
import { BRING_BACK, differenceText } from './drift.ts';
import { FAULT_WORDS } from './faults.ts';
import { orphanText } from './orphans.ts';
import { printable } from './printable.ts';
import { shortSha } from './statuses/status.ts';

/** Characters of one line, and lines of one message: what every service takes. */
const MAX_LINE_LENGTH = 400;
const MAX_LINES = 20;

interface Failed {
  readonly target: TargetId;
  readonly run: RunId | null;
  readonly reason: string | null;
  readonly since: string;
}

interface Waiting {
  readonly run: RunId;
  readonly target: TargetId;
  readonly label: string;
  readonly cost: string;
  readonly reason: string | null;
  readonly since: string;
}

/** What a look found of a target. */
interface Found {
  readonly run: RunId;
  readonly found: string;
  readonly differs: readonly FieldDifference[];
  readonly since: string;
}

/** The subject of a commit that is not followed, whichever it is. */
export const NEWEST_COMMIT = 'the newest commit';

export const TROUBLE = {
  failed: ({ target, run, reason, since }: Failed): Trouble => ({
    kind: 'failure',
    subject: target,
    what: `${target} failed`,
    why: reason,
    page: run === null ? `/targets/${target}` : `/runs/${run}/${target}`,
    since,
  }),
  refused: (commit: string, why: string | null, since: string): Trouble => ({
    kind: 'failure',
    subject: NEWEST_COMMIT,
    what: `${shortSha(commit)} is not followed`,
    why: why ?? failureText({ what: 'nothing was changed', why: null, remedy: `see its status, or phoenix runs` }),
    page: '/',
    since,
  }),
  approval: ({ run, target, label, cost, reason, since }: Waiting): Trouble => ({
    kind: 'approval',
    subject: `run ${run} ${target}`,
    what: `${label} waits for approval`,
    why: reason === null ? cost : `${cost}: ${reason}`,
    page: `/runs/${run}/${target}`,
    since,
  }),
  drift: (target: TargetId, { run, found, differs, since }: Found): Trouble => ({
    kind: 'drift',
    subject: target,
    what: `${target} is not as declared`,
    why: failureText({ what: differs.length === 0 ? found : differenceText(differs), why: null, remedy: BRING_BACK }),
    page: `/runs/${run}/${target}`,
    since,
  }),
  certificate: ({ target, validity }: CertificateEnd, now: string): Trouble => ({
    kind: 'certificate',
    subject: target,
    what: `${target} is near its end`,
    why: failureText({
      what: `it ends at ${validity?.until ?? 'a time that is not known'} and was not renewed`,
      why: null,
      remedy: 'see why its newest step failed; most often the authority does not answer',
    }),
    page: `/targets/${target}`,
    since: now,
  }),
  host: (node: string, { since, why }: NodeAway): Trouble => ({
    kind: 'host',
    subject: node,
    what: `the node ${node} does not answer`,
    why: `since ${since.slice(11, 16)} UTC: ${why}; what was begun goes on by itself when it answers`,
    page: '/',
    since,
  }),
  orphan: (orphan: MarkedTarget, now: string): Trouble => ({
    kind: 'orphan',
    subject: orphan.target,
    what: `${orphan.target} is no longer declared, and is there`,
    why: orphanText(orphan),
    page: '/',
    since: now,
  }),
  fault: ({ subject, what, since, why }: Fault): Trouble => ({
    kind: 'fault',
    subject,
    what,
    why,
    page: '/',
    since,
  }),
} as const;

/** What is said of its end; null where an end is no news, since whoever ended it knows. */
export const OVER: Readonly<Record<TroubleKind, ((trouble: Trouble) => string) | null>> = {
  failure: ({ subject }) => `${subject} is in order again`,
  approval: null,
  drift: ({ subject }) => `${subject} is as declared again`,
  certificate: ({ subject }) => `${subject} was renewed`,
  host: ({ subject }) => `the node ${subject} answers again`,
  orphan: null,
  fault: ({ subject, what }) => {
    const known = FAULT_SUBJECTS.find((each) => each === subject);
    return known === undefined ? `over: ${what}` : FAULT_WORDS[known].over;
  },
};

/** The message for what waits for a channel. @param publicUrl where the pages are */
export function messageOf(
  { id, news, dropped }: Pick<Batch, 'id' | 'news' | 'dropped'>,
  publicUrl: string | null,
): Message {
  const shown = news.map(hidden);
  const [first] = shown;
  const more = [
    ...(shown.length > MAX_LINES ? [`and ${shown.length - MAX_LINES} more`] : []),
    ...(dropped > 0 ? [`${countOf(dropped, 'older notification')} could not be kept`] : []),
  ];
  const isUrgent = shown.some(({ change }) => change === 'began');
  return {
    id,
    title: line(shown.length === 1 && first !== undefined ? headOf(first) : `Phoenix: ${countsOf(shown)}`),
    lines: [...shown.slice(0, MAX_LINES).map((each) => line(lineOf(each))), ...more],
    isUrgent,
    url:
      publicUrl === null
        ? null
        : `${publicUrl.replace(/\/+$/, '')}${shown.length === 1 ? (first?.trouble.page ?? '/') : '/'}`,
    news: shown,
  };
}

/** To see whether a channel works. */
export function testMessage(id: string, publicUrl: string | null): Message {
  return {
    id,
    title: 'Phoenix: a test',
    lines: ['This channel is told what it is set to be told.'],
    isUrgent: false,
    url: publicUrl,
    news: [],
  };
}

/** What stands in it came from hosts, files and commits. */
function hidden({ trouble, change, at }: News): News {
  const clean = (text: string) => printable(hidePlainSecrets(text));
  const why = trouble.why === null ? null : clean(trouble.why);
  return { trouble: { ...trouble, subject: clean(trouble.subject), what: clean(trouble.what), why }, change, at };
}

function headOf({ trouble, change }: News): string {
  return change === 'began' ? trouble.what : (OVER[trouble.kind]?.(trouble) ?? `${trouble.what}: over`);
}

function lineOf(news: News): string {
  const { trouble, change } = news;
  return change === 'began' && trouble.why !== null ? `${trouble.what}: ${trouble.why}` : headOf(news);
}

/** `2 failed, 1 waits for approval, 3 over`. */
function countsOf(news: readonly News[]): string {
  const counts = new Map<string, number>();
  for (const { trouble, change } of news) {
    const word = change === 'ended' ? 'over' : COUNTED[trouble.kind];
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts].map(([word, count]) => `${count} ${word}`).join(', ');
}

const COUNTED: Readonly<Record<TroubleKind, string>> = {
  failure: 'failed',
  approval: 'to approve',
  drift: 'not as declared',
  certificate: 'near its end',
  host: 'away',
  orphan: 'not declared',
  fault: 'not working',
};

function line(text: string): string {
  return fitText(text, MAX_LINE_LENGTH);
}
