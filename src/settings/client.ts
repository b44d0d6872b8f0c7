// What the commands need that talk to an agent.

import type { Authority } from '../model/authority.ts';
import { type Secret, secret } from '../model/secret.ts';
import type { Environment, SettingProblem } from '../settings.ts';
import { authorities } from './authorities.ts';
import { httpUrl } from './values.ts';
import { knownAs, valuesOf } from './variables.ts';

const OF_CLIENTS: ReadonlySet<string> = new Set(['PHOENIX_URL', 'PHOENIX_ADMIN_TOKEN', 'PHOENIX_CA']);

export interface ClientSettings {
  /** Without trailing slash. */
  readonly url: string;
  readonly token: Secret | null;
  /** Trusted in addition to Node's CAs; absent if none. */
  readonly authorities?: readonly Authority[];
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
  const pem = texts.get('PHOENIX_CA');
  const trusted = pem === undefined ? { value: [] } : authorities(pem);
  if ('wrong' in trusted) {
    const variable = knownAs('PHOENIX_CA');
    problems.push({ severity: 'error', variable, message: `${variable}: ${trusted.wrong}`, hint: trusted.hint });
  }
  const token = texts.get('PHOENIX_ADMIN_TOKEN');
  const url = 'value' in address ? (address.value?.url ?? '') : '';
  const settings = {
    url: url.replace(/\/+$/, ''),
    token: token === undefined ? null : secret(token),
    ...(pem !== undefined && 'value' in trusted ? { authorities: trusted.value } : {}),
  };
  return { settings, problems };
}
