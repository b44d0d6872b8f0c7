// Names of all keys of the ledger. The braces put all of them into one slot of a Redis Cluster, so that one script can change several keys at once.

import type { RunId, TargetId } from '../../model/ids.ts';

export type Keys = ReturnType<typeof ledgerKeys>;

/** @param installation distinguishes several installations in one Redis */
export function ledgerKeys(installation: string) {
  const name = (rest: string) => `{${installation}}:${rest}`;
  return {
    /** Hash of pending deliveries by id; sorted set of handled ids, by time. */
    deliveries: name('deliveries'),
    settled: name('deliveries:settled'),
    arrived: name('deliveries:last'),
    refused: name('deliveries:refused'),
    /** The installation that the ledger belongs to, as JSON. */
    installation: name('installation'),
    /** The newest version of Phoenix that has used the ledger. */
    usedBy: name('used-by'),
    /** Written to test whether writes succeed. */
    probe: name('probe'),
    /** Exists while a process serves that work. */
    served: (work: string) => name(`served:${work}`),
    head: name('head'),
    runCounter: name('runs:counter'),
    /** Sorted sets of run ids, by id. */
    runs: name('runs'),
    openRuns: name('runs:open'),
    run: (run: RunId) => name(`run:${run}`),
    /**
     * Exist while a run is open. Sorted set of the steps that may start, by position; set of claimed steps; hash of the number of unmet dependencies
     * by step.
     */
    ready: (run: RunId) => name(`run:${run}:ready`),
    out: (run: RunId) => name(`run:${run}:out`),
    unmet: (run: RunId) => name(`run:${run}:unmet`),
    log: (run: RunId, target: TargetId) => name(`log:${run}:${target}`),
    /** Hashes by target. */
    applied: name('applied'),
    touched: name('touched'),
    lease: (target: TargetId) => name(`lease:${target}`),
    fence: name('fence'),
    /** Hash target → number of attempts and time of the last. */
    renewals: name('renewals'),
    pulls: {
      /** Hash number → the state in which it was last reviewed. */
      seen: name('pulls'),
      plan: (pull: number) => name(`pulls:plan:${pull}`),
      queued: (head: string) => name(`pulls:queued:${head}`),
      /** List of commit and number. */
      merged: name('pulls:merged'),
      /** Hash change, head and person → approval, for one pull request; set of pull requests that have some. */
      approvals: (pull: number) => name(`pulls:approvals:${pull}`),
      approved: name('pulls:approved'),
      /** Set of approvals in the author's text of one pull request, as JSON. */
      trailers: (pull: number) => name(`pulls:trailers:${pull}`),
      /** Sorted set of the forge's ids of executed commands, by time; a set in older versions. */
      counted: name('pulls:counted'),
      countedBefore: name('pulls:commands'),
    },
    policy: {
      inForce: name('policy'),
      /** Hash commit → the policy that was in force before it; list of its commits, newest first. */
      judges: name('policy:judges'),
      judged: name('policy:judged'),
    },
    people: {
      /** A session by the digest of its id; expires by itself. */
      session: (digest: string) => name(`session:${digest}`),
      /** List of people's requests, newest first. */
      asked: name('asked'),
    },
    freeze: name('freeze'),
    /** Hash node → since when it is unreachable, and why. */
    away: name('nodes:away'),
    /** Hash subject → since when it is at fault, and why. */
    faults: name('faults'),
    events: name('events'),
    notifications: {
      /** Hash kind and subject → problem; set of kinds that were checked. */
      troubles: name('troubles'),
      kinds: name('troubles:kinds'),
      /** For one channel: list of waiting news, list of those in the message being sent, hash of its state. */
      news: (channel: string) => name(`news:${channel}`),
      batch: (channel: string) => name(`news:${channel}:batch`),
      channel: (channel: string) => name(`news:${channel}:state`),
    },
    outbox: {
      /** Hash key → sequence and status. */
      entries: name('outbox'),
      /** Set of keys whose newest status is pending; scripts derive its name from that of `entries`. */
      pending: name('outbox:pending'),
      /** Sorted set of keys by the earliest time to send them. */
      due: name('outbox:due'),
      /** Hash key → the status that the forge has. */
      sent: name('outbox:sent'),
      sentAt: name('outbox:sent-at'),
      counter: name('outbox:counter'),
      attempts: name('outbox:attempts'),
      /** Hash key → since when it has failed, the last attempt, and the reason. */
      reasons: name('outbox:reasons'),
      /** Hash key → the forge's handle of the report. */
      handles: name('outbox:handles'),
      /** Sorted set of keys with a request that may still arrive late, by the time when that is over. */
      late: name('outbox:late'),
      /** Set of keys that are being sent, or were when their process died. */
      claimed: name('outbox:claimed'),
      /** Sorted set of the last hour's sends, by time. */
      sends: name('outbox:sends'),
      /** Nothing is sent before this time, since the forge requested a pause. */
      hold: name('outbox:hold'),
    },
  };
}
