// Loads a configuration from the files of a commit: read, parse, normalise, validate.

import { Known } from '../config/known.ts';
import { problemsOf } from '../config/problems.ts';
import type { Config } from '../managers/config.ts';
import { KINDS } from '../managers/index.ts';
import type { Kind } from '../managers/kind.ts';
import type { Unreadable } from '../managers/unreadable.ts';
import { nameOf, type TargetId } from '../model/ids.ts';
import type { Problem } from '../model/problem.ts';
import type { SecretBounds } from '../model/secret-bounds.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { assemble } from './assemble.ts';
import { diagnosticsBetween } from './rules/between.ts';
import { ADDRESS_RULES, rulesOf } from './rules/index.ts';
import { byTarget } from './secret-targets.ts';

export interface Loaded {
  /** Null if there is an error. */
  readonly config: Config | null;
  /** The configuration despite rule errors; null if its files are unreadable or values invalid. */
  readonly draft: Config | null;
  /** Errors and warnings, by file, line and column. */
  readonly problems: readonly Problem[];
}

export interface LoadOptions {
  /** Whether PLAINTEXT_SECRET is an error. */
  readonly strictSecrets: boolean;
  /** Which `{"$secret": …}` references are allowed. */
  readonly secrets: SecretBounds;
  /** The applied configuration; enables checks of the transition, such as DISK_SHRINK and TOO_MANY_DELETES. */
  readonly before?: Config | null;
  /** Cache of guests, to which those of this configuration are added. */
  readonly known?: Known;
  /** Kinds whose files are read; default: those of the registry. */
  readonly kinds?: readonly Kind[];
}

/** Pure. Reports all problems at once; never throws, for any input. */
export function load(snapshot: Snapshot, options: LoadOptions): Loaded {
  const { before = null, known = new Known(), kinds = KINDS, secrets, strictSecrets } = options;
  const { config, complete, unreadable, diagnostics, references, texts } = assemble(snapshot, secrets, known, kinds);
  const context = { config, files: snapshot.files, unreadable, secrets };
  const held = references.flatMap((diagnostic) => byTarget(diagnostic, config));
  const addresses = ADDRESS_RULES.flatMap((rule) => {
    const found = rule(context);
    for (const { target } of found) doubt(target, unreadable);
    return found;
  });
  const between = before === null ? [] : diagnosticsBetween(before, config, unreadable);
  const broken = rulesOf(kinds).flatMap((rule) => rule(context));
  const problems = problemsOf([...diagnostics, ...held, ...addresses, ...broken, ...between], texts, strictSecrets);
  const refused = problems.some(({ severity }) => severity === 'error');
  return { config: refused ? null : config, draft: complete ? config : null, problems };
}

/** Marks a target as unreliable, so that a wrong address is reported once, without consequential errors. */
function doubt(target: TargetId | undefined, unreadable: Unreadable): void {
  if (target === undefined) unreadable.addHostPart('network');
  else unreadable.addAddress(Number(nameOf(target)));
}
