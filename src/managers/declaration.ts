// What a kind brings to the reading of a configuration: its files with their schemas, how they are read, and what rules hold for
// them. load/ composes a configuration of these.

import type { FileFormat } from '../config/file-format.ts';
import type { Reader } from '../config/reader.ts';
import type { Config } from './config.ts';
import type { Rule } from './rule.ts';
import type { Unreadable } from './unreadable.ts';

export type Reading = Reader<Unreadable>;

export interface Declaration {
  /** Its own files; empty where everything follows from what other kinds declare. */
  readonly files: readonly FileFormat[];
  /** Further files whose content is read, such as compose files. */
  readonly alsoReads?: RegExp;
  /**
   * Its part of the configuration, as far as it can be read: what cannot is noted in the reading and left out.
   *
   * @param before the parts of the kinds that are registered before it
   */
  read?(reading: Reading, before: Partial<Config>): Partial<Config>;
  /** What must hold of its part. A rule may look at everything; what crosses kinds evenly is in load/rules/. */
  readonly rules?: readonly Rule[];
}
