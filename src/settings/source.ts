// What the commands need that read a configuration without an agent.

import type { SecretBounds } from '../model/secret-bounds.ts';
import { secretBounds } from './secret-bounds.ts';
import { flag } from './values.ts';
import { valuesOf } from './variables.ts';

export interface SourceSettings {
  /** The config root inside the folder or repository; undefined to find it. */
  readonly root: string | undefined;
  /** Literal secrets are errors. */
  readonly strictSecrets: boolean;
  /** What the configuration may refer to. */
  readonly secrets: SecretBounds;
}

/**
 * What cannot be understood counts as not set: the agent, whose settings they are, says so.
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

/** Files of other settings are none of these commands' business. */
const SOURCE_VARIABLES = [
  'PHOENIX_CONFIG_ROOT',
  'PHOENIX_STRICT_SECRETS',
  'PHOENIX_SECRETS_DIR',
  'PHOENIX_SECRET_ENV_PREFIX',
] as const;
