// What is said of something that Phoenix needs and that fails. Pure.

import { failureText, splitRemedy } from '../model/failure.ts';
import type { Fault, FaultRecord, FaultSubject } from '../model/fault.ts';
import type { FailingWebhooks } from '../ports/forge.ts';
import type { NodeAway } from '../ports/ledger.ts';
import type { ChannelState } from '../ports/notifications.ts';
import type { HeldReports } from '../ports/outbox.ts';
import { utcText } from './pages/times.ts';
import { shortSha } from './statuses/status.ts';

interface Words {
  readonly what: string;
  /** Said of its end. */
  readonly over: string;
}

const periodic = (name: string): Words => ({ what: `${name} fails`, over: `${name} works again` });

export const FAULT_WORDS: Readonly<Record<FaultSubject, Words>> = {
  repository: { what: 'the repository cannot be followed', over: 'the repository is followed again' },
  forge: {
    what: 'the forge cannot be asked for pull requests and commands',
    over: 'the forge answers again',
  },
  webhooks: { what: 'webhooks are refused', over: 'webhooks are accepted again' },
  reconcile: periodic('planning'),
  review: periodic('the review of pull requests'),
  drift: periodic('the check of the host'),
  renew: periodic('the search for what is due, such as certificates,'),
  report: periodic('reporting to the forge'),
  notify: periodic('notifying people'),
};

export function faultOf(subject: FaultSubject, record: FaultRecord): Fault {
  return { subject, what: FAULT_WORDS[subject].what, ...record };
}

export function nodeFault(node: string, { since, why }: NodeAway): Fault {
  return { subject: `node ${node}`, what: `the node ${node} does not answer`, since, why };
}

export function channelFault(name: string, { since, why }: NonNullable<ChannelState['failing']>): Fault {
  return { subject: `channel ${name}`, what: `the channel ${name} accepts no notification`, since, why };
}

export function reportsFault({ waiting, since, why }: HeldReports): Fault {
  const what = waiting === 1 ? 'one report waits for the forge' : `${waiting} reports wait for the forge`;
  return { subject: 'reports', what, since, why };
}

/** Follows the word `fails`. */
export function faultLine({ what, since, why }: Pick<Fault, 'what' | 'since' | 'why'>): string {
  return `since ${utcText(since)}: ${what}: ${why}`;
}

/** @param others branches that the repository has; null: not known */
export function branchMissing(url: string, branch: string, others: readonly string[] | null): string {
  const instead =
    others === null
      ? null
      : others.length === 0
        ? 'the repository is empty'
        : `it has ${others.slice(0, 10).join(', ')}`;
  return failureText({
    what: `${url} has no branch ${branch}${instead === null ? '' : ` (${instead})`}`,
    why: null,
    remedy: 'push it, or set PHOENIX_BRANCH',
  });
}

/** An error that none of the known causes explains. */
export function unexpectedFault(message: string): string {
  return failureText({
    what: message,
    why: null,
    remedy: 'run phoenix doctor, and look for the cause in the log of the agent',
  });
}

/** What to do about a delivery that a forge could not make. @param code status code in its record */
export function undeliveredRemedy(code: number): string {
  if (code === 401) return 'give the webhook the secret of PHOENIX_WEBHOOK_SECRET';
  if (code === 404) return 'its address at the forge must be PHOENIX_PUBLIC_URL with /webhooks at its end';
  return 'check its recent deliveries at the forge, and whether the forge reaches the address';
}

function answerText(code: number, status: string): string {
  return [...(code === 0 ? [] : [`HTTP ${code}`]), ...(status === '' ? [] : [status])].join(': ');
}

export const WEBHOOK_REFUSED = {
  /** @param from the address of the sender */
  unsigned: (from: string): string =>
    failureText({
      what: `the signature of a delivery from ${from} is missing or wrong`,
      why: null,
      remedy: 'give the webhook the same secret as PHOENIX_WEBHOOK_SECRET',
    }),
  /** @param why of the refusal */
  missed: (commit: string, why: string): string => {
    const { description, remedy } = splitRemedy(why);
    const what = `no delivery announced ${shortSha(commit)}, which was found by polling, and one was refused shortly before: ${description}`;
    return failureText({ what, why: null, remedy });
  },
  /** What the forge has on record of its own deliveries. */
  byForge: ({ since, code, status }: FailingWebhooks): string =>
    failureText({
      what: `the forge cannot deliver webhooks since ${utcText(since)} (${answerText(code, status)})`,
      why: null,
      remedy: undeliveredRemedy(code),
    }),
  malformed: (reason: string, remedy: string): string => failureText({ what: reason, why: null, remedy }),
} as const;
