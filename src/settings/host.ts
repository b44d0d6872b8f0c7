// Settings of commands that act on this host without an agent.

import { type Environment, readSettings, type Settings } from '../settings.ts';

/** Placeholder if no repository is configured: it is never contacted. */
const NOWHERE = 'https://nowhere.invalid/';

export interface HostSettings {
  /** Null for invalid settings; see `problems`. */
  readonly settings: Settings | null;
  /** Whether a repository is configured. */
  readonly hasRepository: boolean;
  readonly problems: readonly string[];
}

export function readHostSettings(environment: Environment, readFile: (path: string) => string): HostSettings {
  const hasRepository = Boolean(environment['PHOENIX_REPO_URL'] || environment['PHOENIX_REPO_URL_FILE']);
  const given = hasRepository ? environment : { ...environment, PHOENIX_REPO_URL: NOWHERE };
  const { settings, problems } = readSettings(given, readFile, { receiving: false });
  const errors = problems.filter(({ severity }) => severity === 'error').map(({ message }) => message);
  return { settings, hasRepository, problems: errors };
}
