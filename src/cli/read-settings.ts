// Reads the settings of a command from its environment and files, and makes the process trust the configured authorities.

import { readFileSync } from 'node:fs';
import { trustAuthorities } from '../io/authorities.ts';
import type { Authority } from '../model/authority.ts';
import { type ClientSettings, readClientSettings } from '../settings/client.ts';
import { type ReadAccess, readPortainerAccess } from '../settings/portainer.ts';
import { type Environment, type Purpose, type ReadSettings, readSettings, type SettingProblem } from '../settings.ts';

const readFile = (path: string) => readFileSync(path, 'utf8');

/** Settings of the agent. */
export function agentSettings(environment: Environment, purpose: Purpose): ReadSettings {
  const { settings, problems } = readSettings(environment, readFile, purpose);
  const wrong = settings === null ? [] : trusting(settings.authorities);
  return { settings: wrong.length === 0 ? settings : null, problems: [...problems, ...wrong] };
}

/** Settings of commands that talk to an agent. */
export function clientSettings(environment: Environment): {
  readonly settings: ClientSettings;
  readonly problems: readonly SettingProblem[];
} {
  const { settings, problems } = readClientSettings(environment, readFile);
  return { settings, problems: [...problems, ...trusting(settings.authorities ?? [])] };
}

/**
 * Access to a Portainer server for import. @param given its address on the command line
 */
export function portainerSettings(given: string | undefined, environment: Environment): ReadAccess {
  const read = readPortainerAccess(given, environment, readFile);
  const wrong = trusting(read.authorities).map(({ message, hint }) => `${message}; ${hint}`);
  return { ...read, problems: [...read.problems, ...wrong] };
}

function trusting(authorities: readonly Authority[]): readonly SettingProblem[] {
  const wrong = trustAuthorities(authorities);
  if (wrong === null) return [];
  const variable = 'PHOENIX_CA_FILE';
  return [{ severity: 'error', variable, message: `${variable}: ${wrong}`, hint: 'copy it again, as PEM' }];
}
