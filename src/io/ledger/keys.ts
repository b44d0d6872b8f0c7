// The names of everything that the ledger keeps. The braces put all of it into one slot of a Redis Cluster, which is what
// lets one script change several keys at once.

import type { RunId, TargetId } from '../../model/ids.ts';

export type Keys = ReturnType<typeof ledgerKeys>;

/** @param installation tells several Phoenixes in one Redis apart */
export function ledgerKeys(installation: string) {
  const name = (rest: string) => `{${installation}}:${rest}`;
  return {
    /** List of ids being dealt with: hash id → delivery; sorted set of ids dealt with, by time. */
    deliveries: name('deliveries'),
    settled: name('deliveries:settled'),
    arrived: name('deliveries:last'),
    /** The installation that it belongs to, as JSON. */
    installation: name('installation'),
    /** Written to see whether anything can be. */
    probe: name('probe'),
    /** There while a process serves that work. */
    served: (work: string) => name(`served:${work}`),
    head: name('head'),
    runCounter: name('runs:counter'),
    /** Sorted sets of run ids, by id. */
    runs: name('runs'),
    openRuns: name('runs:open'),
    run: (run: RunId) => name(`run:${run}`),
    /** While a run is open. Sorted set of the steps that may start, by their place; set of those handed out; hash step → needs left. */
    ready: (run: RunId) => name(`run:${run}:ready`),
    out: (run: RunId) => name(`run:${run}:out`),
    unmet: (run: RunId) => name(`run:${run}:unmet`),
    log: (run: RunId, target: TargetId) => name(`log:${run}:${target}`),
    /** Hashes by target. */
    applied: name('applied'),
    touched: name('touched'),
    lease: (target: TargetId) => name(`lease:${target}`),
    fence: name('fence'),
    /** Hash target → tries and the time of the last. */
    renewals: name('renewals'),
    pulls: {
      /** Hash number → what it was looked at as. */
      seen: name('pulls'),
      plan: (pull: number) => name(`pulls:plan:${pull}`),
      queued: (head: string) => name(`pulls:queued:${head}`),
      /** List of commit and number. */
      merged: name('pulls:merged'),
      /** Hash change, head and person → approval, of one pull request; set of those that have some. */
      approvals: (pull: number) => name(`pulls:approvals:${pull}`),
      approved: name('pulls:approved'),
      /** Set of approvals that its author wrote into the text of one pull request, as JSON. */
      trailers: (pull: number) => name(`pulls:trailers:${pull}`),
      /** Sorted set of the forge's ids of commands that were carried out, by time; before that a set. */
      counted: name('pulls:counted'),
      countedBefore: name('pulls:commands'),
    },
    policy: {
      inForce: name('policy'),
      /** Hash commit → the policy that was in force before it; list of its commits, the newest first. */
      judges: name('policy:judges'),
      judged: name('policy:judged'),
    },
    people: {
      /** By the digest of its id; ends by itself. */
      session: (digest: string) => name(`session:${digest}`),
      /** List of what people asked for, the newest first. */
      asked: name('asked'),
    },
    freeze: name('freeze'),
    /** Hash node → since when it does not answer, and why. */
    away: name('nodes:away'),
    events: name('events'),
    notifications: {
      /** Hash kind and subject → trouble; set of kinds that were looked at. */
      troubles: name('troubles'),
      kinds: name('troubles:kinds'),
      /** Of one channel. List of news that wait, list of those in the message that is being sent, hash of how it stands. */
      news: (channel: string) => name(`news:${channel}`),
      batch: (channel: string) => name(`news:${channel}:batch`),
      channel: (channel: string) => name(`news:${channel}:state`),
    },
    outbox: {
      /** Hash key → sequence and status. */
      entries: name('outbox'),
      /** Set of keys whose newest text reads pending; scripts find it by the name of `entries`. */
      pending: name('outbox:pending'),
      /** Sorted set of keys by the time when they may be sent. */
      due: name('outbox:due'),
      /** Hash key → the status that the forge has. */
      sent: name('outbox:sent'),
      sentAt: name('outbox:sent-at'),
      counter: name('outbox:counter'),
      attempts: name('outbox:attempts'),
      /** Hash key → since when it has not been taken, when it was tried last, and why it was not. */
      reasons: name('outbox:reasons'),
      /** Hash key → what the forge calls the report. */
      handles: name('outbox:handles'),
      /** Sorted set of keys of which a request may land late, by when that is over. */
      late: name('outbox:late'),
      /** Set of keys that are being sent, or were when their process ended. */
      claimed: name('outbox:claimed'),
      /** Sorted set of the last hour's sends, by time. */
      sends: name('outbox:sends'),
      /** Nothing is sent before this time: the forge asked for a pause. */
      hold: name('outbox:hold'),
    },
  };
}
