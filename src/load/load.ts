// From the files of a commit to a configuration, or to everything that is wrong with it: read, parse, normalise, validate.

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
  /** What the configuration may refer to with `{"$secret": …}`. */
  readonly secrets: SecretBounds;
  /** What is applied: adds what a commit must not do to it, such as DISK_SHRINK and TOO_MANY_DELETES. */
  readonly before?: Config | null;
  /** Guests that were read before, and those of this configuration after it. */
  readonly known?: Known;
  /** Whose files are read; those of the registry where nothing is said. */
  readonly kinds?: readonly Kind[];
}

/** Pure. All problems at once; never throws, whatever the bytes are. */
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

/** One wrong address is one problem: what would follow from it is not said. */
function doubt(target: TargetId | undefined, unreadable: Unreadable): void {
  if (target === undefined) unreadable.addHostPart('network');
  else unreadable.addAddress(Number(nameOf(target)));
}
