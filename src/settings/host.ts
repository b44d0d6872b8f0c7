// What the commands need that act on this host without an agent.

import { type Environment, readSettings, type Settings } from '../settings.ts';

/** Stands for the repository where none is set: nothing is asked of it. */
const NOWHERE = 'https://nowhere.invalid/';

export interface HostSettings {
  /** Null when the environment is wrong; `problems` says how. */
  readonly settings: Settings | null;
  /** Whether the settings name the repository that is followed. */
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
