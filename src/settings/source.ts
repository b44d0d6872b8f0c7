// Settings of commands that read a configuration without an agent.

import type { SecretBounds } from '../model/secret-bounds.ts';
import { secretBounds } from './secret-bounds.ts';
import { flag } from './values.ts';
import { valuesOf } from './variables.ts';

export interface SourceSettings {
  /** The config root inside the folder or repository; undefined to find it. */
  readonly root: string | undefined;
  /** Whether plain-text secrets are errors. */
  readonly strictSecrets: boolean;
  /** Which secrets may be referenced. */
  readonly secrets: SecretBounds;
}

/**
 * Invalid values count as unset: the agent reports them.
 *
 * @param readFile reads the file that a `NAME_FILE` variable names; it may throw
 */
export function readSourceSettings(
  environment: Readonly<Record<string, string | undefined>>,
  readFile: (path: string) => string,
): SourceSettings {
  const texts = valuesOf(environment, readFile, () => {}, SOURCE_VARIABLES);
  const strict = flag(texts.get('PHOENIX_STRICT_SECRETS') ?? '');
  return {
    root: texts.get('PHOENIX_CONFIG_ROOT'),
    strictSecrets: 'value' in strict && strict.value,
    secrets: secretBounds(texts, environment),
  };
}

/** Files of other settings are not read. */
const SOURCE_VARIABLES = [
  'PHOENIX_CONFIG_ROOT',
  'PHOENIX_STRICT_SECRETS',
  'PHOENIX_SECRETS_DIR',
  'PHOENIX_SECRET_ENV_PREFIX',
] as const;
