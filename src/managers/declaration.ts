// A kind's part in reading a configuration: its files with their schemas, how they are read, and the rules that check them. load/ composes a
// configuration from these.

import type { FileFormat } from '../config/file-format.ts';
import type { Reader } from '../config/reader.ts';
import type { Config } from './config.ts';
import type { Rule } from './rule.ts';
import type { Unreadable } from './unreadable.ts';

export type Reading = Reader<Unreadable>;

export interface Declaration {
  /** The kind's own files; empty where everything is derived from other kinds' declarations. */
  readonly files: readonly FileFormat[];
  /** Further files whose content is read, such as compose files. */
  readonly alsoReads?: RegExp;
  /**
   * Reads the kind's part of the configuration. What cannot be read is recorded in the reading and left out.
   *
   * @param before the parts of the kinds that are registered before it
   */
  read?(reading: Reading, before: Partial<Config>): Partial<Config>;
  /** Rules that check its part. A rule may use the whole configuration; rules that concern several kinds equally are in load/rules/. */
  readonly rules?: readonly Rule[];
}
