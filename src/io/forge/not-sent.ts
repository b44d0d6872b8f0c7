// Decides what a failed report means for itself and for all others that wait. A server error may concern this report only (Gitea answers 500 for a
// missing commit), so two harmless requests are sent before other reports are put on hold.

import type { SendResult } from '../../ports/forge.ts';
import { type Attempt, classifyError, type Verdict } from './classify-error.ts';

/** Retry interval for problems that a person has to fix, so that nobody has to restart anything. */
const PERSON_SECONDS = 60;

/** Read-only requests; each fails like other requests to the forge. */
export interface Probes {
  /** Reads the subject of the report: a commit, a pull request. */
  readonly subject: () => Promise<unknown>;
  /** Reads the repository itself. */
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

/** Uses the probes to find out what failed. */
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

/** Unauthorised, timed out, rate limited: says nothing about the object. */
const SILENT: ReadonlySet<number> = new Set([401, 408, 429]);

async function answerTo(ask: () => Promise<unknown>): Promise<'there' | 'not there' | 'silent'> {
  try {
    await ask();
    return 'there';
  } catch (error) {
    const { status = 0 } = error as { readonly status?: number };
    // 422: GitHub's answer for a commit that it does not have.
    if (status === 404 || status === 422) return 'not there';
    // A refusal for missing rights is an answer too.
    return status >= 400 && status < 500 && !SILENT.has(status) ? 'there' : 'silent';
  }
}

function waits({ cause, retryAfterSeconds, reason }: Verdict, holds: boolean): NotSent {
  const seconds = retryAfterSeconds ?? PERSON_SECONDS;
  return { sent: false, retryAfterSeconds: seconds, holds, unclear: cause === 'unclear', reason };
}
