// The type of rules: small named pure functions that check the whole configuration and return its problems.

import type { Diagnostic } from '../config/diagnostic.ts';
import type { SecretBounds } from '../model/secret-bounds.ts';
import type { SourceFile } from '../model/snapshot.ts';
import type { Config } from './config.ts';
import type { Unreadable } from './unreadable.ts';

export interface RuleContext {
  readonly config: Config;
  /** Every file below the config root, also those that were not read. */
  readonly files: ReadonlyMap<string, SourceFile>;
  /** What is in the files but could not be read into `config`: no rule may report it as missing. */
  readonly unreadable: Unreadable;
  /** The secrets that the settings allow a configuration to name. */
  readonly secrets: SecretBounds;
}

export type Rule = (context: RuleContext) => readonly Diagnostic[];
