// Classifies a failed request to the forge: whether and when the report can be sent. Based on GitHub's description of its rate limits: `retry-after`,
// else `x-ratelimit-reset` when nothing remains, else at least a minute.

import { certificateSentence } from '../authorities.ts';
import type { ForgeLogin } from './options.ts';
import { Moved } from './redirects.ts';

/** The response in an octokit error; absent for a request without a response. */
interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly data: unknown;
}

const OUTAGE_SECONDS = 15;
const LIMIT_SECONDS = 60;
/** Upper bound on the forge's requested delay; how long other reports wait is decided by the reporter. */
const MAX_WAIT_SECONDS = 3600;

/** The failed request: what was to be written or read, and with which login. */
export interface Attempt {
  /** Default: `write`. */
  readonly verb?: 'read' | 'write';
  /** For example `the status of 3f2a1bc`. */
  readonly what: string;
  /** The required right, under the forge's own name. */
  readonly right: string;
  readonly as: ForgeLogin['as'];
  readonly now: Date;
}

/** Why a request failed, in terms of what that means for other requests. */
type Cause =
  /** It may affect this request or all of them: only another request can tell. */
  | 'unclear'
  /** A rate limit. */
  | 'limit'
  /** All requests fail until a person corrects the login or the address. */
  | 'login'
  /** All requests that need the same right fail until a person grants it. */
  | 'right'
  /** This request will never be accepted. */
  | 'refused';

export interface Verdict {
  readonly cause: Cause;
  /** When a retry is worthwhile; null where time alone changes nothing. */
  readonly retryAfterSeconds: number | null;
  readonly reason: string;
  /** The forge's message, where it says more than the status. */
  readonly said?: string;
}

const WHO = {
  token: { name: 'the token', setting: 'PHOENIX_FORGE_TOKEN' },
  app: { name: 'the App', setting: 'the App' },
} as const;

export function classifyError(error: unknown, attempt: Attempt): Verdict {
  const moved = causeOf(error, Moved);
  if (moved !== undefined) return byPerson('login', moved.message);
  const { response: answer } = error as { readonly response?: Answer };
  if (answer === undefined) {
    const why = certificateSentence(error) ?? rootMessage(error);
    return later('unclear', OUTAGE_SECONDS, `the forge cannot be reached: ${why}`);
  }
  const said = messageOf(answer.data);
  const told = `HTTP ${answer.status}${said === '' ? '' : `: ${said}`}`;
  return passing(answer, said, told, attempt) ?? lasting(answer, said, told, attempt);
}

/** Failures that end by themselves: limits and outages. Undefined for any other one. */
function passing({ status, headers }: Answer, said: string, told: string, attempt: Attempt): Verdict | undefined {
  const { verb = 'write', what, now } = attempt;
  const wait = waitOf(headers, now);
  if (status === 429 || (status === 403 && (wait !== undefined || /rate limit|abuse/i.test(said)))) {
    return later('limit', wait ?? LIMIT_SECONDS, `the forge limits requests (${told})`);
  }
  // 409: GitLab is busy with the same commit (`Ci::CreateCommitStatusService`), or Git with the same reference.
  if (status >= 500 || status === 408 || status === 409) {
    return later('unclear', wait ?? OUTAGE_SECONDS, `the forge fails to ${verb} ${what} (${told})`);
  }
  return undefined;
}

/** Failures that a person has to end. */
function lasting({ status }: Answer, said: string, told: string, attempt: Attempt): Verdict {
  const { verb = 'write', what, right, as } = attempt;
  const { name, setting } = WHO[as];
  if (status === 401) {
    const renew = as === 'app' ? 'check PHOENIX_APP_ID and PHOENIX_APP_KEY_FILE' : `renew ${setting}`;
    return byPerson('login', `the forge refuses ${name} (${told}); ${renew}`);
  }
  // GitHub's status and messages for a locked or archived repository.
  if (status === 423 || (status === 403 && LOCKED.test(said))) {
    return byPerson('right', `the forge keeps ${what} locked (${told}); unlock it there`);
  }
  const barred = status === 403 ? BARRED.find(({ said: words }) => words.test(said)) : undefined;
  if (barred !== undefined) return byPerson('login', `the forge refuses ${name} (${told}); ${barred.remedy}`);
  if (status === 403) {
    return byPerson('right', `${name} may not ${verb} ${what} (${told}); give ${setting} the right "${right}"`);
  }
  if (status === 404) return unknownRepository(told, attempt);
  if (NEVER.some((each) => each.status === status && each.said.test(said)))
    return byPerson('refused', `the forge does not take ${what} (${told})`);
  // A sign-in page, or a page of a proxy.
  if (status < 400) {
    return byPerson(
      'login',
      `something answers in place of the forge (${told}); see to PHOENIX_FORGE_API, and to proxies on the way`,
    );
  }
  if (status === 422) return { ...byPerson('unclear', `the forge does not take ${what} (${told})`), said };
  return byPerson('unclear', `the forge refuses to ${verb} ${what} (${told})`);
}

function unknownRepository(told: string, { right, as }: Attempt): Verdict {
  const { name, setting } = WHO[as];
  const check =
    as === 'app'
      ? 'install the App on it, and check PHOENIX_APP_ID'
      : `check PHOENIX_REPO_URL and PHOENIX_FORGE_API, and whether ${setting} has the right "${right}"`;
  return byPerson('unclear', `the forge knows no such repository, or ${name} may not see it (${told}); ${check}`);
}

/** GitHub's messages where every request is refused, whatever rights the login has. */
const BARRED: ReadonlyArray<{ readonly said: RegExp; readonly remedy: string }> = [
  {
    said: /\binstallation has been suspended\b/i,
    remedy: 'lift the suspension there, in the settings of the account that the repository belongs to',
  },
  {
    said: /\baccount (was|is|has been) suspended\b/i,
    remedy:
      'the account of the token is suspended: give the token of another account, or ask GitHub or the administrator there',
  },
  { said: /\b(SAML|SSO)\b/, remedy: 'authorise the token for the organisation (Configure SSO beside it)' },
  { said: /\bIP allow list\b/i, remedy: 'add the address of this machine to the IP allow list of the organisation' },
];

/** Refusals of one request that neither time nor a person ends. */
const NEVER: ReadonlyArray<{ readonly status: number; readonly said: RegExp }> = [
  // GitLab has used the name for a job of its own: it never accepts another status of that name on the commit.
  { status: 400, said: /has already been taken/i },
  // GitHub keeps 1000 statuses of a commit and context, and none is ever removed.
  { status: 422, said: /maximum number of statuses/i },
];

const LOCKED = /\b(is locked|was archived|is archived|archived so is read-only)\b/i;

function later(cause: Cause, seconds: number, reason: string): Verdict {
  return { cause, retryAfterSeconds: Math.min(MAX_WAIT_SECONDS, Math.max(1, Math.ceil(seconds))), reason };
}

function byPerson(cause: Cause, reason: string): Verdict {
  return { cause, retryAfterSeconds: null, reason };
}

type Headers = Readonly<Record<string, string | number | undefined>>;

/** The delay that the forge requests, in seconds; undefined when it requests none. */
function waitOf(headers: Headers, now: Date): number | undefined {
  const after = headers['retry-after'];
  if (after !== undefined && String(after).trim() !== '') {
    const seconds = Number(after);
    const until = Number.isFinite(seconds) ? seconds : (Date.parse(String(after)) - now.getTime()) / 1000;
    return Number.isFinite(until) ? until : undefined;
  }
  // GitLab's headers have no `x-` prefix.
  for (const name of ['x-ratelimit', 'ratelimit']) {
    const reset = Number(headers[`${name}-reset`] ?? Number.NaN);
    if (String(headers[`${name}-remaining`]) === '0' && Number.isFinite(reset)) return reset - now.getTime() / 1000;
  }
  return undefined;
}

/** The forge's message, including faulty fields. GitLab has the fields in the message, or a field `error`. */
function messageOf(data: unknown): string {
  if (typeof data !== 'object' || data === null) return '';
  const { message, errors, error, error_description } = data as Readonly<Record<string, unknown>>;
  const details = Array.isArray(errors) ? errors.map((each) => (typeof each === 'string' ? each : each?.message)) : [];
  return [...wordsOf(message), ...details, error, error_description]
    .filter((part) => typeof part === 'string' && part !== '')
    .join('; ')
    .slice(0, 300);
}

function wordsOf(message: unknown): readonly unknown[] {
  if (typeof message !== 'object' || message === null) return [message];
  return Object.entries(message).map(([field, problems]) => `${field} ${[problems].flat().join(', ')}`);
}

function causeOf<Kind extends Error>(error: unknown, kind: new (...args: never[]) => Kind): Kind | undefined {
  for (let each = error; each instanceof Error; each = each.cause) if (each instanceof kind) return each;
  return undefined;
}

function rootMessage(error: unknown): string {
  let reason = error;
  while (reason instanceof Error && reason.cause instanceof Error) reason = reason.cause;
  return reason instanceof Error ? reason.message || reason.name : String(reason);
}
