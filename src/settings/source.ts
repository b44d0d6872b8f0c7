// What the commands need that read a configuration without an agent.

import { flag } from './values.ts';

export interface SourceSettings {
  /** The config root inside the folder or repository; undefined to find it. */
  readonly root: string | undefined;
  /** Literal secrets are errors. */
  readonly strictSecrets: boolean;
}

/** What cannot be understood counts as not set: the agent, whose settings they are, says so. */
export function readSourceSettings(environment: Readonly<Record<string, string | undefined>>): SourceSettings {
  const strict = flag(environment['PHOENIX_STRICT_SECRETS'] ?? '');
  return {
    root: environment['PHOENIX_CONFIG_ROOT'] || undefined,
    strictSecrets: 'value' in strict && strict.value,
  };
}
