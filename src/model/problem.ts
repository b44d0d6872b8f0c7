// Problems of a configuration: each has a documented code, a place and a remedy.

import type { TargetId } from './ids.ts';

export const ERROR_CODES = [
  'SYNTAX',
  'DUPLICATE_KEY',
  'UNKNOWN_KEY',
  'INVALID_VALUE',
  'UNKNOWN_REFERENCE',
  'DEPENDENCY_CYCLE',
  'DUPLICATE_ID',
  'DUPLICATE_IP',
  'DUPLICATE_MAC',
  'DUPLICATE_NAME',
  'DUPLICATE_SERVICE',
  'INVALID_HOSTNAME',
  'BAD_ADDRESS',
  'UNKNOWN_STORAGE',
  'MISSING_FILE',
  'UNSET_VARIABLE',
  'MISSING_VOLUME',
  'NOT_DEPLOYABLE',
  'CLONE_SOURCE',
  'DISK_SHRINK',
  'BAD_RULE',
  'NFS_NOT_EXPORTED',
  'AGENT_WITHOUT_HOSTNAME',
  'CERTIFICATE_PATH',
  'UNKNOWN_HOOK',
  'SECRET_NOT_ALLOWED',
  'NOT_THE_CONTENT',
  'PORT_CLASH',
  'NAME_TOO_LONG',
  'BOOT_ORDER',
  'LOCKOUT',
  'DESTRUCTIVE',
  'TOO_MANY_DELETES',
  'EMPTY_CONFIG',
] as const;

const WARNING_CODES = [
  'UNOWNED_ADDRESS',
  'NO_EFFECT',
  'LEGACY_SHAPE',
  'PLAINTEXT_SECRET',
  'DUPLICATE_RULE',
  'OPEN_SOURCE',
  'DNS_AMBIGUOUS',
  'SAN_MISSING',
  'SHARED_SECRET_PATH',
  'GPU_OVERCOMMIT',
  'MEMORY_OVERCOMMIT',
  'QUOTA_OVERCOMMIT',
  'NAMESERVER',
  'DOTTED_HOSTNAME',
  'KEY_MODE',
  'NO_FIREWALL',
  'NO_GATEWAY',
  'UNDECLARED_BRIDGE',
  'MISSING_NETWORK',
  'LATE_DEPENDENCY',
  'NO_ROUTE',
  'DOLLAR_SIGNS',
  'MINUTES_FOR_HOURS',
  'NOT_JUDGED',
] as const;

export type ProblemCode = (typeof ERROR_CODES)[number] | (typeof WARNING_CODES)[number];
type Severity = 'error' | 'warning';

export interface Problem {
  readonly severity: Severity;
  readonly code: ProblemCode;
  /** Path below the config root, for example `etc/phoenix_lxc_configs.json`. */
  readonly file: string;
  /** JSON pointer into the file; empty for the file as a whole. */
  readonly path: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** The blocked target; null if the problem concerns the whole configuration. */
  readonly target: TargetId | null;
  readonly message: string;
  /** How to fix it, if that is not obvious from the message. */
  readonly hint: string | null;
}

export type ClassifiedProblem = Problem & {
  /** Whether it did not exist before. */
  readonly new: boolean;
};
