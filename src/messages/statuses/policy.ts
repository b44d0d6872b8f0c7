// What is said where a policy keeps a commit from being applied, or makes it wait. Pure.

import { failureText } from '../../model/failure.ts';
import type { Policy, PolicyRecord } from '../../model/policy.ts';
import { type FinalSentence, type Sentence, shortSha } from './status.ts';

export function unsigned(commit: string, reason: string): FinalSentence {
  return {
    state: 'failure',
    description: failureText({
      what: `refused: ${shortSha(commit)} ${reason}`,
      why: null,
      remedy: 'sign it and push again',
    }),
  };
}

export function noSigningKeys(): FinalSentence {
  return {
    state: 'failure',
    description: 'refused: the policy asks for signed commits, and the agent knows no key; set PHOENIX_SIGNING_KEYS',
  };
}

export function tooManyCommits(most: number): FinalSentence {
  return {
    state: 'failure',
    description: `refused: brings more than ${most} commits whose signatures are to be checked; push them in parts`,
  };
}

/** It goes on by itself. */
export function outsideWindow(commit: string): Sentence {
  return { state: 'pending', description: `waits for an apply window of the policy; ${goOnNow(commit)}` };
}

/** The same with the time, for where a repetition does no harm. */
export function waitsUntil(commit: string, opens: Date, timezone: string): string {
  const time = new Intl.DateTimeFormat('en-GB', { timeZone: timezone, dateStyle: 'full', timeStyle: 'short' });
  return `waits for the apply window that opens on ${time.format(opens)} (${timezone}); ${goOnNow(commit)}`;
}

function goOnNow(commit: string): string {
  return `to go on now: phoenix replay ${shortSha(commit)} --now`;
}

/** One line: what judges the next commit, and which commit it comes from. */
export function policyLine({ commit, policy }: PolicyRecord): string {
  return `policy of commit ${shortSha(commit)}: ${policyTerms(policy).join('; ')}`;
}

function policyTerms(policy: Policy): string[] {
  const { approvals, approvers, approvalsBy, maxDeletePercent, protected: kept, applyWindows, signedCommits } = policy;
  const asked = Object.entries(approvals).filter(([, count]) => count > 0);
  const windows = applyWindows.length;
  return [
    asked.length === 0
      ? 'no approvals'
      : `approvals: ${asked.map(([what, count]) => `${count} for ${what}`).join(', ')}`,
    ...(approvers === null ? [] : [`approvers: ${approvers.join(', ')}`]),
    ...(approvalsBy === 'review' ? ['approvals by review too'] : []),
    ...(maxDeletePercent === null ? [] : [`at most ${maxDeletePercent} % of the guests deleted`]),
    ...(kept.length === 0 ? [] : [`protected: ${kept.join(', ')}`]),
    ...(windows === 0 ? [] : [`${windows} apply window${windows === 1 ? '' : 's'}`]),
    ...(signedCommits === 'off' ? [] : [`signed commits: ${signedCommits}`]),
  ];
}
