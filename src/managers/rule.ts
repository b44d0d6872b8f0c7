// What a rule is: a small named pure function that looks at the whole configuration and says what is wrong with it.

import type { Diagnostic } from '../config/diagnostic.ts';
import type { SecretBounds } from '../model/secret-bounds.ts';
import type { SourceFile } from '../model/snapshot.ts';
import type { Config } from './config.ts';
import type { Unreadable } from './unreadable.ts';

export interface RuleContext {
  readonly config: Config;
  /** Every file below the config root, also those that were not read. */
  readonly files: ReadonlyMap<string, SourceFile>;
  /** What is written and missing from `config`: no rule says that something is not there because of it. */
  readonly unreadable: Unreadable;
  /** What the settings allow to be given to guests. */
  readonly secrets: SecretBounds;
}

export type Rule = (context: RuleContext) => readonly Diagnostic[];
