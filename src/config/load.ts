// From the files of a commit to a configuration, or to everything that is wrong with it: read, parse, normalise, validate.

import type { Problem } from '../model/problem.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Config } from './config.ts';

export interface Loaded {
  /** Null when there is an error. */
  readonly config: Config | null;
  /** The same configuration although rules find errors in it; null when its texts or values cannot be read. */
  readonly draft: Config | null;
  /** Errors and warnings, by file, line and column. */
  readonly problems: readonly Problem[];
}

export interface LoadOptions {
  /** PLAINTEXT_SECRET is an error. */
  readonly strictSecrets: boolean;
}

/** Pure. All problems at once; never throws, whatever the bytes are. */
export function load(_snapshot: Snapshot, _options: LoadOptions): Loaded {
  return { config: null, draft: null, problems: [] };
}
