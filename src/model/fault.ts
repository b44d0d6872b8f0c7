// Faults: something that Phoenix needs fails, until it passes or a person mends it. Nodes and targets have records of their own.

/**
 * What can be at fault: the repository, the forge when it is asked for pull requests and commands, the webhooks that arrive, and each kind of
 * periodic work that ends with an error.
 */
export const FAULT_SUBJECTS = [
  ...(['repository', 'forge', 'webhooks'] as const),
  ...(['reconcile', 'review', 'drift', 'renew', 'report', 'notify'] as const),
] as const;
export type FaultSubject = (typeof FAULT_SUBJECTS)[number];

/** What is recorded of one. */
export interface FaultRecord {
  /** When it was first found, ISO 8601: the same for its duration. */
  readonly since: string;
  /** The newest reason, with the remedy after its last `; `. One line without secrets. */
  readonly why: string;
}

/** One as it is shown. */
export interface Fault extends FaultRecord {
  /** A `FaultSubject`, or a channel, node or the reports by name. */
  readonly subject: string;
  /** A sentence without its end: `the repository cannot be followed`. */
  readonly what: string;
}

/**
 * A fault needs a person only once it has lasted this long; before, it is tried again and most often passes: a reboot of the node, an update of the
 * forge. Two polls fit into it.
 */
const LASTING_MS = 120_000;

export function hasLasted({ since }: Pick<FaultRecord, 'since'>, now: Date): boolean {
  return now.getTime() - Date.parse(since) >= LASTING_MS;
}
