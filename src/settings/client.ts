// What the commands need that talk to an agent.

import { type Secret, secret } from '../model/secret.ts';
import type { Environment, SettingProblem } from '../settings.ts';
import { httpUrl } from './values.ts';
import { valuesOf } from './variables.ts';

const OF_CLIENTS: ReadonlySet<string> = new Set(['PHOENIX_URL', 'PHOENIX_ADMIN_TOKEN']);

export interface ClientSettings {
  /** Without a slash at its end. */
  readonly url: string;
  readonly token: Secret | null;
}

/** What the commands need that talk to an agent. */
export function readClientSettings(
  environment: Environment,
  readFile: (path: string) => string,
): { readonly settings: ClientSettings; readonly problems: readonly SettingProblem[] } {
  const problems: SettingProblem[] = [];
  const texts = valuesOf(environment, readFile, (severity, variable, message, hint) => {
    if (OF_CLIENTS.has(variable.replace(/_FILE$/, ''))) problems.push({ severity, variable, message, hint });
  });
  const address = httpUrl(texts.get('PHOENIX_URL') ?? 'http://127.0.0.1:8080');
  if ('wrong' in address) {
    problems.push({
      severity: 'error',
      variable: 'PHOENIX_URL',
      message: `PHOENIX_URL ${address.wrong}`,
      hint: address.hint,
    });
  }
  const token = texts.get('PHOENIX_ADMIN_TOKEN');
  const url = 'value' in address ? (address.value?.url ?? '') : '';
  return { settings: { url: url.replace(/\/+$/, ''), token: token === undefined ? null : secret(token) }, problems };
}
