// What a report that the forge did not take means for it, and for all others that wait. A forge that fails may fail at this one
// alone (Gitea answers 500 for a commit that it lacks), so it is asked two things that change nothing before others are held up.

import type { SendResult } from '../../ports/forge.ts';
import { type Attempt, classifyError, type Verdict } from './classify-error.ts';

/** What a person has to put right is tried again this often, so that nobody has to restart anything. */
const PERSON_SECONDS = 60;

/** Questions that write nothing; each fails as requests to the forge do. */
export interface Probes {
  /** For what the report is about: a commit, a pull request. */
  readonly subject: () => Promise<unknown>;
  /** For the repository itself. */
  readonly repository: () => Promise<unknown>;
}

type NotSent = Extract<SendResult, { sent: false }>;

export async function notSent(error: unknown, attempt: Attempt, probes: Probes): Promise<NotSent> {
  const verdict = classifyError(error, attempt);
  switch (verdict.cause) {
    case 'refused':
      return { sent: false, retryAfterSeconds: null, reason: verdict.reason };
    case 'limit':
    case 'login':
      return waits(verdict, true);
    case 'right':
      return waits(verdict, false);
    case 'unclear':
      return locateFailure(verdict, attempt, probes);
    default:
      return verdict.cause satisfies never;
  }
}

/** The forge as it answers in place of one that failed. */
async function locateFailure(verdict: Verdict, attempt: Attempt, { subject, repository }: Probes): Promise<NotSent> {
  switch (await answerTo(subject)) {
    case 'there':
      return waits(verdict, false);
    case 'silent':
      return waits(verdict, true);
    case 'not there':
      break;
  }
  if ((await answerTo(repository)) !== 'there') return waits(verdict, true);
  return {
    sent: false,
    retryAfterSeconds: null,
    reason: `the forge has nothing to write ${attempt.what} to: it is gone${verdict.said === undefined ? '' : ` (${verdict.said})`}`,
  };
}

/** Refused as a whole, given up, limited. */
const SILENT: ReadonlySet<number> = new Set([401, 408, 429]);

async function answerTo(ask: () => Promise<unknown>): Promise<'there' | 'not there' | 'silent'> {
  try {
    await ask();
    return 'there';
  } catch (error) {
    const { status = 0 } = error as { readonly status?: number };
    // 422: GitHub's answer for a commit that it does not have.
    if (status === 404 || status === 422) return 'not there';
    // A question that the login may not ask was answered nevertheless.
    return status >= 400 && status < 500 && !SILENT.has(status) ? 'there' : 'silent';
  }
}

function waits({ cause, retryAfterSeconds, reason }: Verdict, holds: boolean): NotSent {
  const seconds = retryAfterSeconds ?? PERSON_SECONDS;
  return { sent: false, retryAfterSeconds: seconds, holds, unclear: cause === 'unclear', reason };
}
