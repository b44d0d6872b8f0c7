// PHOENIX_SECRETS_DIR and PHOENIX_SECRET_ENV_PREFIX: which secrets a configuration may reference. Applied by everything that reads one (the agent,
// validate, plan, rehearse, pull request checks).

import type { SecretBounds } from '../model/secret-bounds.ts';
import type { Value } from './values.ts';
import { OWN_VARIABLES } from './variables.ts';

const FOLDERS = ['/etc/phoenix/secrets'] as const;
const PREFIX = 'PHOENIX_SECRET_';

/** Folders, separated by colons. */
export function secretFolders(text: string): Value<readonly string[]> {
  const folders = text
    .split(':')
    .filter((folder) => folder !== '')
    .map((folder) => folder.replace(/\/+/g, '/').replace(/(?<=.)\/$/, ''));
  const wrong = folders.find(
    (folder) => !folder.startsWith('/') || folder.split('/').some((part) => /^\.\.?$/.test(part)),
  );
  const hint = 'absolute folders, separated by colons, for example /etc/phoenix/secrets';
  if (wrong !== undefined) return { wrong: `${JSON.stringify(wrong)} is not an absolute folder`, hint };
  if (folders.includes('/')) return { wrong: 'names the whole file system', hint };
  return folders.length === 0 ? { wrong: 'names no folder', hint } : { value: folders };
}

export function variablePrefix(text: string): Value<string> {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(text)
    ? { value: text }
    : { wrong: `${JSON.stringify(text)} cannot begin the name of a variable`, hint: `for example ${PREFIX}` };
}

/**
 * Invalid values count as unset, which is never more permissive than the default.
 *
 * @param texts of the settings, as `valuesOf` gives them
 */
export function secretBounds(
  texts: ReadonlyMap<string, string>,
  environment: Readonly<Record<string, string | undefined>>,
): SecretBounds {
  const read = <T>(variable: string, understand: (text: string) => Value<T>, fallback: T): T => {
    const value = understand(texts.get(variable) ?? '');
    return 'value' in value ? value.value : fallback;
  };
  const ownFiles = [...OWN_VARIABLES].flatMap((name) => (name.endsWith('_FILE') ? (environment[name] ?? []) : []));
  return {
    folders: read('PHOENIX_SECRETS_DIR', secretFolders, FOLDERS),
    envPrefix: read('PHOENIX_SECRET_ENV_PREFIX', variablePrefix, PREFIX),
    ownVariables: OWN_VARIABLES,
    ownFiles: new Set(ownFiles.map((path) => path.replace(/\/+/g, '/'))),
  };
}

/** The defaults. */
export const DEFAULT_BOUNDS: SecretBounds = secretBounds(new Map(), {});
